"""Routing: the rules that sort the queue in their order, how everybody's queue is given out, and why people pause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations.act import act
from conversations.api.routing import Sorted
from conversations.refusal import Refused
from conversations.views.settings.routing_form import Known, RuleForm, in_words, known_in
from hub import pauses, people, routing as house
from hub.access import Caller, require
from hub.house.forms import METHOD_WORDS, HouseForm
from hub.models import Role, Team, Workspace

LIST, ONE = "conversations/settings/routing.html", "conversations/settings/routing_rule.html"
STEPS = {"up": -1, "down": 1}


class QueueForm(HouseForm):
    """How the conversations of no team are given out."""

    method = forms.ChoiceField(choices=METHOD_WORDS.items(), widget=forms.RadioSelect)
    sticky = forms.BooleanField(required=False)
    silent_minutes = forms.IntegerField(min_value=0, max_value=house.MOST_MINUTES)
    gone_minutes = forms.IntegerField(min_value=0, max_value=house.MOST_MINUTES, required=False)

    def __init__(self, workspace: Workspace, data: Any = None) -> None:
        super().__init__(data, initial=house.shown(workspace)["everybody"])
        self.say(
            ("method", _("Who is given a conversation"), ""),
            ("sticky", _("Whoever answered a customer last is given them again"), ""),
            ("silent_minutes", _("Back to the queue after so many minutes without an answer"), _("0 means never.")),
            ("gone_minutes", _("Back to the queue when its agent is away for so many minutes"), _("Empty: the same. 0 means never.")),
        )  # fmt: skip


class PausesForm(HouseForm):
    """The reasons people choose from when they pause, one a line."""

    reasons = forms.CharField(required=False, max_length=3_000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, workspace: Workspace, data: Any = None) -> None:
        super().__init__(data, initial={"reasons": "\n".join(house.shown(workspace)["break_reasons"])})
        usual = ", ".join(pauses.reasons(Workspace()).values())
        self.say(("reasons", _("Reasons, one a line"), _("Empty: %(usual)s.") % {"usual": usual}))

    def refuse(self, refused: Refused) -> None:
        """Put the sentence at the lines."""
        self.add_error("reasons", refused.sentence)


@never_cache
@require_http_methods(["GET", "POST"])
def routing(request: HttpRequest) -> HttpResponse:
    """Show how conversations find their people; a POST moves a rule to another place."""
    caller = require(request, Role.ADMIN)
    if request.method == "POST":
        word, _colon, mark = request.POST.get("act", "").partition(":")
        if word not in STEPS:
            raise Http404
        _try(request, caller, lambda: house.move_rule(caller, mark, STEPS[word]))
        return redirect("settings_routing")
    return _page(request, caller)


def _page(request: HttpRequest, caller: Caller, part: str = "", **said: Any) -> HttpResponse:
    workspace, known = caller.workspace, known_in(caller.workspace)
    rules = [
        {"name": rule.get("name", ""), "mark": house.mark_of(rule), "if": holds, "then": becomes}
        for rule in house.shown(workspace)["rules"]
        for holds, becomes in [in_words(rule, known)]
    ]
    teams = [
        {"row": row, "way": people.routing_of(row), "method": METHOD_WORDS[people.routing_of(row)["method"]]}
        for row in Team.objects.of(workspace).order_by("name")
    ]
    context = {"rules": rules, "teams": teams, "queue": QueueForm(workspace), "pauses": PausesForm(workspace)}
    shown = f"#{part}" if part and getattr(request, "htmx", False) else ""
    return render(request, f"{LIST}{shown}", context | said)


def _change(caller: Caller, change: Callable[[], Workspace]) -> None:
    """Change the routing and let the queue be looked at again. Raises ``Refused``; then nothing changed."""

    def room() -> Sorted:
        caller.workspace = change()
        return Sorted()

    act(caller.workspace.pk, room)


def _try(request: HttpRequest, caller: Caller, change: Callable[[], Workspace]) -> None:
    try:
        _change(caller, change)
    except Refused as refused:
        messages.error(request, refused.sentence)


@never_cache
@require_POST
def queue(request: HttpRequest) -> HttpResponse:
    """Keep how everybody's queue is given out."""
    caller = require(request, Role.ADMIN)
    form = QueueForm(caller.workspace, request.POST)
    if form.is_valid():
        given = house.RoutingChange(everybody=form.cleaned_data)
        try:
            _change(caller, lambda: house.change_routing(caller, given))
            return _page(request, caller, "queue", queue_saved=_("Saved."))
        except Refused as refused:
            form.refuse(refused)
    return _page(request, caller, "queue", queue=form)


@never_cache
@require_POST
def breaks(request: HttpRequest) -> HttpResponse:
    """Keep why people pause."""
    caller = require(request, Role.ADMIN)
    form = PausesForm(caller.workspace, request.POST)
    if form.is_valid():
        given = house.RoutingChange(break_reasons=form.cleaned_data["reasons"].splitlines())
        try:
            _change(caller, lambda: house.change_routing(caller, given))
            return _page(request, caller, "pauses", pauses_saved=_("Saved."))
        except Refused as refused:
            form.refuse(refused)
    return _page(request, caller, "pauses", pauses=form)


@never_cache
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, mark: str = "") -> HttpResponse:
    """Show the form of a rule; a POST draws it anew for another field of the customer, or keeps it."""
    caller = require(request, Role.ADMIN)
    known, rules = known_in(caller.workspace), house.shown(caller.workspace)["rules"]
    found = next((one for one in rules if house.mark_of(one) == mark), None)
    if mark and found is None and request.method == "GET":
        raise Http404
    if request.method == "GET":
        return _editor(request, mark, RuleForm(caller.workspace, known, found or {}))
    if request.POST.get("act") != "save":
        return _editor(request, mark, _redrawn(request, caller.workspace, known, found or {}))
    form = RuleForm(caller.workspace, known, found or {}, request.POST)
    if form.is_valid():
        try:
            _change(caller, lambda: house.keep_rule(caller, form.rule(), mark))
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Kept: %(name)s.") % {"name": form.rule()["name"]})
            return _led(request)
    return _editor(request, mark, form)


def _redrawn(request: HttpRequest, workspace: Workspace, known: Known, rule: dict[str, Any]) -> RuleForm:
    """Return the form as it was typed so far, with the input that fits the chosen field."""
    typed = {name: word for name, word in request.POST.items() if name != "value"}
    return RuleForm(workspace, known, rule, typed={**typed, "value": ""})


def _editor(request: HttpRequest, mark: str, form: RuleForm) -> HttpResponse:
    part = "#editor" if request.method == "POST" and getattr(request, "htmx", False) else ""
    return render(request, f"{ONE}{part}", {"form": form, "mark": mark})


def _led(request: HttpRequest) -> HttpResponse:
    """Lead back to all rules."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("settings_routing")})
    return redirect("settings_routing")


@require_POST
def remove(request: HttpRequest, mark: str) -> HttpResponse:
    """Remove a rule; what it sorted stays where it is."""
    caller = require(request, Role.ADMIN)
    _try(request, caller, lambda: house.remove_rule(caller, mark))
    return redirect("settings_routing")
