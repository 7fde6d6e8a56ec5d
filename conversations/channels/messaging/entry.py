"""One entry of an Instagram or Messenger webhook, and one event in it: whose account it is, who is the customer, and when.

People are numbers that mean somebody only on the account they wrote to. Which side of an event is the customer follows from
the account: the other one. Where the account is on neither side, the event belongs to the account it was sent to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from conversations.channels.reading import id_of, mapping, moment, text_of
from conversations.channels.types import AccountNotice, Address, Invalid, Person

ACCOUNT_LANE = "account"
MAX_NAME = 160
MAX_USERNAME = 120
_SCOPED_ID = re.compile("[0-9]{1,40}")


class Entry:
    """An entry of ``channel_kind``. ``address_kind`` is what a person's number is called there; ``account`` whose entry it is."""

    def __init__(self, channel_kind: str, address_kind: str, raw: Mapping[str, Any]) -> None:
        self.channel_kind = channel_kind
        self.address_kind = address_kind
        self.account = id_of(raw.get("id")) or None
        self.at = moment(raw.get("time"))

    def person(self, value: Any, name: Any = "", username: Any = "") -> Person | None:
        """Return whom an id of the provider means, ``None`` when it has no form that an id can have."""
        scoped = text_of(value).strip()
        if not _SCOPED_ID.fullmatch(scoped):
            return None
        return Person(
            addresses=(Address(kind=self.address_kind, value=scoped),),
            name=text_of(name).strip()[:MAX_NAME],
            username=text_of(username).strip().removeprefix("@")[:MAX_USERNAME],
        )

    def time_of(self, value: Any) -> datetime | None:
        """Return the time of an event: its own, the entry's where it has none, ``None`` where its own is no time."""
        return self.at if value is None else moment(value)

    def common(self, person: Person | None = None) -> dict[str, Any]:
        """Return the fields that every item of the entry carries; ``person`` whom it is about."""
        lane = person.addresses[0].value if person else ACCOUNT_LANE
        return {"account": self.account, "channel_kind": self.channel_kind, "lane": lane, "at": self.at}

    def invalid(self, reason: str, raw: Any, person: Person | None = None) -> Invalid:
        """Return ``raw`` set aside: what it lacks is ``reason``."""
        payload = raw if isinstance(raw, dict) else {"value": raw}
        return Invalid(**self.common(person), reason=reason, payload=payload)

    def notice(self, topic: str, raw: Any, *, known: bool = True) -> AccountNotice:
        """Return ``raw`` as news about the account under the provider's word ``topic``."""
        payload = raw if isinstance(raw, dict) else {"value": raw}
        return AccountNotice(**self.common(), topic=topic, payload=payload, known=known)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event between an account and a person: ``outgoing`` when the account's side did it, ``at`` ``None`` without a time.

    ``standby`` is an event of a thread that another app answers at the moment.
    """

    entry: Entry
    raw: dict[str, Any]
    account: str | None
    person: Person | None
    at: datetime | None
    outgoing: bool
    standby: bool

    @property
    def common(self) -> dict[str, Any]:
        """The fields that every item carries."""
        return self.entry.common(self.person) | {"account": self.account, "at": self.at}

    @property
    def customer(self) -> Person:
        """The person, of an event that is known to have one."""
        assert self.person is not None, "readers ask for what an event lacks first"
        return self.person

    def part(self, word: str) -> dict[str, Any]:
        """Return what the event says under ``word``."""
        return mapping(self.raw.get(word))

    def invalid(self, reason: str) -> Invalid:
        """Return the event set aside: what it lacks is ``reason``."""
        return Invalid(**self.common, reason=reason, payload=self.raw)

    def notice(self, topic: str, payload: Mapping[str, Any], *, known: bool = True) -> AccountNotice:
        """Return the event as news about this person under the provider's word ``topic``."""
        return AccountNotice(**self.common, topic=topic, payload=dict(payload), person=self.person, known=known)


def event_of(entry: Entry, raw: dict[str, Any], *, standby: bool = False) -> Event:
    """Tell the two sides of an event apart."""
    sender, recipient = id_of(mapping(raw.get("sender")).get("id")), id_of(mapping(raw.get("recipient")).get("id"))
    account, customer, outgoing = _sides(entry.account, sender, recipient, echo=_is_echo(raw))
    return Event(
        entry=entry,
        raw=raw,
        account=account or None,
        person=entry.person(customer),
        at=entry.time_of(raw.get("timestamp")),
        outgoing=outgoing,
        standby=standby,
    )


def _is_echo(raw: Mapping[str, Any]) -> bool:
    return mapping(raw.get("message")).get("is_echo") is True


def _sides(account: str | None, sender: str, recipient: str, *, echo: bool) -> tuple[str, str, bool]:
    """Return the account, the customer, and whether the account spoke."""
    if account and account == sender:
        return account, recipient or sender, echo or sender != recipient
    if account and account == recipient:
        return account, sender, echo
    if echo:
        return sender or account or "", recipient, True
    return recipient or account or "", sender, False
