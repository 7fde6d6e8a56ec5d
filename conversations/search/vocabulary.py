"""Forgetting words: what only some messages held is no part of the vocabulary once they are gone."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from conversations import bulk
from conversations.search.index import LONGEST_TEXT
from conversations.search.wording import JOINTS, mark

SHARED = 1_000  # a word said so often is nobody's own, and looking for who else said it would read half of the index
FORGET = f"""
WITH gone AS MATERIALIZED (SELECT unnest(%(ids)s::uuid[]) AS id), texts AS (
  SELECT m.text FROM gone JOIN conversations_message m ON m.id = gone.id
  UNION ALL
  SELECT earlier->>'text' FROM gone JOIN conversations_message m ON m.id = gone.id
  CROSS JOIN LATERAL jsonb_array_elements(m.earlier_texts) AS earlier
), said AS MATERIALIZED (
  SELECT DISTINCT unnest(tsvector_to_array(
    to_tsvector('novelo', translate(left(text, {LONGEST_TEXT}), '{JOINTS[0]}', '{JOINTS[1]}')))) AS word FROM texts
)
DELETE FROM conversations_searchword known USING said
WHERE known.workspace_id = %(workspace)s AND known.word = said.word AND known.count < {SHARED} AND NOT EXISTS (
  SELECT 1 FROM conversations_searchentry entry
  WHERE entry.workspace_id = %(workspace)s
    AND entry.words @@ ('''' || replace(replace(%(mark)s || said.word, '\\', '\\\\'), '''', '''''') || '''')::tsquery
    AND entry.message_id NOT IN (SELECT id FROM gone))
"""  # noqa: S608  constants of this house


def forget(workspace_id: UUID, ids: Iterable[UUID]) -> None:
    """Take the words out of the vocabulary that these messages held, now or before they were edited, and no other does.

    Call it before the messages go, in their transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"workspace": workspace_id, "mark": mark(workspace_id), "ids": bulk.array(ids)})
