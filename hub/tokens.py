"""The tokens programs come with: made, shown once, taken back. Each of it is audited."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.access import Caller
from hub.models import ApiToken, Role
from hub.refusal import Refused

NAME_LENGTH, MOST = 120, 200


class Issued(msgspec.Struct, frozen=True):
    """A token with its secret, which nobody can read again."""

    row: ApiToken
    secret: str


def issue(caller: Caller, name: str, role: str) -> Issued:
    """Make a token. Raises ``Refused`` for a name that is empty or too long, an unknown role, or too many tokens."""
    fit = " ".join(name.split())
    if not fit or "\0" in fit:
        raise Refused("name", _("Say what it is for: which program comes with it."))
    if len(fit) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    if role not in Role.values:
        raise Refused("role", _("There is no such role."))
    if ApiToken.objects.of(caller.workspace).filter(revoked_at=None).count() >= MOST:
        raise Refused("name", _("There are %(most)d tokens already: revoke one first.") % {"most": MOST})
    with transaction.atomic():
        row, secret = ApiToken.issue(caller.workspace, fit, role)
        audit.note(caller, "token.created", audit.Subject("token", str(row.pk), fit), {"role": (None, role)})
    return Issued(row, secret)


def revoke(caller: Caller, token_id: UUID) -> ApiToken:
    """Take a token back: whoever comes with it is refused from now on. Raises ``ApiToken.DoesNotExist``."""
    with transaction.atomic():
        row = ApiToken.objects.of(caller.workspace).select_for_update().get(pk=token_id)
        if row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save(update_fields=["revoked_at"])
            audit.note(caller, "token.revoked", audit.Subject("token", str(row.pk), row.name))
    return row
