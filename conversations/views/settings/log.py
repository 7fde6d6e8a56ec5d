"""The channel log: what was said to a channel's provider and what it answered, newest first, without secrets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from conversations.models import Exchange, Message
from conversations.views.settings.cards import card, channel_here
from conversations.views.settings.place import before, uuid_in
from hub import audit
from hub.access import require
from hub.models import Role

ROWS_A_PAGE = 50


@require_GET
def of_channel(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Show a page of a channel's log; ``outcome=failed`` and ``message`` narrow it, ``before`` goes on below a row."""
    caller = require(request, Role.ADMIN)
    row = channel_here(caller.workspace, channel)
    audit.noted_read(caller, "channel_log.read", row)
    rows = Exchange.objects.of(caller.workspace).filter(channel=row).order_by("-id")
    only_failed, message = request.GET.get("outcome") == "failed", uuid_in(request, "message")
    if only_failed:
        rows = rows.failed()
    if message:
        rows = rows.filter(message_id=message)
    if (last := before(request)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: ROWS_A_PAGE + 1])
    shown = found[:ROWS_A_PAGE]
    told = Message.objects.of(caller.workspace).in_bulk({one.message_id for one in shown if one.message_id})
    kept: dict[str, Any] = {"outcome": "failed"} if only_failed else {}
    kept |= {"message": message} if message else {}
    context = {
        "card": card(row),
        "rows": [{"said": one, "message": told.get(one.message_id)} for one in shown],
        "only_failed": only_failed,
        "message": Message.objects.of(caller.workspace).filter(pk=message).first() if message else None,
        "narrowed": bool(kept),
        "everything": reverse("settings_log", args=[row.pk]),
        "next": f"?{urlencode({**kept, 'before': shown[-1].pk})}" if len(found) > ROWS_A_PAGE else "",
        "days": settings.EXCHANGE_RETENTION_DAYS,
    }
    return render(request, "conversations/settings/log.html", context)


@require_GET
def of_message(request: HttpRequest, message: UUID) -> HttpResponse:
    """Lead from a message to what its channel's log holds of it."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(Message.objects.of(caller.workspace), pk=message)
    return redirect(f"{reverse('settings_log', args=[row.channel_id])}?message={row.pk}")
