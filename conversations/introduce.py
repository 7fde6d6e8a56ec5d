"""Learning the names of people whose messages bring none: claimed in a transaction, asked outside of any, then written.

Who may be asked about is said by the adapters. A customer is asked about a few times within a day of their first message,
with growing pauses; what was tried is kept with the customer's attributes until a name is known.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from django.db import connection, transaction

from conversations import bulk, channel_log
from conversations.channels.adapter import Adapter
from conversations.channels.registry import CHANNELS, adapter_of
from conversations.channels.types import Address, Credentials, Error, Person, SendRefused, SendUnknown
from conversations.feed import Change
from conversations.models import Channel, Conversation, Customer, Identity
from conversations.wake import Work
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

# The kinds of address whose channels can tell who it is.
KINDS = frozenset(
    kind
    for adapter in CHANNELS.values()
    if type(adapter).profile is not Adapter.profile
    for kind in adapter.account_addresses
)
AT_ONCE = 16
MOST_TRIES = 4
PAUSES = (60, 600, 7200, 86_400)  # seconds after each try
FRESH, ALL = timedelta(minutes=15), timedelta(days=1)  # how far back newcomers are looked for: ids tell their time
NAME_LENGTH, USERNAME_LENGTH = 160, 120
MARK = "introduction"
CLAIM = """
WITH stranger AS (
  SELECT c.id AS customer_id, i.id AS identity_id, h.id AS channel_id,
    coalesce((c.attributes #>> '{introduction,tries}')::int, 0) AS tries
  FROM conversations_identity i
  JOIN conversations_customer c ON c.id = i.customer_id AND c.name = ''
  JOIN conversations_channel h ON h.workspace_id = i.workspace_id AND h.kind = i.channel_kind AND h.address = i.scope
    AND h.deleted_at IS NULL AND h.stopped_at IS NULL
  WHERE i.id >= %s AND i.kind = ANY(%s::text[])
    AND coalesce((c.attributes #>> '{introduction,tries}')::int, 0) < %s
    AND coalesce((c.attributes #>> '{introduction,after}')::timestamptz, '-infinity') <= clock_timestamp()
  ORDER BY c.id LIMIT %s FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE conversations_customer c SET attributes = c.attributes || jsonb_build_object('introduction', jsonb_build_object(
  'tries', stranger.tries + 1, 'after', clock_timestamp() + make_interval(secs => (%s::int[])[stranger.tries + 1])))
FROM stranger WHERE c.id = stranger.customer_id
RETURNING stranger.identity_id, stranger.channel_id
"""


def nameless(person: Person | None) -> bool:
    """Whether nothing says what this person is called, and a provider may."""
    return person is not None and not person.name and any(one.kind in KINDS for one in person.addresses)


class Stranger(msgspec.Struct, frozen=True):
    """Somebody without a name, and the channel that may know it."""

    identity: Identity
    channel: Channel


class Introduced(msgspec.Struct, frozen=True):
    """What learning a name changed."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def claim(within: timedelta = FRESH) -> list[Stranger]:
    """Claim newcomers to ask about, in a transaction of its own; each try counts before it is made."""
    since = UUID(int=(int((time.time() - within.total_seconds()) * 1000) << 80))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [since, bulk.words(sorted(KINDS)), MOST_TRIES, AT_ONCE, list(PAUSES)])
        pairs = cursor.fetchall()
    identities = Identity.objects.in_bulk([identity_id for identity_id, _ in pairs])
    channels = Channel.objects.select_related("connection").in_bulk([channel_id for _, channel_id in pairs])
    return [
        Stranger(identities[one], channels[other]) for one, other in pairs if one in identities and other in channels
    ]


def ask(stranger: Stranger) -> Person | Error | None:
    """Ask the provider who it is; None where it does not say. Dials: blocks up to the client's timeout."""
    channel = stranger.channel
    address = Address(stranger.identity.kind, stranger.identity.value)
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
        with channel_log.keeping(channel):
            return adapter_of(channel.kind).profile(channel.address, address, credentials, channel.settings)
    except SecretUnreadable:
        return Error(code="secrets", title="", error_class="channel")
    except SendRefused as refused:
        return refused.error
    except SendUnknown:
        return Error(code="no_answer", title="", error_class="transient")
    except Exception as error:
        log.error("asking for a name broke off", channel=str(channel.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return Error(code=type(error).__name__, title="", error_class="transient")


def settle(stranger: Stranger, answer: Person | Error | None) -> Introduced:
    """Write down what was learned: the name where there is none yet, the user name, or that nobody will ever say. Needs a transaction."""
    customers = Customer.objects.filter(pk=stranger.identity.customer_id, erased_at=None)
    if not isinstance(answer, Person) or not (answer.name or answer.username):
        if not isinstance(answer, Error) or answer.error_class in {"permanent", "window", "opt_out"}:
            customers.update(attributes=_marked(stranger, {"tries": MOST_TRIES}))
        return Introduced()
    Identity.objects.filter(pk=stranger.identity.pk).update(username=answer.username[:USERNAME_LENGTH])
    customers.update(attributes=_marked(stranger, None))
    if not customers.filter(name="").update(name=(answer.name or answer.username)[:NAME_LENGTH]):
        return Introduced()
    return Introduced(changes=tuple(_changes(stranger)))


def _marked(stranger: Stranger, mark: dict[str, int] | None) -> dict[str, object]:
    """Return the customer's attributes with another mark, or without; the row is locked until the commit."""
    row = Customer.objects.select_for_update(no_key=True).get(pk=stranger.identity.customer_id)
    rest = {name: value for name, value in row.attributes.items() if name != MARK}
    return rest | ({MARK: mark} if mark is not None else {})


def _changes(stranger: Stranger) -> Iterable[Change]:
    """Tell of the person and of their talks, which show the name."""
    row = Customer.objects.get(pk=stranger.identity.customer_id)
    for customer_id in filter(None, (row.pk, row.merged_into_id)):
        yield Change("customer.updated", customer_id)
    talks = Conversation.objects.filter(workspace=row.workspace_id, customer=row.merged_into_id or row.pk)
    for talk in talks.exclude(status="resolved").values_list("pk", flat=True):
        yield Change("conversation.updated", talk, talk)
