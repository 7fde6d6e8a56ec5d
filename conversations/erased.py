"""What is known of who was erased: keyed hashes of what came from them, by which a retry is told apart from news.

Nobody can read a person out of a hash without the installation's keys, and with them only who asks for the very id.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop

from conversations import bulk, prepared
from conversations.prepared import Answer

REASON = gettext_noop("It was about a person who was erased.")
MARK = "erased:"
LENGTH = 40  # letters of a hash: 160 bits
SALT = b"novelo.erased\n"
SKEWED = timedelta(days=1)  # a source's clock may be wrong; what it dates later than this was said after the erasure
LATEST = """
SELECT workspace_id, max(at) FROM conversations_erasure WHERE workspace_id = ANY(%s::uuid[]) GROUP BY workspace_id
"""
KNOWN = """
SELECT external_id FROM conversations_historyevent
WHERE workspace_id = %s AND source = ANY(%s::text[]) AND external_id = ANY(%s::text[])
"""
EMPTY = """
WITH emptied AS (
  UPDATE conversations_delivery SET body = '', url = '', headers = '{}' WHERE id = ANY(%s::uuid[]) RETURNING id
)
UPDATE conversations_item SET body = '{}', lane_id = NULL
WHERE delivery_id IN (SELECT id FROM emptied) AND state <> 'pending'
"""


def digest(*parts: str) -> str:
    """Return the keyed hash of an id, as history keeps it in the id's place; always the same for the same installation."""
    return _digest(settings.ENCRYPTION_KEYS[0], parts)


def digests(*parts: str) -> list[str]:
    """Return every hash an id may be kept as: one for each key of the ring."""
    return [_digest(key, parts) for key in settings.ENCRYPTION_KEYS]


def _digest(key: str, parts: Iterable[str]) -> str:
    words = SALT + "\n".join(parts).encode("utf-8", "surrogatepass")
    return MARK + hmac.digest(base64.urlsafe_b64decode(key), words, "sha256").hex()[:LENGTH]


def of_message(channel_id: UUID, provider_id: str) -> tuple[str, ...]:
    """Return what the hash of a message is made of."""
    return "message", str(channel_id), provider_id


def of_event(source: str, key: str) -> tuple[str, ...]:
    """Return what the hash of an event from outside is made of."""
    return "event", source, key


def ask_latest(workspace_ids: Iterable[UUID]) -> Answer[dict[UUID, datetime]]:
    """Ask when somebody was erased last in these workspaces; what it returns waits for that, by workspace with an erasure."""
    ids = sorted(set(workspace_ids))
    if not ids:
        return dict
    asked = prepared.send(LATEST, [bulk.array(ids)])
    return lambda: dict(asked())


def known(workspace_id: UUID, sources: Collection[str], hashes: Collection[str]) -> set[str]:
    """Return which of these hashes history keeps: one query, none for nothing."""
    if not hashes:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [workspace_id, bulk.words(sources), bulk.words(hashes)])
        return {row[0] for row in cursor.fetchall()}


def empty(delivery_ids: Iterable[UUID]) -> None:
    """Take out of these deliveries, and of their items that ended, what was in them. Needs a transaction."""
    ids = sorted(set(delivery_ids))
    if ids:
        with prepared.cursor() as cursor:
            cursor.execute(EMPTY, [bulk.array(ids)])
