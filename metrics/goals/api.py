"""``/goals``: what figures shall be by a day, how it goes, and every change of it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, shows
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Id, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page
from metrics.goals import keeping
from metrics.goals.standing import Standing, standings
from metrics.models import Goal
from metrics.models.plans import AT_LEAST, AT_MOST

DIRECTIONS = [AT_LEAST, AT_MOST]
STATES = ["to_come", "on_pace", "behind", "reached", "missed", "unknown", "closed"]


class Amount(serializers.FloatField):
    """A number, not a word or truth value for one."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number."""
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class GoalChangeInput(serializers.Serializer[Any]):
    """What shall be otherwise about a goal; what is not said stays. ``closed`` ends it for good."""

    target = Amount(required=False)
    direction = Choice(DIRECTIONS, required=False)
    baseline = Amount(required=False, allow_null=True)
    deadline = serializers.DateField(required=False)
    owner = Id(required=False)
    reason = Text(max_length=300, required=False)
    closed = YesNo(required=False)


class GoalInput(serializers.Serializer[Any]):
    """A goal to set; target and baseline in the metric's unit (seconds, a share of 1, money). Dates are the workspace's days."""

    metric = Text(max_length=60)
    target = Amount()
    direction = Choice(DIRECTIONS, required=False)
    baseline = Amount(required=False, allow_null=True)
    start = serializers.DateField()
    deadline = serializers.DateField()
    owner = Id(required=False)
    reason = Text(max_length=300)
    clock = Text(max_length=10, required=False)
    filters = serializers.DictField(
        child=serializers.ListField(child=Text(max_length=keeping.VALUE_LENGTH), allow_empty=False), required=False
    )


class ForecastShape(shapes.Shape):
    """What the past says: the value on the deadline with its 80 % interval, and how far such forecasts were off."""

    method = serializers.ChoiceField(["linear", "naive"])
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    error = serializers.FloatField(help_text="Mean absolute error of forecasts from points of the past.")
    tests = serializers.IntegerField()
    tested_ahead = serializers.IntegerField(help_text="How many periods ahead they looked.")


class StandingShape(shapes.Shape):
    """How a goal goes now."""

    state = serializers.ChoiceField(STATES)
    value = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    receipt = serializers.UUIDField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    pace = serializers.FloatField(allow_null=True)
    elapsed = serializers.FloatField(help_text="Which share of the working time is over.")
    forecast = ForecastShape(allow_null=True)
    chance = serializers.FloatField(allow_null=True, help_text="Probability that the target is reached.")
    beyond = serializers.BooleanField(
        allow_null=True, help_text="Whether the target lies beyond what 95 % of the past's periods reached."
    )
    needed = serializers.FloatField(allow_null=True, help_text="What each period to come must hold.")
    period = serializers.ChoiceField(["day", "week"])
    history = serializers.IntegerField(help_text="How many periods of the past are known.")


class GoalShape(shapes.Shape):
    """A goal, with how it goes and every change since it was set."""

    id = serializers.UUIDField()
    metric = serializers.CharField(help_text="Name and version: `reply_time@1`.")
    filters = serializers.DictField()
    clock = serializers.CharField()
    target = serializers.FloatField()
    direction = serializers.ChoiceField(DIRECTIONS)
    baseline = serializers.FloatField(allow_null=True)
    start = serializers.DateField()
    deadline = serializers.DateField()
    owner = serializers.EmailField(allow_null=True)
    reason = serializers.CharField()
    changes = serializers.ListField(child=serializers.DictField())
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    standing = StandingShape()


def shown(row: Goal, seen: Standing) -> dict[str, Any]:
    """Return a goal as the API shows it."""
    ahead = seen.forecast
    names = ("method", "value", "low", "high", "error", "tests", "tested_ahead")
    return {
        "id": str(row.pk),
        "metric": f"{row.metric}@{row.version}",
        "filters": row.filters,
        "clock": row.clock,
        "target": row.target,
        "direction": row.direction,
        "baseline": row.baseline,
        "start": row.start.isoformat(),
        "deadline": row.deadline.isoformat(),
        "owner": row.owner.email if row.owner else None,
        "reason": row.reason,
        "changes": row.changes,
        "created_at": row.created_at.isoformat(),
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "standing": {
            "state": seen.state,
            "value": seen.value,
            "n": seen.n,
            "receipt": str(seen.receipt) if seen.receipt else None,
            "expected": seen.expected,
            "pace": seen.pace,
            "elapsed": seen.elapsed,
            "forecast": {name: getattr(ahead, name) for name in names} if ahead else None,
            "chance": seen.chance,
            "beyond": seen.beyond,
            "needed": seen.needed,
            "period": seen.period,
            "history": seen.history,
        },
    }


def _one(row: Goal) -> dict[str, Any]:
    row.refresh_from_db()
    (seen,) = standings(row.workspace, [row], timezone.now())
    return shown(row, seen)


class GoalList(APIView):
    """All goals; setting one."""

    role: ClassVar[str] = Role.SUPERVISOR

    @lists("list_goals", GoalShape)
    def get(self, request: Request) -> Response:
        """List the goals, the newest first, each with how it goes."""
        workspace = caller_of(request).workspace
        body = page(request, Goal.objects.of(workspace).select_related("owner"), {"id": UUID}, lambda row: row)
        seen = standings(workspace, body["results"], timezone.now())
        return Response({**body, "results": [shown(row, how) for row, how in zip(body["results"], seen, strict=True)]})

    @creates("set_goal", GoalInput, GoalShape)
    @once
    def post(self, request: Request) -> Response:
        """Set a goal; without a baseline the figure of the 28 days before is taken."""
        given = checked(GoalInput, request)
        given["filters"] = {name: tuple(values) for name, values in given.get("filters", {}).items()}
        row = keeping.set_goal(caller_of(request), keeping.Wanted(**given))
        return Response(_one(row), status=201)


class GoalDetail(APIView):
    """One goal."""

    role: ClassVar[str] = Role.SUPERVISOR

    @shows("get_goal", GoalShape)
    def get(self, request: Request, goal: UUID) -> Response:
        """Show a goal and how it goes."""
        return Response(_one(Goal.objects.of(caller_of(request).workspace).select_related("workspace").get(pk=goal)))

    @changes("change_goal", GoalChangeInput, GoalShape, 409)
    def patch(self, request: Request, goal: UUID) -> Response:
        """Change or close a goal; what was wanted before stays in ``changes`` and in history."""
        caller = caller_of(request)
        Goal.objects.of(caller.workspace).only("pk").get(pk=goal)
        row = keeping.change(caller, goal, checked(GoalChangeInput, request))
        return Response(_one(row))
