"""How a member is told while they look elsewhere: sounds, pushes and quiet hours, theirs alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub import notices as house, vapid
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Membership, Role
from hub.refusal import Refused

PAGE = "hub/house/notices.html"
CLOCK = {"type": "time"}


class NoticesForm(HouseForm):
    """What is told how, and when not."""

    sound = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    push = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    quiet_from = forms.TimeField(required=False, widget=forms.TimeInput(format="%H:%M", attrs=CLOCK))
    quiet_to = forms.TimeField(required=False, widget=forms.TimeInput(format="%H:%M", attrs=CLOCK))
    zone = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}))

    def __init__(self, caller: Caller, wishes: house.Wishes, data: Any = None) -> None:
        initial = {
            "sound": sorted(wishes.sound), "push": sorted(wishes.push), "quiet_from": wishes.quiet_from,
            "quiet_to": wishes.quiet_to, "zone": wishes.zone,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self.say(
            ("sound", _("A sound when"), _("While the inbox or the live board is open, in whatever tab.")),
            ("push", _("A push when"), _("Also while this browser shows no page of Novelo. It says who and what kind, never what was written.")),
            ("quiet_from", _("Quiet from"), _("Neither sounds nor pushes, on your clocks. Empty: never quiet.")),
            ("quiet_to", _("Quiet until"), ""),
            ("zone", _("Your time zone"), ""),
        )  # fmt: skip
        for name in ("sound", "push"):
            self.offer(name, [(kind, _(house.KINDS[kind])) for kind in house.told_of(caller)])

    def wishes(self) -> house.Wishes:
        """Return what was filled in."""
        given = self.cleaned_data
        clocks = {name: given[name] for name in ("quiet_from", "quiet_to", "zone")}
        return house.Wishes(sound=frozenset(given["sound"]), push=frozenset(given["push"]), **clocks)


@never_cache
@require_http_methods(["GET", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Show how the reader is told; a POST keeps it."""
    caller = require(request, Role.AGENT)
    row = Membership.objects.of(caller.workspace).get(user=caller.user)
    form, saved = NoticesForm(caller, house.wishes_of(row.settings, caller.workspace), request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            kept = house.keep(caller, form.wishes())
        except Refused as refused:
            form.refuse(refused)
        else:
            form, saved = NoticesForm(caller, kept), _("Saved.")
    return render(request, PAGE, {"form": form, "saved": saved, "vapid": vapid.public_key()})
