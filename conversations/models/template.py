"""Messages that a provider approved beforehand: what may be said first, or after a window has closed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class Template(models.Model):
    """A template of a channel in one language, as the provider last told it. ``components`` are the provider's own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=20)
    category = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=40)  # approved, pending, rejected, paused, disabled …: the provider's word
    reason = models.TextField(blank=True)
    components = models.JSONField(default=list)
    provider_id = models.CharField(max_length=255, blank=True)
    synced_at = models.DateTimeField(db_default=Now())
    gone_at = models.DateTimeField(null=True)

    objects = OfWorkspace["Template"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "name", "language"], name="template_unique_per_channel_name_and_language"
            ),
        ]
