"""The feed: a gapless sequence of changes per workspace, which screens and programs read by cursor."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from hub.models import OfWorkspace, Workspace


class FeedHead(models.Model):
    """The last sequence number taken. Locked as the last step of a transaction, one range each."""

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="feed_head")
    last_seq = models.PositiveBigIntegerField(default=0)

    objects = OfWorkspace["FeedHead"].as_manager()


class FeedEvent(models.Model):
    """One change: what happened to which row. The row itself is read when the event is shown."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)  # message.created, conversation.updated …
    subject_id = models.UUIDField()
    conversation_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["FeedEvent"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "seq"], name="feed_sequence_is_taken_once"),
        ]
        indexes: ClassVar = [
            # purge: what is older than the retention
            models.Index(fields=["created_at"], name="feed_by_age"),
        ]
