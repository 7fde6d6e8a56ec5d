"""The web chat a visitor stands before: what its channel says of itself, and which sites may show it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import close_old_connections

from conversations.models import Channel

CACHE_SECONDS = 5.0
CACHE_ENTRIES = 5_000
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
FIELDS = ("name", "email")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A web chat: ``title`` and texts as the shop wrote them, ``origins`` the sites that may show it besides our own."""

    id: UUID
    workspace_id: UUID
    connection_id: UUID
    title: str
    greeting: str = ""
    hours_text: str = ""
    color: str = ""
    fields: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def may_be_shown_on(self, origin: str) -> bool:
        """Whether a site may hold the chat's frame."""
        return origin == own_origin() or origin in self.origins


_kept: dict[UUID, tuple[float, Place | None]] = {}
_lock = threading.Lock()


def own_origin() -> str:
    """Return scheme, host and port of this installation."""
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}"


def find(channel_id: UUID) -> Place | None:
    """Return the web chat, ``None`` for one that is not there or was removed; as it was a few seconds ago."""
    now = time.monotonic()
    with _lock:
        kept = _kept.get(channel_id)
    if kept is not None and kept[0] > now:
        return kept[1]
    place = read(channel_id)
    with _lock:
        if len(_kept) >= CACHE_ENTRIES:
            _kept.clear()
        _kept[channel_id] = (now + CACHE_SECONDS, place)
    return place


def find_in_thread(channel_id: UUID) -> Place | None:
    """Do the same from a thread of its own, whose connection goes back at once."""
    close_old_connections()
    try:
        return find(channel_id)
    finally:
        close_old_connections()


def read(channel_id: UUID) -> Place | None:
    """Return the web chat as it is now."""
    row = Channel.objects.filter(pk=channel_id, kind="webchat", deleted_at=None).exclude(connection=None).first()
    if row is None or row.connection_id is None:
        return None
    said: Mapping[str, Any] = row.settings or {}
    color = _text(said, "color")
    return Place(
        id=row.pk,
        workspace_id=row.workspace_id,
        connection_id=row.connection_id,
        title=_text(said, "title") or row.name,
        greeting=_text(said, "greeting"),
        hours_text=_text(said, "hours_text"),
        color=color if COLOR.fullmatch(color) else "",
        fields=tuple(name for name in FIELDS if name in _list(said, "fields")),
        origins=tuple(origin for origin in _list(said, "origins") if _is_origin(origin)),
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _list(said: Mapping[str, Any], name: str) -> list[str]:
    value = said.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_origin(text: str) -> bool:
    """Whether it is scheme, host and port and nothing that would change a header it is written into."""
    return bool(re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", text))
