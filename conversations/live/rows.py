"""Messages and conversations for the feed: read whole by one prepared statement, and shown as the API shows them.

The feed reads what the API reads, but for every event that happens: Django's rows cost ten times as much. PostgreSQL puts
the rows together as JSON, so that what belongs to a row comes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from conversations.api import represent
from conversations.api.represent import Shown
from conversations.feed import AFTER, Line
from conversations.models import Channel, Conversation, Message
from conversations.prepared import ask
from hub.models import Workspace

# Each row is fetched by its key, whatever the planner thinks of a table that was empty when it was asked: the plan is kept.
MESSAGES = """
SELECT m.id AS pk, m.conversation_id, t.folded_into_id AS stands_in, m.customer_id, m.channel_id, m.direction,
  m.author_kind, m.author_id, m.author_name, m.kind, m.text, m.payload, m.provider_id, m.client_id, m.sent_at,
  m.received_at, m.seq, m.reply_to_id, m.referral, m.status, m.error, m.edited_at, m.deleted_at,
  json_build_object('merged_into_id', c.merged_into_id, 'name', c.name) AS customer,
  json_build_object('kind', h.kind) AS channel,
  CASE WHEN u.id IS NOT NULL THEN json_build_object('pk', u.id, 'name', u.name, 'email', u.email) END AS author,
  coalesce((SELECT json_agg(json_build_object('pk', f.id, 'kind', f.kind, 'mime_type', f.mime_type,
     'filename', f.filename, 'size', f.size, 'state', f.state, 'thumbnail', f.thumbnail, 'width', f.width,
     'height', f.height, 'voice', f.voice, 'reason', f.reason) ORDER BY f.id)
   FROM conversations_attachment f WHERE f.message_id = m.id), '[]') AS files,
  coalesce((SELECT json_agg(json_build_object('emoji', r.emoji, 'by', r.by, 'at', r.at) ORDER BY r.id)
   FROM conversations_reaction r WHERE r.message_id = m.id), '[]') AS reacted
FROM ({ids}) AS wanted
CROSS JOIN LATERAL (SELECT * FROM conversations_message WHERE id = wanted.id OFFSET 0) m
JOIN conversations_conversation t ON t.id = m.conversation_id
JOIN conversations_customer c ON c.id = m.customer_id
JOIN conversations_channel h ON h.id = m.channel_id
LEFT JOIN hub_user u ON u.id = m.author_id
WHERE m.workspace_id = %s
"""
CONVERSATIONS = """
SELECT t.id AS pk, t.customer_id, t.folded_into_id, t.status, t.channel_ids, t.last_channel_id, t.opened_at,
  t.first_response_at, t.waiting_since, t.snoozed_until, t.resolved_at, t.reopened_count, t.last_inbound_at,
  t.last_message_at, t.unread, t.route_reason, t.priority, t.language, t.attributes, t.due_at, t.due_kind, t.due_told,
  json_build_object('merged_into_id', c.merged_into_id, 'name', c.name, 'merged_into',
    CASE WHEN w.id IS NOT NULL THEN json_build_object('name', w.name) END) AS customer,
  CASE WHEN b.id IS NOT NULL THEN json_build_object('pk', b.id, 'name', b.name) END AS bot,
  CASE WHEN u.id IS NOT NULL THEN json_build_object('pk', u.id, 'email', u.email, 'name', u.name) END AS assignee,
  CASE WHEN g.id IS NOT NULL THEN json_build_object('pk', g.id, 'name', g.name) END AS team,
  CASE WHEN m.id IS NOT NULL THEN json_build_object('pk', m.id, 'direction', m.direction,
    'author_kind', m.author_kind, 'kind', m.kind, 'text', m.text, 'status', m.status, 'sent_at', m.sent_at,
    'deleted_at', m.deleted_at) END AS last_message,
  CASE WHEN c.name = '' THEN (SELECT i.value FROM conversations_identity i
    WHERE i.customer_id = t.customer_id AND i.kind IN ('wa_id', 'phone') AND i.replaced_at IS NULL
    ORDER BY i.id LIMIT 1) END AS number,
  coalesce((SELECT json_agg(json_build_object('pk', h.id, 'kind', h.kind, 'name', h.name)) FROM conversations_channel h
   WHERE h.id = ANY(t.channel_ids) AND h.workspace_id = t.workspace_id), '[]') AS touched,
  coalesce((SELECT json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color))
   FROM conversations_label l WHERE l.id = ANY(t.label_ids) AND l.workspace_id = t.workspace_id), '[]') AS labels,
  coalesce((SELECT json_agg(n) FROM (
     SELECT n.user_id AS agent, count(n.id) - count(n.seen_at) AS unseen FROM conversations_mention n
     WHERE n.conversation_id = t.id GROUP BY n.user_id) n), '[]') AS mentioned
FROM ({ids}) AS wanted
CROSS JOIN LATERAL (SELECT * FROM conversations_conversation WHERE id = wanted.id OFFSET 0) t
JOIN conversations_customer c ON c.id = t.customer_id
LEFT JOIN conversations_customer w ON w.id = c.merged_into_id
LEFT JOIN hub_user u ON u.id = t.assignee_id
LEFT JOIN hub_team g ON g.id = t.team_id
LEFT JOIN conversations_bot b ON b.id = t.bot_id
LEFT JOIN conversations_message m ON m.id = t.last_message_id
WHERE t.workspace_id = %s AND NOT t.erased
"""
GIVEN = "SELECT DISTINCT unnest(%s::uuid[]) AS id"
SUBJECTS = "SELECT DISTINCT subject_id AS id FROM line WHERE kind LIKE '{noun}.%%'"
ROWS = "coalesce((SELECT json_agg(row) FROM ({rows}) row), '[]')::text"
READ_MESSAGES = f"SELECT {ROWS.format(rows=MESSAGES.format(ids=GIVEN))}"
READ_CONVERSATIONS = f"SELECT {ROWS.format(rows=CONVERSATIONS.format(ids=GIVEN))}"
# The next lines of a feed (workspace, after which number, how many), and the rows they are about (workspace, twice): one
# statement, which is one answer to wait for and one moment at which everything is read.
NEWS = f"""
WITH line AS MATERIALIZED ({AFTER})
SELECT {ROWS.format(rows="SELECT * FROM line ORDER BY seq")},
  {ROWS.format(rows=MESSAGES.format(ids=SUBJECTS.format(noun="message")))},
  {ROWS.format(rows=CONVERSATIONS.format(ids=SUBJECTS.format(noun="conversation")))}
"""  # noqa: S608  constants of this module


class _Several[T](msgspec.Struct, frozen=True):
    """Rows that belong to a row, asked for as a model gives them."""

    rows: Sequence[T]

    def all(self) -> Sequence[T]:
        """Return them."""
        return self.rows


class _Named(msgspec.Struct, frozen=True):
    name: str
    pk: UUID | None = None
    email: str = ""
    kind: str = ""


class _Person(msgspec.Struct, frozen=True):
    name: str
    merged_into_id: UUID | None
    merged_into: _Named | None = None


class _Kind(msgspec.Struct, frozen=True):
    kind: str


class _File(msgspec.Struct, frozen=True):
    pk: UUID
    kind: str
    mime_type: str
    filename: str
    size: int | None
    state: str
    thumbnail: str
    width: int | None
    height: int | None
    voice: bool
    reason: str


class _Reaction(msgspec.Struct, frozen=True):
    emoji: str
    by: str
    at: datetime


class _Preview(msgspec.Struct, frozen=True):
    pk: UUID
    direction: str
    author_kind: str
    kind: str
    text: str
    status: str
    sent_at: datetime
    deleted_at: datetime | None


class _Message(msgspec.Struct, frozen=True):
    """A row of ``MESSAGES``, as ``represent`` reads a model."""

    pk: UUID
    conversation_id: UUID
    stands_in: UUID | None
    customer_id: UUID
    channel_id: UUID
    direction: str
    author_kind: str
    author_id: UUID | None
    author_name: str
    kind: str
    text: str
    payload: Any
    provider_id: str | None
    client_id: str | None
    sent_at: datetime
    received_at: datetime
    seq: int
    reply_to_id: UUID | None
    referral: Any
    status: str
    error: Any
    edited_at: datetime | None
    deleted_at: datetime | None
    customer: _Person
    channel: _Kind
    author: _Named | None
    files: list[_File]
    reacted: list[_Reaction]

    @property
    def attachments(self) -> _Several[_File]:
        """Its files."""
        return _Several(self.files)

    @property
    def reactions(self) -> _Several[_Reaction]:
        """Its reactions."""
        return _Several(self.reacted)


class _Conversation(msgspec.Struct, frozen=True):
    """A row of ``CONVERSATIONS``, as ``represent`` reads a model."""

    pk: UUID
    customer_id: UUID
    folded_into_id: UUID | None
    status: str
    channel_ids: list[UUID]
    last_channel_id: UUID | None
    opened_at: datetime
    first_response_at: datetime | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    reopened_count: int
    last_inbound_at: datetime | None
    last_message_at: datetime | None
    unread: int
    route_reason: Any
    priority: int
    language: str
    attributes: Any
    due_at: datetime | None
    due_kind: str
    due_told: str
    customer: _Person
    bot: _Named | None
    assignee: _Named | None
    team: _Named | None
    last_message: _Preview | None
    number: str | None
    touched: list[_Named]
    labels: list[dict[str, Any]]
    mentioned: list[dict[str, Any]]


_lines = msgspec.json.Decoder(list[Line]).decode
_messages = msgspec.json.Decoder(list[_Message]).decode
_conversations = msgspec.json.Decoder(list[_Conversation]).decode


def messages(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return messages as the API shows them, by id: one query."""
    ((read,),) = ask(READ_MESSAGES, [list(ids), workspace.pk])
    return _shown_messages(read)


def conversations(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return conversations as the API shows them, by id: one query."""
    ((read,),) = ask(READ_CONVERSATIONS, [list(ids), workspace.pk])
    return _shown_conversations(read)


def news(row: Sequence[str]) -> tuple[list[Line], dict[UUID, Shown], dict[UUID, Shown]]:
    """Understand the row of ``NEWS``: the lines in order, and the messages and conversations among their subjects."""
    return _lines(row[0]), _shown_messages(row[1]), _shown_conversations(row[2])


def _shown_messages(read: str) -> dict[UUID, Shown]:
    return {row.pk: represent.message(cast("Message", row)) for row in _messages(read)}


def _shown_conversations(read: str) -> dict[UUID, Shown]:
    shown = {}
    for row in _conversations(read):
        touched = {one.pk: cast("Channel", one) for one in row.touched if one.pk}
        shown[row.pk] = represent.conversation(cast("Conversation", row), touched)
    return shown
