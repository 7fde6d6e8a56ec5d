"""The queues of senders: claimed whole and many at once, so that each keeps its order and none is worked twice.

The row lock that the work holds is what excludes others, and it is gone the moment a worker dies; the lease only covers
the gap between the claim and the lock. A lane whose last claim came to nothing is suspect and is worked apart.

Who brings items must not wait for who works them: the work holds a lane so that others may share its key, bringing shares
it, and a lane is only found empty by whoever holds it alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from conversations import bulk, prepared
from conversations.prepared import Answer
from hub.ids import new_id

LEASE = "2 seconds"
CLAIM = """
WITH picked AS (
  SELECT key FROM conversations_lane
  WHERE has_work AND not_before <= clock_timestamp() AND attempts {attempts}
  ORDER BY not_before LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE conversations_lane l SET claim = %s, attempts = attempts + 1, not_before = clock_timestamp() + interval '{lease}'
FROM picked WHERE l.key = picked.key RETURNING l.key, l.attempts, set_config('synchronous_commit', 'off', true)
"""  # a claim that a crash of the server forgets is made again: it need not wait for the disk
HOLD_IDLE = """
SELECT key FROM conversations_lane WHERE key = ANY(%s::text[]) AND NOT has_work ORDER BY key FOR NO KEY UPDATE SKIP LOCKED
"""
FORGET = """
DELETE FROM conversations_lane WHERE key IN (
  SELECT key FROM conversations_lane WHERE key = ANY(%s::text[]) AND NOT has_work ORDER BY key FOR UPDATE SKIP LOCKED)
"""
ANY_DUE = "EXISTS (SELECT 1 FROM conversations_lane WHERE has_work AND not_before <= clock_timestamp())"


def claim(limit: int, *, suspect: bool) -> tuple[UUID, dict[str, int]]:
    """Claim up to ``limit`` lanes that wait (suspect ones apart) in a transaction of its own.

    Returns the claim, and by lane how often it was claimed since its last success, this time included.
    """
    token = new_id()
    sql = CLAIM.format(attempts="> 0" if suspect else "= 0", lease=LEASE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [limit, token])
        return token, {row[0]: row[1] for row in cursor.fetchall()}


def lock(token: UUID, keys: Iterable[str]) -> list[str]:
    """Lock the claimed lanes that nobody else took over meanwhile. Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM conversations_lane WHERE key = ANY(%s::text[]) AND claim = %s ORDER BY key "
            "FOR NO KEY UPDATE SKIP LOCKED",
            [bulk.words(keys), token],
        )
        return [row[0] for row in cursor.fetchall()]


def release(keys: Iterable[str]) -> None:
    """Give back lanes whose work is done: they have work as long as an item waits. Needs the lock.

    A lane to which somebody is just bringing items stays one with work. The others are held alone from here to the commit, and
    only the statement after that sees every item that was brought.
    """
    held = bulk.words(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM conversations_lane WHERE key = ANY(%s::text[]) ORDER BY key FOR UPDATE SKIP LOCKED", [held]
        )
        alone = bulk.words(row[0] for row in cursor.fetchall())
        cursor.execute(
            """
            UPDATE conversations_lane l SET claim = NULL, attempts = 0, not_before = clock_timestamp(),
              has_work = l.key <> ALL(%s::text[]) OR EXISTS (
                SELECT 1 FROM conversations_item i WHERE i.lane_id = l.key AND i.state = 'pending')
            WHERE l.key = ANY(%s::text[])
            """,
            [alone, held],
        )


def pause(key: str, seconds: float) -> None:
    """Let a lane rest after a failure of one of its items; its next claim works them alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_lane SET claim = NULL, attempts = greatest(attempts, 2), "
            "not_before = clock_timestamp() + make_interval(secs => %s) WHERE key = %s",
            [seconds, key],
        )


def waken(lanes: Iterable[tuple[str, UUID]], *, claim_idle: bool = False) -> tuple[UUID | None, set[str]]:
    """Mark lanes (key, workspace) as having work, creating those that are new; call it before their items are stored.

    Waits for no work that goes on in them. Keys are locked in order. With ``claim_idle`` those on which nothing waited are
    claimed for the caller: returns the claim and their keys.
    """
    rows = sorted(set(lanes))
    if not rows:
        return None, set()
    keys = bulk.words(key for key, _ in rows)
    token = new_id() if claim_idle else None
    claimed = (
        {"claim": token, "attempts": 1, "lease": LEASE} if claim_idle else {"claim": None, "attempts": 0, "lease": "0"}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_lane (key, workspace_id, has_work, claim, attempts, not_before) "
            "SELECT key, workspace_id, true, %s::uuid, %s, clock_timestamp() + %s::interval "
            "FROM unnest(%s::text[], %s::uuid[]) AS new (key, workspace_id) ON CONFLICT (key) DO NOTHING RETURNING key",
            [*claimed.values(), keys, bulk.array(workspace for _, workspace in rows)],
        )
        fresh = {row[0] for row in cursor.fetchall()}
        known = bulk.words(key for key, _ in rows if key not in fresh)
        if known == "{}":
            return token, fresh
        cursor.execute(
            "SELECT key, has_work FROM conversations_lane WHERE key = ANY(%s::text[]) ORDER BY key FOR KEY SHARE",
            [known],
        )
        found = cursor.fetchall()
        if len(found) + len(fresh) < len(rows):  # one was forgotten just before it could be held
            return waken(rows, claim_idle=claim_idle)
        idle = bulk.words(key for key, has_work in found if not has_work)
        if idle != "{}":
            cursor.execute(
                "UPDATE conversations_lane SET has_work = true, claim = %s, attempts = %s, "
                "not_before = clock_timestamp() + %s::interval WHERE key = ANY(%s::text[]) AND NOT has_work RETURNING key",
                [*claimed.values(), idle],
            )
            fresh |= {row[0] for row in cursor.fetchall()}
    return token, fresh


def forget(keys: Iterable[str]) -> None:
    """Let go of lanes on which nothing waits and nobody works: their keys say who the sender was."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [bulk.words(sorted(set(keys)))])


def hold_idle(lanes: Iterable[tuple[str, UUID]]) -> Answer[bool]:
    """Hold lanes (key, workspace) alone until the commit. Needs a transaction.

    Returns what waits for that and says whether all of them are there and nothing waits on any.
    """
    keys = {key for key, _ in lanes}
    asked = prepared.send(HOLD_IDLE, [bulk.words(sorted(keys))])
    return lambda: len(asked()) == len(keys)


def hold_new(lanes: Iterable[tuple[str, UUID]]) -> bool:
    """Hold lanes as ``hold_idle`` does, creating those that are new; whether nothing waits on any of them.

    Where it says no, somebody works one of them or should: what was brought has to queue.
    """
    rows = sorted(set(lanes))
    keys, workspaces = bulk.words(key for key, _ in rows), bulk.array(workspace for _, workspace in rows)
    with prepared.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_lane (key, workspace_id, has_work, attempts, not_before) "
            "SELECT key, workspace_id, false, 0, clock_timestamp() "
            "FROM unnest(%s::text[], %s::uuid[]) AS new (key, workspace_id) ON CONFLICT (key) DO NOTHING",
            [keys, workspaces],
        )
    return hold_idle(rows)()
