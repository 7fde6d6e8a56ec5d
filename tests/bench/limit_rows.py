"""A child, the bare limit of the pipeline: the same rows, each written once in its final form, by set-based SQL alone.

It reads the stored bodies, trusts them, and knows nothing of lanes at work, late or early arrivals, poison or other workers.
Tables, columns, constraints and indexes are the house's own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from hub.ids import new_id
from tests.bench.limit_figures import FIGURES, STORIES

BATCH = 500
BATCHES_PER_FIGURES = 4
DELIVERIES = """
SELECT d.id, d.body, d.received_at, d.workspace_id, c.id, c.address FROM conversations_delivery d
JOIN conversations_channel c ON c.connection_id = d.connection_id
WHERE NOT d.parsed ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
"""
LANES = """
INSERT INTO conversations_lane (key, workspace_id, has_work, attempts)
SELECT DISTINCT key, %s::uuid, false, 0 FROM unnest(%b::text[]) AS new (key) ON CONFLICT (key) DO NOTHING
"""
ITEMS = """
INSERT INTO conversations_item (workspace_id, delivery_id, channel_id, lane_id, body, state, outcome, reason, attempts)
SELECT %s, delivery, %s, lane, body::jsonb, 'done', 'processed', '', 0
FROM unnest(%b::uuid[], %b::text[], %b::text[]) AS new (delivery, lane, body)
"""
KNOWN = """
SELECT i.value, i.id, i.customer_id, e.id, e.last_seq FROM unnest(%b::text[]) AS wanted (value)
JOIN conversations_identity i ON i.workspace_id = %s AND i.kind = 'wa_id' AND i.value = wanted.value AND i.scope = ''
LEFT JOIN conversations_conversation e ON e.customer_id = i.customer_id AND e.status <> 'resolved'
"""
CUSTOMERS = """
INSERT INTO conversations_customer (id, workspace_id, name, attributes)
SELECT id, %s, name, '{}' FROM unnest(%b::uuid[], %b::text[]) AS new (id, name)
"""
IDENTITIES = """
INSERT INTO conversations_identity
  (id, workspace_id, customer_id, kind, value, scope, match_key, channel_kind, username, verified)
SELECT id, %s, customer, 'wa_id', value, '', value, 'whatsapp', '', true
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) AS new (id, customer, value)
"""
OPEN = """
INSERT INTO conversations_conversation
  (id, workspace_id, customer_id, status, opened_at, channel_ids, last_channel_id, waiting_since, reopened_count,
   last_inbound_at, last_message_at, last_message_id, last_seq, unread, route_reason)
SELECT id, %s, customer, 'waiting', at, ARRAY[%s::uuid], %s, at, 0, last_at, last_at, message, seq, seq,
  jsonb_build_object('rule', 'queue', 'at', at)
FROM unnest(%b::uuid[], %b::uuid[], %b::timestamptz[], %b::timestamptz[], %b::uuid[], %b::int[])
  AS new (id, customer, at, last_at, message, seq)
"""
CONTINUE = """
UPDATE conversations_conversation e SET last_inbound_at = new.last_at, last_message_at = new.last_at,
  last_message_id = new.message, last_seq = new.seq, unread = new.seq
FROM unnest(%b::uuid[], %b::timestamptz[], %b::uuid[], %b::int[]) AS new (id, last_at, message, seq) WHERE e.id = new.id
"""
MESSAGES = """
INSERT INTO conversations_message
  (id, workspace_id, conversation_id, customer_id, channel_id, identity_id, direction, author_kind, author_name, kind, text,
   payload, provider_id, reply_to_provider_id, sent_at, received_at, seq, status, earlier_texts, imported)
SELECT id, %s, conversation, customer, %s, identity, 'inbound', 'customer', '', 'text', text, '{}', provider_id, '', sent_at,
  received_at, seq, 'delivered', '[]', false
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[],
  %b::int[]) AS new (id, conversation, customer, identity, text, provider_id, sent_at, received_at, seq)
ON CONFLICT (workspace_id, channel_id, provider_id) DO NOTHING
"""
EVENTS = """
INSERT INTO conversations_historyevent
  (workspace_id, customer_id, conversation_id, message_id, type, occurred_at, received_at, source, channel_kind, channel_id,
   actor_kind, actor_email, skewed, data)
SELECT %s, customer, conversation, message, type, at, received_at, 'novelo', 'whatsapp', %s, 'customer', '', false, data::jsonb
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::text[])
  AS new (customer, conversation, message, type, at, received_at, data)
"""
HEAD = """
INSERT INTO conversations_feedhead AS head (workspace_id, last_seq) VALUES (%s, %s)
ON CONFLICT (workspace_id) DO UPDATE SET last_seq = head.last_seq + excluded.last_seq RETURNING last_seq
"""
FEED = """
INSERT INTO conversations_feedevent (workspace_id, seq, kind, subject_id, conversation_id)
SELECT %s, %s + place, kind, subject, conversation
FROM unnest(%b::text[], %b::uuid[], %b::uuid[]) WITH ORDINALITY AS new (kind, subject, conversation, place)
"""
SETTLE = """
UPDATE conversations_delivery SET parsed = true, outcome = 'processed', finished_at = now() WHERE id = ANY(%b::uuid[])
"""
Cursor = psycopg.Cursor[Any]


class Said(msgspec.Struct, frozen=True):
    """What a body says."""

    delivery: Any
    received_at: datetime
    provider_id: str
    sender: str
    name: str
    at: datetime
    text: str


class Limit:
    """One connection that writes batch after batch."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url)
        self.touched: set[Any] = set()
        self.counted: list[tuple[str, datetime]] = []
        self.zone = ""

    def batch(self) -> int:
        """Write one batch in one transaction; return how many messages."""
        with self.connection.transaction(), self.connection.cursor(binary=False) as cursor:
            rows = cursor.execute(DELIVERIES, [BATCH]).fetchall()
            if rows:
                self._write(cursor, rows)
        return len(rows)

    def _write(self, cursor: Cursor, rows: list[tuple[Any, ...]]) -> None:
        workspace, channel, address = rows[0][3:6]
        said = [_said(row) for row in rows]
        lanes = [f"{channel}:{one.sender}" for one in said]
        deliveries = [one.delivery for one in said]
        cursor.execute(LANES, [workspace, lanes])
        cursor.execute(ITEMS, [workspace, channel, deliveries, lanes, [_item(one, address) for one in said]])
        senders = list(dict.fromkeys(one.sender for one in said))
        known = {row[0]: row[1:] for row in cursor.execute(KNOWN, [senders, workspace]).fetchall()}
        new = {sender: (new_id(), new_id(), new_id(), 0) for sender in senders if sender not in known}
        messages = _messages(said, known | new)
        first = {one.sender: row for one, row in reversed(list(zip(said, messages, strict=True)))}
        latest = {one.sender: row for one, row in zip(said, messages, strict=True)}
        if new:
            names = {one.sender: one.name for one in said}
            ids = [(identity, customer, sender) for sender, (identity, customer, _, _) in new.items()]
            cursor.execute(CUSTOMERS, [workspace, [row[1] for row in ids], [names[row[2]] for row in ids]])
            cursor.execute(IDENTITIES, [workspace, *columns(ids)])
            opened = [
                (latest[one][1], latest[one][2], first[one][6], latest[one][6], latest[one][0], latest[one][8])
                for one in new
            ]
            cursor.execute(OPEN, [workspace, channel, channel, *columns(opened)])
        if goes_on := [(row[1], row[6], row[0], row[8]) for sender, row in latest.items() if sender not in new]:
            cursor.execute(CONTINUE, columns(goes_on))
        cursor.execute(MESSAGES, [workspace, channel, *columns(messages)])
        begun = [first[sender] for sender in new]
        _tell(
            cursor, workspace, channel, messages, begun, [row[1] for sender, row in latest.items() if sender in known]
        )
        cursor.execute(SETTLE, [deliveries])
        self.workspace = workspace
        self.touched.update(row[1] for row in messages)
        self.counted += [("inbound", row[6]) for row in messages]
        self.counted += [("conversations", row[6]) for row in begun]

    def figures(self) -> None:
        """Write the facts of the conversations touched since the last time, and add to the cells."""
        if not self.touched:
            return
        with self.connection.transaction(), self.connection.cursor() as cursor:
            self.zone = self.zone or cursor.execute("SELECT timezone FROM hub_workspace").fetchall()[0][0]
            cursor.execute(STORIES, [list(self.touched)])
            values = {
                "workspace": self.workspace,
                "measures": [row[0] for row in self.counted],
                "times": [row[1] for row in self.counted],
                "zone": self.zone,
            }
            for statement in FIGURES:
                cursor.execute(statement, values if "%" in statement else None)
        self.touched, self.counted = set(), []


def _said(row: tuple[Any, ...]) -> Said:
    """Read a stored body."""
    value = msgspec.json.decode(row[1])["entry"][0]["changes"][0]["value"]
    message = value["messages"][0]
    at = datetime.fromtimestamp(int(message["timestamp"]), UTC)
    name = value["contacts"][0]["profile"]["name"]
    return Said(row[0], row[2], message["id"], message["from"], name, at, message["text"]["body"])


def _item(one: Said, address: str) -> str:
    """Return what the house keeps of a body until its lane is worked."""
    return msgspec.json.encode(
        {
            "type": "MessageReceived", "account": address, "lane": one.sender, "at": one.at, "provider_id": one.provider_id,
            "sender": {"addresses": [{"kind": "wa_id", "value": one.sender}], "name": one.name, "username": ""},
            "kind": "text", "text": one.text, "payload": {}, "attachments": [], "reply_to": None, "referral": None,
            "group": None, "forwarded": False,
        }
    ).decode()  # fmt: skip


def _messages(said: list[Said], people: dict[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of messages: id, conversation, customer, identity, text, provider's id, both times, place."""
    seqs = {sender: entry[3] for sender, entry in people.items()}
    rows = []
    for one in said:
        identity, customer, conversation, _ = people[one.sender]
        seqs[one.sender] += 1
        row = (new_id(), conversation, customer, identity, one.text, one.provider_id, one.at, one.received_at)
        rows.append((*row, seqs[one.sender]))
    return rows


def _tell(
    cursor: Cursor,
    workspace: Any,
    channel: Any,
    messages: list[tuple[Any, ...]],
    begun: list[tuple[Any, ...]],
    moved: list[Any],
) -> None:
    """Write history and the feed: what was said, which conversations began with it (their first rows) and which went on."""
    events = [(row[2], row[1], None, "conversation.opened", row[6], row[7], "{}") for row in begun]
    events += [(row[2], row[1], row[0], "message.received", row[6], row[7], '{"kind":"text"}') for row in messages]
    cursor.execute(EVENTS, [workspace, channel, *columns(events)])
    changes = [("message.created", row[0], row[1]) for row in messages]
    changes += [("conversation.created", row[1], row[1]) for row in begun]
    changes += [("conversation.updated", key, key) for key in moved]
    head = cursor.execute(HEAD, [workspace, len(changes)]).fetchone()
    assert head is not None
    cursor.execute(FEED, [workspace, head[0] - len(changes), *columns(changes)])


def columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """Turn rows into columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def main() -> None:
    """For each line ``{"figures": bool}``: write until nothing waits, answer with seconds and CPU seconds."""
    limit = Limit(os.environ["DATABASE_URL"])
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        figures = json.loads(line)["figures"]
        said = {"messages": 0.0, "figures": 0.0, "cpu": 0.0, "worked": 0}
        began_cpu, batches, done = time.process_time(), 0, 1
        while done:
            began = time.perf_counter()
            done = limit.batch()
            said["messages"] += time.perf_counter() - began
            said["worked"] += done
            batches += 1
            if figures and (not done or batches % BATCHES_PER_FIGURES == 0):
                began = time.perf_counter()
                limit.figures()
                said["figures"] += time.perf_counter() - began
        said["cpu"] = time.process_time() - began_cpu
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
