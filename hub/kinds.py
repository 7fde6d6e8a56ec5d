"""The kinds of channel, as the story tells the house: their words and titles, for what is set by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Told = Callable[[], Iterable[tuple[str, str]]]
_told: list[Told] = []


def tell(kinds: Told) -> None:
    """Say where the kinds are known: a function that returns (kind, title in the reader's language) of each."""
    _told.append(kinds)


def kinds() -> list[tuple[str, str]]:
    """Return every kind with its title, in the order of their titles."""
    return sorted((pair for told in _told for pair in told()), key=lambda pair: pair[1])
