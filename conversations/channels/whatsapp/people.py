"""Who a WhatsApp item is about: addresses out of the many fields that may hold them, names by address, and the lane.

Since April 2026 a telephone number may be absent and a business-scoped user id (BSUID) stand in its place or beside it,
even in the fields meant for numbers. An id in a form nobody knows is ignored as long as anything else names the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from conversations.channels.phone import digits_of, match_key
from conversations.channels.reading import mapping, objects, text_of
from conversations.channels.types import Address, Person

ACCOUNT_LANE = "account"
MAX_LANE = 140
MAX_NAME = 160
MAX_USERNAME = 120

_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT_BSUID = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")
_ODD_BSUID = re.compile(r"[A-Za-z0-9_.-]{1,140}")
_STRENGTH = ("wa_id", "bsuid", "parent_bsuid")

# A contact with the addresses in it.
Contact = tuple[tuple[Address, ...], dict[str, Any]]
# The fields of a contact, strongest first.
_CONTACT_FIELDS = ("wa_id", "user_id", "parent_user_id")


def address(value: Any) -> Address | None:
    """Return what ``value`` is an address of, whichever field it came in; ``None`` when it has no known form."""
    text = text_of(value)
    return _address(text.strip()) if text else None


@lru_cache(4096)  # a body names the same person in several places
def _address(text: str) -> Address | None:
    if digits := digits_of(text):
        return Address(kind="wa_id", value=digits)
    if _BSUID.fullmatch(text):
        return Address(kind="bsuid", value=text)
    return Address(kind="parent_bsuid", value=text) if _PARENT_BSUID.fullmatch(text) else None


def addresses(values: Iterable[Any]) -> tuple[Address, ...]:
    """Return the addresses among ``values``, the first of each kind, strongest kind first."""
    found: dict[str, Address] = {}
    for value in values:
        if usable := address(value):
            found.setdefault(usable.kind, usable)
    return tuple(found[kind] for kind in _STRENGTH if kind in found)


def key_of(one: Address) -> str:
    """Return what every writing of an address has in common."""
    return match_key(one.value) if one.kind == "wa_id" else one.value


def lane_of(person: Person | None, otherwise: str = ACCOUNT_LANE) -> str:
    """Return the lane that keeps this person's items in order: the strongest address's key."""
    return key_of(person.addresses[0]) if person else otherwise or ACCOUNT_LANE


def ids(raw: Mapping[str, Any], side: str) -> tuple[Any, Any, Any]:
    """Return the number, the user id and the parent id that ``raw`` has for one ``side`` (``from``, ``to``)."""
    return raw.get(side), raw.get(f"{side}_user_id"), raw.get(f"{side}_parent_user_id")


class People:
    """The ``contacts`` of one change: they give names and further addresses to those they are about."""

    def __init__(self, contacts: Any, senders: Iterable[tuple[Any, ...]]) -> None:
        """``senders`` are the raw ids of every item of the change: who may be meant by a contact without an address."""
        self._contacts = [(addresses(map(contact.get, _CONTACT_FIELDS)), contact) for contact in objects(contacts)]
        self._by_key: dict[str, Contact] = {}
        for contact in self._contacts:
            for one in contact[0]:
                self._by_key.setdefault(key_of(one), contact)
        distinct = {tuple(map(text_of, sender)) for sender in senders}
        self._sole = len(self._contacts) == 1 and len(distinct) == 1

    def person(self, *ids: Any) -> Person | None:
        """Return whom the raw ``ids`` (number, user id, parent id) name, completed from the contacts; ``None`` for nobody."""
        own = addresses(ids)
        known, contact = self._contact(own)
        kinds = {one.kind for one in own}
        merged = {one.kind: one for one in (*own, *(one for one in known if one.kind not in kinds))}
        every = tuple(merged[kind] for kind in _STRENGTH if kind in merged) or _odd((*ids[1:], contact.get("user_id")))
        if not every:
            return None
        profile = mapping(contact.get("profile"))
        return Person(
            addresses=every,
            name=text_of(profile.get("name")).strip()[:MAX_NAME],
            username=text_of(profile.get("username")).strip().removeprefix("@")[:MAX_USERNAME],
        )

    def _contact(self, own: tuple[Address, ...]) -> Contact:
        """Find the contact by a shared address, never by its position.

        The only contact beside the only sender is that sender, unless their addresses contradict each other.
        """
        for one in own:
            if key_of(one) in self._by_key:
                return self._by_key[key_of(one)]
        if self._sole:
            known, contact = self._contacts[0]
            if not {one.kind for one in own} & {one.kind for one in known}:
                return known, contact
        return (), {}


def _odd(user_ids: Iterable[Any]) -> tuple[Address, ...]:
    """A user id of unknown form still tells one customer from another when nothing else does: better kept than lost."""
    for value in user_ids:
        if _ODD_BSUID.fullmatch(text_of(value)):
            return (Address(kind="bsuid", value=text_of(value)),)
    return ()
