"""A long history of talk for the benchmark of search: phrases copied in and indexed at the end, the newest messages as in life."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection

from conversations import search
from conversations.search.index import VECTOR
from conversations.search.wording import MARK, mark
from hub.models import Workspace
from tests.bench import load

WORDS = 12_000
PHRASE, USED = 5, 10  # words in a phrase, how often one is said; a message is two of them
NEWEST = 20_000  # messages kept as in life, and timed
BATCH = 2_000
SLICE = 50_000  # messages a statement
CONNECTIONS = 2
SYLLABLES = "ba be bi ca co da de fa fi ga go la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se si ta te ti va ve".split()
NAMES = "Ana Bruno Carla Diego Elisa Fabio Gisele Heitor Iara Jorge Karina Lucas Marina Nelson Olga Paulo".split()
QUICKLY = """
SET statement_timeout = 0; SET synchronous_commit = off; SET session_replication_role = replica; SET maintenance_work_mem = '256MB'
"""
PEOPLE = """
WITH people AS (
  INSERT INTO conversations_customer (id, workspace_id, name, attributes)
  SELECT uuidv7(), %(workspace)s, (%(names)s::text[])[1 + n %% 16] || ' ' || initcap((%(words)s::text[])[1 + n %% %(known)s]), '{}'
  FROM generate_series(1, %(people)s) AS n RETURNING id
)
INSERT INTO conversations_conversation (id, workspace_id, customer_id, status, opened_at, channel_ids, last_channel_id,
  resolved_at, reopened_count, last_message_at, last_seq, unread)
SELECT uuidv7(), %(workspace)s, id, 'resolved', now(), ARRAY[%(channel)s::uuid], %(channel)s, now(), 0, now(), 1, 0 FROM people
"""
TALKS = """
CREATE UNLOGGED TABLE talk AS
SELECT id, customer_id, row_number() OVER () - 1 AS n, now() AS now FROM conversations_conversation; ANALYZE talk
"""
SAID = "; CREATE TEMP TABLE said (n int, text text)"
# Search looks a message up by its own id only: the other indexes need not be there.
NEEDLESS = """
SELECT coalesce('ALTER TABLE conversations_message DROP CONSTRAINT ' || conname, 'DROP INDEX ' || indexrelid::regclass)
FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'u'
WHERE indrelid = 'conversations_message'::regclass AND NOT indisprimary
"""
LATER = """
SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'conversations_searchentry'::regclass AND NOT indisprimary
"""
MESSAGES = """
INSERT INTO conversations_message (id, workspace_id, conversation_id, customer_id, channel_id, direction, author_kind,
  author_name, kind, text, payload, reply_to_provider_id, sent_at, received_at, seq, status, earlier_texts, imported)
SELECT uuidv7((said.n - %(count)s) * interval '1 second'), %(workspace)s, talk.id, customer_id, %(channel)s, 'inbound', 'customer',
  '', 'text', text, '{}', '', at, at, said.n, 'delivered', '[]', false
FROM said JOIN talk ON talk.n = said.n %% %(people)s, LATERAL (SELECT now + (said.n - %(count)s) * interval '20 seconds' AS at) AS time
ORDER BY said.n RETURNING id, shown_at, text
"""
KNOWN = f"""
WITH made AS ({MESSAGES})
INSERT INTO conversations_searchentry (message_id, workspace_id, at, words) SELECT id, %(workspace)s, shown_at, {VECTOR} FROM made
"""
VOCABULARY = f"""
INSERT INTO conversations_searchword (workspace_id, word, count)
SELECT %(workspace)s, substr(word, {MARK + 1}), ndoc FROM ts_stat('SELECT words FROM conversations_searchentry')
"""


def vocabulary(dice: random.Random) -> list[str]:
    """Return the words that are said, the commonest first."""
    return list(dict.fromkeys("".join(dice.choices(SYLLABLES, k=dice.randint(2, 5))) for _ in range(WORDS)))


def fill(url: str, words: list[str], count: int) -> tuple[Workspace, float]:
    """Make a company with so many messages, known to search; return it and microseconds of indexing one of the newest."""
    shop = load.new_shop("bench")
    values: dict[str, Any] = {
        "workspace": shop.workspace.pk, "channel": shop.channel.pk, "words": words, "known": len(words), "names": NAMES,
        "people": count // 20, "count": count, "mark": mark(shop.workspace.pk),
    }  # fmt: skip
    dice = np.random.default_rng(count)
    phrases = _joined(words, (len(words) * dice.random((2 * count // USED, PHRASE)) ** 3).astype(int).tolist())
    with connection.cursor() as cursor:
        cursor.execute(QUICKLY)
        cursor.execute(PEOPLE, values)
        cursor.execute(TALKS)
        cursor.execute(NEEDLESS)
        needless = [row[0] for row in cursor.fetchall()]
        cursor.execute(LATER)
        later = cursor.fetchall()
        cursor.execute("; ".join([*needless, *(drop for drop, _ in later)]))
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            places = [(first, min(first + SLICE, count - NEWEST)) for first in range(0, count - NEWEST, SLICE)]
            list(threads.map(partial(_say, url, KNOWN, values, phrases), places))
        cursor.execute("; ".join(made for _, made in later))
        cursor.execute(VOCABULARY, values)
        cursor.execute("VACUUM ANALYZE")
        newest = _say(url, MESSAGES, values, phrases, (count - NEWEST, count))
    return shop.workspace, _kept(shop.workspace, newest)


def _say(url: str, statement: str, values: dict[str, Any], phrases: list[str], place: tuple[int, int]) -> list[UUID]:
    """Write the messages of a place in history over a connection of its own; return what the statement does."""
    numbers = range(*place)
    dice = np.random.default_rng(place[0])
    texts = _joined(phrases, dice.integers(len(phrases), size=(len(numbers), 2)).tolist())
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as held, held.cursor() as cursor:
        cursor.execute(QUICKLY + SAID)
        with cursor.copy("COPY said FROM STDIN") as copy:
            copy.write("".join([f"{number}\t{text}\n" for number, text in zip(numbers, texts, strict=True)]))
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def _joined(pieces: list[str], places: list[list[int]]) -> list[str]:
    return [" ".join([pieces[place] for place in some]) for some in places]


def _kept(workspace: Workspace, ids: list[UUID]) -> float:
    """Let the product keep messages in batches as they come in life, keys looked up; return microseconds a message."""
    began = time.perf_counter()
    for some in batched(ids, BATCH):
        search.keep(workspace.pk, some)
    return (time.perf_counter() - began) / len(ids) * 1e6
