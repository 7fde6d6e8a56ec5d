"""Messages and conversations for the feed: each read whole by one prepared statement, and shown as the API shows them.

The feed reads what the API reads, but for every event that happens: Django's rows cost ten times as much.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from conversations.api import represent
from conversations.api.represent import Shown
from conversations.models import Channel, Conversation, Message
from conversations.prepared import ask
from hub.models import Workspace

# What the next events of a feed are about: workspace, after which number, how many, which sort.
SUBJECTS = """ARRAY(
  SELECT e.subject_id FROM (
    SELECT kind, subject_id FROM conversations_feedevent WHERE workspace_id = %s AND seq > %s ORDER BY seq LIMIT %s
  ) e WHERE e.kind LIKE %s)"""
MESSAGES = """
SELECT m.id AS pk, m.conversation_id, t.folded_into_id AS stands_in, m.customer_id, c.merged_into_id,
  c.name AS customer_name, m.channel_id, h.kind AS channel_kind, m.direction, m.author_kind, m.author_id,
  u.name AS user_name, u.email AS user_email, m.author_name, m.kind, m.text, m.payload::json AS payload, m.provider_id,
  m.client_id, m.sent_at, m.received_at, m.seq, m.reply_to_id, m.referral::json AS referral, m.status,
  m.error::json AS error, m.edited_at, m.deleted_at,
  (SELECT json_agg(json_build_object('pk', f.id, 'kind', f.kind, 'mime_type', f.mime_type, 'filename', f.filename,
     'size', f.size, 'state', f.state, 'thumbnail', f.thumbnail, 'width', f.width, 'height', f.height,
     'voice', f.voice, 'reason', f.reason) ORDER BY f.id)
   FROM conversations_attachment f WHERE f.message_id = m.id) AS files,
  (SELECT json_agg(json_build_object('emoji', r.emoji, 'by', r.by, 'at', r.at) ORDER BY r.id)
   FROM conversations_reaction r WHERE r.message_id = m.id) AS reacted
FROM conversations_message m
JOIN conversations_conversation t ON t.id = m.conversation_id
JOIN conversations_customer c ON c.id = m.customer_id
JOIN conversations_channel h ON h.id = m.channel_id
LEFT JOIN hub_user u ON u.id = m.author_id
WHERE m.workspace_id = %s AND m.id = ANY(%s)
"""
MESSAGES_SINCE = MESSAGES.replace("ANY(%s)", f"ANY({SUBJECTS})")
CONVERSATIONS = """
SELECT t.id AS pk, t.customer_id, c.merged_into_id, c.name AS customer_name, w.name AS whole_name, t.folded_into_id,
  t.status, t.channel_ids, t.last_channel_id, t.opened_at, t.first_response_at, t.waiting_since, t.snoozed_until,
  t.resolved_at, t.reopened_count, t.last_inbound_at, t.last_message_at, t.unread, t.route_reason::json AS route_reason,
  t.priority, t.language, t.attributes::json AS attributes, t.bot_id, b.name AS bot_name, t.due_at, t.due_kind, t.due_told,
  t.assignee_id, u.email AS user_email, u.name AS user_name, t.team_id, g.name AS team_name,
  m.id AS said_pk, m.direction AS said_direction, m.author_kind AS said_author_kind, m.kind AS said_kind,
  m.text AS said_text, m.status AS said_status, m.sent_at AS said_sent_at, m.deleted_at AS said_deleted_at,
  CASE WHEN c.name = '' THEN (SELECT i.value FROM conversations_identity i
    WHERE i.customer_id = t.customer_id AND i.kind IN ('wa_id', 'phone') AND i.replaced_at IS NULL
    ORDER BY i.id LIMIT 1) END AS number,
  (SELECT json_agg(json_build_object('pk', h.id, 'kind', h.kind, 'name', h.name)) FROM conversations_channel h
   WHERE h.id = ANY(t.channel_ids) AND h.workspace_id = t.workspace_id) AS touched,
  (SELECT json_agg(json_build_object('id', l.id, 'name', l.name, 'color', l.color)) FROM conversations_label l
   WHERE l.id = ANY(t.label_ids) AND l.workspace_id = t.workspace_id) AS labels,
  (SELECT json_agg(n) FROM (
     SELECT n.user_id AS agent, count(n.id) - count(n.seen_at) AS unseen FROM conversations_mention n
     WHERE n.conversation_id = t.id GROUP BY n.user_id) n) AS mentioned
FROM conversations_conversation t
JOIN conversations_customer c ON c.id = t.customer_id
LEFT JOIN conversations_customer w ON w.id = c.merged_into_id
LEFT JOIN hub_user u ON u.id = t.assignee_id
LEFT JOIN hub_team g ON g.id = t.team_id
LEFT JOIN conversations_bot b ON b.id = t.bot_id
LEFT JOIN conversations_message m ON m.id = t.last_message_id
WHERE t.workspace_id = %s AND t.id = ANY(%s)
"""
CONVERSATIONS_SINCE = CONVERSATIONS.replace("ANY(%s)", f"ANY({SUBJECTS})")


class _Several(list[SimpleNamespace]):
    """Rows that belong to a row, asked for as a model gives them."""

    def all(self) -> _Several:
        """Return them."""
        return self


def messages(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return messages as the API shows them, by id: one query."""
    return {row.pk: message(row) for row in ask(MESSAGES, [workspace.pk, list(ids)])}


def conversations(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return conversations as the API shows them, by id: one query."""
    return {row.pk: conversation(row) for row in ask(CONVERSATIONS, [workspace.pk, list(ids)])}


def message(row: Any) -> Shown:
    """Show a row of ``MESSAGES``."""
    fields = row._asdict()
    fields["customer"] = SimpleNamespace(merged_into_id=row.merged_into_id, name=row.customer_name)
    fields["channel"] = SimpleNamespace(kind=row.channel_kind)
    fields["author"] = SimpleNamespace(name=row.user_name, email=row.user_email) if row.author_id else None
    fields["attachments"] = _Several(SimpleNamespace(**file) for file in row.files or ())
    fields["reactions"] = _Several(
        SimpleNamespace(emoji=one["emoji"], by=one["by"], at=datetime.fromisoformat(one["at"]))
        for one in row.reacted or ()
    )
    return represent.message(cast("Message", SimpleNamespace(**fields)))


def conversation(row: Any) -> Shown:
    """Show a row of ``CONVERSATIONS``."""
    fields = row._asdict()
    whole = SimpleNamespace(name=row.whole_name) if row.merged_into_id else None
    fields["customer"] = SimpleNamespace(merged_into_id=row.merged_into_id, merged_into=whole, name=row.customer_name)
    fields["assignee"] = (
        SimpleNamespace(pk=row.assignee_id, email=row.user_email, name=row.user_name) if row.assignee_id else None
    )
    fields["team"] = SimpleNamespace(pk=row.team_id, name=row.team_name) if row.team_id else None
    fields["bot"] = SimpleNamespace(pk=row.bot_id, name=row.bot_name) if row.bot_id else None
    fields["last_message"] = _said(row) if row.said_pk else None
    fields["labels"], fields["mentioned"] = row.labels or [], row.mentioned or []
    touched = {UUID(one["pk"]): cast("Channel", SimpleNamespace(**one)) for one in row.touched or ()}
    return represent.conversation(cast("Conversation", SimpleNamespace(**fields)), touched)


def _said(row: Any) -> SimpleNamespace:
    return SimpleNamespace(
        pk=row.said_pk, direction=row.said_direction, author_kind=row.said_author_kind, kind=row.said_kind,
        text=row.said_text, status=row.said_status, sent_at=row.said_sent_at, deleted_at=row.said_deleted_at,
    )  # fmt: skip
