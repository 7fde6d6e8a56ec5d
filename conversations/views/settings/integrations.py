"""Integrations in the settings: which stores and programs tell what happens elsewhere, how each fares, and its secrets."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import connect
from conversations.integrations import keeping
from conversations.integrations.keeping import STORES
from conversations.models import Connection, Delivery, Item
from conversations.refusal import Refused
from conversations.views.settings import once
from conversations.views.settings.journal import TROUBLED, outcome
from hub import audit
from hub.access import Caller, require
from hub.models import Role, Workspace

LIST = "conversations/settings/integrations.html"
ONE = "conversations/settings/integration.html"
LATEST, REFUSALS_SHOWN = 100, 5  # deliveries looked through for what was not taken, and how many of these are shown


def _rows(workspace: Workspace) -> Any:
    return Connection.objects.of(workspace).filter(provider__in=STORES, deleted_at=None)


def _shown(workspace: Workspace, rows: list[Connection]) -> list[dict[str, Any]]:
    """Return each connection with its kind, its last delivery and how many ended how."""
    counted = (
        Delivery.objects.of(workspace)
        .filter(connection__in=rows)
        .values("connection", "outcome")
        .annotate(number=Count("id"), last=Max("received_at"))
    )
    ends: dict[UUID, list[Any]] = defaultdict(list)
    for one in counted:
        ends[one["connection"]].append(one)
    return [
        {
            "row": row,
            "store": STORES[row.provider],
            "title": _(STORES[row.provider].title),
            "explained": _(STORES[row.provider].explained),
            "last": max((one["last"] for one in ends[row.pk]), default=None),
            "counts": [{**outcome(one["outcome"]), "number": one["number"]} for one in ends[row.pk]],
        }
        for row in rows
    ]


def _untaken(workspace: Workspace, row: Connection) -> list[dict[str, Any]]:
    """Return the last of what was not taken, what is wrong first, each with why; of some deliveries only a part was not."""
    latest = list(Delivery.objects.of(workspace).filter(connection=row).defer("body").order_by("-id")[:LATEST])
    parts = Item.objects.of(workspace).filter(delivery__in=latest, outcome__in=TROUBLED).order_by("-id")
    inside = {key: (word, reason) for key, word, reason in parts.values_list("delivery_id", "outcome", "reason")}
    found = []
    for one in latest:
        whole = (one.outcome, one.reason) if one.outcome in {*TROUBLED, "ignored"} else None
        if end := whole or inside.get(one.pk):
            found.append({"delivery": one, **outcome(end[0]), "reason": end[1]})
    return sorted(found, key=lambda one: one["outcome"] == "ignored")[:REFUSALS_SHOWN]


@never_cache
@require_GET
def integrations(request: HttpRequest) -> HttpResponse:
    """Show every integration and what can be connected."""
    caller = require(request, Role.ADMIN)
    shown = _shown(caller.workspace, list(_rows(caller.workspace).order_by("name", "id")))
    kinds = [{"store": one, "title": _(one.title), "explained": _(one.explained)} for one in STORES.values()]
    return render(request, LIST, {"integrations": shown, "kinds": kinds})


@never_cache
@require_http_methods(["GET", "POST"])
def connect_store(request: HttpRequest, provider: str) -> HttpResponse:
    """Show what a store needs; a POST connects it and shows its address."""
    caller = require(request, Role.ADMIN)
    store = STORES.get(provider)
    if store is None:
        raise Http404
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            with transaction.atomic():
                given = (request.POST.get("name", ""), request.POST.get("secret", ""))
                made = keeping.create(caller.workspace, provider, *given)
                audit.note(caller, "integration.connected", _subject(made.connection))
        except Refused as refused:
            wrong = {refused.field: refused.sentence}
        else:
            once.keep(request, made.connection.pk, {"secret": made.secret} if made.secret else {})
            return redirect("settings_integration", made.connection.pk)
    context = {"store": store, "title": _(store.title), "wrong": wrong, "typed": request.POST.get("name", "")}
    return render(request, "conversations/settings/integration_new.html", context)


def _subject(row: Connection) -> audit.Subject:
    return audit.Subject("integration", str(row.pk), row.name)


@never_cache
@require_http_methods(["GET", "POST"])
def integration(request: HttpRequest, integration: UUID) -> HttpResponse:
    """Show an integration: its address, its secrets and what came in; a POST does what its ``act`` says."""
    caller = require(request, Role.ADMIN)
    row = get_object_or_404(_rows(caller.workspace), pk=integration)
    said: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = _act(request, caller, row)
        except Refused as refused:
            said = {f"wrong_{refused.field}": refused.sentence}
        if said.get("gone"):
            return redirect("settings_integrations")
    (one,) = _shown(caller.workspace, [row])
    address = f"{settings.PUBLIC_URL}/webhooks/{row.pk}/"
    context = {
        "one": one,
        "untaken": _untaken(caller.workspace, row),
        "steps": [_(step) for step in STORES[row.provider].steps],
        "address": address,
        "trial": keeping.trial(row, address),
        "marks": connect.marks(row).get("app_secrets", ()),
        "made": {} if request.method == "POST" else once.take(request, row.pk),
        **said,
    }
    if said.get("secret"):
        context["made"] = {"secret": said["secret"]}
    return render(request, ONE, context)


def _act(request: HttpRequest, caller: Caller, found: Connection) -> dict[str, str]:
    act = request.POST.get("act", "")
    with transaction.atomic():
        row = _rows(caller.workspace).select_for_update(no_key=True).get(pk=found.pk)
        if act == "rename":
            keeping.rename(row, request.POST.get("name", ""))
            audit.note(caller, "integration.renamed", _subject(row), {"name": (found.name, row.name)})
            found.name = row.name
            return {"saved": _("Saved.")}
        if act == "add":
            made = keeping.add_secret(row, request.POST.get("secret", ""))
            audit.note(caller, "integration.secret_added", _subject(row))
            found.sealed_credentials = row.sealed_credentials
            return {"saved_secret": _("Saved. It is in use from now on."), "secret": made}
        if act == "retire":
            keeping.retire_secret(row, request.POST.get("mark", ""))
            audit.note(caller, "integration.secret_retired", _subject(row))
            found.sealed_credentials = row.sealed_credentials
            return {"saved_secret": _("Retired. What is signed with it is refused from now on.")}
        if act == "remove":
            keeping.remove(row)
            audit.note(caller, "integration.removed", _subject(row))
            return {"gone": "yes"}
    return {}
