"""Links that show the board on a wall: a token that ends, kept as a digest, and taken back at any time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import KioskLink
from conversations.refusal import Refused
from hub import audit
from hub.access import Caller
from hub.models import OfWorkspace, digest

NAME_LENGTH, MOST, LONGEST = 80, 100, timedelta(days=366)


class Made(msgspec.Struct, frozen=True):
    """A link and its token, which nobody sees again."""

    row: KioskLink
    token: str


def make(caller: Caller, name: str, expires_at: datetime) -> Made:
    """Make a link. Raises ``Refused`` for a name that is none and an end that is past or too far."""
    name = " ".join(name.split())
    if not name or "\0" in name:
        raise Refused("name", _("A kiosk link needs a name, like the wall it hangs on."))
    if len(name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    now = timezone.now()
    if expires_at <= now:
        raise Refused("expires_at", _("Must be in the future."))
    if expires_at > now + LONGEST:
        raise Refused("expires_at", _("May be at most a year away."))
    if valid(caller).count() >= MOST:
        raise Refused("name", _("There are %(most)d links already: revoke one first.") % {"most": MOST})
    token = secrets.token_urlsafe(32)
    row = KioskLink(
        workspace=caller.workspace, name=name, digest=digest(token), created_by=caller.user, expires_at=expires_at
    )
    with transaction.atomic():
        row.save(force_insert=True)
        audit.note(caller, "kiosk_link.created", row, {"expires_at": (None, expires_at)})
    return Made(row, token)


def revoke(caller: Caller, link_id: UUID) -> KioskLink:
    """Take a link back: its walls go dark. Raises ``KioskLink.DoesNotExist``."""
    with transaction.atomic():
        row = KioskLink.objects.of(caller.workspace).select_for_update().get(pk=link_id)
        if row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save(update_fields=["revoked_at"])
            audit.note(caller, "kiosk_link.revoked", row)
    return row


def valid(caller: Caller) -> OfWorkspace[KioskLink]:
    """Return the links that work."""
    return KioskLink.objects.of(caller.workspace).filter(revoked_at=None, expires_at__gt=timezone.now())


def behind(token: str) -> KioskLink | None:
    """Return the link of a token that works, else ``None``."""
    rows = KioskLink.objects.select_related("workspace").filter(digest=digest(token), revoked_at=None)
    return rows.filter(expires_at__gt=timezone.now()).first()
