"""What people want of the figures: goals, the matrix of stages and channels, and letters with figures on a schedule."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import Membership, OfWorkspace, Workspace

AT_LEAST, AT_MOST = "at_least", "at_most"
STAGES = ("attention", "consideration", "decision", "service", "loyalty")


class Goal(models.Model):
    """What a figure shall be by a day: specific, measured, with whom it belongs to and why.

    ``changes`` are its changes, the newest last: ``{"at", "by", "fields": {name: [before, after]}}``; history holds the same as
    ``goal.set`` and ``goal.changed``. ``baseline`` is where the figure stood when the goal was set.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    metric = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    filters = models.JSONField(default=dict, blank=True)  # {dimension: [values]}
    clock = models.CharField(max_length=10, default="elapsed")
    target = models.FloatField()  # in the metric's unit: seconds, a fraction, money …
    direction = models.CharField(max_length=8)
    baseline = models.FloatField(null=True)
    start = models.DateField()
    deadline = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300)
    changes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    objects = OfWorkspace["Goal"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(deadline__gte=models.F("start")), name="goal_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=[AT_LEAST, AT_MOST]), name="goal_direction_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}@{self.version}"


class StageModel(models.Model):
    """A workspace's own model of stages, channels and figures; without one the usual one holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    changed_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["StageModel"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace"], name="workspace_has_one_stage_model"),
        ]


class MatrixCell(models.Model):
    """A figure in a cell of the matrix: of a stage, on a kind of channel (empty: on all of them together)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = models.ForeignKey(StageModel, on_delete=models.CASCADE, related_name="cells", db_index=False)
    stage = models.CharField(max_length=14)
    channel = models.CharField(max_length=20, blank=True, default="")
    metric = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    objects = OfWorkspace["MatrixCell"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model", "stage", "channel", "metric"], name="figure_stands_once_in_a_cell"
            ),
            models.CheckConstraint(condition=models.Q(stage__in=STAGES), name="matrix_stage_is_known"),
        ]


class Digest(models.Model):
    """A letter with figures: which ones, to whom, when and in which language. ``weekday`` empty: every day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=60)
    metrics = models.JSONField()  # names of the registry, in the order of the letter
    weekday = models.PositiveSmallIntegerField(null=True)  # 0 is Monday
    hour = models.PositiveSmallIntegerField(default=8)
    zone = models.CharField(max_length=60)
    language = models.CharField(max_length=8)
    recipients = models.ManyToManyField(Membership, related_name="+", blank=True)
    is_on = models.BooleanField(default=True)
    since = models.DateTimeField(db_default=Now())  # letters that were due before are not sent
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Digest"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="digest_name_is_unique_in_workspace"),
            models.CheckConstraint(
                condition=models.Q(hour__lt=24) & (models.Q(weekday=None) | models.Q(weekday__lt=7)),
                name="digest_is_due_at_an_hour_of_the_week",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DigestLetter(models.Model):
    """One letter of a digest to one member, claimed before it is sent: a period's letter goes out once."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="letters", db_index=False)
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)

    objects = OfWorkspace["DigestLetter"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["digest", "member", "due_at"], name="letter_of_a_period_goes_out_once"),
        ]
