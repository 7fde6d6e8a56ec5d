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
    bulk = models.BooleanField(default=False)  # campaigns wait behind people
    queued_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["OutboxEntry"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "done"]), name="outbox_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            # deliver: what may go now, by channel; people's messages and campaigns wait in lanes of their own
            models.Index(
                fields=["channel", "bulk", "not_before"], condition=models.Q(state="queued"), name="outbox_lanes"
            ),
            # deliver: the sends whose worker died
            models.Index(fields=["not_before"], condition=models.Q(state="sending"), name="outbox_sending"),
            # deliver: the oldest of a conversation
            models.Index(
                fields=["conversation_id", "position"], condition=~models.Q(state="done"), name="outbox_in_order"
            ),
        ]


class Gesture(models.Model):
    """A reaction of ours on its way out: the newest emoji under a message counts, ``emoji`` empty takes it back."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="gesture")
    emoji = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, default="queued")  # queued | sending | done
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Gesture"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "done"]), name="gesture_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["not_before"], condition=~models.Q(state="done"), name="gesture_to_send"),
        ]


class Budget(models.Model):
    """How much may leave now: a bucket of tokens for a channel, or for one person on it, refilled with time."""

    key = models.CharField(max_length=120, primary_key=True)  # "<channel>" or "<channel>:<identity>"
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    tokens = models.FloatField()
    refilled_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Budget"].as_manager()
