"""From a webhook that gave ids only to a message: what the provider says of it takes the item's place and goes the way of all.

Its delivery has ended meanwhile: it says that this is being asked, or why it cannot be at the moment. What is asked about
twice is done once, as what comes twice is. A provider that knows of no such thing settles the matter, and the delivery
says so; one in trouble, or one that does not let us in, is asked again for as long as it may still know.
"""

from __future__ import annotations

import random

import msgspec
import structlog
from django.db import connection, transaction
from django.utils import timezone

from conversations import lanes, lookups, parse, record
from conversations.channels.types import MessageReceived
from conversations.lookups import PROVIDER_KEEPS, Answer, Missed
from conversations.models import Channel, Delivery, Item
from conversations.wake import wake

log = structlog.get_logger(__name__)

OUR_OWN = "The account itself wrote it."
KNOWN = "It is a message here already."
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 1800.0
MOST_BREAKS = 3  # of what broke off for a reason of ours
LATER = """
UPDATE conversations_item SET reason = %s,
  body = body || jsonb_build_object('again_after', clock_timestamp() + make_interval(secs => %s)) WHERE id = %s
"""


def look_up_pending() -> int:
    """Ask about one batch of what was announced; return how many were settled or put off, 0 when none may be asked about now."""
    rows = lookups.claim()
    for row in rows:
        if _is_known(row):
            _settle(row, None, ("duplicate", KNOWN))
        else:
            _settle(row, lookups.ask(row), ("processed", OUR_OWN))
    return len(rows)


def _is_known(row: Item) -> bool:
    """Whether it is a message already: it was announced twice, or came by another webhook."""
    return bool(record.known_messages([(lookups.channel_of(row).pk, lookups.announced(row).provider_id)]))


def _settle(row: Item, answer: Answer, nothing: tuple[str, str]) -> None:
    """Write down what was learned; without an answer it ends as ``nothing`` (outcome, reason) says.

    What was settled or sent through again meanwhile stays as it is.
    """
    with transaction.atomic():
        waiting = Item.objects.select_for_update(no_key=True).filter(pk=row.pk, state="pending", lane=None)
        if not waiting.exists():
            return
        match answer:
            case MessageReceived():
                _bring(row, answer)
            case None:
                _end(row, *nothing)
            case Missed() if _may_come(row, answer):
                _later(row, answer)
            case Missed():
                _end(row, "failed", answer.error.title)


def _bring(row: Item, said: MessageReceived) -> None:
    """Put what was said in the item's place, on the lane of who said it."""
    lane = parse.lane_of(lookups.channel_of(row).pk, said)
    lanes.waken([(lane, row.workspace_id)])
    body = msgspec.to_builtins(said)
    Item.objects.filter(pk=row.pk).update(lane=lane, body=body, outcome="", reason="", attempts=0)
    Delivery.objects.filter(pk=row.delivery_id).update(outcome="pending", reason="", finished_at=None)
    wake("inbound")


def _end(row: Item, outcome: str, reason: str) -> None:
    """Settle it without a message; what failed is seen, and can be sent through again."""
    state = "quarantined" if outcome == "failed" else "done"
    Item.objects.filter(pk=row.pk).update(state=state, outcome=outcome, reason=reason)
    _tell(row, outcome, reason)
    if outcome == "failed":
        log.warning("what was said somewhere will not be known", item=row.pk, delivery=str(row.delivery_id))


def _tell(row: Item, outcome: str, reason: str) -> None:
    """Let the delivery say the same, unless other items of it have more to say."""
    if outcome == "failed" or not Item.objects.filter(delivery=row.delivery_id).exclude(pk=row.pk).exists():
        Delivery.objects.filter(pk=row.delivery_id).exclude(outcome="pending").update(outcome=outcome, reason=reason)


def _may_come(row: Item, missed: Missed) -> bool:
    match missed.error.error_class:
        case "throttle" | "transient" | "channel":
            return timezone.now() - row.delivery.received_at < PROVIDER_KEEPS
        case "unknown":
            return row.attempts < MOST_BREAKS
        case _:
            return False


def _later(row: Item, missed: Missed) -> None:
    """Put it off: longer each time, never all at the same moment. What keeps the channel from asking shows on its card."""
    usual = min(FIRST_PAUSE_SECONDS * 2 ** min(row.attempts - 1, 12), LONGEST_PAUSE_SECONDS)
    pause = max(missed.retry_after or 0.0, usual) * (1 + random.random() / 2)  # noqa: S311  jitter
    with connection.cursor() as cursor:
        cursor.execute(LATER, [missed.error.title, pause, row.pk])
    _tell(row, "processed", missed.error.title)
    if missed.error.error_class == "channel":
        said = {"code": missed.error.code, "title": missed.error.title}
        Channel.objects.filter(pk=lookups.channel_of(row).pk).update(last_error_at=timezone.now(), last_error=said)
