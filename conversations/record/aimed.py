"""What later became of messages: statuses, reactions, edits, deletions, and files for placeholders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import (
    AnyItem,
    MessageDeleted,
    MessageEdited,
    MessageImported,
    ReactionChanged,
    StatusChanged,
)
from conversations.models.message import STATUS_RANK
from conversations.record.ledger import PROVIDER_ID_LENGTH, Aimed, Ledger, Target
from conversations.record.said import attach, known_messages
from conversations.work import Work
from hub.ids import new_id

EMOJI_LENGTH = 64
TARGETS = """
SELECT id, workspace_id, conversation_id, customer_id, channel_id, provider_id, direction, author_kind, status, text,
       payload::text, kind, edited_at, deleted_at, earlier_texts::text,
       error::text
FROM conversations_message WHERE id = ANY(%s::uuid[])
ORDER BY id FOR NO KEY UPDATE
"""


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
                fields["error"] = msgspec.json.decode(fields["error"]) if fields["error"] else None
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
    if item.status == "failed" and _is_of_an_earlier_try(item, target):
        work.end("ignored", "An earlier try of a message that was sent again failed.")
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


def _is_of_an_earlier_try(item: StatusChanged, target: Target) -> bool:
    """A message that is sent again keeps the id of its last try until the next is answered."""
    if not item.provider_id or target.provider_id is None:
        return False
    return target.status == "queued" or item.provider_id[:PROVIDER_ID_LENGTH] != target.provider_id


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
        attach(work, target.id, file, ledger)


def _edit(work: Work, item: MessageEdited, target: Target) -> None:
    if target.edited_at is not None and work.at <= target.edited_at:
        work.end("duplicate" if work.at == target.edited_at else "processed")
        return
    target.earlier_texts = [*target.earlier_texts, {"text": target.text, "until": work.at.isoformat()}]
    target.text, target.edited_at, target.touched = item.text, work.at, True
    if item.payload:
        target.payload = {**target.payload, **item.payload}
