"""Instagram and Messenger bodies in the shapes Meta documents, written here; every value is made up."""

from __future__ import annotations

import json
import time
from typing import Any

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection
from hub.models import Workspace
from tests.conversations.conftest import SECRET, Shop

OBJECTS = {"instagram": "instagram", "messenger": "page"}
ACCOUNTS = {"instagram": "17841400000000321", "messenger": "101234567890123"}
ANA, BRUNO = "1784500000000777", "1784500000000888"


def social_shop(kind: str, slug: str = "aurora", token: str = "access") -> Shop:
    """A shop with one Instagram account, or one page."""
    workspace = Workspace.objects.create(slug=slug, name=slug.title())
    source = Connection(workspace=workspace, provider="meta")
    source.keep(Credentials(app_secrets=(SECRET,), verify_token="verify", access_token=token))
    source.save()
    channel = Channel.objects.create(
        workspace=workspace, connection=source, kind=kind, name="Loja", address=ACCOUNTS[kind]
    )
    return Shop(workspace, source, channel)


def event(kind: str, who: str = ANA, at: float | None = None, *, ours: bool = False, **parts: Any) -> dict[str, Any]:
    """One event; ``at`` in Unix seconds."""
    sides = (ACCOUNTS[kind], who) if ours else (who, ACCOUNTS[kind])
    moment = int((time.time() if at is None else at) * 1000)
    return {"sender": {"id": sides[0]}, "recipient": {"id": sides[1]}, "timestamp": moment, **parts}


def body(kind: str, *events: dict[str, Any]) -> bytes:
    """One body with these events."""
    entry = {"id": ACCOUNTS[kind], "time": int(time.time() * 1000), "messaging": list(events)}
    return json.dumps({"object": OBJECTS[kind], "entry": [entry]}).encode()


def text(kind: str, mid: str, words: str = "oi", who: str = ANA, at: float | None = None) -> bytes:
    """One body with one text."""
    return body(kind, event(kind, who, at, message={"mid": mid, "text": words}))


def echo(kind: str, mid: str, words: str = "Já respondo", who: str = ANA, at: float | None = None) -> bytes:
    """One body with what the business said elsewhere."""
    return body(kind, event(kind, who, at, ours=True, message={"mid": mid, "text": words, "is_echo": True}))


def reached(word: str, until: float, who: str = ANA, at: float | None = None, **more: Any) -> bytes:
    """One body of Messenger that says up to when everything was delivered (``delivery``) or read (``read``)."""
    part = {"watermark": int(until * 1000), **more}
    return body("messenger", event("messenger", who, at) | {word: part})
