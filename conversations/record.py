"""Writing the story: messages as they were said, and what later became of them. Accumulates in memory, writes set-based."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import (
    AnyItem,
    AttachmentRef,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageImported,
    MessageReceived,
    ReactionChanged,
    StatusChanged,
)
from conversations.models import Attachment, HistoryEvent, Message, MessageStatus, ParkedItem, Reaction
from conversations.models.message import STATUS_RANK
from conversations.work import SKEW_SECONDS, Episode, Work
from hub.ids import new_id

Said = MessageReceived | MessageEchoed | MessageImported
# An imported message aims at its own placeholder when the file comes after it.
Aimed = StatusChanged | ReactionChanged | MessageEdited | MessageDeleted | MessageImported
PROVIDER_ID_LENGTH = 255
ITEM = msgspec.json.Decoder(AnyItem)  # made once: making one costs more than reading an item
EMOJI_LENGTH = 64

MESSAGE_COLUMNS = (
    "id", "workspace", "conversation", "customer", "channel", "identity", "direction", "author_kind", "author_name", "kind",
    "text", "payload", "provider_id", "reply_to_provider_id", "reply_to", "referral", "sent_at", "received_at", "seq",
    "status", "earlier_texts", "imported",
)  # fmt: skip
EVENT_COLUMNS = (
    "workspace", "customer", "conversation", "message_id", "type", "occurred_at", "received_at", "source", "channel_kind",
    "channel_id", "actor_kind", "actor_email", "skewed", "data",
)  # fmt: skip
ATTACHMENT_COLUMNS = (
    "id", "workspace", "message", "kind", "provider_ref", "source_url", "mime_type", "filename", "size", "sha256", "voice",
    "state", "reason",
)  # fmt: skip
TARGETS = """
SELECT id, workspace_id, conversation_id, customer_id, channel_id, provider_id, direction, author_kind, status, text,
       payload::text, kind, edited_at, deleted_at, earlier_texts::text
FROM conversations_message WHERE id = ANY(%s::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""


class Target(msgspec.Struct, kw_only=True):
    """A message that a status, reaction, edit or deletion points at, as the batch changes it."""

    id: UUID
    workspace_id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel_id: UUID
    provider_id: str | None
    direction: str
    author_kind: str
    status: str
    text: str
    payload: dict[str, Any]
    kind: str
    edited_at: datetime | None
    deleted_at: datetime | None
    earlier_texts: list[dict[str, Any]]
    error: dict[str, Any] | None = None
    touched: bool = False


class Ledger(msgspec.Struct, kw_only=True):
    """Rows that a batch will write, and the messages it changed."""

    messages: list[tuple[Any, ...]] = []
    attachments: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    statuses: dict[tuple[UUID, str], tuple[Any, ...]] = {}
    reactions: dict[tuple[UUID, str], tuple[Any, ...]] = {}
    parked: list[tuple[Any, ...]] = []
    applied: list[int] = []
    by_provider_id: dict[tuple[UUID, str], UUID] = {}
    failed_in: set[UUID] = set()
    fresh: dict[UUID, Target] = {}


def known_messages(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Return the ids of messages by (channel, provider id), for those that are stored."""
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.channel_id, m.provider_id, m.id FROM conversations_message m "
            "JOIN unnest(%s::uuid[], %s::text[]) AS wanted (channel_id, provider_id) "
            "ON m.channel_id = wanted.channel_id AND m.provider_id = wanted.provider_id "
            "JOIN conversations_channel c ON c.id = m.channel_id AND c.workspace_id = m.workspace_id",
            [bulk.array(channel for channel, _ in pairs), bulk.words(provider_id for _, provider_id in pairs)],
        )
        return {(channel, provider_id): message for channel, provider_id, message in cursor.fetchall()}


def say(work: Work, item: Said, episode: Episode, ledger: Ledger) -> UUID:
    """Add a message to the ledger and to its episode's own state. Returns the message's id."""
    message_id = new_id()
    outgoing = isinstance(item, MessageEchoed) or (isinstance(item, MessageImported) and item.outgoing)
    imported = isinstance(item, MessageImported)
    status = (item.status if isinstance(item, MessageImported) else None) or ("sent" if outgoing else "delivered")
    episode.last_seq += 1
    reply_to = (item.reply_to or "")[:PROVIDER_ID_LENGTH]
    referral = item.referral if isinstance(item, MessageReceived) else None
    payload = dict(item.payload)
    if isinstance(item, MessageReceived):
        if item.forwarded:
            payload["forwarded"] = True
        if item.group:
            payload["group"] = item.group
    ledger.messages.append(
        (
            message_id, work.channel.workspace_id, episode.id, episode.customer_id, work.channel.id, work.identity_id,
            "outbound" if outgoing else "inbound", "device" if outgoing else "customer", "", item.kind, item.text, payload,
            item.provider_id, reply_to, ledger.by_provider_id.get((work.channel.id, reply_to)), referral, work.at,
            work.received_at, episode.last_seq, status, [], imported,
        )
    )  # fmt: skip
    ledger.by_provider_id[work.channel.id, item.provider_id] = message_id
    ledger.fresh[message_id] = Target(
        id=message_id, workspace_id=work.channel.workspace_id, conversation_id=episode.id, customer_id=episode.customer_id,
        channel_id=work.channel.id, provider_id=item.provider_id, direction="outbound" if outgoing else "inbound",
        author_kind="device" if outgoing else "customer", status=status, text=item.text, payload=payload, kind=item.kind,
        edited_at=None, deleted_at=None, earlier_texts=[],
    )  # fmt: skip
    for file in item.attachments:
        _attach(work, message_id, file, ledger)
    data: dict[str, Any] = {"kind": item.kind}
    if imported:
        data["imported"] = True
    _happen(
        work, "message.sent" if outgoing else "message.received", episode, ledger,
        message_id=message_id, actor_kind="device" if outgoing else "customer", data=data,
    )  # fmt: skip
    return message_id


def _attach(work: Work, message_id: UUID, file: AttachmentRef, ledger: Ledger) -> None:
    ledger.attachments.append(
        (
            new_id(), work.channel.workspace_id, message_id, file.kind, file.provider_ref[:PROVIDER_ID_LENGTH], file.url,
            file.mime_type[:255], file.filename, file.size, file.sha256[:64], file.voice,
            "unavailable" if file.unavailable else "pending", file.unavailable,
        )
    )  # fmt: skip


def _happen(  # noqa: PLR0913  what an event is made of
    work: Work,
    kind: str,
    episode: Episode,
    ledger: Ledger,
    *,
    message_id: UUID | None,
    actor_kind: str,
    data: dict[str, Any],
    at: datetime | None = None,
) -> None:
    skewed = (work.at - work.received_at).total_seconds() > SKEW_SECONDS
    ledger.events.append(
        (
            work.channel.workspace_id, episode.customer_id, episode.id, message_id, kind, at or work.at, work.received_at,
            "novelo", work.channel.kind, work.channel.id, actor_kind, "", skewed, data,
        )
    )  # fmt: skip


def episode_opened(
    work: Work, episode: Episode, ledger: Ledger, *, actor_kind: str, again_at: datetime | None = None
) -> None:
    """Record that an episode began, or began again at ``again_at``."""
    kind = "conversation.reopened" if again_at else "conversation.opened"
    _happen(work, kind, episode, ledger, message_id=None, actor_kind=actor_kind, data={}, at=again_at)


# --- what points at a message ----------------------------------------------------------------------------------------


def targets_of(works: Sequence[tuple[Work, AnyItem]], ledger: Ledger) -> dict[tuple[UUID, str], UUID]:
    """Find the messages that items point at: by our own id where it came back, else by (channel, provider id)."""
    wanted: list[tuple[UUID, str]] = []
    ours: dict[UUID, tuple[UUID, str]] = {}
    for work, item in works:
        pointer = _pointer(item)
        wanted.append((work.channel.id, pointer))
        if isinstance(item, StatusChanged) and (our_id := _uuid(item.our_id)):
            ours[our_id] = (work.channel.id, pointer)
    found = known_messages(pair for pair in wanted if pair not in ledger.by_provider_id) | ledger.by_provider_id
    if ours:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, channel_id FROM conversations_message WHERE id = ANY(%s) AND direction = 'outbound'",
                [list(ours)],
            )
            for message_id, channel_id in cursor.fetchall():
                if ours[message_id][0] == channel_id:
                    found[ours[message_id]] = message_id
    return found


def load_targets(ids: Iterable[UUID], ledger: Ledger) -> dict[UUID, Target]:
    """Lock and read the messages a batch will change; those it has just written come from the ledger."""
    unique = list(dict.fromkeys(ids))
    targets = {message_id: ledger.fresh[message_id] for message_id in unique if message_id in ledger.fresh}
    stored = [message_id for message_id in unique if message_id not in targets]
    if stored:
        with connection.cursor() as cursor:
            cursor.execute(TARGETS, [bulk.array(stored)])
            for row in cursor.fetchall():
                fields = dict(zip(Target.__struct_fields__, row, strict=False))
                fields["payload"] = msgspec.json.decode(fields["payload"])
                fields["earlier_texts"] = msgspec.json.decode(fields["earlier_texts"])
                targets[row[0]] = Target(**fields)
    return targets


def _pointer(item: AnyItem) -> str:
    match item:
        case StatusChanged(provider_id=pointer) | MessageImported(provider_id=pointer):
            return pointer
        case ReactionChanged(target=pointer) | MessageEdited(target=pointer) | MessageDeleted(target=pointer):
            return pointer
        case _:
            raise TypeError(type(item).__name__)


def pointer(item: Aimed) -> str:
    """Return the provider id of the message that an item points at."""
    return _pointer(item)


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def park(work: Work, item: Aimed, ledger: Ledger) -> None:
    """Keep what came before its message until that comes."""
    ledger.parked.append(
        (
            work.channel.workspace_id,
            work.channel.id,
            work.delivery_id,
            work.lane_key,
            pointer(item)[:PROVIDER_ID_LENGTH],
            msgspec.to_builtins(item),
        )
    )
    work.end("processed", "It came before its message and waits for it.")


def aim(work: Work, item: Aimed, target: Target, ledger: Ledger) -> None:
    """Apply a status, reaction, edit or deletion to its message. What changes nothing is a duplicate."""
    match item:
        case StatusChanged():
            _status(work, item, target, ledger)
        case ReactionChanged():
            _react(work, item, target, ledger)
        case MessageEdited():
            _edit(work, item, target)
        case MessageImported():
            _fill(work, item, target, ledger)
        case MessageDeleted():
            if target.deleted_at is None:
                target.deleted_at, target.touched = work.at, True
            else:
                work.end("duplicate")


def _status(work: Work, item: StatusChanged, target: Target, ledger: Ledger) -> None:
    if target.direction != "outbound":
        work.end("ignored", "A status of a message that came in.")
        return
    if target.provider_id is None and item.provider_id:
        target.provider_id, target.touched = item.provider_id[:PROVIDER_ID_LENGTH], True
    error = None
    if item.error is not None:
        error = {"code": item.error.code, "title": item.error.title, "retryable": item.error.retryable}
    key = (target.id, item.status)
    if key not in ledger.statuses:
        ledger.statuses[key] = (target.workspace_id, target.id, item.status, work.at, error, item.pricing)
    if STATUS_RANK[item.status] <= STATUS_RANK[target.status]:
        work.end("duplicate" if item.status == target.status else "processed")
        return
    before, target.status, target.touched = target.status, item.status, True
    target.error = error if item.status == "failed" else None
    if "failed" in {before, item.status}:
        ledger.failed_in.add(target.conversation_id)
        kind = "message.failed" if item.status == "failed" else "message.recovered"
        data = {"code": item.error.code} if item.error else {}
        ledger.events.append(
            (
                target.workspace_id, target.customer_id, target.conversation_id, target.id, kind, work.at, work.received_at,
                "novelo", work.channel.kind, work.channel.id, "system", "", False, data,
            )
        )  # fmt: skip


def _react(work: Work, item: ReactionChanged, target: Target, ledger: Ledger) -> None:
    by = "business" if item.outgoing else "customer"
    row = (new_id(), target.workspace_id, target.id, by, item.emoji[:EMOJI_LENGTH], work.at)
    earlier = ledger.reactions.get((target.id, by))
    if earlier is None or earlier[-1] <= work.at:
        ledger.reactions[target.id, by] = row


def _fill(work: Work, item: MessageImported, target: Target, ledger: Ledger) -> None:
    """Put the file into the placeholder that an imported history left for it; anything else is a duplicate."""
    if target.kind != "unsupported" or item.kind == "unsupported":
        work.end("duplicate")
        return
    target.kind, target.text, target.payload, target.touched = item.kind, item.text, dict(item.payload), True
    for file in item.attachments:
        _attach(work, target.id, file, ledger)


def _edit(work: Work, item: MessageEdited, target: Target) -> None:
    if target.edited_at is not None and work.at <= target.edited_at:
        work.end("duplicate" if work.at == target.edited_at else "processed")
        return
    target.earlier_texts = [*target.earlier_texts, {"text": target.text, "until": work.at.isoformat()}]
    target.text, target.edited_at, target.touched = item.text, work.at, True
    if item.payload:
        target.payload = {**target.payload, **item.payload}


# --- writing ---------------------------------------------------------------------------------------------------------


def take_parked(ledger: Ledger) -> list[tuple[int, UUID, AnyItem, datetime]]:
    """Return what waits for the messages just written: (parked id, channel, item, when it was parked), oldest first."""
    if not ledger.by_provider_id:
        return []
    pairs = list(ledger.by_provider_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.channel_id, p.body::text, p.parked_at FROM conversations_parkeditem p "
            "JOIN unnest(%s::uuid[], %s::text[]) AS new (channel_id, target) "
            "ON p.channel_id = new.channel_id AND p.target = new.target ORDER BY p.id FOR UPDATE OF p",
            [bulk.array(channel for channel, _ in pairs), bulk.words(provider_id for _, provider_id in pairs)],
        )
        rows = cursor.fetchall()
    ledger.applied = [row[0] for row in rows]
    return [(row[0], row[1], ITEM.decode(row[2]), row[3]) for row in rows]


def write(ledger: Ledger, targets: Iterable[Target]) -> None:
    """Write everything the batch accumulated. The episodes of the messages must be stored already."""
    bulk.insert(Message, MESSAGE_COLUMNS, ledger.messages)
    bulk.insert(Attachment, ATTACHMENT_COLUMNS, ledger.attachments)
    bulk.update(
        Message,
        ("id", "provider_id", "status", "error", "kind", "text", "payload", "edited_at", "deleted_at", "earlier_texts"),
        [
            (
                t.id,
                t.provider_id,
                t.status,
                t.error,
                t.kind,
                t.text,
                t.payload,
                t.edited_at,
                t.deleted_at,
                t.earlier_texts,
            )
            for t in targets
            if t.touched
        ],
    )
    bulk.insert(
        MessageStatus,
        ("workspace", "message", "status", "at", "error", "pricing"),
        list(ledger.statuses.values()),
        "ON CONFLICT (message_id, status) DO NOTHING",
    )
    bulk.insert(
        Reaction,
        ("id", "workspace", "message", "by", "emoji", "at"),
        list(ledger.reactions.values()),
        "ON CONFLICT (message_id, by) DO UPDATE SET emoji = excluded.emoji, at = excluded.at "
        "WHERE conversations_reaction.at <= excluded.at",
    )
    bulk.insert(ParkedItem, ("workspace", "channel", "delivery", "lane_key", "target", "body"), ledger.parked)
    if ledger.applied:
        ParkedItem.objects.filter(id__in=ledger.applied).delete()
    bulk.insert(HistoryEvent, EVENT_COLUMNS, ledger.events)


def recount_waits(conversation_ids: Iterable[UUID]) -> None:
    """Set anew since when a customer waits, where a reply failed or came through after all: rare, so by query."""
    ids = list(conversation_ids)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE conversations_conversation c SET waiting_since = (
              SELECT min(m.sent_at) FROM conversations_message m
              WHERE m.conversation_id = c.id AND m.direction = 'inbound' AND NOT m.imported AND m.seq > coalesce((
                SELECT max(r.seq) FROM conversations_message r
                WHERE r.conversation_id = c.id AND r.direction = 'outbound' AND r.author_kind IN ('agent', 'device')
                  AND r.kind <> 'note' AND r.status <> 'failed'), 0)
            ) WHERE c.id = ANY(%s) AND c.status <> 'resolved'
            """,
            [ids],
        )


__all__ = [
    "Aimed", "Ledger", "Said", "Target", "aim", "episode_opened", "known_messages", "load_targets", "park", "pointer",
    "recount_waits", "say", "take_parked", "targets_of", "write",
]  # fmt: skip
