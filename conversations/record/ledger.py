"""What a batch accumulates in memory: the rows it will write, and the messages it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from conversations.channels.types import (
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageImported,
    MessageReceived,
    ReactionChanged,
    StatusChanged,
)

Said = MessageReceived | MessageEchoed | MessageImported
# An imported message aims at its own placeholder when the file comes after it.
Aimed = StatusChanged | ReactionChanged | MessageEdited | MessageDeleted | MessageImported
PROVIDER_ID_LENGTH = 255


class Target(msgspec.Struct, kw_only=True):
    """A message that a status, reaction, edit or deletion points at, as the batch changes it."""

    id: UUID
    workspace_id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel_id: UUID
    provider_id: str | None
    direction: str
    author_kind: str
    status: str
    text: str
    payload: dict[str, Any]
    kind: str
    edited_at: datetime | None
    deleted_at: datetime | None
    earlier_texts: list[dict[str, Any]]
    error: dict[str, Any] | None = None
    touched: bool = False


class Ledger(msgspec.Struct, kw_only=True):
    """Rows that a batch will write, and the messages it changed."""

    messages: list[tuple[Any, ...]] = []
    attachments: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    statuses: dict[tuple[UUID, str], tuple[Any, ...]] = {}
    reactions: dict[tuple[UUID, str], tuple[Any, ...]] = {}
    parked: list[tuple[Any, ...]] = []
    applied: list[int] = []
    by_provider_id: dict[tuple[UUID, str], UUID] = {}
    failed_in: set[UUID] = set()
    fresh: dict[UUID, Target] = {}
