"""The channel log: what was said to a provider and what it answered, written down after the call and without a secret.

Whoever calls a provider does so inside ``keeping``; threads that may not touch the database collect, and ``write`` later.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote, quote_plus
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from conversations import bulk
from conversations.channels.exchange import HIDDEN, Exchange, recorded, without_secrets
from conversations.channels.types import Credentials
from conversations.models import Channel, Exchange as Row
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

SHORTEST_SECRET = 4  # characters: a shorter one would blacken every word it happens to stand in
COLUMNS = (
    "workspace", "connection", "channel", "message_id", "method", "url", "status", "request", "response", "error",
    "milliseconds", "at",
)  # fmt: skip


class Kept(msgspec.Struct, frozen=True):
    """An exchange with what it was about: ``channel`` needs its connection, ``message_id`` is None where none was meant."""

    channel: Channel
    exchange: Exchange
    message_id: UUID | None = None


@contextmanager
def keeping(channel: Channel, message_id: UUID | None = None) -> Iterator[list[Exchange]]:
    """Write down every call of this thread while the block runs, also when it raises. Use it outside of transactions."""
    with recorded() as said:
        try:
            yield said
        finally:
            write(Kept(channel, one, message_id) for one in said)


def write(entries: Iterable[Kept]) -> None:
    """Append exchanges with one statement. A log that cannot be written is no reason for the call to have failed."""
    kept = list(entries)
    if not kept:
        return
    secrets = {
        channel.connection_id: secrets_of(channel) for channel in {one.channel.pk: one.channel for one in kept}.values()
    }
    now = timezone.now()
    rows = [_row(one, secrets[one.channel.connection_id], now) for one in kept]
    try:
        with transaction.atomic():
            bulk.insert(Row, COLUMNS, rows)
    except DatabaseError as error:
        log.warning("the channel log was not written", exchanges=len(rows), error=type(error).__name__)


def _row(one: Kept, secrets: Iterable[str], now: object) -> tuple[object, ...]:
    said, channel = one.exchange, one.channel
    return (
        channel.workspace_id, channel.connection_id, channel.pk, one.message_id, said.method[:8],
        without_secrets(said.url, secrets), said.status, without_secrets(said.request, secrets),
        without_secrets(said.response, secrets), without_secrets(said.error, secrets)[:200], said.milliseconds, now,
    )  # fmt: skip


def secrets_of(channel: Channel) -> tuple[str, ...]:
    """Return every secret of a channel's connection, as it is and in every writing it may have in a call."""
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
    except SecretUnreadable:
        return ()  # what does not open was not sent either
    return writings(credentials)


def writings(credentials: Credentials) -> tuple[str, ...]:
    """Return the secrets plain, as part of an address or form, inside JSON, and as basic authentication would carry them."""
    plain = [one for one in _plain(credentials) if len(one) >= SHORTEST_SECRET and one != HIDDEN]
    pairs = [f"{credentials.account_sid}:{token}" for token in credentials.auth_tokens]
    found = [*plain, *(base64.b64encode(pair.encode("utf-8", "replace")).decode() for pair in pairs)]
    for one in plain:
        found += [quote(one, safe="", errors="replace"), quote_plus(one, errors="replace"), json.dumps(one)[1:-1]]
    return tuple(dict.fromkeys(found))


def _plain(credentials: Credentials) -> Iterator[str]:
    """Yield every secret. The account's own number is none: it stands in every address of its provider."""
    for name in credentials.__struct_fields__:
        if name == "account_sid":
            continue
        value = getattr(credentials, name)
        yield from (value,) if isinstance(value, str) else value


def forget() -> int:
    """Delete what is older than its retention and return how many; for the hourly purge."""
    old = timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    return Row.objects.filter(at__lt=old).delete()[0]
