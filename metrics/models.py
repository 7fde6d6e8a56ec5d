"""The rows of figures: facts and rollups, all of them derived and rebuildable, and the proofs of shown numbers."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import OfWorkspace, Workspace

OUTCOMES = ["answered", "unanswered", "open"]


class Mark(models.Model):
    """Up to which transaction a workspace's history has been derived. Locked by whoever derives."""

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="+")
    transaction = models.BigIntegerField(default=0)  # every event of an earlier transaction is in the facts
    at = models.DateTimeField(db_default=Now())
    timezone = models.CharField(max_length=60)  # whose midnights the rollup cells are cut at

    objects = OfWorkspace["Mark"].as_manager()


class Stale(models.Model):
    """A conversation whose history was erased or given to another person; written by triggers, emptied by derive."""

    id = models.BigAutoField(primary_key=True)
    # No constraint: a workspace that goes away leaves rows here, which derive clears.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    conversation_id = models.UUIDField()

    objects = OfWorkspace["Stale"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # derive: what else to look at
            models.Index(fields=["workspace", "id"], name="stale_of_workspace"),
        ]


class Fact(models.Model):
    """What every fact has: whose it is. Conversations are named, not referenced: an erased one is taken out by derive."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation_id = models.UUIDField()
    customer_id = models.UUIDField()

    objects = OfWorkspace["Fact"].as_manager()

    class Meta:
        abstract = True


class WaitFact(Fact):
    """One wait of a customer. Times in microseconds; ``id`` is the event that opened it."""

    id = models.BigIntegerField(primary_key=True)
    position = models.PositiveIntegerField()
    channel_kind = models.CharField(max_length=20)
    opening_message_id = models.UUIDField(null=True)
    closing_message_id = models.UUIDField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10)
    elapsed = models.BigIntegerField(null=True)
    business = models.BigIntegerField(null=True)
    agent = models.CharField(max_length=254)
    team = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(outcome__in=OUTCOMES), name="wait_outcome_is_known"),
            models.CheckConstraint(
                condition=models.Q(outcome="open", ended_at=None, elapsed=None)
                | models.Q(~models.Q(outcome="open"), ended_at__isnull=False, elapsed__gte=0),
                name="ended_wait_has_end_and_length",
            ),
        ]
        indexes: ClassVar = [
            # derive: the facts of the conversations it looks at
            models.Index(fields=["conversation_id"], name="wait_of_conversation"),
            # query and evidence: waits that ended in a period, in order
            models.Index(fields=["workspace", "ended_at", "id"], name="wait_by_end"),
            # query: waits of a period that nobody answered
            models.Index(
                fields=["workspace", "ended_at"], condition=models.Q(outcome="unanswered"), name="wait_unanswered"
            ),
            # query: who still waits
            models.Index(
                fields=["workspace", "started_at"], condition=models.Q(outcome="open"), name="wait_still_open"
            ),
        ]


class ConversationFact(Fact):
    """One conversation as a whole. Times in microseconds; ``id`` is the event that opened it."""

    id = models.BigIntegerField(primary_key=True)
    opened_at = models.DateTimeField()
    opened_by_customer = models.BooleanField()
    channel_kind = models.CharField(max_length=20)
    closing_channel_kind = models.CharField(max_length=20)
    crossed = models.BooleanField()
    team = models.CharField(max_length=80)
    response = models.CharField(max_length=10)
    response_from = models.CharField(max_length=7)
    response_started_at = models.DateTimeField(null=True)
    responded_at = models.DateTimeField(null=True)
    response_elapsed = models.BigIntegerField(null=True)
    response_business = models.BigIntegerField(null=True)
    any_elapsed = models.BigIntegerField(null=True)
    from_inbound_elapsed = models.BigIntegerField(null=True)
    from_handoff_elapsed = models.BigIntegerField(null=True)
    response_agent = models.CharField(max_length=254)
    response_team = models.CharField(max_length=80)
    opening_message_id = models.UUIDField(null=True)
    response_message_id = models.UUIDField(null=True)
    first_resolved_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=12)
    resolver = models.CharField(max_length=254)
    first_resolution_elapsed = models.BigIntegerField(null=True)
    resolution_elapsed = models.BigIntegerField(null=True)
    resolution_business = models.BigIntegerField(null=True)
    active_elapsed = models.BigIntegerField(null=True)
    answered = models.BooleanField()
    reopened_count = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "conversation_id"], name="one_fact_per_conversation"),
            models.CheckConstraint(
                condition=models.Q(response__in=[*OUTCOMES, "none"]), name="response_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(response="answered")
                | models.Q(responded_at__isnull=False, response_elapsed__gte=0),
                name="answered_conversation_has_response_length",
            ),
        ]
        indexes: ClassVar = [
            # query and evidence: conversations opened in a period
            models.Index(fields=["workspace", "opened_at", "id"], name="fact_by_opening"),
            # query and evidence: first responses of a period
            models.Index(fields=["workspace", "responded_at", "id"], name="fact_by_response"),
            # query and evidence: resolutions of a period
            models.Index(fields=["workspace", "resolved_at", "id"], name="fact_by_resolution"),
            # query: conversations of a period that were closed without a first response
            models.Index(
                fields=["workspace", "responded_at"],
                condition=models.Q(response="unanswered"),
                name="response_unanswered",
            ),
            # query: conversations of a period that were closed by inactivity without any reply
            models.Index(
                fields=["workspace", "resolved_at"],
                condition=models.Q(answered=False, resolved_by="rule"),
                name="resolved_by_inactivity",
            ),
            # query: conversations that are not resolved yet
            models.Index(
                fields=["workspace", "opened_at"], condition=models.Q(resolved_at=None), name="fact_not_resolved"
            ),
            # query: who still waits for a first response
            models.Index(
                fields=["workspace", "response_started_at"],
                condition=models.Q(response="open"),
                name="response_still_open",
            ),
        ]


class VolumeFact(Fact):
    """What was said in a conversation on one kind of channel on one UTC day; ``id`` is its first event."""

    id = models.BigIntegerField(primary_key=True)
    channel_kind = models.CharField(max_length=20)
    day = models.DateField()
    inbound = ArrayField(models.DateTimeField())
    outbound = ArrayField(models.DateTimeField())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "conversation_id", "channel_kind", "day"],
                name="one_volume_per_conversation_and_day",
            ),
        ]
        indexes: ClassVar = [
            # query: messages and people of a period
            models.Index(fields=["workspace", "day"], name="volume_by_day"),
        ]


class Cell(models.Model):
    """A pre-added cell: one measure of a workspace's day (in its zone) on one channel, or by one agent.

    ``total`` in microseconds; ``hours`` counts by hour of the day; ``histogram`` packs (bucket, count) pairs.
    """

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.CharField(max_length=16)
    dimension = models.CharField(max_length=7)
    value = models.CharField(max_length=254)
    day = models.DateField()
    n = models.BigIntegerField()
    total = models.BigIntegerField()
    hours = ArrayField(models.BigIntegerField())
    histogram = models.BinaryField()

    objects = OfWorkspace["Cell"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                # also the query's way to a measure's cells of a period
                fields=["workspace", "measure", "dimension", "day", "value"],
                name="cell_is_kept_once",
            ),
            models.CheckConstraint(
                condition=models.Q(dimension__in=["channel", "agent"]), name="cell_dimension_is_known"
            ),
            models.CheckConstraint(condition=models.Q(n__gt=0), name="cell_is_not_empty"),
        ]


class Receipt(models.Model):
    """The proof of a shown number: what was asked, up to which mark, and what was answered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    metric = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    parameters = models.JSONField()
    mark = models.BigIntegerField()
    as_of = models.DateTimeField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Receipt"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="same_answer_has_one_receipt"),
        ]
