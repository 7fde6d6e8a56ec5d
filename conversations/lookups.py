"""Asking what was said where a webhook gave ids only: claimed in a transaction, asked outside of any. The pipeline goes on with it.

What waits to be asked about is an item on no lane, so that nobody else is held up by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import structlog
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from conversations import channel_log
from conversations.channels.adapter import Adapter
from conversations.channels.registry import adapter_of
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    MessageAnnounced,
    MessageReceived,
    Person,
    SendRefused,
    SendUnknown,
)
from conversations.models import Channel, Identity, Item
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

STOPPED = gettext_noop("The channel was stopped for so long that the provider cannot be asked any more.")
UNREADABLE = gettext_noop("The secrets of the connection cannot be opened.")
NO_ANSWER = gettext_noop("The provider did not answer.")
BROKE_OFF = gettext_noop("The answer could not be understood.")

AT_ONCE = 4
LEASE = "150 seconds"  # longer than the questions about one item may take
PROVIDER_KEEPS = timedelta(days=7)  # Meta repeats a webhook as long; whoever takes it back does so sooner
MOST_NAMESAKES = 3
NAME_LENGTH = 120
# While its channel is stopped nothing is asked, but for what the provider would soon have forgotten.
CLAIM = """
WITH picked AS (
  SELECT i.id FROM conversations_item i
  JOIN conversations_channel c ON c.id = i.channel_id
  JOIN conversations_delivery d ON d.id = i.delivery_id
  WHERE i.lane_id IS NULL AND i.state = 'pending'
    AND coalesce((i.body ->> 'again_after')::timestamptz, '-infinity') <= clock_timestamp()
    AND (c.stopped_at IS NULL OR d.received_at < clock_timestamp() - %s::interval)
  ORDER BY i.id LIMIT %s FOR NO KEY UPDATE OF i SKIP LOCKED
)
UPDATE conversations_item i SET attempts = least(attempts + 1, 1000),
  body = body || jsonb_build_object('again_after', clock_timestamp() + %s::interval)
FROM picked WHERE i.id = picked.id RETURNING i.id
"""


class Missed(msgspec.Struct, frozen=True):
    """Nothing was learned: why, and when the provider said to ask again (seconds)."""

    error: Error
    retry_after: float | None = None


Answer = MessageReceived | Missed | None


def claim() -> list[Item]:
    """Claim what may be asked about now, in a transaction of its own; each try counts before it is made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [str(PROVIDER_KEEPS), AT_ONCE, LEASE])
        keys = [row[0] for row in cursor.fetchall()]
    rows = Item.objects.filter(pk__in=keys).select_related("channel__connection", "channel__workspace", "delivery")
    return list(rows.order_by("id"))


def announced(row: Item) -> MessageAnnounced:
    """Return what the webhook said."""
    return msgspec.convert(row.body, MessageAnnounced)


def channel_of(row: Item) -> Channel:
    """Return the channel that was told."""
    assert row.channel is not None, "only what belongs to a channel waits to be asked about"
    return row.channel


def ask(row: Item) -> Answer:
    """Ask the provider what was said; None for words of the account itself. Dials: blocks up to the client's timeout."""
    channel = channel_of(row)
    if channel.stopped_at is not None:
        return Missed(Error(code="stopped", title=STOPPED))
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
        with channel_log.keeping(channel):
            adapter = adapter_of(channel.kind)
            said = adapter.look_up(announced(row), credentials, channel.settings)
            return _of_somebody_known(said, channel, adapter, credentials) if said is not None else None
    except SecretUnreadable:
        return Missed(Error(code="secrets", title=UNREADABLE, error_class="channel"))
    except SendRefused as refused:
        return Missed(refused.error, refused.retry_after)
    except SendUnknown:
        return Missed(Error(code="no_answer", title=NO_ANSWER, error_class="transient"))
    except Exception as error:
        log.error("a look-up broke off", item=row.pk, error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return Missed(Error(code=type(error).__name__, title=BROKE_OFF, error_class="unknown"))


def _of_somebody_known(
    said: MessageReceived, channel: Channel, adapter: Adapter, credentials: Credentials
) -> MessageReceived:
    """Return what was said as said by the person who writes here under the same name, where the provider says that it is theirs now.

    That the name was once somebody's proves nothing: names change hands. The name itself is kept with them as a claim.
    """
    for one in _namesakes(said.sender, channel, adapter):
        address = Address(one.kind, one.value)
        try:
            person = adapter.profile(channel.address, address, credentials, channel.settings)
        except (SendRefused, SendUnknown):
            continue
        if person is not None and person.username.lower() == said.sender.username.lower():
            sender = Person(addresses=(address,), username=said.sender.username, claimed=said.sender.addresses)
            return msgspec.structs.replace(said, sender=sender, lane=one.value)
    return said


def _namesakes(sender: Person, channel: Channel, adapter: Adapter) -> Iterable[Identity]:
    if not sender.username:
        return ()
    return Identity.objects.filter(
        workspace=channel.workspace_id, kind__in=adapter.account_addresses, scope=channel.address,
        username__iexact=sender.username[:NAME_LENGTH], replaced_at=None,
    ).order_by("-id")[:MOST_NAMESAKES]  # fmt: skip
