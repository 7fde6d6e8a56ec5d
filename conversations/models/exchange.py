"""The channel log: what was said between us and a provider, secrets removed before writing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel, Connection
from conversations.querysets.exchange import Exchanges
from hub.models import Workspace


class Exchange(models.Model):
    """One call to a provider and its answer. Deliveries are the other direction and keep themselves."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    connection = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    message_id = models.UUIDField(null=True)
    method = models.CharField(max_length=8)
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)  # None: no answer came
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    objects = Exchanges.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["workspace", "channel", "-id"], name="exchange_of_channel"),
            models.Index(fields=["message_id"], condition=~models.Q(message_id=None), name="exchange_of_message"),
            models.Index(fields=["at"], name="exchange_by_age"),
        ]
