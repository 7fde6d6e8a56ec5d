"""Questions asked of customers, and what they answered."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel
from conversations.models.conversation import Conversation
from conversations.models.customer import Customer
from hub.ids import new_id
from hub.models import OfWorkspace, Team, Workspace


class Survey(models.Model):
    """A question (CSAT 1–5 or NPS 0–10), when it is asked, and in which words."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="surveys")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=4)  # csat | nps
    trigger = models.CharField(max_length=40, default="conversation.resolved")  # or order.paid, order.delivered
    delay_seconds = models.PositiveIntegerField(default=0)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    channel_kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)  # empty: every one
    texts = models.JSONField(default=dict)  # {"pt-br": {"question", "thanks", "comment"}, …}; empty: the house's own
    template = models.CharField(max_length=512, blank=True)  # what WhatsApp takes once its window has closed
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Survey"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="survey_name_is_unique_in_workspace"),
            models.CheckConstraint(condition=models.Q(kind__in=["csat", "nps"]), name="survey_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyRequest(models.Model):
    """One question to one person: due, asked, answered, or not asked after all and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="requests")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.CASCADE, related_name="survey_requests")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="+")
    message_id = models.UUIDField(null=True)  # the question as it was said
    subject = models.CharField(max_length=120)  # what is asked about once: the conversation's id, an order's
    touchpoint = models.CharField(max_length=12, default="service")  # service | purchase | delivery | store
    agent_email = models.CharField(max_length=254, blank=True)  # the last person who wrote before the end
    state = models.CharField(max_length=8, default="due")  # due | asked | answered | skipped
    reason = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(blank=True)

    objects = OfWorkspace["SurveyRequest"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["survey", "subject"], name="survey_asks_once_per_subject"),
            models.CheckConstraint(
                condition=models.Q(state__in=["due", "asked", "answered", "skipped"]),
                name="survey_request_state_is_known",
            ),
        ]
        indexes: ClassVar = [
            # surveys: what is due
            models.Index(fields=["due_at"], condition=models.Q(state="due"), name="survey_request_due"),
            # surveys: what a person was asked lately
            models.Index(fields=["customer", "-asked_at"], name="survey_request_of_customer"),
        ]
