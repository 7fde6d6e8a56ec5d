"""Reads the entries of an Instagram webhook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conversations.channels.messaging import parse
from conversations.channels.types import AnyItem

KIND = "instagram"
ADDRESS = "igsid"


def read_entries(entries: Sequence[Any]) -> Iterator[AnyItem]:
    """Yield the items of the ``entry`` list of an Instagram body. Never raises because of content."""
    return parse.read_entries(entries, KIND, ADDRESS)
