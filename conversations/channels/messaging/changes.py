"""What an entry says by ``field`` and ``value``: comments and mentions in public, events in another wrapping, other news."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conversations.channels.messaging.entry import Entry
from conversations.channels.messaging.events import read_event
from conversations.channels.reading import id_of, mapping, text_of
from conversations.channels.types import (
    AnyItem,
    MessageAnnounced,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
)

# They become part of a question to the provider, so they must be what they seem.
_ID = re.compile("[0-9]{1,40}")
# Fields whose events come in ``messaging[]``, and as changes when they are tried out in the app's dashboard.
EVENT_FIELDS = frozenset({
    "messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral", "messaging_referrals",
    "messaging_optins", "messaging_handover", "messaging_handovers", "message_edit", "message_edits", "message_echoes",
    "message_deliveries", "message_reads", "standby",
})  # fmt: skip
# News about the account that stays what it is.
PLAIN = frozenset({"story_insights", "mention", "ratings", "inbox_labels", "messaging_handover", "messaging_handovers"})


def read_change(entry: Entry, field: str, value: Any) -> Iterator[AnyItem]:
    """Yield what one change says. Never raises because of content."""
    about = mapping(value)
    if field in EVENT_FIELDS and ("sender" in about or "recipient" in about):
        yield from read_event(entry, value, standby=field == "standby")
    elif field in READERS and isinstance(value, dict):
        yield from READERS[field](entry, field, about)
    else:
        yield entry.notice(field or "unknown", value, known=field in PLAIN)


def _comment(entry: Entry, field: str, value: Mapping[str, Any]) -> Iterator[AnyItem]:
    """A comment under a post, a reel, an ad or a live video."""
    yield _public(entry, field, value, "id", text_of(value.get("text")), "share")


def _mention(entry: Entry, field: str, value: Mapping[str, Any]) -> Iterator[AnyItem]:
    """Somebody names the account in a comment or under a post of theirs: who and how is rarely said, and must be asked."""
    word = "comment_id" if "comment_id" in value else "media_id"
    if mapping(value.get("from")):
        yield _public(entry, field, value, word, text_of(value.get("text")), "share")
    elif _ID.fullmatch(provider_id := id_of(value.get(word))):
        yield MessageAnnounced(**entry.common(), provider_id=provider_id, payload=dict(value))
    else:
        yield entry.invalid("missing_id", value)


def _feed(entry: Entry, field: str, value: Mapping[str, Any]) -> Iterator[AnyItem]:
    """What happens under the posts of a page: comments of others are messages, the rest is news."""
    author = id_of(mapping(value.get("from")).get("id"))
    if (
        value.get("item") != "comment"
        or author == entry.account
        or text_of(value.get("verb")) not in {"add", "edited", "remove"}
    ):
        yield entry.notice(field, value)
        return
    yield _public(entry, field, value, "comment_id", text_of(value.get("message")), "share")


def _public(entry: Entry, field: str, value: Mapping[str, Any], id_word: str, text: str, kind: Any) -> AnyItem:
    """Return what somebody said in public, with where they said it in ``payload``."""
    author = mapping(value.get("from"))
    person = entry.person(author.get("id"), author.get("name"), author.get("username"))
    given = value.get("created_time") if "created_time" in value else value.get("timestamp")
    provider_id, at = id_of(value.get(id_word)), entry.time_of(given)
    if not provider_id or person is None or at is None:
        return entry.invalid(_lack(provider_id, person, author), value, person)
    if person.addresses[0].value == entry.account:
        return entry.notice(field, value)  # what the account itself wrote there
    common = entry.common(person) | {"at": at, "provider_id": provider_id, "sender": person}
    match value.get("verb"):
        case "remove":
            return MessageDeleted(**common, target=provider_id)
        case "edited":
            return MessageEdited(**common, target=provider_id, text=text)
        case _:
            payload = _origin(field, id_word, provider_id, value)
            parent = id_of(value.get("parent_id")) or None
            return MessageReceived(**common, kind=kind, text=text, payload=payload, reply_to=parent)


def _lack(provider_id: str, person: Person | None, author: Mapping[str, Any]) -> str:
    """Return what is missing to use what somebody said in public."""
    if not provider_id:
        return "missing_id"
    if person is None:
        return "invalid_sender" if author.get("id") else "missing_sender"
    return "invalid_timestamp"


def _origin(field: str, id_word: str, provider_id: str, value: Mapping[str, Any]) -> dict[str, Any]:
    facts = {key: one for key, one in value.items() if key not in {"id", "from", "text", "message", "verb", "item"}}
    word = "comment_id" if id_word == "id" else id_word
    return facts | {"origin": ORIGINS.get(field, field), word: provider_id}


Reader = Callable[[Entry, str, Mapping[str, Any]], Iterator[AnyItem]]
ORIGINS = {"comments": "comment", "live_comments": "live_comment", "mentions": "mention", "feed": "comment"}
READERS: Mapping[str, Reader] = {
    "comments": _comment,
    "live_comments": _comment,
    "mentions": _mention,
    "feed": _feed,
}
