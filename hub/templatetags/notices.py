"""What the page's script must know to tell its reader: their wishes and who they are."""

from __future__ import annotations

from typing import Any

from django import template

from hub.access import Caller
from hub.models import Membership
from hub.notices import told_of, wishes_of

register = template.Library()


@register.simple_tag
def my_notices(caller: Caller) -> dict[str, Any]:
    """Return by which kinds the reader wants to hear a sound, and their quiet hours; one query."""
    row = Membership.objects.of(caller.workspace).only("settings").filter(user=caller.user).first()
    wishes = wishes_of(row.settings if row else {}, caller.workspace)
    kinds = set(told_of(caller))
    return {
        "me": str(caller.user.pk) if caller.user else "",
        "sound": sorted(wishes.sound & kinds),
        "quiet_from": wishes.quiet_from.strftime("%H:%M") if wishes.quiet_from else None,
        "quiet_to": wishes.quiet_to.strftime("%H:%M") if wishes.quiet_to else None,
        "zone": wishes.zone,
    }
