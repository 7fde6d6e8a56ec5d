"""What an agent says: a message on its way out, or a note that stays in the house."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import history, holding, mention
from conversations.bots.turn import refuse_unless_its_turn
from conversations.draft import Draft, Words, drafted, uploaded
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Attachment, Channel, Conversation, HistoryEvent, Message, OutboxEntry
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from conversations.ways import Way, default_channel, last_heard, people, ways_of
from hub.models import Workspace

NOTE_LIMIT = 10_000
ANSWERED = [
    "status", "assignee", "first_response_at", "waiting_since", "unread", "channel_ids", "last_channel", "last_seq",
    "last_message", "last_message_at", "bot", "assigned_at", "queued_at", "route_reason",
]  # fmt: skip


__all__ = ["Answered", "Words", "Written", "reply"]


class Answered(TooLate):
    """Somebody else has answered since the writer looked: ``newer`` are the ids of what was said, oldest first."""

    def __init__(self, sentence: str, newer: tuple[UUID, ...]) -> None:
        super().__init__(sentence)
        self.newer = newer


class Written(msgspec.Struct, frozen=True):
    """The message, whether it is new, and what the feed tells of it."""

    message: Message
    new: bool
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def reply(workspace: Workspace, conversation_id: UUID, actor: Actor, words: Words) -> Written:
    """Write a message into the conversation and, unless it is private, into the outbox.

    The same ``client_id`` again returns the message it made. Raises ``Conversation.DoesNotExist``, ``Refused`` for words
    that cannot be sent as they are, ``TooLate`` when the channel is closed or a newer conversation is open and ``Answered``
    when somebody else was faster.
    """
    row = Conversation.objects.of(workspace).locked(conversation_id)
    known = Message.objects.of(workspace).filter(conversation=row, client_id=words.client_id).first()
    if known is not None:
        return Written(known, new=False)
    quoted = _quoted(workspace, row, words)
    now = timezone.now()
    if words.private:
        return _note(workspace, row, actor, words, quoted, now)
    if words.mentions:
        raise Refused("mentions", _("Only a note names members of the team."))
    _refuse_if_it_goes_on_elsewhere(workspace, row)
    refuse_unless_its_turn(row, actor)
    _refuse_if_answered(workspace, row, actor, words)
    way = _way(workspace, row, actor, words, now)
    draft = drafted(workspace, words, way.channel)
    return _send(row, actor, words, way, draft, quoted, now)


def _quoted(workspace: Workspace, row: Conversation, words: Words) -> Message | None:
    if words.reply_to_id is None:
        return None
    persons = people(workspace, row.customer_id)
    quoted = Message.objects.of(workspace).filter(pk=words.reply_to_id, customer__in=persons).first()
    if quoted is None:
        raise Refused("reply_to", _("There is no such message in this conversation."))
    return quoted


def _refuse_if_it_goes_on_elsewhere(workspace: Workspace, row: Conversation) -> None:
    """Raise ``TooLate`` for an old episode beside an open one; one that counts as part of another was read as that one."""
    if row.status != Conversation.Status.RESOLVED:
        return
    persons = people(workspace, row.customer_id)
    if Conversation.objects.of(workspace).unresolved().filter(customer__in=persons, folded_into=None).exists():
        raise TooLate(_("A newer conversation of this customer is open: answer there."))


def _refuse_if_answered(workspace: Workspace, row: Conversation, actor: Actor, words: Words) -> None:
    """Raise ``Answered`` when somebody else spoke to the customer after what the writer has seen."""
    if words.seen_seq is None or words.anyway or row.last_seq <= words.seen_seq:
        return
    said = Message.objects.of(workspace).filter(conversation=row, seq__gt=words.seen_seq, direction="outbound")
    said = said.filter(author_kind__in=["agent", "device"]).exclude(kind="note")
    if actor.user is not None:
        said = said.exclude(author=actor.user)
    newer = list(said.select_related("author").order_by("seq")[:20])
    if newer:
        who = str(newer[-1].author) if newer[-1].author else newer[-1].author_name or _("Somebody")
        sentence = _("%(name)s has answered meanwhile.") % {"name": who}
        raise Answered(sentence, tuple(message.pk for message in newer))


def _way(workspace: Workspace, row: Conversation, actor: Actor, words: Words, now: datetime) -> Way:
    """Return where the message goes. Raises ``Refused`` for no way at all, ``TooLate`` for one that is closed now."""
    found = ways_of(workspace, row, by_person=actor.user is not None, now=now)
    wanted = [way for way in found if (way.channel.pk == words.channel_id if words.channel_id else way.default)]
    if not wanted:
        raise Refused("channel", _why_no_way(workspace, row, words))
    way = wanted[0]
    if way.closed in {"kind", "address"}:
        raise Refused("channel", way.why)
    if way.closed and not (way.closed == "window" and way.templates and words.template is not None):
        raise TooLate(way.why)
    return way


def _why_no_way(workspace: Workspace, row: Conversation, words: Words) -> str:
    gone = _channel(workspace, row, words)
    if gone is not None and gone.deleted_at is not None:
        return _("This channel was removed: choose another one.")
    return _("There is no such channel.")


def _channel(workspace: Workspace, row: Conversation, words: Words) -> Channel | None:
    """Return the wanted channel, else the one the person last wrote on, else the last of the conversation; removed ones too."""
    wanted = words.channel_id
    if wanted is None:
        wanted = default_channel(row, last_heard(workspace, people(workspace, row.customer_id)).values())
    return Channel.objects.of(workspace).filter(pk=wanted).first() if wanted else None


def _message(
    row: Conversation,
    actor: Actor,
    words: Words,
    channel: Channel,
    draft: Draft,
    quoted: Message | None,
    now: datetime,
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
        kind=draft.kind,
        text=draft.text,
        payload=draft.payload,
        client_id=words.client_id,
        reply_to=quoted,
        reply_to_provider_id=(quoted.provider_id or "") if quoted and quotable else "",
        sent_at=now,
        seq=row.last_seq,
    )


def _note(
    workspace: Workspace, row: Conversation, actor: Actor, words: Words, quoted: Message | None, now: datetime
) -> Written:
    """Keep a note: everybody of the house sees it, the customer never does, and no figure counts it."""
    if len(words.text) > NOTE_LIMIT:
        raise Refused("text", _("A note takes at most %(limit)d characters.") % {"limit": NOTE_LIMIT})
    if words.asked is not None or words.template is not None:
        raise Refused("private", _("A note holds text and files only."))
    channel = _channel(workspace, row, words)
    if channel is None:
        raise Refused("channel", _("There is no such channel."))
    people = mention.named(workspace, words.mentions)
    files = uploaded(workspace, words.attachment_ids)
    draft = Draft(kind="note", text=words.text, payload=mention.payload(people), files=tuple(files))
    message = _message(row, actor, words, channel, draft, quoted, now)
    message.status = "sent"
    _keep(message, draft)
    mention.keep(message, people)
    row.last_message, row.last_message_at = message, now
    row.save(update_fields=["last_seq", "last_message", "last_message_at"])
    return Written(message, new=True, changes=_changes(row, message))


def _keep(message: Message, draft: Draft) -> None:
    """Store the message and make the files its own."""
    message.save(force_insert=True)
    for file in draft.files:
        file.message = message
    Attachment.objects.bulk_update(draft.files, ["message", "kind"])


def _send(
    row: Conversation, actor: Actor, words: Words, way: Way, draft: Draft, quoted: Message | None, now: datetime
) -> Written:
    """Queue a message and let the conversation count as answered."""
    message = _message(row, actor, words, way.channel, draft, quoted, now)
    message.status, message.identity = "queued", way.identity
    if way.identity is not None:
        message.customer_id = way.identity.customer_id  # what is said to an address is its customer's, merged or not
    _keep(message, draft)
    OutboxEntry.objects.create(
        message=message,
        workspace_id=row.workspace_id,
        channel=way.channel,
        conversation_id=row.pk,
        position=message.seq,
    )
    events = []
    if row.assignee is None and actor.user is not None:
        holding.taken_by_hand(row, actor.user, now, actor.user)
        events.append(history.assigned(row, now, actor))
    events.append(_sent(row, actor, message))
    history.record(events)
    _answered(row, message, now, by_person=actor.kind == "agent")
    return Written(message, new=True, changes=_changes(row, message), work=("outbound", "metrics"))


def _sent(row: Conversation, actor: Actor, message: Message) -> HistoryEvent:
    named = {"template": message.payload["name"]} if message.kind == "template" else {}
    return history.happened(
        row,
        "message.sent",
        message.sent_at,
        actor,
        message_id=message.pk,
        channel_id=message.channel_id,
        channel_kind=message.channel.kind,
        data={"author": actor.kind, "kind": message.kind, **named},
    )


def _answered(row: Conversation, message: Message, now: datetime, *, by_person: bool) -> None:
    """Move the conversation on: nobody waits any more, everything was read. What a machine says answers nobody."""
    if by_person:
        if row.status == Conversation.Status.WAITING:
            row.status = Conversation.Status.OPEN
        if row.first_response_at is None and row.last_inbound_at is not None:
            row.first_response_at = now
        row.waiting_since, row.unread, row.bot = None, 0, None
    if message.channel_id not in row.channel_ids:
        row.channel_ids = [*row.channel_ids, message.channel_id]
    row.last_channel_id = row.last_channel_id or message.channel_id
    row.last_message, row.last_message_at = message, now
    row.save(update_fields=ANSWERED)


def _changes(row: Conversation, message: Message) -> tuple[Change, ...]:
    return (
        Change("message.created", message.pk, row.pk),
        Change("conversation.updated", row.pk, row.pk),
    )
