"""What happens by itself: rules, their log, and bots that speak until a person does."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from conversations.models.conversation import Conversation
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace
from hub.secrets import SealedBox


class Rule(models.Model):
    """When (``event``), if (``conditions``), then (``actions``); the rules of an event are tried in ``position``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    event = models.CharField(max_length=40)
    conditions = models.JSONField(default=list)  # [{"field", "is", "value"}], all must hold
    actions = models.JSONField(default=list)  # [{"do", …}], in order
    active = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfWorkspace["Rule"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="rule_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleRun(models.Model):
    """That a rule looked at an event of history: whether it fired, and why or why not. Once per rule and event."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="runs", db_index=False)
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.CASCADE, related_name="+")
    event_id = models.BigIntegerField()
    fired = models.BooleanField()
    why = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["RuleRun"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "event_id"], name="rule_runs_once_per_event"),
        ]
        indexes: ClassVar = [
            # the log of what fired, newest first
            models.Index(fields=["workspace", "-id"], name="rule_run_by_workspace"),
        ]


class Follower(models.Model):
    """How far a follower of history has read: ``automation``, ``surveys``, ``bots`` …, behind the same gap-free mark as figures."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=20)
    transaction = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Follower"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="follower_has_one_mark_per_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class Bot(models.Model):
    """A program told by signed webhook what customers say; it may answer until a person takes over, never after."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="bots")
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    sealed_secret = SealedBox()
    channel_ids = ArrayField(models.UUIDField(), default=list, blank=True)  # empty: every one
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Bot"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="bot_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class BotCall(models.Model):
    """Something a bot must be told: sent until it was accepted, in order for a conversation, then settled."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="calls", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=40)
    message_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, default="queued")  # queued | done | failed
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["BotCall"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "done", "failed"]), name="bot_call_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["not_before"], condition=models.Q(state="queued"), name="bot_call_to_send"),
        ]
