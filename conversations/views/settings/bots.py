"""Bots: which programs are told what customers say; their secret and token are shown once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations.bots import keeping
from conversations.models import Bot, Channel
from conversations.refusal import Refused
from conversations.views.settings import once
from hub import audit
from hub.access import Caller, require
from hub.house.forms import HouseForm
from hub.models import Role, Workspace

LIST, ONE = "conversations/settings/bots.html", "conversations/settings/bot.html"


class BotForm(HouseForm):
    """A bot to add or to change."""

    name = forms.CharField(max_length=keeping.NAME_LENGTH, label=gettext_lazy("Name"))
    url = forms.CharField(
        max_length=500,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Where it is told what happens: an address on the internet that begins with https://."),
    )
    channels = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Channels")
    )
    active = forms.BooleanField(required=False, label=gettext_lazy("Switched on"))

    def __init__(self, workspace: Workspace, row: Bot | None, data: Any = None) -> None:
        initial: dict[str, Any] = {"active": True}
        if row is not None:
            initial = {"name": row.name, "url": row.url, "active": row.active}
            initial["channels"] = [str(key) for key in row.channel_ids]
        super().__init__(data, initial=initial)
        rows = Channel.objects.of(workspace).filter(deleted_at=None).order_by("name")
        self.offer("channels", [(str(one.pk), one.name) for one in rows])
        self.fields["channels"].help_text = _("Every channel where none is chosen.")

    def plan(self) -> keeping.Plan:
        """Return what was filled in."""
        given = self.cleaned_data
        return keeping.Plan(
            name=given["name"],
            url=given["url"],
            channel_ids=[UUID(key) for key in given["channels"]],
            active=given["active"],
        )


@never_cache
@require_http_methods(["GET"])
def bots(request: HttpRequest) -> HttpResponse:
    """Show every bot and how many calls to it failed."""
    caller = require(request, Role.ADMIN)
    failed = Count("calls", filter=Q(calls__state="failed"))
    rows = Bot.objects.of(caller.workspace).annotate(told=Count("calls"), failed=failed).order_by("name")
    return render(request, LIST, {"bots": rows})


@never_cache
@require_http_methods(["GET", "POST"])
def bot(request: HttpRequest, bot: UUID | None = None) -> HttpResponse:
    """Show the form of a bot; a POST keeps it. What was made here is seen on this page once."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(Bot.objects.of(caller.workspace), pk=bot) if bot else None
    form, saved = BotForm(caller.workspace, row, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            key = _keep(request, caller, form, row)
        except Refused as refused:
            form.refuse(refused)
        else:
            if row is None:
                return redirect("settings_bot", key)
            saved = _("Saved.")
    made = once.take(request, row.pk) if row and request.method == "GET" else {}
    return render(request, ONE, {"bot": row, "form": form, "saved": saved, "made": made})


def _keep(request: HttpRequest, caller: Caller, form: BotForm, row: Bot | None) -> UUID:
    with transaction.atomic():
        if row is not None:
            keeping.change(row, form.plan())
            audit.note(caller, "bot.changed", row)
            return row.pk
        made = keeping.create(caller.workspace, form.plan())
        audit.note(caller, "bot.created", made.bot)
    once.keep(request, made.bot.pk, {"secret": made.secret, "token": made.token})
    return made.bot.pk


@never_cache
@require_POST
def renew(request: HttpRequest, bot: UUID) -> HttpResponse:
    """Make a new secret and a new token; the old ones are good for nothing at once."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(Bot.objects.of(caller.workspace), pk=bot)
    with transaction.atomic():
        made = keeping.rotate(row)
        audit.note(caller, "bot.secret_renewed", row)
    once.keep(request, row.pk, {"secret": made.secret, "token": made.token})
    return redirect("settings_bot", row.pk)


@never_cache
@require_POST
def remove(request: HttpRequest, bot: UUID) -> HttpResponse:
    """Remove a bot: its token is good for nothing any more."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(Bot.objects.of(caller.workspace), pk=bot)
    with transaction.atomic():
        audit.note(caller, "bot.removed", row)
        keeping.remove(row)
    return redirect("settings_bots")
