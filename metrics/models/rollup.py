"""The pre-added cells of figures."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from hub.models import OfWorkspace, Workspace


class Cell(models.Model):
    """A pre-added cell: one measure of a workspace's day or month (in its zone) on one channel, or by one agent.

    ``day`` is the first of its ``span``; ``total`` in microseconds; ``hours`` counts by hour of the day, or of a month by hour
    of the week; ``histogram`` packs (bucket, count) pairs, ``members`` who it was, of days alone.
    """

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.CharField(max_length=16)
    dimension = models.CharField(max_length=7)
    value = models.CharField(max_length=254)
    span = models.CharField(max_length=5)
    day = models.DateField()
    n = models.BigIntegerField()
    total = models.BigIntegerField()
    hours = ArrayField(models.BigIntegerField())
    histogram = models.BinaryField()
    members = models.BinaryField(default=b"")

    objects = OfWorkspace["Cell"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                # also the query's way to a measure's cells of a period
                fields=["workspace", "measure", "dimension", "span", "day", "value"],
                name="cell_is_kept_once",
            ),
            models.CheckConstraint(
                condition=models.Q(dimension__in=["channel", "agent"]), name="cell_dimension_is_known"
            ),
            models.CheckConstraint(condition=models.Q(span__in=["day", "month"]), name="cell_span_is_known"),
            models.CheckConstraint(condition=models.Q(n__gt=0), name="cell_is_not_empty"),
        ]
