"""One change of a WhatsApp webhook: which number it is about, and what its readers share.

A body may hold changes of many numbers, so everything is asked of the change and nothing of the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from conversations.channels.phone import digits_of
from conversations.channels.reading import id_of, listed, mapping, moment, text_of
from conversations.channels.types import AccountNotice, Invalid, Person
from conversations.channels.whatsapp.people import ACCOUNT_LANE, People, ids, lane_of

# Every list of a value whose entries are about a person, and the side that says about whom.
_SIDES = {"messages": "from", "message_echoes": "to", "statuses": "recipient"}


class Change:
    """``account`` is the number's id (``phone_number_id``), ``business`` the WABA's, ``display`` the number's own digits."""

    def __init__(self, entry: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        self.field = text_of(change.get("field"))[:100]
        self.raw = change.get("value")
        self.value = mapping(self.raw)
        metadata = mapping(self.value.get("metadata"))
        self.account = id_of(metadata.get("phone_number_id")) or None
        self.display = digits_of(text_of(metadata.get("display_phone_number")))
        self.business = id_of(entry.get("id"))
        self.at = moment(self.value.get("timestamp")) or moment(entry.get("time"))
        self.people = People(self.value.get("contacts"), self._senders())

    def entries(self, name: str) -> list[Any]:
        """Return the entries of the list ``name`` of the value, whatever they are."""
        return listed(self.value.get(name))

    def invalid(self, reason: str, raw: Any, person: Person | None = None, at: datetime | None = None) -> Invalid:
        """Return ``raw`` set aside: what it lacks is ``reason``."""
        payload = raw if isinstance(raw, dict) else {"value": raw}
        return Invalid(account=self.account, lane=lane_of(person), at=at, reason=reason, payload=payload)

    def notice(self, topic: str, raw: Any, person: Person | None = None, *, known: bool = True) -> AccountNotice:
        """Return ``raw`` as news under the provider's word ``topic``, timed by itself or by its change."""
        payload = raw if isinstance(raw, dict) else {"value": raw}
        return AccountNotice(
            account=self.account,
            lane=lane_of(person) if person else ACCOUNT_LANE,
            at=moment(payload.get("timestamp")) or self.at,
            topic=topic,
            payload=payload,
            known=known,
            person=person,
            business_account=self.business,
        )

    def _senders(self) -> Iterator[tuple[Any, ...]]:
        for name, side in _SIDES.items():
            for entry in self.entries(name):
                raw = mapping(entry)
                yield (*ids(raw, side), raw.get("recipient_id"))
