"""Finding messages, the newest first: by a rare word's list, by that of the newest days, or walking back for a common one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from conversations import bulk
from conversations.search import wording
from conversations.search.wording import Word
from hub.models import Workspace

MOST_COUNTED = 10_000  # beyond, it is said that there are more
UNKNOWN = 50  # in how many messages a word with figures in it stands, when nobody has counted
FURTHEST = 40_000  # messages walked past before the list is asked after all
WALKED_AT_ONCE = 2_000
SEVERAL = 200  # hits expected: of so many, only the newest days are fetched
FOR_SURE = 4  # times as many hits as a page needs are expected in those days
MOST_WALKED = 10_000  # hits looked at for a filter before the page is given as it is
ON, OFF = "\x02", "\x03"  # around what was found, in the database's answer

# OFFSET keeps the workspace out of the choice of an index: its mark is in the words.
LISTED = """
SELECT message_id, at FROM (
  SELECT message_id, at, workspace_id FROM conversations_searchentry
  WHERE words @@ %(query)s::tsquery {between} OFFSET 0
) held WHERE workspace_id = %(workspace)s LIMIT %(limit)s
"""
# The inner LIMIT bounds the walk where words that are common each hardly ever stand together.
WALKED = """
SELECT message_id, at FROM (
  SELECT message_id, at, words FROM conversations_searchentry WHERE workspace_id = %(workspace)s {between}
  ORDER BY at DESC, message_id DESC LIMIT %(furthest)s
) newest WHERE words @@ %(query)s::tsquery LIMIT %(limit)s
"""
ENDS = """
SELECT (SELECT at FROM conversations_searchentry WHERE workspace_id = %(workspace)s ORDER BY at, message_id LIMIT 1),
  (SELECT at FROM conversations_searchentry WHERE workspace_id = %(workspace)s ORDER BY at DESC, message_id DESC LIMIT 1)
"""
HOW_MANY = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'conversations_searchentry'::regclass"
PASSES = """
SELECT message.id FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS hit (id, place)
JOIN conversations_message message ON message.id = hit.id
JOIN conversations_conversation own ON own.id = message.conversation_id
JOIN conversations_conversation talk ON talk.id = coalesce(own.folded_into_id, own.id)
JOIN conversations_channel channel ON channel.id = message.channel_id
WHERE {filters} ORDER BY hit.place LIMIT %(limit)s
"""
FILTERS = {
    "channel": "message.channel_id = %(channel)s",
    "channel_kind": "channel.kind = ANY(%(channel_kind)s::text[])",
    "agent": "(message.author_id = %(agent)s OR talk.assignee_id = %(agent)s)",
    "label": "talk.label_ids @> ARRAY[%(label)s::uuid]",
}
SNIPPETS = f"""
SELECT id, ts_headline('novelo', translate(left(text, 4000), '{wording.JOINTS[0]}', '{wording.JOINTS[1]}'), %(query)s::tsquery,
  'StartSel={ON}, StopSel={OFF}, ' || CASE WHEN length(text) < 160 THEN 'HighlightAll=true' ELSE 'MaxWords=24, MinWords=12, ShortWord=0' END)
FROM conversations_message WHERE id = ANY(%(ids)s::uuid[])
"""  # noqa: S608  constants of this file

Place = tuple[datetime, UUID]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: words, and what the message or its conversation must be; times are those of the message."""

    text: str
    channel: UUID | None = None
    channel_kind: tuple[str, ...] = ()
    agent: UUID | None = None
    label: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Hit(msgspec.Struct, frozen=True):
    """A message that was found, by its place; ``snippet`` its text about the find as pieces, each with whether it was meant."""

    message_id: UUID
    at: datetime
    snippet: tuple[tuple[str, bool], ...] = ()


class Found(msgspec.Struct, frozen=True):
    """A page of hits, newest first. ``count`` is known up to some thousands and None where nobody counted (filters, later pages).

    ``more`` when a next page may hold some, ``last`` the place it goes on from; ``mended`` the words taken for others.
    """

    hits: tuple[Hit, ...] = ()
    count: int | None = 0
    beyond: bool = False  # there are more than ``count``
    last: Place | None = None
    mended: tuple[tuple[str, str], ...] = ()


def messages(workspace: Workspace, asked: Asked, after: Place | None = None, limit: int = 20) -> Found:
    """Return the newest messages in which every word stands. Each plan's work is bounded, however long the history."""
    words = wording.read(workspace.pk, asked.text)
    if not words:
        return Found()
    mark = wording.mark(workspace.pk)
    query, plain = (" & ".join(word.query(before) for word in words) for before in (mark, ""))
    mended = tuple((word.typed, word.mended) for word in words if word.mended)
    places, count, beyond = _places(workspace.pk, query, words, asked, after, limit + 1)
    page, more = places[:limit], len(places) > limit
    shown = _snippets(plain, [message_id for _, message_id in page])
    hits = tuple(Hit(message_id, at, shown.get(message_id, ())) for at, message_id in page)
    return Found(hits, count, beyond, page[-1] if more and page else None, mended)


def _places(
    workspace_id: UUID, query: str, words: Sequence[Word], asked: Asked, after: Place | None, limit: int
) -> tuple[list[Place], int | None, bool]:
    """Return the places of ``limit`` hits, how many there are in all and whether beyond that more."""
    total, expected = _expected(words)
    # Fetching a list costs as its length, walking as the distance between hits: where both cost the same they cost least.
    fewest = min(MOST_COUNTED, max(200, int((5 * total) ** 0.5)))
    plain = not _filters(asked) and asked.since is None and asked.until is None
    if SEVERAL < expected <= fewest and not _filters(asked):
        near = _nearest(workspace_id, query, asked, after, limit * FOR_SURE / expected)
        if len(near) >= limit:
            return near[:limit], (len(near) - 1) // 10 * 10 if plain else None, plain
    if expected <= fewest:
        found = _listed(workspace_id, query)
        if len(found) <= MOST_COUNTED:
            rest = [place for place in found if _between(place, asked, after)]
            passed = _passing(workspace_id, rest, asked, limit)
            return passed, len(found) if plain else None, False
    first = after
    walked: list[Place] = []
    wanted = WALKED_AT_ONCE if _filters(asked) else limit
    for _ in range(MOST_WALKED // WALKED_AT_ONCE):
        some = _walked(workspace_id, query, asked, after, wanted)
        walked += _passing(workspace_id, some, asked, limit - len(walked))
        if len(walked) >= limit or len(some) < wanted:
            break
        after = some[-1]
    if len(walked) < limit and not _filters(asked):
        found = _listed(workspace_id, query)
        if len(found) <= MOST_COUNTED:  # else there are more than could be listed, and what was walked past has to do
            rest = [place for place in found if _between(place, asked, first)]
            return rest[:limit], len(found) if plain else None, False
    return walked, fewest // 100 * 100 if plain else None, plain


def _expected(words: Sequence[Word]) -> tuple[float, float]:
    """Return how many messages there are, and how many hold all of these words, as if they knew nothing of each other."""
    with connection.cursor() as cursor:
        cursor.execute(HOW_MANY)
        total = max(float(cursor.fetchone()[0]), 1.0)
    expected = total
    for word in words:
        expected *= min((UNKNOWN if word.count is None else word.count) / total, 1.0)
    rarest = min(UNKNOWN if word.count is None else word.count for word in words)
    return total, min(expected, rarest)


def _nearest(workspace_id: UUID, query: str, asked: Asked, after: Place | None, share: float) -> list[Place]:
    """Return the hits of the newest ``share`` of all the time there is, newest first; none where that is all of it."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS, {"workspace": workspace_id})
        first, last = cursor.fetchone()
    if first is None:
        return []
    newest = min(filter(None, (last, after and after[0], asked.until)))
    since = newest - (last - first) * share
    if since <= max(first, asked.since or first):
        return []
    until = newest + timedelta(microseconds=1)
    return [place for place in _listed(workspace_id, query, since, until) if _between(place, asked, after)]


def _listed(
    workspace_id: UUID, query: str, since: datetime | None = None, until: datetime | None = None
) -> list[Place]:
    """Return every hit by the index of words, newest first; one more than is counted when there are too many."""
    between = "AND at >= %(since)s AND at < %(until)s" if since else ""
    given: dict[str, Any] = {"workspace": workspace_id, "query": query, "limit": MOST_COUNTED + 1}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL jit = off")
        cursor.execute(LISTED.format(between=between), given | {"since": since, "until": until})
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
    return sorted(((at, message_id) for message_id, at in rows), reverse=True)


def _walked(workspace_id: UUID, query: str, asked: Asked, after: Place | None, limit: int) -> list[Place]:
    """Return the next hits by going back in time."""
    between = ("AND (at, message_id) < (%(at)s, %(id)s)" if after else "") + (
        " AND at >= %(since)s" if asked.since else ""
    )
    between += " AND at < %(until)s" if asked.until else ""
    given: dict[str, Any] = {
        "workspace": workspace_id,
        "query": query,
        "limit": limit,
        "furthest": FURTHEST,
        "since": asked.since,
        "until": asked.until,
    }
    at, message_id = after or (None, None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        cursor.execute(WALKED.format(between=between), given | {"at": at, "id": message_id})
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_bitmapscan = on; SET LOCAL enable_seqscan = on")
    return [(at, message_id) for message_id, at in rows]


def _between(place: Place, asked: Asked, after: Place | None) -> bool:
    at = place[0]
    return (
        (after is None or place < after)
        and (asked.since is None or at >= asked.since)
        and (asked.until is None or at < asked.until)
    )


def _filters(asked: Asked) -> dict[str, Any]:
    return {name: value for name in FILTERS if (value := getattr(asked, name))}


def _passing(workspace_id: UUID, places: Sequence[Place], asked: Asked, limit: int) -> list[Place]:
    """Keep the first ``limit`` places whose message passes the filters."""
    filters = _filters(asked)
    if not filters or not places:
        return list(places[:limit])
    by_id = {place[1]: place for place in places}
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in filters.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            PASSES.format(
                filters=" AND ".join(["message.workspace_id = %(workspace)s", *map(FILTERS.__getitem__, filters)])
            ),
            {**given, "ids": bulk.array(by_id), "limit": limit, "workspace": workspace_id},
        )
        return [by_id[row[0]] for row in cursor.fetchall()]


def _snippets(query: str, ids: Sequence[UUID]) -> dict[UUID, tuple[tuple[str, bool], ...]]:
    """Return of each message the text about what was found, in pieces."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SNIPPETS, {"ids": bulk.array(ids), "query": query})
        return {message_id: _pieces(text) for message_id, text in cursor.fetchall()}


def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    pieces: list[tuple[str, bool]] = []
    text = text.translate(str.maketrans(*reversed(wording.JOINTS)))
    for place, part in enumerate(text.split(ON)):
        meant, _, rest = part.partition(OFF) if place else ("", "", part)
        pieces += [(word, sure) for word, sure in ((meant, True), (rest, False)) if word]
    return tuple(pieces)
