"""What is shown once and never again: a secret made here, kept sealed in the session until its page is seen."""

from __future__ import annotations

import base64
from uuid import UUID

from django.http import HttpRequest

from hub.secrets import SecretUnreadable, seal, unseal

KEY = "shown_once"


def keep(request: HttpRequest, channel_id: UUID, made: dict[str, str]) -> None:
    """Keep secrets for the page that comes next; nothing readable enters the session."""
    if made:
        sealed = base64.b64encode(seal(made, _bound_to(channel_id))).decode()
        request.session[KEY] = {str(channel_id): sealed}


def take(request: HttpRequest, channel_id: UUID) -> dict[str, str]:
    """Return what was kept for the channel, by name, and forget it."""
    sealed = request.session.pop(KEY, {}).get(str(channel_id))
    if not sealed:
        return {}
    try:
        found: dict[str, str] = unseal(base64.b64decode(sealed), _bound_to(channel_id))
    except SecretUnreadable:
        return {}
    return found


def _bound_to(channel_id: UUID) -> str:
    return f"session|{channel_id}|{KEY}"
