"""Messages of the time before a number was connected: imported at their time, and nothing is triggered by them.

One webhook may hold thousands, in chunks out of order. Files come later, as messages of their own with the id of the
placeholder they replace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conversations.channels.phone import digits_of, match_key
from conversations.channels.reading import mapping, objects, text_of
from conversations.channels.types import AnyItem, MessageImported, Person, Status
from conversations.channels.whatsapp.change import Change
from conversations.channels.whatsapp.kinds import content
from conversations.channels.whatsapp.messages import Said, one
from conversations.channels.whatsapp.people import ids, key_of

STATUSES: Mapping[str, Status] = {
    "pending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "error": "failed",
}


def history(change: Change) -> Iterator[AnyItem]:
    """Read ``history[]`` (chunks of threads, or why there are none) and ``messages[]`` (the files that follow)."""
    for raw in change.entries("history"):
        chunk = mapping(raw)
        for thread in objects(chunk.get("threads")):
            yield from _thread(change, thread)
        yield change.notice("history", {key: value for key, value in chunk.items() if key != "threads"})
    for raw in change.entries("messages"):
        yield _message(change, raw, {})


def _thread(change: Change, thread: Mapping[str, Any]) -> Iterator[AnyItem]:
    messages = thread.get("messages")
    for raw in messages if isinstance(messages, list) else ():
        yield _message(change, raw, thread)


def _message(change: Change, raw: Any, thread: Mapping[str, Any]) -> AnyItem:
    message = mapping(raw)
    context = mapping(thread.get("context"))
    customer = change.people.person(thread.get("id"), context.get("user_id"), context.get("parent_user_id"))
    customer = customer or change.people.person(context.get("wa_id"))
    outgoing = _outgoing(change, message, customer)
    if customer is None:
        customer = change.people.person(*ids(message, "to" if outgoing else "from"))
    return one(change, raw, customer, outgoing=outgoing, plain=_imported)


def _outgoing(change: Change, message: Mapping[str, Any], customer: Person | None) -> bool:
    """Whether the business said it: its number is the sender, or the thread's customer is not."""
    sender = match_key(digits_of(text_of(message.get("from"))))
    if sender and change.display:
        return sender == match_key(change.display)
    return bool(sender) and customer is not None and sender not in {key_of(address) for address in customer.addresses}


def _imported(said: Said) -> AnyItem:
    message = content(said.raw)
    word = text_of(mapping(said.raw.get("history_context")).get("status")).lower()
    return MessageImported(
        **said.common,
        person=said.person,
        outgoing=said.outgoing,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=message.attachments,
        reply_to=said.reply_to,
        status=STATUSES.get(word) if said.outgoing else None,
    )
