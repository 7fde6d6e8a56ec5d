"""Who a person is: every address an item carries is looked up, strongest first; unknown ones are attached, none is stolen.

The address a message came from decides which customer it belongs to, for good; which person that customer counts as is
said by merges and may change. Two customers behind one item are joined where the item proves that they are one (the
provider says so, a signed visitor, an invitation carried over), else suggested to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.types import (
    Address,
    IdentityChanged,
    MessageEchoed,
    MessageImported,
    MessageReceived,
    Person,
)
from conversations.identify.invited import Invited, invited
from conversations.identify.register import (
    ACCOUNT_KINDS,
    IDENTITY_COLUMNS,
    Found,
    Register,
    Suggested,
    attach,
    key_of,
    look_up,
    number_key,
    write,
    writings,
)
from conversations.models import Identity
from conversations.prepared import Answer
from conversations.querysets.customer import unaccented
from conversations.work import Work
from hub.ids import new_id

VALUE_LENGTH = 200
NAME_LENGTH = 160
USERNAME_LENGTH = 120
SIMILAR = 0.75  # of two names, from which on they count as similar


class Joining(msgspec.Struct, frozen=True):
    """Two customers whom an item proves to be one person: ``reason`` is ``provider``, ``token`` or ``link``."""

    work: Work
    customer_id: UUID
    other_id: UUID
    reason: str
    evidence: dict[str, Any]


class Findings(msgspec.Struct, frozen=True):
    """What identifying a batch came to beside the customers: whom to join, and whom it newly suggests to join."""

    joinings: tuple[Joining, ...] = ()
    suggested: tuple[Suggested, ...] = ()


def person_of(work: Work) -> Person | None:
    """Return whom the item is about, ``None`` where it points at a message and not at a person."""
    match work.item:
        case MessageReceived(sender=person) | MessageEchoed(recipient=person) | MessageImported(person=person):
            return person
        case _:
            return None


def usable(person: Person) -> bool:
    """Whether the person has an address, and every address fits."""
    return bool(person.addresses) and all(0 < len(entry.value) <= VALUE_LENGTH for entry in person.addresses)


def ask_people(works: Sequence[Work]) -> Answer[Register]:
    """Ask for every address these items carry; what it returns waits for whose they are, as ``identify`` wants it."""
    return look_up((work, _addresses(work)) for work in works)


def identify(works: Sequence[Work], register: Register) -> Findings:
    """Set ``customer_id`` and ``person_id`` of every item that names a person; create and attach what is new.

    Needs the transaction in which ``register`` was asked for, of these items at least. Two different customers behind one item
    are both kept: the strongest address decides whose it is. Raises ``IntegrityError`` when another transaction attached the
    same address at the same time: try again.
    """
    joinings: list[Joining] = []
    for work in works:
        person = person_of(work)
        if person is not None:
            if not usable(person):
                work.end("invalid", "The item names no address that could be kept.")
                continue
            joinings += _settle(work, person, register)
    for work in works:
        if isinstance(work.item, IdentityChanged):
            joinings += _change(work, work.item, register)
    joinings += map(_accepted, invited(works))
    return Findings(tuple(joinings), tuple(write(register)))


def _addresses(work: Work) -> Iterable[Address]:
    if isinstance(work.item, IdentityChanged):
        return (*work.item.previous, *work.item.current)
    person = person_of(work)
    return (*person.addresses, *person.claimed) if person is not None else ()


def teach(works: Iterable[tuple[Work, UUID, Person]]) -> None:
    """Attach addresses that a status taught us to the customer of its message; an address of somebody else stays there."""
    taught = [(work, customer_id, person) for work, customer_id, person in works if usable(person)]
    if not taught:
        return
    register = look_up((work, person.addresses) for work, _, person in taught)()
    for work, customer_id, person in taught:
        for address in person.addresses:
            if key_of(work, address) not in register.exact:
                owner = Found(customer_id, customer_id, customer_id)
                attach(work, address, person.username[:USERNAME_LENGTH], owner, register)
    write(register)


def learn(workspace_id: UUID, customer_id: UUID, channel_kind: str, addresses: Sequence[Address]) -> None:
    """Attach addresses that a provider's answer to a send taught us; an address of somebody else stays there."""
    bulk.insert(
        Identity,
        IDENTITY_COLUMNS,
        [
            (new_id(), workspace_id, customer_id, one.kind, one.value, "", number_key(one), channel_kind, "", True)
            for one in addresses
            if 0 < len(one.value) <= VALUE_LENGTH and one.kind not in ACCOUNT_KINDS
        ],
        "ON CONFLICT DO NOTHING",
    )


def _settle(work: Work, person: Person, register: Register) -> list[Joining]:
    """Decide who this is, and attach the addresses nobody has yet; return who else the item proves to be the same."""
    known = [(address, found) for address in person.addresses for found in writings(work, address, register)]
    joinings: list[Joining] = []
    if known:
        owner = known[0][1]
        for address, found in known[1:]:
            if found.person_id != owner.person_id:
                evidence = _evidence(person.addresses[0], address, owner, found)
                # Another writing of a number is no proof: the provider has named only the one.
                named = register.exact.get(key_of(work, address)) == found
                if person.proof and named:
                    joinings.append(Joining(work, owner.customer_id, found.customer_id, person.proof, evidence))
                else:
                    register.suggested.append(Suggested(work, owner.customer_id, found.customer_id, evidence))
    else:
        customer_id = new_id()
        name = (person.name or person.username)[:NAME_LENGTH]
        register.customers.append((customer_id, work.channel.workspace_id, name))
        owner = Found(customer_id, customer_id, customer_id, name)
    work.customer_id, work.person_id = owner.customer_id, owner.person_id
    for address in person.addresses:
        if key_of(work, address) not in register.exact:
            attach(work, address, person.username[:USERNAME_LENGTH], owner, register)
    work.identity_id = register.exact[key_of(work, person.addresses[0])].id
    for address in person.claimed:
        _claim(work, address, person, owner, register)
    return joinings


def _claim(work: Work, address: Address, person: Person, owner: Found, register: Register) -> None:
    """Keep what somebody says of themselves: apart from what is proven, so that it finds nobody; who holds it is suggested."""
    place, scope = work.channel.workspace_id, person.addresses[0].value
    register.claims.append(
        (new_id(), place, owner.customer_id, address.kind, address.value, scope, "", work.channel.kind, "", False)
    )
    for found in writings(work, address, register):
        if found.person_id != owner.person_id:
            evidence = _evidence(person.addresses[0], address, owner, found) | {"claimed": True}
            register.suggested.append(Suggested(work, owner.customer_id, found.customer_id, evidence))


def _evidence(first: Address, address: Address, owner: Found, found: Found) -> dict[str, Any]:
    """Return what speaks for two customers being one: which addresses met, how the second is written, both names."""
    similar = SequenceMatcher(None, unaccented(owner.name), unaccented(found.name)).ratio() >= SIMILAR
    return {
        "address_kinds": [first.kind, address.kind],
        "matched": found.value,
        "written": address.value,
        "names": [owner.name, found.name],
        "names_similar": bool(owner.name and found.name) and similar,
    }


def _change(work: Work, item: IdentityChanged, register: Register) -> list[Joining]:
    """Follow a changed number or id: the new addresses become the same person's, the old ones are marked as replaced.

    Where a new address is another customer's already, the provider's word proves that the two are one.
    """
    known = [found for address in item.previous for found in writings(work, address, register)[:1]]
    if not known:
        if not any(writings(work, address, register) for address in item.current):
            work.end("ignored", "The change names nobody who is known here.")
        return []
    joinings = []
    work.customer_id, work.person_id = known[0].customer_id, known[0].person_id
    for address in item.current:
        found = register.exact.get(key_of(work, address))
        if found is None:
            attach(work, address, "", known[0], register)
        elif found.person_id != work.person_id:
            evidence = _evidence(item.previous[0], address, known[0], found)
            joinings.append(Joining(work, known[0].customer_id, found.customer_id, "provider", evidence))
    current = {key_of(work, address) for address in item.current}
    for address in item.previous:
        key = key_of(work, address)
        if key in register.exact and key not in current:
            register.replaced.append((register.exact[key].id, work.at))
    data = {"previous": [entry.kind for entry in item.previous], "current": [entry.kind for entry in item.current]}
    register.events.append(
        (work.channel.workspace_id, work.customer_id, "identity.changed", work.at, work.channel.kind, "customer", data)
    )
    return joinings


def _accepted(entry: Invited) -> Joining:
    evidence = {"invitation": str(entry.invitation_id)}
    assert entry.work.customer_id is not None
    return Joining(entry.work, entry.customer_id, entry.work.customer_id, "link", evidence)


def newcomers(works: Sequence[Work]) -> list[tuple[UUID, str]]:
    """Return (customer, name) where an item brought a name: it is kept where the customer has none yet."""
    names: dict[UUID, str] = {}
    for work in works:
        person = person_of(work)
        name = work.item.name if isinstance(work.item, IdentityChanged) else person.name if person else ""
        if work.customer_id is not None and name:
            names[work.customer_id] = name[:NAME_LENGTH]
    return sorted(names.items())


def name_the_nameless(names: Sequence[tuple[UUID, str]]) -> None:
    """Give a customer without a name the one they go by at the provider."""
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_customer AS c SET name = new.name FROM unnest(%s::uuid[], %s::text[]) AS new (id, name) "
            "WHERE c.id = new.id AND c.name = ''",
            [bulk.array(customer_id for customer_id, _ in names), bulk.words(name for _, name in names)],
        )


__all__ = [
    "Findings",
    "Joining",
    "ask_people",
    "identify",
    "learn",
    "name_the_nameless",
    "newcomers",
    "person_of",
    "teach",
]
