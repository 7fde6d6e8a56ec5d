"""A tenant, and the rule that every read of its rows names it."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id


class Workspace(models.Model):
    """A tenant: every row of the house belongs to one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60, default="America/Sao_Paulo")
    currency = models.CharField(max_length=3, default="BRL")
    reopen_window = models.DurationField(default=timedelta(hours=24))
    # What is set for the whole house: away after so many minutes, what a conversation of a kind weighs, quiet hours …
    settings = models.JSONField(default=dict, blank=True)
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
