"""Dashboards somebody kept."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class SavedDashboard(models.Model):
    """A page of figures somebody kept: ``page`` below the figures' address, ``words`` as they stand behind its question mark."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=400)
    words = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["SavedDashboard"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "owner", "name"], name="dashboard_name_is_unique_for_its_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name
