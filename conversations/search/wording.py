"""What was typed, as the words that were said: endings cut, beginnings completed, typing errors mended by the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

MOST_WORDS = 8
MOST_LIKE = 30  # neighbours looked at for one word
MOST_MENDED = 5
MOST_BEGUN = 40
SHORTEST_BEGINNING = 2
ENDING, LETTERS = 3, "abcdefghijklmnopqrstuvwxyz"
RARE, FAR_MORE = 3, 20  # a word said so rarely may be an error itself when one beside it was said so many times more

MARK = 4  # letters before every word of the index: whose it is. Two workspaces with the same mark only cost each other time.

# Compounds are said in parts; PostgreSQL would take the hyphen of "BR-4512" for a minus.
JOINTS = ("-/", "\x04\x05")
PARTS = f"""
SELECT lower(token), tsvector_to_array(to_tsvector('novelo', token))
FROM ts_parse('default', translate(%s, '{JOINTS[0]}', '{JOINTS[1]}')) WHERE tokid <> 12
"""  # noqa: S608  constants of this file; 12 is what stands between words
KNOWN = "SELECT word, count FROM conversations_searchword WHERE workspace_id = %s AND word = ANY(%s)"
BEGUN = """
SELECT word, count FROM conversations_searchword WHERE workspace_id = %s AND word LIKE %s ORDER BY count DESC LIMIT %s
"""
LIKE = """
SELECT word, count FROM conversations_searchword WHERE workspace_id = %s AND word %% %s
ORDER BY similarity(word, %s) DESC LIMIT %s
"""
ENDED = """
SELECT word, count FROM conversations_searchword
WHERE workspace_id = %s AND word = ANY(tsvector_to_array(to_tsvector('novelo', %s))) ORDER BY count DESC LIMIT %s
"""
PLAIN = "SELECT lower(unaccent(%s))"


class Word(msgspec.Struct, frozen=True):
    """One typed word: any of ``said`` will do; ``count`` is in how many messages they stand at most, None for unknown.

    ``mended`` is the word meant where the typed one was taken for an error.
    """

    typed: str
    said: tuple[str, ...]
    count: int | None
    beginning: str = ""
    mended: str = ""

    def query(self, mark: str = "") -> str:
        """Return the word as PostgreSQL asks for it, of the workspace with this mark or, without, of any text."""
        words = [_quoted(mark + word) for word in self.said]
        words += [_quoted(mark + self.beginning) + ":*"] if self.beginning else []
        return "(" + " | ".join(words) + ")"


def mark(workspace_id: UUID) -> str:
    """Return what stands before every word of a workspace."""
    return workspace_id.hex[-MARK:]


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def read(workspace_id: UUID, text: str) -> list[Word] | None:
    """Return the words of ``text`` that mean something, the last one also as a beginning; None when one was never said."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [text])
        parts = [(token, list(lexemes)) for token, lexemes in cursor.fetchall()][:MOST_WORDS]
    ends = text[-1:].isspace()
    found = []
    for place, (token, lexemes) in enumerate(parts):
        last = place == len(parts) - 1 and not ends
        if not lexemes and not (last and len(token) >= SHORTEST_BEGINNING):
            continue  # "de", "para": everybody says them
        word = _word(workspace_id, token, lexemes, beginning=last)
        if word is None and lexemes:
            return None
        if word is not None:
            found.append(word)
    return found


def _word(workspace_id: UUID, token: str, lexemes: Sequence[str], *, beginning: bool) -> Word | None:
    if any(letter.isdigit() or letter in "@/" for letter in token):
        begun = token if beginning and len(token) > SHORTEST_BEGINNING else ""
        return Word(token, tuple(lexemes), None, begun)
    counts = dict(_ask(KNOWN, workspace_id, list(lexemes))) if lexemes else {}
    if beginning:
        plain = _ask(PLAIN, token)[0][0]
        letters = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        if len(plain) >= SHORTEST_BEGINNING:
            counts |= dict(_ask(BEGUN, workspace_id, letters + "%", MOST_BEGUN))
    known = sum(counts.values())
    mended = _mended(workspace_id, lexemes[0], known) if lexemes and known <= RARE else {}
    if not counts and not mended:
        mended = _ended(workspace_id, token)
    if not counts and not mended:
        return None
    meant = max(mended, key=lambda word: mended[word], default="")
    return Word(token, (*counts, *mended), known + sum(mended.values()), mended=meant)


def _mended(workspace_id: UUID, lexeme: str, known: int) -> dict[str, int]:
    """Return the words nearest to one that was hardly ever said, with their counts."""
    near: dict[int, dict[str, int]] = {}
    for word, count in _ask(LIKE, workspace_id, lexeme, lexeme, MOST_LIKE):
        apart = distance(lexeme, word)
        if 0 < apart <= allowance(lexeme) and (not known or count >= known * FAR_MORE):
            near.setdefault(apart, {})[word] = count
    if not near:
        return {}
    nearest = near[min(near)]
    return dict(sorted(nearest.items(), key=lambda pair: -pair[1])[:MOST_MENDED])


def _ended(workspace_id: UUID, token: str) -> dict[str, int]:
    """Return the words said that have one error in their ending, with their counts: cut off, it is no letter apart from them."""
    if len(token) <= ENDING + 1:
        return {}
    return dict(_ask(ENDED, workspace_id, " ".join(endings(token)), MOST_MENDED))


def endings(token: str) -> set[str]:
    """Return the words with one letter of the last ones put in, left out, replaced or swapped with the next."""
    found = set()
    for place in range(len(token) - ENDING, len(token) + 1):
        begun, rest = token[:place], token[place:]
        found |= {begun + rest[1:], begun + rest[1:2] + rest[:1] + rest[2:]}
        found |= {begun + letter + tail for letter in LETTERS for tail in (rest, rest[1:])}
    return found - {token}


def allowance(word: str) -> int:
    """Return how many errors are forgiven in a word."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def distance(one: str, other: str) -> int:
    """Return how many letters must be put in, left out, replaced or swapped with the next to make one the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _ask(statement: str, *values: Any) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
