"""One message, told twice: the echo of a message of ours, before or after the answer to its send, is that message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import MessageEchoed
from conversations.models import Conversation, HistoryEvent, Message, MessageStatus, Reaction
from conversations.models.message import STATUS_RANK
from conversations.record.ledger import Ledger
from conversations.record.said import known_messages
from conversations.work import Work

# Tried and not answered yet: the lease says when it was tried. An echo may be dated a little before that by another clock.
TRIED = """
SELECT echo.place, m.id, m.conversation_id
FROM unnest(%s::int[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
  AS echo (place, channel_id, person_id, kind, text, at)
CROSS JOIN LATERAL (
  SELECT echo.person_id AS id
  UNION ALL SELECT c.id FROM conversations_customer c WHERE c.merged_into_id = echo.person_id
) AS one
JOIN conversations_message m ON m.customer_id = one.id AND m.channel_id = echo.channel_id
  AND m.direction = 'outbound' AND m.provider_id IS NULL AND m.status IN ('queued', 'sending', 'unknown')
  AND m.kind = echo.kind AND btrim(m.text, E' \\t\\r\\n') = btrim(echo.text, E' \\t\\r\\n')
JOIN conversations_outboxentry o ON o.message_id = m.id AND o.state <> 'queued'
  AND echo.at BETWEEN o.not_before - interval '90 seconds' - interval '2 minutes'
                  AND o.not_before - interval '90 seconds' + interval '10 minutes'
ORDER BY echo.place, m.seq FOR NO KEY UPDATE OF m
"""
ADOPT = """
UPDATE conversations_message m SET provider_id = new.provider_id, status = 'sent', error = NULL
FROM unnest(%s::uuid[], %s::text[]) AS new (id, provider_id) WHERE m.id = new.id
"""


class Absorbed(msgspec.Struct, frozen=True):
    """A copy that is no more: the message it was of took its place."""

    message_id: UUID
    conversation_id: UUID


def adopt(works: Iterable[Work], ledger: Ledger, tell: Callable[[UUID, UUID, UUID], None]) -> list[Work]:
    """Let messages of ours whose send is not answered yet take the ids of their echoes; return what is left to be said.

    ``tell(workspace, message, conversation)`` hears of each. Needs a transaction that holds the conversations.
    """
    all_works = list(works)
    echoes = [work for work in all_works if isinstance(work.item, MessageEchoed) and work.person_id is not None]
    if not echoes:
        return all_works
    found: dict[int, list[tuple[UUID, UUID]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TRIED, _columns(echoes))
        for place, message_id, conversation_id in cursor.fetchall():
            found[place].append((message_id, conversation_id))
    # Who waited for a row that its answer was just being written to finds the answer there.
    known = known_messages((work.channel.id, work.item.provider_id) for work in echoes)  # type: ignore[union-attr]
    adopted: dict[UUID, str] = {}
    for place, work in enumerate(echoes):
        assert isinstance(work.item, MessageEchoed)
        key = work.channel.id, work.item.provider_id
        mine = next((pair for pair in found[place] if pair[0] not in adopted), None)
        if key in known:
            work.end("duplicate")
        elif mine is not None:
            adopted[mine[0]], ledger.by_provider_id[key] = work.item.provider_id, mine[0]
            work.end("duplicate", "The echo of a message sent from here.")
            tell(work.channel.workspace_id, *mine)
    if adopted:
        with connection.cursor() as cursor:
            cursor.execute(ADOPT, [bulk.array(adopted), bulk.words(adopted.values())])
    return [work for work in all_works if work.outcome != "duplicate"]


def _columns(echoes: list[Work]) -> list[str]:
    items = [work.item for work in echoes if isinstance(work.item, MessageEchoed)]
    return [
        bulk.array(range(len(echoes))),
        bulk.array(work.channel.id for work in echoes),
        bulk.array(work.person_id for work in echoes),
        bulk.words(item.kind for item in items),
        bulk.words(item.text for item in items),
        "{" + ",".join(f'"{work.at.isoformat()}"' for work in echoes) + "}",
    ]


def is_of_another(row: Message, provider_id: str) -> bool:
    """Whether another message of the row's channel has this id of its provider already."""
    others = Message.objects.filter(workspace=row.workspace_id, channel=row.channel_id, provider_id=provider_id)
    return others.exclude(pk=row.pk).exists()


def take_over(row: Message, provider_id: str) -> Absorbed | None:
    """Let ``row``, whose send was just answered with ``provider_id``, take the place of the copy its echo made of it.

    What came after the copy (statuses, reactions, answers to it) becomes the row's. Needs a transaction that holds ``row``.
    """
    copies = Message.objects.filter(workspace=row.workspace_id, channel=row.channel_id, provider_id=provider_id)
    copy = copies.exclude(pk=row.pk).select_for_update(no_key=True).first()
    if copy is None or copy.author_kind != "device":
        return None
    if STATUS_RANK[copy.status] > STATUS_RANK[row.status]:
        row.status = copy.status
        Message.objects.filter(pk=row.pk).update(status=copy.status, error=None)
    Message.objects.filter(reply_to=copy).update(reply_to=row)
    known = MessageStatus.objects.filter(message=row).values("status")
    MessageStatus.objects.filter(message=copy).exclude(status__in=known).update(message=row)
    if not Reaction.objects.filter(message=row, by="customer").exists():
        Reaction.objects.filter(message=copy, by="customer").update(message=row)
    absorbed = Absorbed(copy.pk, copy.conversation_id)
    _forget(copy, row)
    return absorbed


def _forget(copy: Message, row: Message) -> None:
    """Delete the copy. History is not rewritten: an event takes back what was told of it, as of a message that failed."""
    newest = Message.objects.filter(conversation=copy.conversation_id).exclude(pk=copy.pk).in_order().last()
    Conversation.objects.filter(pk=copy.conversation_id, last_message=copy).update(last_message=newest)
    HistoryEvent.objects.create(
        workspace_id=copy.workspace_id,
        customer_id=copy.customer_id,
        conversation_id=copy.conversation_id,
        message_id=copy.pk,
        type="message.failed",
        occurred_at=copy.sent_at,
        channel_id=copy.channel_id,
        channel_kind=row.channel.kind,
        actor_kind="system",
        data={"code": "echo", "message": str(row.pk)},
    )
    copy.delete()
