"""The words both ways share: kinds, statuses, addresses, persons, errors."""

from __future__ import annotations

from typing import Literal

import msgspec

MessageKind = Literal[
    "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive",
    "template", "order", "story", "share", "note", "unsupported",
]  # fmt: skip
Status = Literal["queued", "sending", "sent", "delivered", "read", "failed", "unknown"]
ErrorClass = Literal["throttle", "transient", "unknown", "permanent", "window", "template", "opt_out", "channel"]


class Address(msgspec.Struct, frozen=True):
    """One address a person writes from: ``kind`` is ``wa_id``, ``bsuid``, ``igsid`` …, ``value`` as the provider gave it."""

    kind: str
    value: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote or is written to: at least one address, strongest first; ``name`` and ``username`` as shown, may be empty.

    ``proof`` says why all these addresses are surely one person (``provider``, ``token``, ``link``): then customers who
    hold them are joined without asking. Without it a contradiction becomes a suggestion. What is only ``claimed`` (an e-mail
    typed into a form) is kept as unproven, finds nobody and at most suggests.
    """

    addresses: tuple[Address, ...]
    name: str = ""
    username: str = ""
    proof: Literal["", "provider", "token", "link"] = ""
    claimed: tuple[Address, ...] = ()


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider said went wrong: its own code, a sentence for people, our class of it.

    ``stop``: the provider holds that the customer asked to be left alone, so nothing at all would reach this address.
    """

    code: str
    title: str
    detail: str = ""
    error_class: ErrorClass = "permanent"
    stop: bool = False

    @property
    def retryable(self) -> bool:
        """Whether the same send may succeed later without anybody changing anything."""
        return self.error_class in {"throttle", "transient"}
