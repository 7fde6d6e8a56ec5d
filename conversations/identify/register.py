"""The identities a batch touches, looked up with one statement, and the rows it adds, written with one each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from conversations import bulk, prepared
from conversations.channels.phone import digits_of, match_key
from conversations.channels.types import Address
from conversations.models import Customer, HistoryEvent, Identity, Suggestion
from conversations.prepared import Answer
from conversations.work import Work
from hub.ids import new_id

PHONE_KINDS = {"wa_id", "phone"}
ACCOUNT_KINDS = {"igsid", "psid"}  # mean this person only on the account they wrote to
IDENTITY_COLUMNS = (
    "id", "workspace", "customer", "kind", "value", "scope", "match_key", "channel_kind", "username", "verified",
)  # fmt: skip
EVENT_COLUMNS = (
    "workspace", "customer", "type", "occurred_at", "channel_kind", "actor_kind", "data", "source", "actor_email", "skewed",
)  # fmt: skip
LOOK_UP = """
SELECT i.id, i.workspace_id, i.customer_id, coalesce(c.merged_into_id, c.id), c.name, i.kind, i.value, i.scope, i.match_key,
       i.replaced_at IS NOT NULL
FROM conversations_identity i
JOIN unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS wanted (workspace_id, kind, value, scope)
  ON i.workspace_id = wanted.workspace_id AND i.kind = wanted.kind AND i.value = wanted.value AND i.scope = wanted.scope
JOIN conversations_customer c ON c.id = i.customer_id
UNION
SELECT i.id, i.workspace_id, i.customer_id, coalesce(c.merged_into_id, c.id), c.name, i.kind, i.value, i.scope, i.match_key,
       i.replaced_at IS NOT NULL
FROM conversations_identity i
JOIN unnest(%s::uuid[], %s::text[]) AS wanted (workspace_id, match_key)
  ON i.workspace_id = wanted.workspace_id AND i.match_key = wanted.match_key
JOIN conversations_customer c ON c.id = i.customer_id
WHERE i.match_key <> ''
ORDER BY 1
"""

Key = tuple[UUID, str, str, str]  # workspace, kind, value, scope


class Found(msgspec.Struct, frozen=True):
    """An identity that is already somebody's: of ``customer_id``, who counts as the person ``person_id``."""

    id: UUID
    customer_id: UUID
    person_id: UUID
    name: str = ""
    value: str = ""


class Suggested(msgspec.Struct, frozen=True):
    """Two customers who may be one person, and what speaks for it."""

    work: Work
    customer_id: UUID
    other_id: UUID
    evidence: dict[str, Any]


class Register(msgspec.Struct):
    """The identities a batch touches, and the rows it adds."""

    exact: dict[Key, Found] = {}
    by_number: dict[tuple[UUID, str], list[Found]] = {}
    customers: list[tuple[UUID, UUID, str]] = []
    identities: list[tuple[object, ...]] = []
    claims: list[tuple[object, ...]] = []
    replaced: list[tuple[UUID, datetime]] = []
    events: list[tuple[object, ...]] = []
    suggested: list[Suggested] = []


def key_of(work: Work, address: Address) -> Key:
    """Return under which key an address that came on the item's channel is known."""
    scope = work.channel.address if address.kind in ACCOUNT_KINDS else ""
    return work.channel.workspace_id, address.kind, address.value, scope


def number_key(address: Address) -> str:
    """Return what all writings of a telephone number share, empty for an address that is no number."""
    return match_key(address.value) if address.kind in PHONE_KINDS else ""


def look_up(addressed: Iterable[tuple[Work, Iterable[Address]]]) -> Answer[Register]:
    """Ask for these addresses, and for other writings of the numbers among them: one statement.

    Returns what waits for that and says what is known.
    """
    keys: dict[Key, None] = {}
    numbers: dict[tuple[UUID, str], None] = {}
    for work, addresses in addressed:
        for address in addresses:
            keys[key_of(work, address)] = None
            if number := number_key(address):
                numbers[work.channel.workspace_id, number] = None
    if not keys:
        return Register
    workspaces, kinds, values, scopes = zip(*keys, strict=True)
    places, digits = zip(*numbers, strict=True) if numbers else ((), ())
    exact = [bulk.array(workspaces), bulk.words(kinds), bulk.words(values), bulk.words(scopes)]
    asked = prepared.send(LOOK_UP, [*exact, bulk.array(places), bulk.words(digits)])
    return lambda: _registered(asked())


def _registered(rows: Iterable[tuple[Any, ...]]) -> Register:
    register = Register()
    for row_id, workspace_id, customer_id, person_id, name, kind, value, scope, number, replaced in rows:
        found = Found(row_id, customer_id, person_id, name, value)
        register.exact[workspace_id, kind, value, scope] = found
        if number and not replaced:
            register.by_number.setdefault((workspace_id, number), []).append(found)
    return register


def writings(work: Work, address: Address, register: Register) -> list[Found]:
    """Return whom an address may mean, the likeliest first.

    The address itself decides; another writing of the number stands in for one that is not known, the normalized writing
    before older ones.
    """
    number = number_key(address)
    others = register.by_number.get((work.channel.workspace_id, number), []) if number else []
    exact = register.exact.get(key_of(work, address))
    if exact is None and len(others) < 2:
        return others
    ordered = sorted(others, key=lambda found: digits_of(found.value) != number)
    return [exact, *(found for found in ordered if found.id != exact.id)] if exact else ordered


def attach(work: Work, address: Address, username: str, owner: Found, register: Register) -> None:
    """Give an address that nobody has to the customer ``owner`` names."""
    key, number = key_of(work, address), number_key(address)
    found = Found(new_id(), owner.customer_id, owner.person_id, owner.name, address.value)
    register.exact[key] = found
    if number:
        register.by_number.setdefault((key[0], number), []).append(found)
    register.identities.append(
        (found.id, key[0], found.customer_id, key[1], key[2], key[3], number, work.channel.kind, username, True)
    )


def write(register: Register) -> list[Suggested]:
    """Write the rows; return the suggestions that are new: two customers are suggested once."""
    bulk.insert(Customer, ("id", "workspace", "name", "attributes"), [(*row, {}) for row in register.customers])
    bulk.insert(Identity, IDENTITY_COLUMNS, register.identities)
    bulk.insert(Identity, IDENTITY_COLUMNS, register.claims, "ON CONFLICT DO NOTHING")
    bulk.update(Identity, ("id", "replaced_at"), register.replaced)
    fresh = _suggest(register.suggested)
    events = [*register.events, *map(_told, fresh)]
    bulk.insert(HistoryEvent, EVENT_COLUMNS, [(*row, "novelo", "", False) for row in events])
    return fresh


def _suggest(suggested: Sequence[Suggested]) -> list[Suggested]:
    pairs = {tuple(sorted((entry.customer_id, entry.other_id))): entry for entry in reversed(suggested)}
    made = bulk.insert(
        Suggestion,
        ("id", "workspace", "customer", "other", "evidence", "state"),
        [
            (new_id(), entry.work.channel.workspace_id, older, younger, entry.evidence, "open")
            for (older, younger), entry in pairs.items()
        ],
        "ON CONFLICT (customer_id, other_id) DO NOTHING RETURNING customer_id, other_id",
    )
    return [pairs[row] for row in made]


def _told(entry: Suggested) -> tuple[object, ...]:
    work = entry.work
    data = {"other": str(entry.other_id), "delivery": str(work.delivery_id), **entry.evidence}
    place = (work.channel.workspace_id, entry.customer_id, "identity.suggested", work.at, work.channel.kind)
    return (*place, "system", {**data, "names": None})
