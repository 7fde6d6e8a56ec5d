"""The append-only record that something happened: the one source of every figure."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from conversations.models.conversation import Conversation
from conversations.models.customer import Customer
from hub.models import OfWorkspace, Workspace


class CurrentTransaction(models.Func):
    """The number of the writing transaction: what readers compare with the oldest one still running, so that none is missed."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class HistoryEvent(models.Model):
    """Something happened: at ``occurred_at`` by the source's clock, received at ``received_at`` by ours.

    ``type`` is a word of the contract (``message.received``, ``conversation.resolved`` …); ``source`` and ``external_id``
    make it idempotent; ``data`` holds what its type names, never message text.
    """

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="events", db_index=False)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    message_id = models.UUIDField(null=True)
    type = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=40, default="novelo")
    external_id = models.CharField(max_length=255, null=True)  # noqa: DJ001  our own actions have none
    channel_kind = models.CharField(max_length=20, blank=True)
    channel_id = models.UUIDField(null=True)
    actor_kind = models.CharField(
        max_length=12, blank=True
    )  # customer | agent | bot | system | campaign | device | rule
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    actor_email = models.CharField(max_length=254, blank=True)
    skewed = models.BooleanField(default=False)  # the source's clock was ahead of ours by more than five minutes
    data = models.JSONField(default=dict)
    transaction = models.BigIntegerField(db_default=CurrentTransaction())

    objects = OfWorkspace["HistoryEvent"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"], name="event_is_recorded_once_per_source"
            ),
        ]
        indexes: ClassVar = [
            # derive: a conversation's history in order
            models.Index(fields=["conversation", "occurred_at", "id"], name="event_of_conversation"),
            # the timeline; derive for a person
            models.Index(fields=["customer", "occurred_at", "id"], name="event_of_customer"),
            # derive: what was written since the mark
            models.Index(fields=["workspace", "transaction"], name="event_since_mark"),
        ]
