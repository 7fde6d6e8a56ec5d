"""The tokens programs come with, and the answers they were given."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models.people import Role
from hub.models.workspace import OfWorkspace, Workspace


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
    answer = models.JSONField(null=True)  # sealed, as text: it may hold a secret that is shown once
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["IdempotencyKey"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "caller", "key"], name="idempotency_key_is_answered_once"),
        ]
