"""What came in from outside once it is understood, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from conversations.channels.types import Address

Outcome = Literal["accepted", "duplicate", "invalid"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event a source told, understood: every field is of its type and fits its column.

    ``addresses`` are the customer's, the strongest first, none for what is about nobody; ``data`` holds what its type names,
    money as decimals in words; what was said is in ``text`` and never in ``data``.
    """

    id: str
    source: str
    type: str
    at: datetime
    channel: str = ""
    addresses: tuple[Address, ...] = ()
    name: str = ""
    data: dict[str, Any] = {}
    text: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same event when it comes again."""
        return self.source, self.id

    @property
    def said(self) -> bool:
        """Whether it is a message."""
        return self.type.startswith("message.")

    @property
    def of_conversation(self) -> bool:
        """Whether it is part of a conversation: something said, or a turn it took."""
        return self.type.startswith(("message.", "conversation."))


class Verdict(msgspec.Struct, frozen=True):
    """What became of one event: ``error`` says why it is invalid, ``field`` names what is at fault."""

    id: str | None
    outcome: Outcome
    error: str = ""
    field: str = ""
