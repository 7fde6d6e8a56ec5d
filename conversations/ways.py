"""On which channels a person can be answered now, until when, and why not on the others. Reads only; rooms stand on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS
from conversations.channels.types import MessageKind
from conversations.models import Channel, Conversation, Customer, Identity, Message
from hub.models import Workspace

ANSWERED_WITHIN = timedelta(hours=24)  # else a message that an advertisement brought opens no longer window
Closed = Literal["", "kind", "address", "opted_out", "window"]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One channel towards a person: ``identity`` is their address on it.

    ``open`` means that anything the kind of channel takes may be said; ``closes_at`` is when that ends, ``None`` never.
    Closed, ``closed`` and ``why`` (a sentence in the reader's language) say what keeps it so; ``templates`` whether
    templates may go all the same. ``can`` are the kinds of message that may be sent now. ``heard_at`` is when the person last
    wrote here. ``default`` marks the channel they wrote on last. ``waits`` is a sentence while the channel is stopped: what is
    said is kept and leaves when it works again.
    """

    channel: Channel
    identity: Identity | None = None
    heard_at: datetime | None = None
    open: bool = False
    closes_at: datetime | None = None
    closed: Closed = ""
    why: str = ""
    templates: bool = False
    default: bool = False
    waits: str = ""

    @property
    def can(self) -> tuple[MessageKind, ...]:
        """The kinds of message that may be sent now, in no order that means anything."""
        adapter = CHANNELS.get(self.channel.kind)
        if adapter is not None and self.open:
            return tuple(sorted(adapter.can_send))
        return ("template",) if self.templates else ()


def people(workspace: Workspace, customer_id: UUID) -> list[UUID]:
    """Return the customers who are one person with this one, the one they count as first."""
    rows = Customer.objects.of(workspace).of_person(customer_id).values_list("id", "merged_into_id")
    return [key for key, _ in sorted(rows, key=lambda row: (row[1] is not None, row[0]))]


def ways_of(
    workspace: Workspace, conversation: Conversation, *, by_person: bool = True, now: datetime | None = None
) -> list[Way]:
    """Return every channel of the workspace as a way to the person of ``conversation``: the default first, then open ones.

    ``by_person`` is whether an agent writes and not a machine: some channels leave people more time.
    """
    now = now or timezone.now()
    ids = people(workspace, conversation.customer_id)
    channels = list(Channel.objects.of(workspace).filter(deleted_at=None).order_by("id"))
    identities = list(Identity.objects.of(workspace).filter(customer__in=ids, replaced_at=None).order_by("-id"))
    heard = last_heard(workspace, ids)
    default = default_channel(conversation, heard.values())
    found = [_way(channel, identities, heard.get(channel.pk), by_person=by_person, now=now) for channel in channels]
    longer = _after_advertisements(workspace, ids, [way.channel for way in found if _may_be_longer(way, now)], now)
    found = [_longer(way, longer.get(way.channel.pk), now) for way in found]
    found = [msgspec.structs.replace(way, default=True) if way.channel.pk == default else way for way in found]
    return sorted(found, key=lambda way: (not way.default, not way.open, not way.templates))


def last_heard(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Message]:
    """Return what these customers said last to us on each channel, with the address they said it from.

    Naming the account somewhere in public is not writing to it: no channel opens by that.
    """
    said = Message.objects.of(workspace).filter(customer__in=list(ids), direction="inbound").select_related("identity")
    said = said.exclude(payload__contains={"origin": "mention"})
    newest = said.order_by("channel_id", "-shown_at", "-seq").distinct("channel_id")
    return {message.channel_id: message for message in newest}


def default_channel(conversation: Conversation, heard: Iterable[Message]) -> UUID | None:
    """Return the channel the person wrote on last, else the last one of the conversation."""
    last = max(heard, key=lambda message: (message.shown_at, message.seq), default=None)
    if last is not None:
        return last.channel_id
    return conversation.last_channel_id or next(iter(reversed(conversation.channel_ids)), None)


def _way(channel: Channel, identities: list[Identity], heard: Message | None, *, by_person: bool, now: datetime) -> Way:
    """Judge one channel, without the longer window of an advertisement."""
    adapter = CHANNELS.get(channel.kind)
    heard_at = heard.shown_at if heard else None
    if adapter is None or not adapter.can_send:
        sentence = _("Messages cannot be sent on this kind of channel yet: %(kind)s.")
        return Way(channel=channel, heard_at=heard_at, closed="kind", why=sentence % {"kind": channel.kind})
    fitting = _fitting(adapter, channel, identities)
    identity = _chosen(fitting, heard)
    if identity is None:
        sentence = _("This customer has no address on this channel.")
        return Way(channel=channel, heard_at=heard_at, closed="address", why=sentence)
    way = Way(channel=channel, identity=identity, heard_at=heard_at)
    if channel.stopped_at is not None:
        title = str((channel.stop_reason or {}).get("title") or "")
        sentence = _("This channel is stopped: %(reason)s What you send leaves when it works again.")
        way = msgspec.structs.replace(way, waits=sentence % {"reason": _(title) if title else "?"})
    if any(one.opted_out_at is not None and one.channel_kind in {channel.kind, ""} for one in fitting):
        sentence = _("The customer asked not to be written to on this channel.")
        return msgspec.structs.replace(way, closed="opted_out", why=sentence)
    return _in_time(way, adapter, by_person=by_person, now=now)


def _fitting(adapter: Adapter, channel: Channel, identities: Iterable[Identity]) -> list[Identity]:
    """Return the addresses this channel can write to: the kind it prefers first, the newest of each first."""
    fitting = [one for one in identities if one.kind in adapter.reaches and one.scope in {"", channel.address}]
    return sorted(fitting, key=lambda one: adapter.reaches.index(one.kind))


def _chosen(fitting: list[Identity], heard: Message | None) -> Identity | None:
    """Return the address the person last wrote from here, else the best one."""
    used = heard.identity if heard else None
    if used is not None and used.replaced_at is None:
        return used
    return fitting[0] if fitting else None


def _in_time(way: Way, adapter: Adapter, *, by_person: bool, now: datetime) -> Way:
    """Judge by the time since the person wrote here."""
    window = adapter.reply_window
    if window is not None and by_person:
        window = max(window, adapter.human_window or window)
    if window is None:
        return msgspec.structs.replace(way, open=True, templates=adapter.has_templates)
    closes_at = way.heard_at + window if way.heard_at else None
    if closes_at is not None and closes_at >= now:
        return msgspec.structs.replace(way, open=True, closes_at=closes_at, templates=adapter.has_templates)
    why = _why_closed(way, adapter, window)
    return msgspec.structs.replace(way, closed="window", why=why, templates=adapter.has_templates)


def _why_closed(way: Way, adapter: Adapter, window: timedelta) -> str:
    if way.heard_at is None:
        if adapter.has_templates:
            return _("The customer has not written here yet: only a template can be sent.")
        return _("The customer has not written here yet.")
    hours = {"hours": int(window.total_seconds() // 3600)}
    if adapter.has_templates:
        sentence = _("The customer's last message here is more than %(hours)d hours old: only a template can be sent.")
        return sentence % hours
    return _("The customer's last message here is more than %(hours)d hours old.") % hours


def _may_be_longer(way: Way, now: datetime) -> bool:
    """Whether a message that an advertisement brought may lie near enough to count."""
    window = CHANNELS[way.channel.kind].referral_window if way.channel.kind in CHANNELS else None
    in_question = way.closed == "window" or (way.open and way.closes_at is not None)
    return window is not None and in_question and way.heard_at is not None and way.heard_at > now - window


def _after_advertisements(
    workspace: Workspace, ids: list[UUID], channels: list[Channel], now: datetime
) -> Mapping[UUID, datetime]:
    """Return until when an advertisement keeps each channel open: from the message it brought, if that was answered in time."""
    windows = {channel.pk: CHANNELS[channel.kind].referral_window or timedelta() for channel in channels}
    if not windows:
        return {}
    said = Message.objects.of(workspace).filter(
        Q(direction="inbound", referral__isnull=False) | Q(direction="outbound"),
        customer__in=ids,
        channel__in=windows,
        shown_at__gt=now - max(windows.values()),
    )
    until: dict[UUID, datetime] = {}
    brought: dict[UUID, list[datetime]] = {}
    for row in (
        said.exclude(status="failed").exclude(kind="note").in_order().only("channel_id", "direction", "shown_at")
    ):
        if row.direction == "inbound":
            brought.setdefault(row.channel_id, []).append(row.shown_at)
            continue
        for at in brought.get(row.channel_id, ()):
            if row.shown_at - at <= ANSWERED_WITHIN:
                until[row.channel_id] = max(until.get(row.channel_id, at), at + windows[row.channel_id])
    return until


def _longer(way: Way, until: datetime | None, now: datetime) -> Way:
    if until is None or until < max(now, way.closes_at or now):
        return way
    return msgspec.structs.replace(way, open=True, closes_at=until, closed="", why="")
