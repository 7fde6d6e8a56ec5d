"""Where a person can be written to: the addresses of everybody who counts as the same person, and when they last wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from conversations import bulk
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Address
from conversations.models import Customer, Identity, Message

HEARD = """
SELECT who.person_id, who.channel_id, max(said.shown_at)
FROM unnest(%s::uuid[], %s::uuid[]) AS who (person_id, channel_id)
CROSS JOIN LATERAL (
  SELECT who.person_id AS id
  UNION ALL SELECT c.id FROM conversations_customer c WHERE c.merged_into_id = who.person_id
) AS one
CROSS JOIN LATERAL (
  SELECT m.shown_at FROM conversations_message m
  WHERE m.customer_id = one.id AND m.channel_id = who.channel_id AND m.direction = 'inbound'
    AND m.payload ->> 'origin' IS DISTINCT FROM 'mention'  -- that was said in public, not to us
  ORDER BY m.shown_at DESC, m.seq DESC LIMIT 1
) AS said
GROUP BY who.person_id, who.channel_id
"""


class People:
    """The addresses of some customers and of those merged with them."""

    def __init__(self, identities: Iterable[Identity], persons: dict[UUID, UUID]) -> None:
        self._persons = persons
        self._known: dict[UUID, list[Identity]] = defaultdict(list)
        for identity in identities:
            self._known[persons[identity.customer_id]].append(identity)

    def of(self, customer: Customer) -> UUID:
        """Return whom a customer counts as."""
        return self._persons[customer.pk]

    def addresses(self, message: Message) -> tuple[tuple[Address, ...], bool]:
        """Return where ``message`` may go, the address it is meant for first, and whether the person wants to be left alone.

        After that come addresses of the customer's own before those of merged ones, in the order the channel prefers.
        An address whose owner opted out is left out; where it is the one that is meant, nothing may go anywhere.
        """
        kind, account = message.channel.kind, message.channel.address
        preferred = CHANNELS[kind].reaches if kind in CHANNELS else ()
        meant = message.identity
        own = meant.customer_id if meant else message.customer_id

        def rank(one: Identity) -> tuple[bool, bool, int, str]:
            return (one.pk != message.identity_id, one.customer_id != own, preferred.index(one.kind), str(one.pk))

        known = self._known[self.of(message.customer)]
        fitting = [one for one in known if one.kind in preferred and one.scope in {"", account}]
        fitting.sort(key=rank)
        if (
            meant is not None
            and meant.pk not in {one.pk for one in fitting}
            and (meant.replaced_at is None or not fitting)
        ):
            fitting.insert(0, meant)
        free = [one for one in fitting if one.opted_out_at is None]
        left_alone = bool(fitting) and (fitting[0].opted_out_at is not None or not free)
        return tuple(Address(one.kind, one.value) for one in free), left_alone


def people(customers: Iterable[Customer]) -> People:
    """Read the addresses in force of these customers and of everybody merged with them: two queries."""
    whole = {customer.merged_into_id or customer.pk for customer in customers}
    persons = {
        pk: merged_into or pk
        for pk, merged_into in Customer.objects.filter(Q(pk__in=whole) | Q(merged_into__in=whole)).values_list(
            "pk", "merged_into_id"
        )
    }
    return People(Identity.objects.filter(customer__in=persons, replaced_at=None), persons)


def heard(pairs: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], datetime]:
    """Return when each (person, channel) last wrote, for those who ever did: one query."""
    wanted = list(pairs)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HEARD, [bulk.array(one for one, _ in wanted), bulk.array(one for _, one in wanted)])
        return {(person, channel): at for person, channel, at in cursor.fetchall()}
