"""What WhatsApp says about who is who: changed numbers and rotated user ids.

Field names differ between copies of the documentation, so each end of a change is looked for under all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from conversations.channels.reading import mapping, moment, text_of
from conversations.channels.types import AnyItem, IdentityChanged, Person
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.people import addresses, key_of, lane_of

# The ends of the pairs that a system message may hold, beside the sender's own addresses, which are the old ones.
_OLD_KEYS = ("customer", "old_wa_id", "previous_wa_id", "old_user_id", "previous_user_id")
_NEW_KEYS = ("new_wa_id", "wa_id", "new_user_id", "user_id", "new_parent_user_id", "parent_user_id")
_CHANGES = {"user_changed_number", "customer_changed_number", "user_changed_user_id", "customer_changed_user_id"}


def system(change: Change, raw: dict[str, Any], person: Person | None, at: datetime) -> AnyItem:
    """Read a system message: an ``IdentityChanged`` when it names both ends, a notice under its own word otherwise."""
    part = mapping(raw.get("system"))
    word = text_of(part.get("type"))[:100] or "system"
    new = addresses((*(_end(part.get(key), "current") for key in _NEW_KEYS), *_pairs(part, "current")))
    named = addresses((*(_end(part.get(key), "previous") for key in _OLD_KEYS), *_pairs(part, "previous")))
    old = tuple(one for one in dict.fromkeys((*named, *(person.addresses if person else ()))) if one not in new)
    if word not in _CHANGES or not old or not new:
        return change.notice(word, raw, person)
    text = text_of(part.get("body"))
    return IdentityChanged(account=change.account, lane=key_of(old[0]), at=at, previous=old, current=new, text=text)


def user_id_updates(change: Change) -> Iterator[AnyItem]:
    """Read ``user_id_update[]``: a BSUID was replaced, and the number, where it is named, stays proof of who it is."""
    for raw in change.entries("user_id_update"):
        update = mapping(raw)
        at = moment(update.get("timestamp"))
        ids, parents = mapping(update.get("user_id")), mapping(update.get("parent_user_id"))
        old = addresses((ids.get("previous"), parents.get("previous")))
        new = addresses((update.get("wa_id"), ids.get("current"), parents.get("current")))
        if at is None:
            yield change.invalid("invalid_timestamp", raw)
        elif not old or not set(new) - set(old):
            yield change.invalid("missing_identity", raw, at=at)
        else:
            lane = lane_of(Person(addresses=new if new[0].kind == "wa_id" else old))
            text = text_of(update.get("detail"))
            yield IdentityChanged(account=change.account, lane=lane, at=at, previous=old, current=new, text=text)


def _end(value: Any, side: str) -> Any:
    """A field may hold the id itself or an object of its two sides."""
    return value.get(side) if isinstance(value, Mapping) else value


def _pairs(part: Mapping[str, Any], side: str) -> Iterator[Any]:
    for key in ("user_id", "parent_user_id", "wa_id"):
        if isinstance(pair := part.get(key), Mapping):
            yield pair.get(side)
