"""News about a WhatsApp account that no message model holds: calls, address book, preferences, groups, templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conversations.channels.reading import mapping, text_of
from conversations.channels.types import AnyItem, Person
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.people import ids
from conversations.channels.whatsapp.statuses import statuses

# Fields whose whole value is one piece of news about the account.
PLAIN = frozenset({
    "account_alerts", "account_review_update", "account_settings_update", "account_update", "automatic_events",
    "business_capability_update", "business_username_update", "business_username_updates", "flows",
    "message_template_components_update", "message_template_quality_update", "message_template_status_update",
    "messaging_handovers", "partner_solutions", "payment_configuration_update", "phone_number_name_update",
    "phone_number_quality_update", "security", "standby", "template_category_update", "tracking_events",
})  # fmt: skip


def plain(change: Change) -> Iterator[AnyItem]:
    """Return the value as one notice under the name of its field."""
    yield change.notice(change.field, change.raw)


def unknown(change: Change) -> Iterator[AnyItem]:
    """Return the value of a field nobody has met yet as one notice, raw and marked as unknown."""
    yield change.notice(change.field or "unknown", change.raw, known=False)


def channel_errors(change: Change) -> Iterator[AnyItem]:
    """Read ``errors[]`` beside the messages: something is wrong with the channel itself."""
    if change.entries("errors"):
        yield change.notice("errors", {"errors": change.entries("errors")})


def calls(change: Change) -> Iterator[AnyItem]:
    """Read ``calls[]`` (who calls whom) and their statuses: for the log, nobody answers calls here."""
    for raw in change.entries("calls"):
        yield change.notice("calls", raw, _caller(change, mapping(raw)))
    yield from statuses(change)


def contacts_synced(change: Change) -> Iterator[AnyItem]:
    """Read ``state_sync[]``: entries of the paired phone's address book, added, changed or removed."""
    for raw in change.entries("state_sync"):
        contact = mapping(mapping(raw).get("contact"))
        person = change.people.person(contact.get("phone_number"), contact.get("user_id"))
        if person and (name := text_of(contact.get("full_name")) or text_of(contact.get("first_name"))):
            person = Person(addresses=person.addresses, name=name, username=person.username)
        yield change.notice(change.field, _with_time(mapping(raw)) or raw, person)


def preferences(change: Change) -> Iterator[AnyItem]:
    """Read ``user_preferences[]``: who stopped or resumed marketing messages."""
    for raw in change.entries("user_preferences"):
        yield change.notice(change.field, raw, _named(change, raw))


def groups(change: Change) -> Iterator[AnyItem]:
    """Read ``groups[]`` of the group fields, one notice a group; without the list the value is the news."""
    entries = change.entries("groups")
    yield from (change.notice(change.field, raw) for raw in entries or [change.raw])


def _caller(change: Change, call: Mapping[str, Any]) -> Person | None:
    outgoing = call.get("direction") == "BUSINESS_INITIATED"
    return change.people.person(*ids(call, "to" if outgoing else "from"))


def _named(change: Change, raw: Any) -> Person | None:
    return change.people.person(*(mapping(raw).get(key) for key in ("wa_id", "user_id", "parent_user_id")))


def _with_time(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The address book keeps its time in ``metadata``."""
    time = mapping(raw.get("metadata")).get("timestamp")
    return {**raw, "timestamp": time} if time and "timestamp" not in raw else dict(raw)
