"""What came in: the journal of webhooks, and apart from it those that fit no channel or could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, F, Func, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _, gettext_noop, ngettext
from django.views.decorators.http import require_GET, require_POST

from conversations import parse
from conversations.models import Channel, Connection, Delivery, Item
from conversations.querysets.delivery import LOST, Deliveries, lost_items
from conversations.views.settings.place import uuid_in
from hub import audit
from hub.access import require
from hub.models import Role, Workspace

ROWS_A_PAGE = 50
MOST_AT_ONCE = 1000
BODY_CHARACTERS = 200_000
# An outcome by its word, what it means, its drawing and its tone.
OUTCOMES: dict[str, tuple[str, str, str, str]] = {
    "pending": (gettext_noop("Waiting"), gettext_noop("not worked yet"), "hourglass", ""),
    "processed": (gettext_noop("Processed"), gettext_noop("became messages, statuses or news"), "circle-check", "good"),
    "duplicate": (gettext_noop("Duplicate"), gettext_noop("had come before; nothing was done twice"), "copy", ""),
    "ignored": (gettext_noop("Ignored"), gettext_noop("holds nothing we keep"), "circle-dashed", ""),
    "unroutable": (
        gettext_noop("Unroutable"),
        gettext_noop("meant for an address no channel has"),
        "route-off",
        "warn",
    ),
    "invalid": (gettext_noop("Invalid"), gettext_noop("signed, but not understood"), "triangle-alert", "warn"),
    "failed": (gettext_noop("Failed"), gettext_noop("set aside after several tries"), "circle-x", "bad"),
}
TROUBLED = ("unroutable", "invalid", "failed")


def _rows(workspace: Workspace) -> Deliveries:
    """Return deliveries without their bodies, with their size in bytes, newest first."""
    size = Func(F("body"), function="octet_length", output_field=IntegerField())
    rows: Deliveries = Delivery.objects.of(workspace).defer("body").annotate(size=size).order_by("-id")
    return rows


def _shown(workspace: Workspace, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return each delivery with the words of its outcome and the channels of its connection."""
    found = list(rows)
    wanted = {row.connection_id for row in found}
    names: dict[UUID, list[str]] = {}
    for channel in Channel.objects.of(workspace).in_use().filter(connection__in=wanted).order_by("name"):
        if channel.connection_id:
            names.setdefault(channel.connection_id, []).append(channel.name)
    lost = Counter(
        lost_items(workspace).filter(delivery__in=[row.pk for row in found]).values_list("delivery", flat=True)
    )
    providers = dict(Connection.objects.of(workspace).filter(pk__in=wanted).values_list("pk", "provider"))
    return [
        {
            "row": row,
            **outcome(row.outcome),
            "source": ", ".join(names.get(row.connection_id, [])) or providers.get(row.connection_id, ""),
            "is_troubled": row.outcome in TROUBLED,
            "lost": lost[row.pk] if row.outcome not in TROUBLED else 0,
        }
        for row in found
    ]


def outcome(word: str) -> dict[str, str]:
    """Return an outcome's ``word``, ``meaning``, ``drawing`` and ``tone``."""
    title, meaning, drawing, tone = OUTCOMES[word]
    return {"outcome": word, "word": _(title), "meaning": _(meaning), "drawing": drawing, "tone": tone}


def _page(request: HttpRequest, workspace: Workspace, rows: Deliveries, kept: dict[str, str]) -> dict[str, Any]:
    """Return the page's rows and the address of what follows."""
    if (last := uuid_in(request, "before")) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: ROWS_A_PAGE + 1])
    shown = found[:ROWS_A_PAGE]
    more = f"?{urlencode({**kept, 'before': str(shown[-1].pk)})}" if len(found) > ROWS_A_PAGE else ""
    return {"rows": _shown(workspace, shown), "next": more, "days": settings.DELIVERY_RETENTION_DAYS}


@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """Show the journal of everything that came in; ``outcome`` and ``connection`` narrow it."""
    caller = require(request, Role.ADMIN)
    rows, kept = _rows(caller.workspace), {}
    if (chosen := request.GET.get("outcome", "")) in OUTCOMES:
        rows, kept["outcome"] = rows.came_to(caller.workspace, [chosen]), chosen
    if (source := uuid_in(request, "connection")) is not None:
        rows, kept["connection"] = rows.filter(connection=source), str(source)
    only = {"connection": kept["connection"]} if source else {}
    tabs = [
        {**outcome(word), "address": f"?{urlencode({**only, 'outcome': word})}", "current": word == kept.get("outcome")}
        for word in OUTCOMES
    ]
    context = {"tabs": tabs, "everything": f"?{urlencode(only)}", "chosen": kept.get("outcome"), "kept": kept}
    return render(
        request, "conversations/settings/deliveries.html", context | _page(request, caller.workspace, rows, kept)
    )


@require_GET
def unrouted(request: HttpRequest) -> HttpResponse:
    """Show what fits no channel, could not be read or failed; ``outcome`` narrows it."""
    caller = require(request, Role.ADMIN)
    everything = Delivery.objects.of(caller.workspace).came_to(caller.workspace, TROUBLED)
    rows = _rows(caller.workspace).came_to(caller.workspace, TROUBLED)
    counted = dict(
        Delivery.objects.of(caller.workspace)
        .filter(outcome__in=TROUBLED)
        .values_list("outcome")
        .annotate(number=Count("id"))
        .order_by()
    ) | {LOST: Delivery.objects.of(caller.workspace).came_to(caller.workspace, [LOST]).count()}
    kept: dict[str, str] = {}
    if (chosen := request.GET.get("outcome", "")) in TROUBLED:
        rows, kept = rows.came_to(caller.workspace, [chosen]), {"outcome": chosen}
    tabs = [
        {**outcome(word), "number": counted.get(word, 0), "address": f"?outcome={word}", "current": word == chosen}
        for word in TROUBLED
    ]
    total = everything.count()
    context = {"tabs": tabs, "total": total, "chosen": kept.get("outcome"), "asked": counted.get(chosen, total)}
    return render(
        request, "conversations/settings/unrouted.html", context | _page(request, caller.workspace, rows, kept)
    )


def _found(workspace: Workspace, key: UUID) -> Delivery:
    return get_object_or_404(_rows(workspace), pk=key)


@require_GET
def delivery(request: HttpRequest, delivery: UUID) -> HttpResponse:
    """Show one delivery whole: what came of each item, and the body as it came. ``row`` asks for its line alone."""
    caller = require(request, Role.ADMIN)
    htmx: Any = getattr(request, "htmx", False)
    row = _found(caller.workspace, delivery)
    audit.noted_read(caller, "delivery.read", audit.Subject("delivery", str(row.pk)))
    (one,) = _shown(caller.workspace, [row])
    if "row" in request.GET:
        return render(request, "conversations/settings/delivery_row.html", {"one": one})
    body = bytes(Delivery.objects.of(caller.workspace).values_list("body", flat=True).get(pk=row.pk))
    items = Item.objects.of(caller.workspace).filter(delivery=row).select_related("channel").order_by("id")
    context = {
        "one": one,
        "body": body.decode("utf-8", "backslashreplace")[:BODY_CHARACTERS],
        "items": [{"row": item, "type": item.body.get("type", "")} for item in items[:ROWS_A_PAGE]],
    }
    template = "conversations/settings/delivery.html"
    return render(request, f"{template}#inside" if htmx else template, context)


@require_POST
def replay(request: HttpRequest, delivery: UUID) -> HttpResponse:
    """Send one delivery through again; answer with its line, which follows what comes of it."""
    caller = require(request, Role.ADMIN)
    row = _found(caller.workspace, delivery)
    with transaction.atomic():
        (parse.replay_lost if request.POST.get("only") == LOST else parse.replay)([row.pk])
        audit.note(caller, "delivery.replayed", audit.Subject("delivery", str(row.pk)))
    if not getattr(request, "htmx", False):
        messages.success(request, _("It is on its way through again."))
        return redirect("settings_delivery", row.pk)
    (one,) = _shown(caller.workspace, [_found(caller.workspace, delivery)])
    return render(request, "conversations/settings/delivery_row.html", {"one": one})


@require_POST
def replay_many(request: HttpRequest) -> HttpResponse:
    """Send the chosen deliveries through again, or with ``all`` every troubled one (of ``outcome``), a thousand at a time."""
    caller = require(request, Role.ADMIN)
    chosen = request.POST.get("outcome", "")
    wanted = [chosen] if chosen in TROUBLED else TROUBLED
    rows = Delivery.objects.of(caller.workspace).came_to(caller.workspace, wanted)
    if "all" not in request.POST:
        rows = rows.filter(pk__in=[key for word in request.POST.getlist("delivery") if (key := _uuid(word))])
    with transaction.atomic():
        ended = list(rows.order_by("id").values_list("pk", "outcome")[:MOST_AT_ONCE])
        whole = [key for key, word in ended if word in TROUBLED]
        number = parse.replay(whole) if whole else 0
        number += parse.replay_lost([key for key, word in ended if word not in TROUBLED])
        if number:
            audit.note(caller, "delivery.replayed", None, {"number": (None, number)})
    sentence = ngettext("%(n)d is on its way through again.", "%(n)d are on their way through again.", number)
    messages.success(request, sentence % {"n": number} if number else _("Nothing was chosen."))
    return redirect("settings_unrouted")


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
