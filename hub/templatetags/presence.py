"""What the rail says of the reader: how they are there, and why they may pause."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from hub.access import Caller
from hub.models import Membership, Presence
from hub.pauses import reasons

register = template.Library()

CHOICES = (Presence.ONLINE, Presence.BUSY, Presence.OFFLINE)


@register.simple_tag
def my_presence(caller: Caller) -> dict[str, Any]:
    """Return the reader's presence with its words: what is kept, what can be chosen, the reasons of a break; one query."""
    row = Membership.objects.of(caller.workspace).only("presence", "presence_reason").filter(user=caller.user).first()
    now = row.presence if row else Presence.OFFLINE
    why = row.presence_reason if row else ""
    pauses = reasons(caller.workspace)
    return {
        "state": now,
        "reason": why,
        "shown": pauses.get(why, why) or Presence(now).label,
        "choices": [(one.value, one.label) for one in CHOICES],
        "break": Presence.BREAK.label,
        "away": Presence.AWAY.label,
        "reasons": list(pauses.items()),
        "menu": _("Menu of {name}: {state}"),
    }
