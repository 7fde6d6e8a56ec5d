"""What travels through the pipeline: an item of a webhook with its channel, and the conversation as the batch changes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from conversations.channels.types import AnyItem

Outcome = Literal["processed", "duplicate", "ignored", "unroutable", "invalid", "failed"]
SKEW_SECONDS = 300  # a source's clock may run this far ahead before its events are flagged


class Place(msgspec.Struct, frozen=True):
    """The channel an item came on."""

    id: UUID
    workspace_id: UUID
    kind: str
    address: str


class Work(msgspec.Struct, kw_only=True):
    """One item at work. Rooms set whom it is about and ``outcome``; an item without an outcome was processed.

    ``customer_id`` is whose address it is, ``person_id`` the customer who stands for that person while people are joined.
    """

    id: int
    delivery_id: UUID
    received_at: datetime
    channel: Place
    item: AnyItem
    lane_key: str = ""
    customer_id: UUID | None = None
    person_id: UUID | None = None
    identity_id: UUID | None = None
    outcome: Outcome = "processed"
    reason: str = ""

    @property
    def at(self) -> datetime:
        """When it happened by the source's clock; by ours when the source gave no time."""
        return self.item.at or self.received_at

    def end(self, outcome: Outcome, reason: str = "") -> None:
        """Settle what came of it, other than ``processed``."""
        self.outcome, self.reason = outcome, reason


class Episode(msgspec.Struct, kw_only=True):
    """A conversation as the pipeline sees and changes it; ``fresh`` until it is stored."""

    id: UUID
    workspace_id: UUID
    customer_id: UUID
    status: str
    opened_at: datetime
    assignee_id: UUID | None = None
    channel_ids: list[UUID] = msgspec.field(default_factory=list)
    last_channel_id: UUID | None = None
    first_response_at: datetime | None = None
    waiting_since: datetime | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    reopened_count: int = 0
    last_inbound_at: datetime | None = None
    last_message_at: datetime | None = None
    last_message_id: UUID | None = None
    last_seq: int = 0
    unread: int = 0
    route_reason: dict[str, Any] | None = None
    queued_at: datetime | None = None
    fresh: bool = False
    touched: bool = False
