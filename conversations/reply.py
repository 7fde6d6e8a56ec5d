"""What an agent says: a message on its way out, or a note that stays in the house."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history
from conversations.channels.registry import CHANNELS
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Channel, Conversation, HistoryEvent, Identity, Message, OutboxEntry
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.models import Workspace

NOTE_LIMIT = 10_000
ANSWERED = [
    "status", "assignee", "first_response_at", "waiting_since", "unread", "channel_ids", "last_channel", "last_seq",
    "last_message", "last_message_at",
]  # fmt: skip


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said: ``client_id`` makes it once; without ``channel_id`` it goes where the customer last wrote."""

    client_id: str
    text: str
    private: bool = False
    channel_id: UUID | None = None
    reply_to_id: UUID | None = None


class Written(msgspec.Struct, frozen=True):
    """The message, whether it is new, and what the feed tells of it."""

    message: Message
    new: bool
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Way(msgspec.Struct, frozen=True):
    """Where a message goes: the channel, and the address of the customer on it."""

    channel: Channel
    identity: Identity | None


def reply(workspace: Workspace, conversation_id: UUID, actor: Actor, words: Words) -> Written:
    """Write a message into the conversation and, unless it is private, into the outbox.

    The same ``client_id`` again returns the message it made. Raises ``Conversation.DoesNotExist``, ``Refused`` for words
    that cannot be sent as they are and ``TooLate`` when the channel's window is closed or a newer conversation is open.
    """
    row = Conversation.objects.of(workspace).locked(conversation_id)
    known = Message.objects.of(workspace).filter(conversation=row, client_id=words.client_id).first()
    if known is not None:
        return Written(known, new=False)
    heard = _last_heard(workspace, row, words)
    quoted = _quoted(workspace, row, words)
    now = timezone.now()
    if words.private:
        return _note(row, actor, words, _channel(workspace, row, words, heard), quoted, now)
    if row.status == Conversation.Status.RESOLVED:
        _refuse_if_another_is_open(workspace, row)
    way = _way(workspace, row, words, heard)
    _check(way.channel, words.text, heard, now)
    return _send(row, actor, words, way, quoted, now)


def _last_heard(workspace: Workspace, row: Conversation, words: Words) -> Message | None:
    """Return what the customer said last, on the wanted channel or anywhere."""
    heard = Message.objects.of(workspace).filter(customer=row.customer_id, direction="inbound")
    if words.channel_id:
        heard = heard.filter(channel=words.channel_id)
    return heard.select_related("channel", "identity").in_order().reverse().first()


def _quoted(workspace: Workspace, row: Conversation, words: Words) -> Message | None:
    if words.reply_to_id is None:
        return None
    quoted = Message.objects.of(workspace).filter(pk=words.reply_to_id, customer=row.customer_id).first()
    if quoted is None:
        raise Refused("reply_to", _("There is no such message in this conversation."))
    return quoted


def _channel(workspace: Workspace, row: Conversation, words: Words, heard: Message | None) -> Channel:
    """Return the wanted channel, else the one the customer last wrote on, else the last of the conversation."""
    if heard is not None:
        return heard.channel
    wanted = words.channel_id or row.last_channel_id or next(iter(reversed(row.channel_ids)), None)
    channel = Channel.objects.of(workspace).filter(pk=wanted).first() if wanted else None
    if channel is None:
        raise Refused("channel", _("There is no such channel."))
    return channel


def _way(workspace: Workspace, row: Conversation, words: Words, heard: Message | None) -> Way:
    """Return channel and address. Raises ``Refused`` for a channel that is gone or does not know this customer."""
    channel = _channel(workspace, row, words, heard)
    if channel.deleted_at is not None:
        raise Refused("channel", _("This channel was removed: choose another one."))
    known = Identity.objects.of(workspace).filter(
        customer=row.customer_id,
        replaced_at=None,
        kind__in=CHANNELS[channel.kind].reaches if channel.kind in CHANNELS else (),
        scope__in=["", channel.address],
    )
    identities = list(known.order_by("-id"))
    if heard is not None and heard.identity is not None and heard.identity.replaced_at is None:
        return Way(channel, heard.identity)
    if not identities:
        raise Refused("channel", _("This customer has no address on this channel."))
    return Way(channel, identities[0])


def _refuse_if_another_is_open(workspace: Workspace, row: Conversation) -> None:
    if Conversation.objects.of(workspace).unresolved().filter(customer=row.customer_id).exists():
        raise TooLate(_("A newer conversation of this customer is open: answer there."))


def _check(channel: Channel, text: str, heard: Message | None, now: datetime) -> None:
    """Raise ``Refused`` or ``TooLate`` when the channel cannot carry this text now."""
    adapter = CHANNELS.get(channel.kind)
    if adapter is None or "text" not in adapter.can_send:
        raise Refused(
            "channel", _("Messages cannot be sent on this kind of channel yet: %(kind)s.") % {"kind": channel.kind}
        )
    length = adapter.length_of(text)
    if length > adapter.text_limit:
        sentence = _("This channel takes at most %(limit)d characters; this text has %(length)d.")
        raise Refused("text", sentence % {"limit": adapter.text_limit, "length": length})
    window = adapter.reply_window
    if window and (heard is None or now - heard.shown_at > window):
        raise TooLate(_("The customer's last message here is more than 24 hours old: only a template can be sent."))


def _message(
    row: Conversation, actor: Actor, words: Words, channel: Channel, quoted: Message | None, now: datetime
) -> Message:
    row.last_seq += 1
    quotable = quoted is not None and quoted.channel_id == channel.pk
    return Message(
        workspace_id=row.workspace_id,
        conversation_id=row.pk,
        customer_id=row.customer_id,
        channel=channel,
        direction="outbound",
        author_kind=actor.kind,
        author=actor.user,
        author_name=actor.shown_as,
        text=words.text,
        client_id=words.client_id,
        reply_to=quoted,
        reply_to_provider_id=(quoted.provider_id or "") if quoted and quotable else "",
        sent_at=now,
        seq=row.last_seq,
    )


def _note(
    row: Conversation, actor: Actor, words: Words, channel: Channel, quoted: Message | None, now: datetime
) -> Written:
    """Keep a note: everybody of the house sees it, the customer never does, and no figure counts it."""
    if len(words.text) > NOTE_LIMIT:
        raise Refused("text", _("A note takes at most %(limit)d characters.") % {"limit": NOTE_LIMIT})
    message = _message(row, actor, words, channel, quoted, now)
    message.kind, message.status = "note", "sent"
    message.save(force_insert=True)
    row.last_message, row.last_message_at = message, now
    row.save(update_fields=["last_seq", "last_message", "last_message_at"])
    return Written(message, new=True, changes=_changes(row, message))


def _send(row: Conversation, actor: Actor, words: Words, way: Way, quoted: Message | None, now: datetime) -> Written:
    """Queue a message and let the conversation count as answered."""
    message = _message(row, actor, words, way.channel, quoted, now)
    message.kind, message.status, message.identity = "text", "queued", way.identity
    message.save(force_insert=True)
    OutboxEntry.objects.create(
        message=message,
        workspace_id=row.workspace_id,
        channel=way.channel,
        conversation_id=row.pk,
        position=message.seq,
    )
    events = []
    if row.assignee is None and actor.user is not None:
        row.assignee = actor.user
        events.append(history.assigned(row, now, actor))
    events.append(_sent(row, actor, message))
    history.record(events)
    _answered(row, message, now)
    return Written(message, new=True, changes=_changes(row, message), work=("outbound", "metrics"))


def _sent(row: Conversation, actor: Actor, message: Message) -> HistoryEvent:
    return history.happened(
        row,
        "message.sent",
        message.sent_at,
        actor,
        message_id=message.pk,
        channel_id=message.channel_id,
        channel_kind=message.channel.kind,
        data={"author": actor.kind, "kind": message.kind},
    )


def _answered(row: Conversation, message: Message, now: datetime) -> None:
    """Move the conversation on: nobody waits any more, everything was read."""
    if row.status == Conversation.Status.WAITING:
        row.status = Conversation.Status.OPEN
    if row.first_response_at is None and row.last_inbound_at is not None:
        row.first_response_at = now
    if message.channel_id not in row.channel_ids:
        row.channel_ids = [*row.channel_ids, message.channel_id]
    row.last_channel_id = row.last_channel_id or message.channel_id
    row.waiting_since, row.unread = None, 0
    row.last_message, row.last_message_at = message, now
    row.save(update_fields=ANSWERED)


def _changes(row: Conversation, message: Message) -> tuple[Change, ...]:
    return (
        Change("message.created", message.pk, row.pk),
        Change("conversation.updated", row.pk, row.pk),
    )
