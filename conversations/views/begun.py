"""What the inbox starts with of its reader alone: what they have begun to write, who is where, how they like it."""

from __future__ import annotations

from conversations import attention, drafts
from conversations.api import represent
from conversations.api.represent import Shown
from hub.access import Caller
from hub.models import Membership


def of(caller: Caller) -> Shown:
    """Return ``drafts`` (mine, by conversation), ``attention`` (everybody's, by conversation) and ``settings`` (mine)."""
    begun: dict[str, list[Shown]] = {}
    there: dict[str, list[Shown]] = {}
    member = Membership.objects.of(caller.workspace).filter(user=caller.user).first() if caller.user else None
    for row in drafts.of(caller.workspace, caller.user) if caller.user else []:
        begun.setdefault(str(row.conversation_id), []).append(represent.draft(row))
    for one in attention.here(caller.workspace):
        there.setdefault(str(one.conversation_id), []).append(represent.attention(one))
    return {
        "drafts": [{"conversation": key, "drafts": found} for key, found in begun.items()],
        "attention": [{"conversation": key, "people": found} for key, found in there.items()],
        "settings": member.settings if member else {},
    }
