"""The record of who changed what in the house, or looked at what is not theirs."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from hub.models.workspace import OfWorkspace, Workspace


class AppendOnly(TypeError):
    """An entry of the audit log was to be changed or removed: it only grows."""


class Entries(OfWorkspace["AuditEntry"]):
    """Entries of the audit log, which nobody changes."""

    def update(self, **_fields: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(AppendOnly.__doc__)

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly(AppendOnly.__doc__)


class AuditEntry(models.Model):
    """One thing that a member or a program did to settings, people or data: append-only, no secrets, no message text."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=254)  # the e-mail address, or the token's name
    action = models.CharField(max_length=60)  # "team.created", "member.role_changed", "channel_log.read" …
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_name = models.CharField(max_length=160, blank=True)
    changes = models.JSONField(default=dict)  # {field: [before, after]}

    objects = Entries.as_manager()

    class Meta:
        indexes: ClassVar = [
            # the page of administrators, newest first
            models.Index(fields=["workspace", "-id"], name="audit_by_workspace"),
        ]

    def __str__(self) -> str:
        return self.action

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append. Raises ``AppendOnly`` for an entry that is there already."""
        if not self._state.adding:
            raise AppendOnly(AppendOnly.__doc__)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(AppendOnly.__doc__)
