"""What came through the door and still waits: deliveries as received, their items, and the lanes that keep the order."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel, Connection
from conversations.querysets.delivery import Deliveries
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class Delivery(models.Model):
    """One webhook as received: raw bytes, before anything is understood, with what came of it."""

    class Outcome(models.TextChoices):
        """What came of a delivery."""

        PENDING = "pending"
        PROCESSED = "processed"
        DUPLICATE = "duplicate"
        IGNORED = "ignored"
        UNROUTABLE = "unroutable"
        INVALID = "invalid"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    received_at = models.DateTimeField(db_default=Now())
    method = models.CharField(max_length=4, default="POST")
    url = models.TextField(blank=True)
    content_type = models.CharField(max_length=120, blank=True)
    # Those its provider says more with than with the body (topic, ids, signature); most keep none.
    headers = models.JSONField(default=dict, db_default={})
    body = models.BinaryField()
    parsed = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = Deliveries.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    outcome__in=[
                        "pending",
                        "processed",
                        "duplicate",
                        "ignored",
                        "unroutable",
                        "invalid",
                        "failed",
                    ]
                ),
                name="delivery_outcome_is_known",
            ),
        ]
        indexes: ClassVar = [
            # parse: a connection's deliveries in order
            models.Index(fields=["connection", "id"], condition=models.Q(parsed=False), name="delivery_to_parse"),
            # the relay: the oldest that waits
            models.Index(fields=["received_at"], condition=models.Q(outcome="pending"), name="delivery_pending"),
            # GET /deliveries?outcome=
            models.Index(fields=["workspace", "outcome", "-id"], name="delivery_by_outcome"),
            models.Index(fields=["workspace", "-id"], name="delivery_by_workspace"),
        ]


class Lane(models.Model):
    """The queue of one sender on one channel: claimed as a whole, so that its items keep their order."""

    key = models.CharField(max_length=200, primary_key=True)  # "<channel id>:<sender>"
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    has_work = models.BooleanField(default=True)
    not_before = models.DateTimeField(db_default=Now())  # a lease while claimed, a pause after a failure
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # claims since the last success: above 0 it is tried alone

    objects = OfWorkspace["Lane"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # pipeline: the lanes that wait longest
            models.Index(fields=["not_before"], condition=models.Q(has_work=True), name="lane_with_work"),
        ]


class Item(models.Model):
    """One message, status or other piece of news of a delivery, in the house's own words, on its sender's lane."""

    class State(models.TextChoices):
        """Whether it still waits."""

        PENDING = "pending"
        DONE = "done"
        QUARANTINED = "quarantined"

    id = models.BigAutoField(primary_key=True)  # order within a lane
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    lane = models.ForeignKey(
        Lane, null=True, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    body = models.JSONField()
    state = models.CharField(max_length=11, choices=State, default=State.PENDING)
    outcome = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = OfWorkspace["Item"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "done", "quarantined"]), name="item_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            # pipeline: what waits on a lane, in order
            models.Index(fields=["lane", "id"], condition=models.Q(state="pending"), name="item_waiting_on_lane"),
            # operators: what was set aside
            models.Index(fields=["workspace", "id"], condition=models.Q(state="quarantined"), name="item_quarantined"),
            # what fits no channel, inside deliveries of which the rest was worked too
            models.Index(
                fields=["workspace", "delivery"], condition=models.Q(outcome="unroutable"), name="item_unroutable"
            ),
        ]


class ParkedItem(models.Model):
    """A status, reaction, edit or deletion that came before its message: applied when the message comes, forgotten after a week."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+", db_index=False)
    lane_key = models.CharField(max_length=200)
    target = models.CharField(max_length=255)
    body = models.JSONField()
    parked_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["ParkedItem"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # record: what waits for this message
            models.Index(fields=["channel", "target"], name="parked_for_message"),
        ]
