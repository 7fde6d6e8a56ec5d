"""Whom events from outside are about: all their addresses looked up at once, what is new attached, proof of one person told.

A source is authenticated and names every address of a person itself: where they belong to several customers, these are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from conversations import bulk
from conversations.channels.phone import digits_of
from conversations.channels.types import Address
from conversations.identify.register import IDENTITY_COLUMNS, LOOK_UP, PHONE_KINDS, number_key
from conversations.models import Customer, Identity
from conversations.outside.shapes import Told
from hub.ids import new_id

CHANNEL_OF = {"wa_id": "whatsapp", "instagram": "instagram", "email": "email"}
# An account's name is shown beside its number, which means a person on one account of ours alone.
ON_INSTAGRAM = """
SELECT i.id, i.customer_id, coalesce(c.merged_into_id, c.id), c.name, i.value, lower(i.username)
FROM conversations_identity i JOIN conversations_customer c ON c.id = i.customer_id
WHERE i.workspace_id = %s AND i.kind = 'igsid' AND i.replaced_at IS NULL
  AND (i.value = ANY(%s::text[]) OR lower(i.username) = ANY(%s::text[]))
ORDER BY i.id
"""

type Key = tuple[str, str, str]  # kind, value, scope


class Known(msgspec.Struct, frozen=True):
    """An address that is somebody's already: of ``customer_id``, who counts as the person ``person_id``."""

    id: UUID
    customer_id: UUID
    person_id: UUID
    nameless: bool
    value: str
    number: str = ""
    replaced: bool = False


class Same(msgspec.Struct, frozen=True):
    """Two customers whom an event names as one person."""

    customer_id: UUID
    other_id: UUID
    told: Told


class People(msgspec.Struct):
    """Who the events are about: the customer of each, whom to join, and the rows that are new."""

    customers: list[UUID | None]
    same: list[Same] = []
    newcomers: dict[UUID, str] = {}
    identities: list[tuple[object, ...]] = []
    names: dict[UUID, str] = {}


class Register(msgspec.Struct):
    """What is known of the addresses of a batch."""

    exact: dict[Key, Known] = {}
    by_number: dict[str, list[Known]] = {}
    accounts: dict[str, list[Known]] = {}

    def meant(self, key: Key) -> list[Known]:
        """Return whose an address is, the likeliest first: itself, the same digits elsewhere, else another writing of it."""
        kind, value, _scope = key
        exact = self.exact.get(key)
        found = [exact] if exact else []
        if kind == "instagram":
            return found + self.accounts.get(value, [])
        if kind not in PHONE_KINDS:
            return found
        number = number_key(Address(kind, value))
        others = [one for one in self.by_number.get(number, []) if one != exact]
        digits = digits_of(value)
        found += [one for one in others if digits_of(one.value) == digits]
        return found or sorted(others, key=lambda one: digits_of(one.value) != number)[:1]


def key_of(told: Told, address: Address) -> Key:
    """Return under which key an address is known: what a source numbers itself means somebody at that source alone."""
    return address.kind, address.value, told.source if address.kind == "external_id" else ""


def look_up(workspace_id: UUID, events: Iterable[Told]) -> Register:
    """Return what is known of everybody these events are about: one statement, two where Instagram is named."""
    keys = list(dict.fromkeys(key_of(told, one) for told in events for one in told.addresses))
    register = Register()
    if not keys:
        return register
    kinds, values, scopes = zip(*keys, strict=True)
    numbers = list({number_key(Address(kind, value)) for kind, value, _ in keys if kind in PHONE_KINDS})
    exact = [bulk.array([workspace_id] * len(keys)), bulk.words(kinds), bulk.words(values), bulk.words(scopes)]
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [*exact, bulk.array([workspace_id] * len(numbers)), bulk.words(numbers)])
        for row_id, _, customer_id, person_id, name, kind, value, scope, number, replaced in cursor.fetchall():
            known = Known(row_id, customer_id, person_id, not name, value, number, replaced)
            register.exact[kind, value, scope] = known
            if number and not replaced:
                register.by_number.setdefault(number, []).append(known)
        accounts = [value for kind, value, _ in keys if kind == "instagram"]
        if accounts:
            cursor.execute(ON_INSTAGRAM, [workspace_id, bulk.words(accounts), bulk.words(accounts)])
            for row_id, customer_id, person_id, name, value, username in cursor.fetchall():
                known = Known(row_id, customer_id, person_id, not name, value)
                for account in {value, username}:
                    register.accounts.setdefault(account, []).append(known)
    return register


def settle(workspace_id: UUID, events: Sequence[Told], register: Register) -> People:
    """Return who each event is about. Pure but for new ids; the events are looked at together, so their order says nothing."""
    groups = _grouped(events)
    found = _found(events, register, groups)
    people = People([])
    homes: dict[Any, UUID] = {}
    attached: set[Key] = set()
    joined: set[tuple[UUID, UUID]] = set()
    for told in events:
        if not told.addresses:
            people.customers.append(None)
            continue
        root = groups.root(_node(key_of(told, told.addresses[0])))
        home = homes.get(root) or _home(root, found, homes, people)
        mine = next((who[0] for one in told.addresses if (who := register.meant(key_of(told, one)))), None)
        customer = mine.customer_id if mine else home
        people.customers.append(customer)
        _tell_same(told, found[root], joined, people)
        if told.name:
            _name(told, customer, mine, people)
        for address in told.addresses:
            key = key_of(told, address)
            if key not in register.exact and key not in attached:
                attached.add(key)
                people.identities.append(_identity(workspace_id, customer, key, address))
    return people


def _grouped(events: Sequence[Told]) -> _Groups:
    """Return which addresses events name together."""
    groups = _Groups()
    for told in events:
        first, *others = [_node(key_of(told, one)) for one in told.addresses] or [None]
        for node in others:
            groups.join(first, node)
    return groups


def _found(events: Sequence[Told], register: Register, groups: _Groups) -> dict[Any, dict[UUID, Known]]:
    """Return by group the customers whose addresses these are."""
    found: dict[Any, dict[UUID, Known]] = defaultdict(dict)
    for told in events:
        for one in told.addresses:
            key = key_of(told, one)
            for known in register.meant(key):
                found[groups.root(_node(key))].setdefault(known.customer_id, known)
    return found


def _home(root: Any, found: dict[Any, dict[UUID, Known]], homes: dict[Any, UUID], people: People) -> UUID:
    """Return the customer for addresses nobody has: the oldest who is known, else a new one."""
    known = found.get(root)
    home = min(known.values(), key=lambda one: one.id).customer_id if known else new_id()
    if not known:
        people.newcomers[home] = ""
    homes[root] = home
    return home


def _tell_same(told: Told, known: dict[UUID, Known], joined: set[tuple[UUID, UUID]], people: People) -> None:
    """Note that the customers behind addresses that events name together are one person."""
    ordered = sorted(known.values(), key=lambda one: one.id)
    for first, other in zip(ordered[:1] * len(ordered), ordered[1:], strict=False):
        pair = (first.customer_id, other.customer_id)
        if first.person_id != other.person_id and pair not in joined:
            joined.add(pair)
            people.same.append(Same(*pair, told))


def _name(told: Told, customer: UUID, mine: Known | None, people: People) -> None:
    if customer in people.newcomers:
        people.newcomers[customer] = people.newcomers[customer] or told.name
    elif mine is not None and mine.nameless:
        people.names.setdefault(customer, told.name)


def _identity(workspace_id: UUID, customer: UUID, key: Key, address: Address) -> tuple[object, ...]:
    kind, value, scope = key
    username = value if kind == "instagram" else ""
    return (
        new_id(), workspace_id, customer, kind, value, scope, number_key(address), CHANNEL_OF.get(kind, ""), username, True,
    )  # fmt: skip


def write(workspace_id: UUID, people: People) -> None:
    """Write the rows that are new. Raises ``IntegrityError`` when somebody attached the same address at the same time."""
    rows: list[tuple[object, ...]] = [(key, workspace_id, name, {}) for key, name in people.newcomers.items()]
    bulk.insert(Customer, ("id", "workspace", "name", "attributes"), rows)
    bulk.insert(Identity, IDENTITY_COLUMNS, people.identities)


def _node(key: Key) -> Any:
    """Return what an address has in common with its other writings."""
    kind, value, _scope = key
    return ("number", number_key(Address(kind, value))) if kind in PHONE_KINDS else key


class _Groups:
    """Addresses that belong together: the least of each group stands for it."""

    def __init__(self) -> None:
        self.above: dict[Any, Any] = {}

    def root(self, node: Any) -> Any:
        """Return what stands for the group of a node."""
        path = []
        while (up := self.above.get(node, node)) != node:
            path.append(node)
            node = up
        for one in path:
            self.above[one] = node
        return node

    def join(self, one: Any, other: Any) -> None:
        """Let two groups be one."""
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self.above[second] = first
