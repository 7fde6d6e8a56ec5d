"""People, the workspaces they belong to, and the teams they answer in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from hub.ids import new_id
from hub.models.workspace import OfWorkspace, Workspace


class Role(models.TextChoices):
    """What a member or a token may do; each includes the one before."""

    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMIN = "admin", _("Administrator")

    @property
    def rank(self) -> int:
        """0 for an agent, 2 for an administrator."""
        return list(Role).index(self)


class Presence(models.TextChoices):
    """Whether somebody takes work: only who is online is given any."""

    ONLINE = "online", _("Online")
    BUSY = "busy", _("Busy")
    BREAK = "break", _("On a break")
    AWAY = "away", _("Away")
    OFFLINE = "offline", _("Offline")


class People(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=5, default="auto")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = People()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="email_belongs_to_one_person"),
            models.CheckConstraint(condition=models.Q(theme__in=["auto", "light", "dark"]), name="theme_is_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """Two letters for an avatar."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class Membership(models.Model):
    """A person's place in a workspace."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    # Presence: what the person said last, or what silence made of it; changes are history events.
    presence = models.CharField(max_length=8, choices=Presence, default=Presence.OFFLINE)
    presence_reason = models.CharField(max_length=80, blank=True, default="")
    presence_since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # the last sign of life of one of the person's screens
    assigned_at = models.DateTimeField(null=True)  # when routing last gave them something: round robin, longest idle
    capacity = models.PositiveSmallIntegerField(default=6)  # the weight they may carry at once
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)  # sounds, quiet hours, which key sends …
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Membership"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="person_has_one_membership_per_workspace"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
            models.CheckConstraint(condition=models.Q(presence__in=Presence.values), name="presence_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Team(models.Model):
    """People who answer together."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True)
    # How its conversations are given out: {"method", "sticky", "silent_minutes", "overflow_minutes", "overflow_team"}
    routing = models.JSONField(default=dict, blank=True)

    objects = OfWorkspace["Team"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="team_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class MemberInvitation(models.Model):
    """Somebody who was asked by e-mail to join; the token in the link is kept as its digest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="member_invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    teams = models.ManyToManyField(Team, related_name="+", blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = OfWorkspace["MemberInvitation"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invited_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.email
