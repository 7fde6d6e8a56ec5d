"""How a member wants to be told while they look elsewhere: by sound or push, of what, and when not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _, gettext_noop

from hub.access import Caller
from hub.models import Membership, Role, Workspace
from hub.refusal import Refused

KEY = "notices"  # in Membership.settings
KINDS = {
    "assigned": gettext_noop("A conversation becomes mine"),
    "mention": gettext_noop("Somebody names me in a note"),
    "message": gettext_noop("A customer writes in a conversation of mine"),
    "incident": gettext_noop("An alert holds"),
}
FOR_SUPERVISORS = {"incident"}


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What is told by sound and by push; nothing from ``quiet_from`` to ``quiet_to`` on the clocks of ``zone``."""

    sound: frozenset[str] = frozenset({"assigned", "mention", "incident"})
    push: frozenset[str] = frozenset(KINDS)
    quiet_from: time | None = None
    quiet_to: time | None = None
    zone: str = "UTC"

    def is_quiet(self, at: datetime) -> bool:
        """Whether the member wants to be left alone at an instant; quiet hours may go past midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        clock = at.astimezone(ZoneInfo(self.zone)).time()
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to


def wishes_of(settings: dict[str, Any], workspace: Workspace) -> Wishes:
    """Return what a membership's settings say; the house's own ways where they say nothing."""
    kept = settings.get(KEY) or {}
    usual = Wishes(zone=workspace.timezone)
    return Wishes(
        sound=frozenset(kept.get("sound", usual.sound)),
        push=frozenset(kept.get("push", usual.push)),
        quiet_from=_clock(kept.get("quiet_from")),
        quiet_to=_clock(kept.get("quiet_to")),
        zone=kept.get("zone", usual.zone),
    )


def keep(caller: Caller, wanted: Wishes) -> Wishes:
    """Keep how the caller wants to be told. Raises ``Refused``; ``Membership.DoesNotExist`` for who is no member."""
    for field, kinds in (("sound", wanted.sound), ("push", wanted.push)):
        if not kinds <= set(KINDS):
            raise Refused(field, _("Must be one of: %(words)s.") % {"words": ", ".join(KINDS)})
    if (wanted.quiet_from is None) != (wanted.quiet_to is None):
        missing = "quiet_to" if wanted.quiet_to is None else "quiet_from"
        raise Refused(missing, _("Quiet hours need a beginning and an end."))
    if wanted.quiet_from is not None and wanted.quiet_from == wanted.quiet_to:
        raise Refused("quiet_to", _("Must differ from the beginning."))
    if wanted.zone not in available_timezones():
        raise Refused("zone", _("There is no time zone of this name: %(zone)s.") % {"zone": wanted.zone})
    kept = {
        "sound": sorted(wanted.sound),
        "push": sorted(wanted.push),
        "quiet_from": _written(wanted.quiet_from),
        "quiet_to": _written(wanted.quiet_to),
        "zone": wanted.zone,
    }
    with transaction.atomic():
        row = Membership.objects.of(caller.workspace).select_for_update(no_key=True).get(user=caller.user)
        row.settings = {**row.settings, KEY: kept}
        row.save(update_fields=["settings"])
    return wanted


def told_of(caller: Caller) -> Iterable[str]:
    """Return the kinds there are for somebody."""
    return [kind for kind in KINDS if kind not in FOR_SUPERVISORS or caller.may(Role.SUPERVISOR)]


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def _written(at: time | None) -> str | None:
    return at.strftime("%H:%M") if at else None
