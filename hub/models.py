"""Who may: people, the workspaces they belong to, and the tokens programs come with."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, time, timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from hub.hours import Period, Schedule
from hub.ids import new_id


class Role(models.TextChoices):
    """What a member or a token may do; each includes the one before."""

    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMIN = "admin", _("Administrator")

    @property
    def rank(self) -> int:
        """0 for an agent, 2 for an administrator."""
        return list(Role).index(self)


class Workspace(models.Model):
    """A tenant: every row of the house belongs to one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60, default="America/Sao_Paulo")
    currency = models.CharField(max_length=3, default="BRL")
    reopen_window = models.DurationField(default=timedelta(hours=24))
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class OfWorkspace[M: models.Model](models.QuerySet[M]):
    """Rows of one workspace: every read of a tenant's row starts with ``of``."""

    def of(self, workspace: Workspace | None) -> Self:
        """Keep the rows of ``workspace``; of nobody for ``None``, never of everybody."""
        if workspace is None:
            return self.none()
        return self.filter(workspace=workspace)


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
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Membership"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="person_has_one_membership_per_workspace"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Team(models.Model):
    """People who answer together."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True)

    objects = OfWorkspace["Team"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="team_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """When a workspace works, or one of its teams, since an instant: a version of its hours; earlier ones stay for what was then.

    ``periods`` are ``[{"weekday": 0-6 from Monday, "start": "09:00", "end": "18:00"}]``, an end that is not after its start lies
    on the next day; ``holidays`` are dates. ``since`` empty: it always held.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="working_hours")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="working_hours")
    since = models.DateTimeField(null=True)
    zone = models.CharField(max_length=60)
    periods = models.JSONField()
    holidays = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["WorkingHours"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "team", "since"], nulls_distinct=False, name="hours_have_one_version_at_a_time"
            ),
        ]

    @property
    def schedule(self) -> Schedule:
        """The version as a value to reckon with."""
        return Schedule(
            zone=self.zone,
            periods=tuple(
                Period(one["weekday"], time.fromisoformat(one["start"]), time.fromisoformat(one["end"]))
                for one in self.periods
            ),
            holidays=frozenset(date.fromisoformat(one) for one in self.holidays),
            since=self.since,
        )


def digest(token: str) -> str:
    """Return what is kept of a token: SHA-256 in hex. Tokens hold 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """What a program comes with: belongs to one workspace and one role; only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = OfWorkspace["ApiToken"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="token_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, workspace: Workspace, name: str, role: str = Role.ADMIN) -> tuple[ApiToken, str]:
        """Create a token; returns the row and the secret, which is shown once and never again."""
        plain = f"nvl_{secrets.token_urlsafe(32)}"
        return cls.objects.create(workspace=workspace, name=name, role=role, digest=digest(plain)), plain


class IdempotencyKey(models.Model):
    """The answer already given to a POST that named a key: the same request again gets the same answer."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    caller = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["IdempotencyKey"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "caller", "key"], name="idempotency_key_is_answered_once"),
        ]
