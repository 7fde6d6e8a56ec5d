"""Messages as they were said, with their files and the history of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from conversations import bulk, prepared
from conversations.channels.types import AttachmentRef, MessageEchoed, MessageImported, MessageReceived
from conversations.prepared import Answer
from conversations.record.ledger import PROVIDER_ID_LENGTH, Ledger, Said, Target
from conversations.work import SKEW_SECONDS, Episode, Work
from hub.ids import new_id

KNOWN = """
SELECT m.channel_id, m.provider_id, m.id FROM conversations_message m
JOIN unnest(%s::uuid[], %s::text[]) AS wanted (channel_id, provider_id)
  ON m.channel_id = wanted.channel_id AND m.provider_id = wanted.provider_id
JOIN conversations_channel c ON c.id = m.channel_id AND c.workspace_id = m.workspace_id
"""
NOT_HERE = ("", "", None, None)


def known_messages(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Return the ids of messages by (channel, provider id), for those that are stored."""
    return ask_known(wanted)()


def ask_known(wanted: Iterable[tuple[UUID, str]]) -> Answer[dict[tuple[UUID, str], UUID]]:
    """Ask for the ids of messages by (channel, provider id); what it returns waits for those that are stored."""
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return dict
    asked = prepared.send(
        KNOWN, [bulk.array(channel for channel, _ in pairs), bulk.words(provider_id for _, provider_id in pairs)]
    )
    return lambda: {(channel, provider_id): message for channel, provider_id, message in asked()}


def say(work: Work, item: Said, episode: Episode, ledger: Ledger) -> UUID:
    """Add a message to the ledger and to its episode's own state. Returns the message's id."""
    assert (
        work.customer_id is not None
    )  # whose address it came through: while people are joined, not always the episode's
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
        if item.consent:
            payload["consent"] = item.consent
    ledger.messages.append(
        (
            message_id, work.channel.workspace_id, episode.id, work.customer_id, work.channel.id, work.identity_id,
            "outbound" if outgoing else "inbound", "device" if outgoing else "customer", "", item.kind, item.text, payload,
            item.provider_id, reply_to, ledger.by_provider_id.get((work.channel.id, reply_to)), referral, work.at,
            work.received_at, episode.last_seq, status, [], imported,
        )
    )  # fmt: skip
    ledger.by_provider_id[work.channel.id, item.provider_id] = message_id
    ledger.fresh[message_id] = Target(
        id=message_id, workspace_id=work.channel.workspace_id, conversation_id=episode.id, customer_id=work.customer_id,
        channel_id=work.channel.id, provider_id=item.provider_id, direction="outbound" if outgoing else "inbound",
        author_kind="device" if outgoing else "customer", status=status, text=item.text, payload=payload, kind=item.kind,
        edited_at=None, deleted_at=None, earlier_texts=[],
    )  # fmt: skip
    for file in item.attachments:
        attach(work, message_id, file, ledger)
    answers = item.kind != "unsupported" and isinstance(payload.get("survey"), dict)
    data: dict[str, Any] = {"kind": "survey" if answers else item.kind}
    if imported:
        data["imported"] = True
    _happen(
        work, "message.sent" if outgoing else "message.received", episode, ledger,
        message_id=message_id, actor_kind="device" if outgoing else "customer", data=data,
    )  # fmt: skip
    return message_id


def attach(work: Work, message_id: UUID, file: AttachmentRef, ledger: Ledger) -> None:
    """Add a file of a message; it waits with the provider until it is fetched."""
    ledger.attachments.append(
        (
            new_id(), work.channel.workspace_id, message_id, file.kind, file.provider_ref[:PROVIDER_ID_LENGTH], file.url,
            file.mime_type[:255], file.filename, file.size, file.sha256[:64], file.voice,
            "unavailable" if file.unavailable else "stored" if file.here else "pending", file.unavailable,
            *((file.here.stored_as, file.here.thumbnail, file.here.width, file.here.height) if file.here else NOT_HERE),
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
            work.channel.workspace_id, work.customer_id, episode.id, message_id, kind, at or work.at, work.received_at,
            "novelo", work.channel.kind, work.channel.id, actor_kind, "", skewed, data,
        )
    )  # fmt: skip


def episode_opened(
    work: Work, episode: Episode, ledger: Ledger, *, actor_kind: str, again_at: datetime | None = None
) -> None:
    """Record that an episode began, or began again at ``again_at``."""
    kind = "conversation.reopened" if again_at else "conversation.opened"
    _happen(work, kind, episode, ledger, message_id=None, actor_kind=actor_kind, data={}, at=again_at)
