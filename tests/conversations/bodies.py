"""WhatsApp bodies in the shapes Meta documents, written here; every value is made up."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

ACCOUNT = "100200300"
ANA = "5511987650001"
BRUNO = "5511987650002"


def envelope(*values: dict[str, Any], field: str = "messages") -> bytes:
    """One body with a change for each value."""
    changes = [{"field": field, "value": value} for value in values]
    body = {"object": "whatsapp_business_account", "entry": [{"id": "900", "changes": changes}]}
    return json.dumps(body).encode()


def value(account: str = ACCOUNT, **parts: Any) -> dict[str, Any]:
    """The value of a change for ``account``."""
    metadata = {"display_phone_number": "551140000000", "phone_number_id": account}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def said(wamid: str, sender: str = ANA, at: int | None = None, **kind: Any) -> dict[str, Any]:
    """A message: a text unless another kind is given as its own key."""
    parts = kind or {"text": {"body": f"Olá, {wamid}"}}
    word = kind.pop("type", None) or next(iter(parts))
    return {"id": wamid, "from": sender, "timestamp": str(at or int(time.time())), "type": word, **parts}


def messages(*items: dict[str, Any], account: str = ACCOUNT, name: str = "Ana Souza") -> bytes:
    """One body with these messages."""
    senders = dict.fromkeys(item["from"] for item in items)
    contacts = [{"wa_id": sender, "profile": {"name": name}} for sender in senders]
    return envelope(value(account, contacts=contacts, messages=list(items)))


def text(wamid: str, sender: str = ANA, body: str = "Olá", at: int | None = None) -> bytes:
    """One body with one text."""
    return messages(said(wamid, sender, at, text={"body": body}))


def statuses(*items: tuple[str, str], recipient: str = ANA, at: int | None = None, **extra: Any) -> bytes:
    """One body with (wamid, word) statuses."""
    moment = str(at or int(time.time()))
    rows = [
        {"id": wamid, "status": word, "timestamp": moment, "recipient_id": recipient, **extra} for wamid, word in items
    ]
    return envelope(value(statuses=rows))


def reaction(wamid: str, target: str, emoji: str, at: int | None = None) -> bytes:
    """One body with a reaction; an empty emoji takes it back."""
    return messages(said(wamid, ANA, at, reaction={"message_id": target, "emoji": emoji}))


def edit(wamid: str, target: str, body: str, at: int | None = None) -> bytes:
    """One body with an edit."""
    inner = {"type": "text", "text": {"body": body}, "context": {"id": "M0"}}
    return messages(said(wamid, ANA, at, edit={"original_message_id": target, "message": inner}))


def revoke(wamid: str, target: str, at: int | None = None) -> bytes:
    """One body with a deletion."""
    return messages(said(wamid, ANA, at, revoke={"original_message_id": target}))


def echo(wamid: str, to: str = ANA, body: str = "Já respondo", at: int | None = None) -> bytes:
    """One body with a reply typed on the paired phone."""
    row = {
        "id": wamid,
        "from": "551140000000",
        "to": to,
        "timestamp": str(at or int(time.time())),
        "type": "text",
        "text": {"body": body},
    }
    return envelope(value(message_echoes=[row]), field="smb_message_echoes")


def several(*bodies: bytes) -> bytes:
    """Bodies joined to one, as Meta batches them."""
    entries: Sequence[Any] = [entry for body in bodies for entry in json.loads(body)["entry"]]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


def history(*items: dict[str, Any], customer: str = ANA) -> bytes:
    """One body with a chunk of the history before the number was connected."""
    thread = {"id": customer, "messages": [{"history_context": {"status": "READ"}, **item} for item in items]}
    chunk = {"metadata": {"phase": 0, "chunk_order": 1, "progress": 100}, "threads": [thread]}
    return envelope(value(history=[chunk]), field="history")


def history_media(item: dict[str, Any]) -> bytes:
    """One body with the file that follows a placeholder of the history."""
    return envelope(value(messages=[item]), field="history")
