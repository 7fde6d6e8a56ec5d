"""Who a person is: every address an item carries is looked up, strongest first; unknown ones are attached, none is stolen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.phone import match_key
from conversations.channels.types import (
    Address,
    IdentityChanged,
    MessageEchoed,
    MessageImported,
    MessageReceived,
    Person,
)
from conversations.models import Customer, HistoryEvent, Identity
from conversations.work import Work
from hub.ids import new_id

PHONE_KINDS = {"wa_id", "phone"}
ACCOUNT_KINDS = {"igsid", "psid"}  # mean this person only on the account they wrote to
VALUE_LENGTH = 200
NAME_LENGTH = 160
USERNAME_LENGTH = 120

IDENTITY_COLUMNS = (
    "id", "workspace", "customer", "kind", "value", "scope", "match_key", "channel_kind", "username", "verified",
)  # fmt: skip

Key = tuple[UUID, str, str, str]  # workspace, kind, value, scope

LOOK_UP = """
SELECT i.id, i.workspace_id, i.customer_id, i.kind, i.value, i.scope, i.match_key, i.replaced_at IS NOT NULL
FROM conversations_identity i
JOIN unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS wanted (workspace_id, kind, value, scope)
  ON i.workspace_id = wanted.workspace_id AND i.kind = wanted.kind AND i.value = wanted.value AND i.scope = wanted.scope
UNION
SELECT i.id, i.workspace_id, i.customer_id, i.kind, i.value, i.scope, i.match_key, i.replaced_at IS NOT NULL
FROM conversations_identity i
JOIN unnest(%s::uuid[], %s::text[]) AS wanted (workspace_id, match_key)
  ON i.workspace_id = wanted.workspace_id AND i.match_key = wanted.match_key
WHERE i.match_key <> ''
ORDER BY 1
"""


class Found(msgspec.Struct, frozen=True):
    """An identity that is already somebody's."""

    id: UUID
    customer_id: UUID


class Register(msgspec.Struct):
    """The identities a batch touches, and the rows it adds."""

    exact: dict[Key, Found]
    by_number: dict[tuple[UUID, str], Found]
    customers: list[tuple[UUID, UUID, str]]
    identities: list[tuple[object, ...]]
    replaced: list[tuple[UUID, datetime]]
    conflicts: list[tuple[object, ...]]


def person_of(work: Work) -> Person | None:
    """Return whom the item is about, ``None`` where it points at a message and not at a person."""
    match work.item:
        case MessageReceived(sender=person) | MessageEchoed(recipient=person) | MessageImported(person=person):
            return person
        case _:
            return None


def _key(work: Work, address: Address) -> Key:
    scope = work.channel.address if address.kind in ACCOUNT_KINDS else ""
    return work.channel.workspace_id, address.kind, address.value, scope


def number_key(address: Address) -> str:
    """Return what all writings of a telephone number share, empty for an address that is no number."""
    return match_key(address.value) if address.kind in PHONE_KINDS else ""


def usable(person: Person) -> bool:
    """Whether the person has an address, and every address fits."""
    return bool(person.addresses) and all(0 < len(entry.value) <= VALUE_LENGTH for entry in person.addresses)


def identify(works: Sequence[Work]) -> None:
    """Set ``customer_id`` of every item that names a person; create and attach what is new. Needs a transaction.

    Two different customers behind one item are both kept: the strongest address decides and the conflict is recorded.
    Raises ``IntegrityError`` when another transaction attached the same address at the same time: try again.
    """
    register = _look_up(works)
    for work in works:
        person = person_of(work)
        if person is not None:
            if not usable(person):
                work.end("invalid", "The item names no address that could be kept.")
                continue
            _settle(work, person, register)
    for work in works:
        if isinstance(work.item, IdentityChanged):
            _change(work, work.item, register)
    _write(register)


def teach(works: Iterable[tuple[Work, UUID, Person]]) -> None:
    """Attach addresses that a status taught us to the customer of its message; an address of somebody else stays there."""
    taught = [(work, customer_id, person) for work, customer_id, person in works if usable(person)]
    if not taught:
        return
    register = _look_up([work for work, _, _ in taught], [person for _, _, person in taught])
    for work, customer_id, person in taught:
        for address in person.addresses:
            if _key(work, address) not in register.exact:
                _attach(work, address, person, customer_id, register)
    _write(register)


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


def _look_up(works: Sequence[Work], people: Sequence[Person] = ()) -> Register:
    keys: dict[Key, None] = {}
    numbers: dict[tuple[UUID, str], None] = {}
    for index, work in enumerate(works):
        addresses: Iterable[Address] = ()
        if people:
            addresses = people[index].addresses
        elif isinstance(work.item, IdentityChanged):
            addresses = (*work.item.previous, *work.item.current)
        elif (person := person_of(work)) is not None:
            addresses = person.addresses
        for address in addresses:
            keys[_key(work, address)] = None
            if number := number_key(address):
                numbers[work.channel.workspace_id, number] = None
    register = Register({}, {}, [], [], [], [])
    if not keys:
        return register
    workspaces, kinds, values, scopes = zip(*keys, strict=True)
    places, digits = zip(*numbers, strict=True) if numbers else ((), ())
    exact = [bulk.array(workspaces), bulk.words(kinds), bulk.words(values), bulk.words(scopes)]
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [*exact, bulk.array(places), bulk.words(digits)])
        for row_id, workspace_id, customer_id, kind, value, scope, number, replaced in cursor.fetchall():
            found = Found(row_id, customer_id)
            register.exact[workspace_id, kind, value, scope] = found
            if number and not replaced:
                register.by_number.setdefault((workspace_id, number), found)
    return register


def _find(work: Work, address: Address, register: Register) -> Found | None:
    found = register.exact.get(_key(work, address))
    if found is None and (number := number_key(address)):
        found = register.by_number.get((work.channel.workspace_id, number))
    return found


def _settle(work: Work, person: Person, register: Register) -> None:
    """Decide who this is, and attach the addresses nobody has yet."""
    hits = [(address, found) for address in person.addresses if (found := _find(work, address, register))]
    if hits:
        work.customer_id = hits[0][1].customer_id
        for address, found in hits[1:]:
            if found.customer_id != work.customer_id:
                _disagree(work, found.customer_id, address, register)
    else:
        work.customer_id = new_id()
        name = (person.name or person.username)[:NAME_LENGTH]
        register.customers.append((work.customer_id, work.channel.workspace_id, name))
    for address in person.addresses:
        if _key(work, address) not in register.exact:
            _attach(work, address, person, work.customer_id, register)
    work.identity_id = register.exact[_key(work, person.addresses[0])].id


def _attach(work: Work, address: Address, person: Person | None, customer_id: UUID, register: Register) -> None:
    key, number = _key(work, address), number_key(address)
    found = Found(new_id(), customer_id)
    register.exact[key] = found
    if number:
        register.by_number.setdefault((key[0], number), found)
    username = (person.username if person else "")[:USERNAME_LENGTH]
    register.identities.append(
        (found.id, key[0], customer_id, key[1], key[2], key[3], number, work.channel.kind, username, True)
    )


def _disagree(work: Work, other: UUID, address: Address, register: Register) -> None:
    """Record that an address points at another customer: a suggestion to merge, never a merge by itself."""
    data = {"other": str(other), "address_kind": address.kind, "delivery": str(work.delivery_id)}
    register.conflicts.append(
        (work.channel.workspace_id, work.customer_id, "identity.suggested", work.at, work.channel.kind, "system", data)
    )


def _change(work: Work, item: IdentityChanged, register: Register) -> None:
    """Follow a changed number or id: the new addresses become the same person's, the old ones are marked as replaced."""
    known = [found for address in item.previous if (found := _find(work, address, register))]
    if not known:
        if not any(_find(work, address, register) for address in item.current):
            work.end("ignored", "The change names nobody who is known here.")
        return
    work.customer_id = known[0].customer_id
    for address in item.current:
        found = register.exact.get(_key(work, address))
        if found is None:
            _attach(work, address, None, work.customer_id, register)
        elif found.customer_id != work.customer_id:
            _disagree(work, found.customer_id, address, register)
    current = {_key(work, address) for address in item.current}
    for address in item.previous:
        key = _key(work, address)
        if key in register.exact and key not in current:
            register.replaced.append((register.exact[key].id, work.at))
    data = {"previous": [entry.kind for entry in item.previous], "current": [entry.kind for entry in item.current]}
    register.conflicts.append(
        (work.channel.workspace_id, work.customer_id, "identity.changed", work.at, work.channel.kind, "customer", data)
    )


def _write(register: Register) -> None:
    bulk.insert(Customer, ("id", "workspace", "name", "attributes"), [(*row, {}) for row in register.customers])
    bulk.insert(
        Identity,
        IDENTITY_COLUMNS,
        register.identities,
    )
    bulk.update(Identity, ("id", "replaced_at"), register.replaced)
    bulk.insert(
        HistoryEvent,
        (
            "workspace",
            "customer",
            "type",
            "occurred_at",
            "channel_kind",
            "actor_kind",
            "data",
            "source",
            "actor_email",
            "skewed",
        ),
        [(*row, "novelo", "", False) for row in register.conflicts],
    )


def newcomers(works: Sequence[Work]) -> list[tuple[UUID, str]]:
    """Return (customer, name) where an item brought a name: it is kept where the customer has none yet."""
    names: dict[UUID, str] = {}
    for work in works:
        person = person_of(work)
        if person is not None and work.customer_id is not None and person.name:
            names[work.customer_id] = person.name[:NAME_LENGTH]
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


__all__ = ["identify", "name_the_nameless", "newcomers", "person_of", "teach"]
