"""Keeping what is searched in step with what was said: a follower of history and of the feed, set-based, a moment behind."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import connection, transaction

from conversations import bulk
from conversations.models import Follower
from conversations.search.wording import JOINTS, MARK, mark

MESSAGES_A_SLICE = 2_000
LONGEST_TEXT = 20_000  # letters of a message that are looked through
WORDS, CHANGES = "search", "search_changes"  # the marks: a transaction of history; a number of the feed

LONGEST_WORD = 2_000  # bytes: beyond, with the mark, it would be refused
# A workspace's words are words of its own to the index, which else would read through all workspaces, or all of one, at every search.
VECTOR = f"""array_to_tsvector(ARRAY(
    SELECT %(mark)s || word FROM unnest(tsvector_to_array(
      to_tsvector('novelo', translate(left(text, {LONGEST_TEXT}), '{JOINTS[0]}', '{JOINTS[1]}')))) AS word
    WHERE octet_length(word) <= {LONGEST_WORD}))"""  # noqa: S608  constants of this house
WORDS_OF = f"substr(unnest(tsvector_to_array(words)), {MARK + 1})"
# How often a word is said only steers plans: once it is known, one message in so many stands for all of them.
SAMPLE = 32
# Words with figures in them are many and said once: they are found without the vocabulary.
# The planner would look at every element of an array that is written out, and would read all words for one it makes.
KEEP = f"""
WITH seen AS MATERIALIZED (
  SELECT id, shown_at, text, text <> '' AND deleted_at IS NULL AS stands FROM conversations_message
  WHERE id = ANY(ARRAY(SELECT unnest(%(ids)s::uuid[]))) AND workspace_id = %(workspace)s
), gone AS (
  DELETE FROM conversations_searchentry entry USING seen WHERE entry.message_id = seen.id AND NOT seen.stands
), kept AS (
  INSERT INTO conversations_searchentry AS entry (message_id, workspace_id, at, words)
  SELECT id, %(workspace)s, shown_at, {VECTOR} FROM seen WHERE stands
  ON CONFLICT (message_id) DO UPDATE SET words = excluded.words WHERE entry.words <> excluded.words
  RETURNING words, get_byte(uuid_send(message_id), 15) %% {SAMPLE} = 0 AS sampled
), said AS MATERIALIZED (
  SELECT DISTINCT {WORDS_OF} AS word FROM kept
), counted AS (
  INSERT INTO conversations_searchword AS known (workspace_id, word, count)
  SELECT %(workspace)s, word, sum(times) FROM (
    SELECT word, 1 AS times FROM said WHERE word NOT IN (
      SELECT word FROM conversations_searchword
      WHERE workspace_id = %(workspace)s AND word = ANY(ARRAY(SELECT word FROM said)))
    UNION ALL SELECT {WORDS_OF} AS word, {SAMPLE} FROM kept WHERE sampled
  ) AS found GROUP BY word HAVING length(word) BETWEEN 2 AND 40 AND word !~ '[0-9@/]'
  ORDER BY word ON CONFLICT (workspace_id, word) DO UPDATE SET count = known.count + excluded.count
)
SELECT count(*) FROM kept
"""  # noqa: S608  constants of this house
# The next event behind each mark, by the index, as the figures look for theirs.
NEWS = """
SELECT workspace.id FROM hub_workspace workspace
LEFT JOIN conversations_follower told ON told.workspace_id = workspace.id AND told.name = 'search'
LEFT JOIN conversations_follower changed ON changed.workspace_id = workspace.id AND changed.name = 'search_changes'
WHERE (SELECT event.transaction FROM conversations_historyevent event
       WHERE event.workspace_id = workspace.id AND event.transaction >= coalesce(told.transaction, 0)
       ORDER BY event.transaction LIMIT 1) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
   OR (SELECT head.last_seq FROM conversations_feedhead head WHERE head.workspace_id = workspace.id)
      > coalesce(changed.transaction, 0)
"""
# Whole transactions only: the mark stands between two of them.
SLICE = """
SELECT message_id, type, transaction FROM conversations_historyevent
WHERE workspace_id = %(workspace)s AND transaction >= %(mark)s AND transaction < %(horizon)s
  AND transaction <= coalesce((
    SELECT transaction FROM conversations_historyevent WHERE workspace_id = %(workspace)s AND transaction >= %(mark)s
    ORDER BY transaction OFFSET %(limit)s LIMIT 1), 9223372036854775807)
"""
CHANGED = """
SELECT event.seq, message.id FROM conversations_feedevent event
LEFT JOIN conversations_message message ON message.id = event.subject_id AND event.kind = 'message.updated'
  AND (message.edited_at IS NOT NULL OR message.deleted_at IS NOT NULL OR message.imported)
WHERE event.workspace_id = %(workspace)s AND event.seq > %(mark)s ORDER BY event.seq LIMIT %(limit)s
"""


class _Piece(msgspec.Struct, frozen=True):
    """Messages to look at again, and the mark that stands behind them; ``more`` when further ones wait."""

    ids: list[UUID]
    mark: int
    more: bool


def keep(workspace_id: UUID, ids: Iterable[UUID]) -> int:
    """Write the words of these messages as they are now; return how many of them changed."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP, {"workspace": workspace_id, "mark": mark(workspace_id), "ids": bulk.array(ids)})
        return int(cursor.fetchone()[0])


def follow(limit: int = MESSAGES_A_SLICE) -> int:
    """Take up the next piece of what was said and changed in every workspace; return how many messages were looked at.

    Call it again until it says 0. A workspace whose mark somebody else holds is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWS)
        workspaces = [row[0] for row in cursor.fetchall()]
    return sum(_follow(workspace_id, limit) for workspace_id in workspaces)


def _follow(workspace_id: UUID, limit: int) -> int:
    with transaction.atomic():
        marks = _marks(workspace_id)
        if marks is None:
            return 0
        told = _told(workspace_id, marks[WORDS].transaction, limit)
        changed = _changed(workspace_id, marks[CHANGES].transaction, limit)
        keep(workspace_id, {*told.ids, *changed.ids})
        for name, piece in ((WORDS, told), (CHANGES, changed)):
            if marks[name].transaction != piece.mark:
                Follower.objects.filter(pk=marks[name].pk).update(transaction=piece.mark)
    return len(told.ids) + len(changed.ids) or int(told.more or changed.more)


def _marks(workspace_id: UUID) -> dict[str, Follower] | None:
    """Lock and return both marks, made at the first time; None when somebody else holds them."""
    named = [Follower(workspace_id=workspace_id, name=name) for name in (WORDS, CHANGES)]
    Follower.objects.bulk_create(named, ignore_conflicts=True)
    rows = Follower.objects.filter(workspace_id=workspace_id, name__in=[WORDS, CHANGES]).order_by("name")
    marks = {row.name: row for row in rows.select_for_update(skip_locked=True)}
    return marks if len(marks) == len(named) else None


def _told(workspace_id: UUID, mark: int, limit: int) -> _Piece:
    """Return the messages of history from the mark on, whole transactions only, none of which can still grow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = int(cursor.fetchone()[0])
        cursor.execute(SLICE, {"workspace": workspace_id, "mark": mark, "limit": limit, "horizon": horizon})
        rows = cursor.fetchall()
    last = max((row[2] for row in rows), default=mark - 1)
    said = [row[0] for row in rows if row[0] is not None and row[1] in {"message.received", "message.sent"}]
    return _Piece(said, last + 1, more=len(rows) > limit)


def _changed(workspace_id: UUID, mark: int, limit: int) -> _Piece:
    """Return the messages that were edited, deleted or filled since the number of the feed."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"workspace": workspace_id, "mark": mark, "limit": limit})
        rows = cursor.fetchall()
    ids = [row[1] for row in rows if row[1] is not None]
    return _Piece(ids, max((row[0] for row in rows), default=mark), more=len(rows) == limit)
