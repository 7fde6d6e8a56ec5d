"""One episode of service cut out of a customer's history."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models.connection import Channel
from conversations.models.customer import Customer
from conversations.querysets.conversation import Conversations
from hub.ids import new_id
from hub.models import Team, Workspace


class Conversation(models.Model):
    """An episode: waiting → open → (pending, snoozed) → resolved, reopened. At most one of a customer is not resolved."""

    class Status(models.TextChoices):
        """Where the episode stands."""

        WAITING = "waiting", _("Waiting")
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="conversations")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    channel_ids = ArrayField(models.UUIDField(), default=list)  # touched, in order of first use
    last_channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    first_response_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)  # the first unanswered inbound message
    resolved_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    reopened_count = models.PositiveIntegerField(default=0)
    last_inbound_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    last_message = models.ForeignKey(
        "conversations.Message", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    last_seq = models.PositiveIntegerField(default=0)  # position of the newest message, counted per conversation
    unread = models.PositiveIntegerField(default=0)  # inbound messages nobody of the team has seen
    route_reason = models.JSONField(null=True)
    # While its customer is merged, an episode that ran beside the survivor's counts as part of that one.
    folded_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="folded")
    label_ids = ArrayField(models.UUIDField(), default=list, db_default=models.Value("{}"))
    priority = models.PositiveSmallIntegerField(default=0, db_default=0)  # 0 none, 1 low, 2 medium, 3 high, 4 urgent
    language = models.CharField(max_length=8, blank=True, default="", db_default="")
    attributes = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )  # custom fields by key
    assigned_at = models.DateTimeField(null=True)  # since when the assignee has it
    queued_at = models.DateTimeField(null=True)  # since when it waits for somebody to be given it
    # The nearest promise: what is due ("first_response", "next_response", "resolution") and when; late once it is past.
    sla_policy = models.ForeignKey("conversations.SlaPolicy", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True)
    due_kind = models.CharField(max_length=16, blank=True, default="", db_default="")
    due_told = models.CharField(
        max_length=8, blank=True, default="", db_default=""
    )  # "", risk or breached: what was said of it
    bot = models.ForeignKey(
        "conversations.Bot", null=True, on_delete=models.SET_NULL, related_name="+"
    )  # speaks until a person does
    # Cut from history that was brought in from outside, so it may be cut anew; one that went on here is not.
    outside = models.BooleanField(default=False, db_default=False)
    erased = models.BooleanField(
        default=False, db_default=False
    )  # its person was: it counts in figures and is shown nowhere
    created_at = models.DateTimeField(db_default=Now())

    objects = Conversations.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "customer"],
                condition=~models.Q(status="resolved") & models.Q(folded_into=None),
                name="one_open_conversation_per_customer",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "open", "pending", "snoozed", "resolved"]),
                name="conversation_status_is_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="resolved") | models.Q(resolved_at__isnull=False),
                name="resolved_has_resolved_at",
            ),
            models.CheckConstraint(condition=models.Q(priority__lte=4), name="priority_is_known"),
            models.CheckConstraint(
                condition=models.Q(due_at=None, due_kind="")
                | models.Q(due_at__isnull=False, due_kind__in=["first_response", "next_response", "resolution"]),
                name="what_is_due_has_its_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="snoozed") | models.Q(snoozed_until__isnull=False),
                name="snoozed_has_snoozed_until",
            ),
        ]
        indexes: ClassVar = [
            # the inbox's lists and GET /conversations: a view of one status, newest activity first
            models.Index(fields=["workspace", "status", "-last_message_at", "-id"], name="conversation_by_status"),
            models.Index(fields=["workspace", "-last_message_at", "-id"], name="conversation_by_activity"),
            # "mine"
            models.Index(
                fields=["workspace", "assignee", "-last_message_at", "-id"],
                condition=~models.Q(status="resolved"),
                name="conversation_by_assignee",
            ),
            # GET /queue: longest waiting first
            models.Index(
                fields=["workspace", "waiting_since"],
                condition=models.Q(waiting_since__isnull=False) & ~models.Q(status="resolved"),
                name="conversation_by_wait",
            ),
            # routing: what waits for somebody, longest first
            models.Index(
                fields=["workspace", "queued_at"],
                condition=models.Q(queued_at__isnull=False) & ~models.Q(status="resolved"),
                name="conversation_to_route",
            ),
            # the view of what is due soonest; the clock that says what is late
            models.Index(
                fields=["workspace", "due_at"],
                condition=models.Q(due_at__isnull=False) & ~models.Q(status="resolved"),
                name="conversation_by_due",
            ),
            # views of a label
            GinIndex(fields=["label_ids"], name="conversation_by_label", fastupdate=False),
            # thread: the newest episode of a customer; the timeline
            models.Index(fields=["customer", "-opened_at"], name="conversation_by_customer"),
        ]
