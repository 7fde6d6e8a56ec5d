"""How a channel is shown to those who look after it: one card, the same in the list and on its own page."""

from __future__ import annotations

from typing import Any

import msgspec
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_noop

from conversations.api.connected import ChannelState, channel_state, webhook_url
from conversations.api.represent import failure
from conversations.channels.registry import adapter_of
from conversations.channels.setup import Setup
from conversations.models import Channel
from hub.models import Workspace

# A state by its word, its drawing and its tone: never by color alone.
STATES: dict[ChannelState, tuple[str, str, str]] = {
    "works": (gettext_noop("Works"), "circle-check", "good"),
    "stopped": (gettext_noop("Stopped"), "octagon-alert", "bad"),
    "silent": (gettext_noop("Silent"), "moon", "warn"),
    "unused": (gettext_noop("Not used yet"), "circle-dashed", ""),
}
EXPLAINED: dict[ChannelState, str] = {
    "silent": gettext_noop(
        "Nothing came in for more than three days. Is the webhook still subscribed at the provider?"
    ),
    "unused": gettext_noop("Nothing came in or went out yet. Write to this channel to try it."),
}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A channel with how it fares. ``row`` is one of ``for_reading``; ``title`` its kind's name; ``trouble`` why it stopped."""

    row: Any
    title: str
    setup: Setup
    state: ChannelState
    word: str
    drawing: str
    tone: str
    trouble: str
    explained: str
    last_error: str
    webhook: str | None


def card(row: Channel) -> Card:
    """Return how a channel is shown."""
    adapter = adapter_of(row.kind)
    state = channel_state(row, timezone.now())
    word, drawing, tone = STATES[state]
    stopped, error = failure(row.stop_reason), failure(row.last_error)
    return Card(
        row=row,
        title=_(adapter.title) if adapter.title else row.kind,
        setup=adapter.setup,
        state=state,
        word=_(word),
        drawing=drawing,
        tone=tone,
        trouble=stopped["title"] if stopped else "",
        explained=_(EXPLAINED[state]) if state in EXPLAINED else "",
        last_error=error["title"] if error else "",
        webhook=webhook_url(row),
    )


def channel_here(workspace: Workspace, key: Any) -> Channel:
    """Return a channel in use. Raises ``Http404``."""
    return get_object_or_404(Channel.objects.of(workspace).in_use().for_reading(), pk=key)
