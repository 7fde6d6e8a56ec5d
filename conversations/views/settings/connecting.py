"""All channels on one page, and the way to a new one: choose its kind, fill in what it needs, finish at its provider, test."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import connect
from conversations.audited import on_channel
from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS
from conversations.models import Channel, Connection
from conversations.refusal import Refused, TooLate
from conversations.views.settings import once
from conversations.views.settings.cards import card, channel_here
from conversations.views.settings.forms import PREFIX, ConnectForm
from hub.access import Caller, require
from hub.models import Role, Workspace


@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """Show every channel with how it fares; without any, what can be connected."""
    caller = require(request, Role.ADMIN)
    rows = Channel.objects.of(caller.workspace).in_use().for_reading().order_by("name", "id")
    cards = [card(row) for row in rows]
    # What does not work comes first: nobody opens this page to admire the rest.
    cards.sort(key=lambda one: ("stopped", "silent", "unused", "works").index(one.state))
    return render(request, "conversations/settings/channels.html", {"cards": cards, "kinds": _kinds()})


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Ask which kind of channel to connect."""
    require(request, Role.ADMIN)
    return render(request, "conversations/settings/choose.html", {"kinds": _kinds()})


def _kinds() -> list[Adapter]:
    return sorted(CHANNELS.values(), key=lambda adapter: adapter.title)


@never_cache
@require_http_methods(["GET", "POST"])
def connect_kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for what a kind of channel needs, and open it."""
    caller = require(request, Role.ADMIN)
    adapter = CHANNELS.get(kind)
    if adapter is None:
        raise Http404
    form = ConnectForm(adapter, _connections(caller.workspace, adapter), request.POST or None)
    if request.method == "POST" and form.is_valid():
        channel = _open(request, caller, adapter, form)
        if channel is not None:
            return redirect("settings_connected", channel.pk)
    context = {"adapter": adapter, "form": form, "parts": form.parts()}
    return render(request, "conversations/settings/connect.html", context)


def _connections(workspace: Workspace, adapter: Adapter) -> list[Connection]:
    """Return the connections with the kind's provider that channels come through."""
    here = Prefetch("channels", Channel.objects.of(workspace).in_use().order_by("name"))
    rows = Connection.objects.of(workspace).filter(provider=adapter.provider, channels__deleted_at=None)
    return list(rows.prefetch_related(here).distinct().order_by("created_at"))


def _open(request: HttpRequest, caller: Caller, adapter: Adapter, form: ConnectForm) -> Channel | None:
    """Open the channel; None when the room refused, with its sentence at the input it is about."""
    setup = adapter.setup
    empty = [field for field in setup.secrets if field.made and not form.cleaned_data.get(field.name)]
    made = {} if form.connection_id() else {field.name: connect.new_secret() for field in empty}
    listed = {
        field.name: (made[field.name],) if field.kind == "secrets" else made[field.name] for field in empty if made
    }
    plan = connect.Plan(
        kind=adapter.kind,
        name=form.cleaned_data["name"].strip(),
        address=form.cleaned_data.get("address") or "",
        connection_id=form.connection_id(),
        credentials=form.credentials(listed),
        settings=form.values(setup.settings, PREFIX),
    )
    try:
        opened = on_channel(caller, "opened", lambda: connect.open_channel(caller.workspace, plan))
    except Refused as refused:
        field = refused.field.replace("settings.", PREFIX)
        form.add_error(field if field in form.fields else None, refused.sentence)
        return None
    except TooLate as late:
        form.add_error("address", late.sentence)
        return None
    once.keep(request, opened.channel.pk, made)
    return opened.channel


@never_cache
@require_GET
def connected(request: HttpRequest, channel: UUID) -> HttpResponse:
    """Show what remains to be done at the provider; secrets made here are seen on this page once."""
    caller = require(request, Role.ADMIN)
    row = channel_here(caller.workspace, channel)
    shown = card(row)
    context = {
        "card": shown,
        "made": once.take(request, row.pk),
        "steps": [_(step) for step in shown.setup.steps],
        "address": request.build_absolute_uri,
    }
    return render(request, "conversations/settings/connected.html", context)
