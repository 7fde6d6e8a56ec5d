"""Asking people to join: a link with a secret, good for a week, kept as its digest; made, sent again, taken back, accepted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import msgspec
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from hub import audit
from hub.access import Caller
from hub.models import MemberInvitation, Membership, Role, Team, User, digest
from hub.people import teams_of
from hub.refusal import Refused, TooLate

GOOD_FOR = timedelta(days=7)
NAME_LENGTH = 120


class Invited(msgspec.Struct, frozen=True):
    """An invitation with the secret of its link, which nobody can read again."""

    row: MemberInvitation
    secret: str


class Joined(msgspec.Struct, frozen=True):
    """Who joined, and whether they are new to the house."""

    user: User
    new: bool


def invite(caller: Caller, email: str, role: str, teams: Iterable[UUID]) -> Invited:
    """Ask somebody to join. Raises ``Refused`` for an address that is none, belongs here already, or was asked already."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refused("email", _("Enter a valid e-mail address.")) from error
    if role not in Role.values:
        raise Refused("role", _("There is no such role."))
    if Membership.objects.of(caller.workspace).filter(user__email__iexact=address).exists():
        raise Refused("email", _("This person belongs here already."))
    if pending(caller).filter(email=address).exists():
        raise Refused("email", _("This person was invited already: send the invitation again."))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = MemberInvitation.objects.create(
            workspace=caller.workspace,
            email=address,
            role=role,
            digest=digest(secret),
            invited_by=caller.user,
            expires_at=timezone.now() + GOOD_FOR,
        )
        chosen = teams_of(caller.workspace, teams)
        row.teams.set(chosen)
        named = sorted(team.name for team in chosen)
        audit.note(caller, "invitation.created", _subject(row), {"role": (None, role), "teams": ([], named)})
    return Invited(row, secret)


def pending(caller: Caller) -> QuerySet[MemberInvitation]:
    """Return the invitations nobody has accepted or taken back; some may be too old by now."""
    rows = MemberInvitation.objects.of(caller.workspace).filter(accepted_at=None, revoked_at=None)
    return rows.exclude(expires_at__lt=timezone.now() - GOOD_FOR)


def renew(caller: Caller, invitation_id: UUID) -> Invited:
    """Make a new link for an invitation; the old one works no longer. Raises ``MemberInvitation.DoesNotExist``, ``TooLate``."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _open(caller, invitation_id)
        row.digest, row.expires_at = digest(secret), timezone.now() + GOOD_FOR
        row.save(update_fields=["digest", "expires_at"])
        audit.note(caller, "invitation.renewed", _subject(row))
    return Invited(row, secret)


def revoke(caller: Caller, invitation_id: UUID) -> None:
    """Take an invitation back: its link works no longer. Raises ``MemberInvitation.DoesNotExist``, ``TooLate``."""
    with transaction.atomic():
        row = _open(caller, invitation_id)
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        audit.note(caller, "invitation.revoked", _subject(row))


def found(secret: str) -> MemberInvitation | None:
    """Return the invitation whose link this is, ``None`` for one that is unknown, used, taken back or too old."""
    rows = MemberInvitation.objects.select_related("workspace", "invited_by").filter(digest=digest(secret))
    return rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()).first()


def accept(secret: str, *, name: str = "", password: str = "", language: str = "") -> Joined:
    """Let the invited person in: somebody known just joins, for anybody else an account is made.

    Raises ``TooLate`` when the link works no longer, ``Refused`` for a name or password that will not do.
    """
    try:
        with transaction.atomic():
            return _accept(secret, name, password, language)
    except IntegrityError as error:  # the same link, pressed twice at once
        raise TooLate(_("This invitation was accepted already.")) from error


def _accept(secret: str, name: str, password: str, language: str) -> Joined:
    seen = found(secret)
    rows = MemberInvitation.objects.of(seen.workspace if seen else None).select_for_update(of=("self",))
    row = rows.filter(digest=digest(secret), accepted_at=None, revoked_at=None).first()
    if seen is None or row is None:
        raise TooLate(_("This invitation was accepted already."))
    user = User.objects.filter(email__iexact=row.email).first()
    new = user is None
    if user is None:
        user = _account(row.email, name, password, language)
    membership, added = Membership.objects.get_or_create(
        workspace=seen.workspace, user=user, defaults={"role": row.role}
    )
    if added:
        membership.teams.set(Team.objects.of(seen.workspace).filter(pk__in=row.teams.values("pk")))
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    joined = Caller(seen.workspace, membership.role, user=user)
    audit.note(joined, "invitation.accepted", _subject(row), {"role": (None, membership.role)})
    return Joined(user, new)


def _account(email: str, name: str, password: str, language: str) -> User:
    fit = " ".join(name.split())
    if not fit or "\0" in fit:
        raise Refused("name", _("Tell the others your name."))
    if len(fit) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    try:
        validate_password(password, User(email=email, name=fit))
    except ValidationError as error:
        raise Refused("password", " ".join(error.messages)) from error
    return User.objects.create_user(email, password, name=fit, language=language)


def _open(caller: Caller, invitation_id: UUID) -> MemberInvitation:
    row = MemberInvitation.objects.of(caller.workspace).select_for_update().get(pk=invitation_id)
    if row.accepted_at or row.revoked_at:
        raise TooLate(_("This invitation is no longer open."))
    return row


def _subject(row: MemberInvitation) -> audit.Subject:
    return audit.Subject("invitation", str(row.pk), row.email)
