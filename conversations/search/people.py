"""Finding people by name, number or address: what begins so, what holds it, and names that are nearly so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from conversations.prepared import pipelined
from conversations.querysets.customer import ACCENTED, FEWEST_DIGITS, PLAIN, unaccented
from conversations.search.wording import allowance, distance
from hub.models import Workspace

MOST_LOOKED_AT = 300
MOST_WORDS = 4  # a longer text is no name with an error
SHORTEST_INSIDE = 3  # letters: fewer are looked for at the beginning only, where the index knows them
NEAR = 0.45  # of its letters a word must share with one of the name to be looked at

NAME = f"translate(upper(name), '{ACCENTED}', '{PLAIN}')"
CALLED = f"""
WITH held AS MATERIALIZED (
  SELECT coalesce(merged_into_id, id) AS id, {NAME} AS plain FROM conversations_customer
  WHERE workspace_id = %(workspace)s AND {NAME} LIKE %(pattern)s LIMIT {MOST_LOOKED_AT}
)
SELECT id FROM held GROUP BY id
ORDER BY min(CASE WHEN plain LIKE %(start)s THEN 0 WHEN plain LIKE %(word)s THEN 1 ELSE 2 END), id DESC LIMIT %(limit)s
"""  # noqa: S608  constants of this file
REACHED = f"""
WITH held AS MATERIALIZED (
  SELECT customer_id FROM conversations_identity
  WHERE workspace_id = %(workspace)s AND (upper(value) LIKE %(pattern)s OR upper(username) LIKE %(pattern)s) LIMIT {MOST_LOOKED_AT}
)
SELECT DISTINCT coalesce(person.merged_into_id, person.id) FROM held
JOIN conversations_customer person ON person.id = held.customer_id ORDER BY 1 DESC LIMIT %(limit)s
"""  # noqa: S608  constants of this file
ALIKE = f"""
SELECT coalesce(merged_into_id, id), {NAME} AS plain FROM conversations_customer
WHERE workspace_id = %(workspace)s AND %(typed)s <%% {NAME}
ORDER BY word_similarity(%(typed)s, {NAME}) DESC, id DESC LIMIT 50
"""  # noqa: S608  constants of this file

# What comparing letters costs is more than PostgreSQL thinks: it would read everybody, up to some ten thousand people.
BY_LETTERS = """
SELECT set_config('enable_seqscan', 'off', true), set_config('pg_trgm.word_similarity_threshold', %s, true)
"""
AS_EVER = "SELECT set_config('enable_seqscan', 'on', true)"


def people(workspace: Workspace, text: str, limit: int = 5) -> list[UUID]:
    """Return who stands for the people that ``text`` means, the likeliest first: by name, by address, by a name nearly so."""
    typed = unaccented(" ".join(text.split()))
    if not typed:
        return []
    with pipelined(), connection.cursor() as cursor:
        cursor.execute(BY_LETTERS, [str(NEAR)])
        found = _looked_for(workspace, typed, limit)
        cursor.execute(AS_EVER)
    return list(dict.fromkeys(found))[:limit]


def _looked_for(workspace: Workspace, typed: str, limit: int) -> list[UUID]:
    letters = _literal(typed)
    inside = f"%{letters}%" if len(typed) >= SHORTEST_INSIDE else f"{letters}%"
    given = {"workspace": workspace.pk, "typed": typed, "limit": limit}
    names = given | {"pattern": inside, "start": f"{letters}%", "word": f"% {letters}%"}
    found = [row[0] for row in _ask(CALLED, names)]
    digits = "".join(letter for letter in typed if letter.isdigit())
    number = len(digits) >= FEWEST_DIGITS and not any(letter.isalpha() for letter in typed)
    if len(found) < limit and len(typed) >= SHORTEST_INSIDE:
        found += [row[0] for row in _ask(REACHED, given | {"pattern": f"%{digits}%" if number else inside})]
    if not found and not number and len(typed) >= SHORTEST_INSIDE and len(typed.split()) <= MOST_WORDS:
        near = [(_apart(typed, name), key) for key, name in _ask(ALIKE, given)]
        found = [key for apart, key in sorted(near, key=lambda pair: pair[0] or 0) if apart is not None]
    return found


def _apart(typed: str, name: str) -> int | None:
    """Return how far the typed words are from those of the name, None when one of them is another word."""
    total = 0
    for word in typed.split():
        most = allowance(word)
        near = [distance(word, other) for other in name.split() if abs(len(other) - len(word)) <= most]
        least = min(near, default=most + 1)
        if least > most:
            return None
        total += least
    return total


def _ask(statement: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
