"""When a workspace works, or one of its teams."""

from __future__ import annotations

from datetime import date, time
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from hub.hours import Period, Schedule
from hub.ids import new_id
from hub.models.people import Team
from hub.models.workspace import OfWorkspace, Workspace


class WorkingHours(models.Model):
    """When a workspace works, or one of its teams, since an instant: a version of its hours; earlier ones stay for what was then.

    ``periods`` are ``[{"weekday": 0-6 from Monday, "start": "09:00", "end": "18:00"}]``, an end that is not after its start lies
    on the next day; ``holidays`` are dates. ``since`` empty: it always held.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="working_hours")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="working_hours")
    since = models.DateTimeField(null=True)
    zone = models.CharField(max_length=60)
    periods = models.JSONField()
    holidays = models.JSONField(default=list)
    # Whose public holidays are free as well: "BR", "BR-SP" …; empty for none
    region = models.CharField(max_length=10, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["WorkingHours"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "team", "since"], nulls_distinct=False, name="hours_have_one_version_at_a_time"
            ),
        ]

    @property
    def schedule(self) -> Schedule:
        """The version as a value to reckon with."""
        return Schedule(
            zone=self.zone,
            periods=tuple(
                Period(one["weekday"], time.fromisoformat(one["start"]), time.fromisoformat(one["end"]))
                for one in self.periods
            ),
            holidays=frozenset(date.fromisoformat(one) for one in self.holidays),
            since=self.since,
            region=self.region,
        )
