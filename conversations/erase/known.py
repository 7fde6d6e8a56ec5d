"""What tells that something is about a person: their addresses in every writing, and the words they go by."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import msgspec

from conversations.channels.phone import digits_of, international, match_key
from conversations.models import Identity

PHONE_KINDS = {"wa_id", "phone"}
SHORTEST = 6  # letters: fewer stand in what is about others too
NINTH = 4  # where the ninth digit of a Brazilian mobile stands: behind country and area code
BRAZIL = 13  # digits of a Brazilian mobile with its ninth


class Traces(msgspec.Struct, frozen=True):
    """What is looked for: ``words`` in journals, ``names`` besides in what was told of the person, ``lanes``, ``files``."""

    words: list[str] = []
    names: list[str] = []
    lanes: list[str] = []
    files: list[str] = []

    def are_in(self, text: str) -> bool:
        """Whether a text holds an address or a name of theirs."""
        said = text.casefold()
        return any(word.casefold() in said for word in (*self.words, *self.names))


def words_of(identities: Iterable[Identity]) -> list[str]:
    """Return the addresses in all writings that journals may hold, the short ones left out."""
    found: dict[str, None] = {}
    for row in identities:
        for value in (row.value, row.username):
            found |= dict.fromkeys((value, quote(value, safe=""), quote_plus(value)))
        if row.kind in PHONE_KINDS and (digits := digits_of(row.value)):
            found |= dict.fromkeys(numbers(digits))
    return [word for word in found if len(word) >= SHORTEST]


def numbers(digits: str) -> list[str]:
    """Return the writings of a telephone number: with and without what countries add to it, and as people write it."""
    whole = match_key(digits)
    short = whole[:NINTH] + whole[NINTH + 1 :] if whole.startswith("55") and len(whole) == BRAZIL else whole
    plain = list(dict.fromkeys((digits, whole, short)))
    return [*plain, *(international(one) for one in plain)]


def names_of(names: Iterable[str]) -> list[str]:
    """Return the names somebody goes by, whole, without those that are hardly one."""
    return [name for one in names if len(name := " ".join(one.split())) >= SHORTEST]
