"""``/hours``: when a workspace works, and each of its teams; earlier versions stay for what was then."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import free_days, schedules
from hub.access import caller_of
from hub.hours import Period
from hub.idempotency import once
from hub.inputs import Id, Instant, Text, checked
from hub.models import Role, WorkingHours
from hub.pagination import whole


class PeriodInput(serializers.Serializer[Any]):
    """Open on a weekday (0 is Monday); an end that is not after its start lies on the next day."""

    weekday = serializers.IntegerField(min_value=0, max_value=6)
    start = serializers.TimeField(format="%H:%M")
    end = serializers.TimeField(format="%H:%M")


class HoursInput(serializers.Serializer[Any]):
    """A version of the hours, from ``since`` on; without, it always held. Without a team it is everybody's."""

    team = Id(required=False, allow_null=True)
    since = Instant(required=False, allow_null=True)
    zone = Text(max_length=60)
    periods = PeriodInput(many=True)
    holidays = serializers.ListField(child=serializers.DateField(), required=False, max_length=schedules.MOST_HOLIDAYS)
    region = Text(max_length=free_days.LENGTH, required=False, allow_blank=True)


class HoursShape(HoursInput):
    """A version of the hours as it is kept."""

    id = serializers.UUIDField()


class HoursPageShape(serializers.Serializer[Any]):
    """All versions, in one piece."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = HoursShape(many=True)


def shown(row: WorkingHours) -> dict[str, Any]:
    """Return a version as the API shows it."""
    return {
        "id": str(row.pk),
        "team": str(row.team_id) if row.team_id else None,
        "since": row.since.isoformat() if row.since else None,
        "zone": row.zone,
        "periods": row.periods,
        "holidays": row.holidays,
        "region": row.region,
    }


class HoursList(APIView):
    """All versions; adding one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @extend_schema(operation_id="list_hours", responses={200: HoursPageShape})
    def get(self, request: Request) -> Response:
        """List the versions of the workspace's hours and of its teams', in the order in which they come into force."""
        rows = sorted(
            WorkingHours.objects.of(caller_of(request).workspace),
            key=lambda row: (str(row.team_id or ""), row.since is not None, row.since),
        )
        return Response(whole([shown(row) for row in rows]))

    @extend_schema(operation_id="add_hours", request=HoursInput, responses={201: HoursShape})
    @once
    def post(self, request: Request) -> Response:
        """Add a version; figures in working time follow it, also those of the past it now holds for."""
        given = checked(HoursInput, request)
        wanted = schedules.NewHours(
            team=given.get("team"),
            since=given.get("since"),
            zone=given["zone"],
            periods=tuple(Period(one["weekday"], one["start"], one["end"]) for one in given["periods"]),
            holidays=tuple(given.get("holidays", ())),
            region=given.get("region", ""),
        )
        return Response(shown(schedules.add(caller_of(request), wanted)), status=201)


class HoursDetail(APIView):
    """One version."""

    roles: ClassVar = {"DELETE": Role.ADMIN}

    @extend_schema(operation_id="remove_hours", responses={204: None})
    def delete(self, request: Request, hours_id: UUID) -> Response:
        """Remove a version: the one before it holds on."""
        schedules.remove(caller_of(request), hours_id)
        return Response(status=204)
