"""Facts of service: waits, conversations, what was said, and labels."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from metrics.models.derived import Fact

OUTCOMES = ["answered", "unanswered", "open"]
ENDED = models.Q(ended_at__isnull=False)  # nobody looks for what lasts by its end: no entry to write for it


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
            models.Index(fields=["workspace", "ended_at", "id"], condition=ENDED, name="wait_by_end"),
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
            models.Index(
                fields=["workspace", "responded_at", "id"],
                condition=models.Q(responded_at__isnull=False),
                name="fact_by_response",
            ),
            # query and evidence: resolutions of a period
            models.Index(
                fields=["workspace", "resolved_at", "id"],
                condition=models.Q(resolved_at__isnull=False),
                name="fact_by_resolution",
            ),
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


class StayFact(Fact):
    """Where a conversation was for a while: in the queue, held by an agent, in an agent's focus. ``id`` is the event it began with."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=5)
    channel_kind = models.CharField(max_length=20)
    agent = models.CharField(max_length=254)
    team = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9)
    elapsed = models.BigIntegerField(null=True)
    business = models.BigIntegerField(null=True)
    off_hours = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=["queue", "held", "focus"]), name="stay_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(outcome="open", ended_at=None, elapsed=None)
                | models.Q(~models.Q(outcome="open"), ended_at__isnull=False, elapsed__gte=0),
                name="ended_stay_has_end_and_length",
            ),
        ]
        indexes: ClassVar = [
            # derive: the facts of the conversations it looks at; handle time: the focus they had
            models.Index(fields=["conversation_id"], name="stay_of_conversation"),
            # query and evidence: stays that ended in a period, in order
            models.Index(fields=["workspace", "kind", "ended_at", "id"], condition=ENDED, name="stay_by_end"),
            # query: what lasts still
            models.Index(
                fields=["workspace", "kind", "started_at"], condition=models.Q(ended_at=None), name="stay_lasting"
            ),
        ]


class LabelFact(Fact):
    """A label a conversation has; ``id`` is the event that put it on. Most conversations have none, and no row."""

    id = models.BigIntegerField(primary_key=True)
    label = models.TextField()

    class Meta:
        constraints: ClassVar = [
            # and derive: the facts of the conversations it looks at
            models.UniqueConstraint(fields=["conversation_id", "label"], name="one_label_once"),
        ]
        indexes: ClassVar = [
            # query: the conversations of a label
            models.Index(fields=["workspace", "label", "conversation_id"], name="labeled_with"),
        ]
