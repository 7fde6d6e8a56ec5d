"""Messages on their way out: one entry each until the provider has answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel
from conversations.models.message import Message
from hub.models import OfWorkspace, Workspace


class OutboxEntry(models.Model):
    """A message to hand to its provider. Claimed by a lease; within a conversation the oldest goes first."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="outbox")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation_id = models.UUIDField()
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default="queued")  # queued | sending | done
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["OutboxEntry"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "done"]), name="outbox_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            # deliver: what may go now
            models.Index(fields=["not_before"], condition=~models.Q(state="done"), name="outbox_to_send"),
            # deliver: the oldest of a conversation
            models.Index(
                fields=["conversation_id", "position"], condition=~models.Q(state="done"), name="outbox_in_order"
            ),
        ]
