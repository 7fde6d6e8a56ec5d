"""From items to history: claim many lanes and work them in one transaction, set-based.

When a batch fails, its lanes are worked one by one, and where one fails again its items alone; an item that fails every time
is set aside, seen and replayable, and its lane goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection, transaction

from conversations import bulk, feed, lanes, parse
from conversations.channels.types import AnyItem
from conversations.models import Item
from conversations.parse import Brought
from conversations.pipeline import retold, straight
from conversations.pipeline.batch import apply
from conversations.pipeline.heard import hear
from conversations.prepared import ask
from conversations.work import Place, Work

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5
SECOND_CLAIM = 2  # of a lane whose batch came to nothing: most likely another lane of the batch was to blame
ITEMS_PER_BATCH = 2_000  # what one transaction holds; what is left over stays on its lane
ITEM = msgspec.json.Decoder(AnyItem)  # made once: making one costs more than reading an item
ITEMS = """
SELECT i.id, i.delivery_id, d.received_at, i.lane_id, i.body::text, c.id, c.workspace_id, c.kind, c.address,
  w.reopen_window
FROM unnest(%s::text[]) AS lane (key)
CROSS JOIN LATERAL (
  SELECT * FROM conversations_item WHERE lane_id = lane.key AND state = 'pending' ORDER BY id LIMIT %s
) i
JOIN conversations_delivery d ON d.id = i.delivery_id
JOIN conversations_channel c ON c.id = i.channel_id
JOIN hub_workspace w ON w.id = c.workspace_id
ORDER BY i.id LIMIT %s
"""
FINISH = """
UPDATE conversations_delivery d SET parsed = true, outcome = ends.outcome, reason = ends.reason, finished_at = now()
FROM (
  SELECT delivery_id, bool_or(state = 'pending' AND lane_id IS NOT NULL) AS waits,
    (array_agg(outcome ORDER BY array_position(
      ARRAY['failed', 'processed', 'duplicate', 'unroutable', 'invalid', 'ignored'], outcome::text)))[1] AS outcome,
    (array_agg(reason ORDER BY array_position(
      ARRAY['failed', 'processed', 'duplicate', 'unroutable', 'invalid', 'ignored'], outcome::text), length(reason)))[1] AS reason
  FROM conversations_item WHERE delivery_id = ANY(%s::uuid[]) GROUP BY delivery_id
) ends
WHERE d.id = ends.delivery_id AND NOT ends.waits
"""
ANYTHING = f"SELECT {parse.ANY_UNREAD} OR {lanes.ANY_DUE}"


def anything_waits() -> bool:
    """Whether deliveries wait to be parsed or lanes to be worked, by whomever: cheaper than claiming them in vain."""
    (found,) = ask(ANYTHING, [])
    return bool(found[0])


def work_pending(limit: int | None = None) -> int:
    """Work one batch of waiting lanes; return how many items were settled, 0 when nothing could be done now."""
    token, keys = lanes.claim(limit or settings.LANES_PER_BATCH, suspect=False)
    if not keys:
        return _work_suspect()
    try:
        return _work(token, keys)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: the claim runs out by itself
    except Exception as error:
        log.warning("a batch failed and is worked lane by lane", lanes=len(keys), error=type(error).__name__)
    return sum(_work_lane(token, key) for key in keys)


def _work_suspect() -> int:
    """Work one lane whose last claim came to nothing: as a whole the first time, after that item by item."""
    token, claims = lanes.claim(1, suspect=True)
    return sum((_work_lane if n == SECOND_CLAIM else _work_alone)(token, key) for key, n in claims.items())


def _work_lane(token: UUID, key: str) -> int:
    """Work one lane in a transaction of its own; when that fails, its items alone."""
    try:
        return _work(token, [key])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.warning("a lane failed and is worked item by item", error=type(error).__name__)
    return _work_alone(token, key)


def parse_and_work() -> tuple[int, int]:
    """Parse one batch and work at once what of it nobody else has at work; return how many deliveries and items that were."""
    turn = parse.Turn()
    done = straight.through(turn)
    if done is not None or turn.source is None:
        return done or (0, 0)
    brought = parse.bring(turn.source)
    if brought.claim is None or not brought.works:
        return brought.deliveries, 0
    keys = list(dict.fromkeys(work.lane_key for work in brought.works))
    try:
        return brought.deliveries, _work(brought.claim, keys, brought)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.warning("a batch failed and is worked lane by lane", lanes=len(keys), error=type(error).__name__)
    return brought.deliveries, sum(_work_lane(brought.claim, key) for key in keys)


def _work(token: UUID, keys: Iterable[str], brought: Brought | None = None) -> int:
    """Work the lanes of a claim in one transaction: what was just brought, or what waits in the database."""
    with transaction.atomic():
        held = lanes.lock(token, keys)
        if brought is not None:
            still = set(held)
            works = [work for work in brought.works if work.lane_key in still]
            windows = {work.channel.workspace_id: brought.window for work in works}
        else:
            works, windows = _load(held, settings.ITEMS_PER_LANE)
        if works:
            changes = apply(works, windows)
            whole = brought.whole if brought is not None and len(works) == len(brought.works) else frozenset()
            _settle(works, whole)
            hear(works)
            lanes.release(held)
            for workspace_id in sorted(changes):
                feed.publish(workspace_id, changes[workspace_id])
        else:
            lanes.release(held)
    return len(works) or (1 if held else 0)


def _work_alone(token: UUID, key: str) -> int:
    """Work a lane's items one at a time, each attempt counted and committed before it is made."""
    done = 0
    for _ in range(settings.ITEMS_PER_LANE):
        attempts = _count_attempt(token, key)
        if attempts is None:
            return done
        item_id, tried = attempts
        if tried > settings.ITEM_MAX_ATTEMPTS:
            _quarantine(token, key, item_id, "It stopped the worker each time it was tried.")
            done += 1
            continue
        try:
            done += _work_first(token, key)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("an item failed", item=item_id, attempt=tried)
            reason = f"{type(error).__name__}: {_without_data(error)}"
            if tried >= settings.ITEM_MAX_ATTEMPTS:
                _quarantine(token, key, item_id, reason)
                done += 1
            else:
                with transaction.atomic():
                    Item.objects.filter(pk=item_id).update(reason=reason)
                    lanes.pause(key, PAUSE_SECONDS * tried)
                return done
    with transaction.atomic():
        lanes.release(lanes.lock(token, [key]))
    return done


def _without_data(error: Exception) -> str:
    """Name a failure without repeating what people wrote."""
    if isinstance(error, Error):
        diagnosis = getattr(error.__cause__, "diag", None)
        return str(getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "sqlstate", None) or "database")
    return "see the log"


def _count_attempt(token: UUID, key: str) -> tuple[int, int] | None:
    """Count an attempt on the first waiting item of a lane: (item, attempts); ``None`` releases a lane without any."""
    with transaction.atomic():
        if not lanes.lock(token, [key]):
            return None
        item = Item.objects.filter(lane_id=key, state="pending").order_by("id").only("id", "attempts").first()
        if item is None:
            lanes.release([key])
            return None
        item.attempts += 1
        Item.objects.filter(pk=item.pk).update(attempts=item.attempts)
        return item.pk, item.attempts


def _work_first(token: UUID, key: str) -> int:
    with transaction.atomic():
        held = lanes.lock(token, [key])
        works, windows = _load(held, 1)
        if not works:
            return 0
        changes = apply(works, windows)
        _settle(works)
        for workspace_id in sorted(changes):
            feed.publish(workspace_id, changes[workspace_id])
    return len(works)


def _quarantine(token: UUID, key: str, item_id: int, reason: str) -> None:
    with transaction.atomic():
        if not lanes.lock(token, [key]):
            return
        item = Item.objects.get(pk=item_id)
        Item.objects.filter(pk=item_id).update(state="quarantined", outcome="failed", reason=reason)
        _finish([item.delivery_id])
    log.error("an item was set aside", item=item_id, delivery=str(item.delivery_id))


def _load(keys: Sequence[str], per_lane: int) -> tuple[list[Work], dict[UUID, timedelta]]:
    works: list[Work] = []
    windows: dict[UUID, timedelta] = {}
    places: dict[UUID, Place] = {}
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [bulk.words(keys), per_lane, ITEMS_PER_BATCH])
        for (
            item_id,
            delivery_id,
            received_at,
            lane_key,
            body,
            channel_id,
            workspace_id,
            kind,
            address,
            window,
        ) in cursor.fetchall():
            place = places.setdefault(channel_id, Place(channel_id, workspace_id, kind, address))
            windows[workspace_id] = window
            item = ITEM.decode(body)
            works.append(
                Work(
                    id=item_id,
                    delivery_id=delivery_id,
                    received_at=received_at,
                    channel=place,
                    item=item,
                    lane_key=lane_key,
                )
            )
    return works, windows


def _settle(works: Sequence[Work], whole: frozenset[UUID] = frozenset()) -> None:
    """Write down what came of the items, and of their deliveries; of those in ``whole`` every item is among ``works``."""
    plain = [work.id for work in works if work.outcome == "processed" and not work.reason]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_item SET state = 'done', outcome = 'processed', reason = '' "
            "WHERE id = ANY(%s::bigint[])",
            [bulk.array(plain)],
        )
    bulk.update(
        Item,
        ("id", "state", "outcome", "reason"),
        [(work.id, "done", work.outcome, work.reason) for work in works if work.outcome != "processed" or work.reason],
    )
    odd = {work.delivery_id for work in works if work.outcome != "processed" or work.reason}
    simple = {work.delivery_id for work in works} & whole - odd
    if simple:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE conversations_delivery SET parsed = true, outcome = 'processed', reason = '', finished_at = now() "
                "WHERE id = ANY(%s::uuid[])",
                [bulk.array(simple)],
            )
    _finish({work.delivery_id for work in works} - simple)
    retold.keep_nothing(works)


def _finish(delivery_ids: Iterable[UUID]) -> None:
    """Settle deliveries whose items are all settled. Their rows are locked first, so that two lanes see each other's end."""
    ids = bulk.array(sorted(delivery_ids))
    if ids == "{}":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM conversations_delivery WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE", [ids]
        )
        cursor.execute(FINISH, [ids])
