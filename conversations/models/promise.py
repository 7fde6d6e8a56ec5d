"""What was promised to customers, and what supervisors want to be told of."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import OfWorkspace, Team, Workspace


class SlaPolicy(models.Model):
    """How fast something is promised, in seconds; the first policy in ``position`` that fits a conversation holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sla_policies")
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    channel_kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)  # empty: every one
    priorities = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    first_response = models.PositiveIntegerField(null=True)
    next_response = models.PositiveIntegerField(null=True)
    resolution = models.PositiveIntegerField(null=True)
    clock = models.CharField(max_length=8, default="business")
    pauses = models.BooleanField(default=True)  # while waiting for the customer, resolution does not run
    active = models.BooleanField(default=True)

    objects = OfWorkspace["SlaPolicy"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="policy_name_is_unique_in_workspace"),
            models.CheckConstraint(condition=models.Q(clock__in=["elapsed", "business"]), name="policy_clock_is_known"),
            models.CheckConstraint(
                condition=(models.Q(first_response=None) | models.Q(first_response__gt=0))
                & (models.Q(next_response=None) | models.Q(next_response__gt=0))
                & (models.Q(resolution=None) | models.Q(resolution__gt=0)),
                name="promise_is_longer_than_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """When supervisors want to be told: the queue's depth, its oldest wait, or promises about to be broken."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="alert_rules")
    kind = models.CharField(max_length=12)  # depth | oldest_wait | breach
    threshold = models.PositiveIntegerField()  # conversations, or seconds
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    channel_kind = models.CharField(max_length=20, blank=True)
    active = models.BooleanField(default=True)

    objects = OfWorkspace["AlertRule"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["depth", "oldest_wait", "breach"]), name="alert_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.threshold}"


class Incident(models.Model):
    """An alert that holds: one at a time for a rule, closed when its cause is gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="incidents")
    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="incidents")
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    cause = models.JSONField(default=dict)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = OfWorkspace["Incident"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule"], condition=models.Q(closed_at=None), name="one_open_incident_per_rule"
            ),
        ]


class KioskLink(models.Model):
    """An address that shows the board on a wall, without names; its token is kept as a digest and ends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = OfWorkspace["KioskLink"].as_manager()

    def __str__(self) -> str:
        return self.name


class PushSubscription(models.Model):
    """A browser of a member that wants to be told while it is closed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.TextField()
    public_key = models.CharField(max_length=120)
    auth_secret = models.CharField(max_length=60)
    created_at = models.DateTimeField(db_default=Now())
    failed_at = models.DateTimeField(null=True)

    objects = OfWorkspace["PushSubscription"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "endpoint"], name="browser_is_subscribed_once"),
        ]
