"""``/hours``: when a workspace works, and each of its teams; earlier versions stay for what was then."""

from __future__ import annotations

from datetime import date, time
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _, gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Id, Instant, Text, checked
from hub.models import Role, Team, WorkingHours, Workspace
from hub.problems import Conflict

MINUTES_A_DAY, DAYS = 24 * 60, 7


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
    holidays = serializers.ListField(child=serializers.DateField(), required=False, max_length=1_000)

    def validate_zone(self, zone: str) -> str:
        """Refuse what is no IANA zone."""
        if zone not in available_timezones():
            raise ValidationError(_("There is no time zone of this name: %(zone)s.") % {"zone": zone})
        return zone

    def validate_periods(self, periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse periods that overlap, over midnight and over the end of the week too."""
        spans = sorted(_minutes(one) for one in periods)
        week = DAYS * MINUTES_A_DAY
        following = [*spans[1:], *((start + week, end + week) for start, end in spans[:1])]
        if any(end > start for (_start, end), (start, _end) in zip(spans, following, strict=True)):
            raise ValidationError(OVERLAP)
        return periods


OVERLAP = gettext_lazy("Two of these periods overlap.")


class HoursShape(HoursInput):
    """A version of the hours as it is kept."""

    id = serializers.UUIDField()


def _minutes(period: dict[str, Any]) -> tuple[int, int]:
    """Return a period in minutes of the week."""
    start, end = (at.hour * 60 + at.minute for at in (period["start"], period["end"]))
    midnight = period["weekday"] * MINUTES_A_DAY
    return midnight + start, midnight + end + (MINUTES_A_DAY if end <= start else 0)


def shown(row: WorkingHours) -> dict[str, Any]:
    """Return a version as the API shows it."""
    return {
        "id": str(row.pk),
        "team": str(row.team_id) if row.team_id else None,
        "since": row.since.isoformat() if row.since else None,
        "zone": row.zone,
        "periods": row.periods,
        "holidays": row.holidays,
    }


class HoursList(APIView):
    """All versions; adding one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @extend_schema(operation_id="list_hours", responses={(200, "application/json"): dict})
    def get(self, request: Request) -> Response:
        """List the versions of the workspace's hours and of its teams', in the order in which they come into force."""
        rows = sorted(
            WorkingHours.objects.of(caller_of(request).workspace),
            key=lambda row: (str(row.team_id or ""), row.since is not None, row.since),
        )
        return Response({"next": None, "previous": None, "results": [shown(row) for row in rows]})

    @extend_schema(operation_id="add_hours", request=HoursInput, responses={201: HoursShape})
    @once
    def post(self, request: Request) -> Response:
        """Add a version; figures in working time follow it, also those of the past it now holds for."""
        given = checked(HoursInput, request)
        workspace = caller_of(request).workspace
        row = WorkingHours(
            workspace=workspace,
            team=_team(workspace, given.get("team")),
            since=given.get("since"),
            zone=given["zone"],
            periods=[{**one, "start": _clock(one["start"]), "end": _clock(one["end"])} for one in given["periods"]],
            holidays=sorted({date.isoformat(one) for one in given.get("holidays", ())}),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict(_("There are hours in force from this instant already: remove them first.")) from error
        return Response(shown(row), status=201)


def _team(workspace: Workspace, team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.of(workspace).filter(pk=team_id).first()
    if team is None:
        raise ValidationError({"team": [_("There is no such team.")]})
    return team


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


class HoursDetail(APIView):
    """One version."""

    roles: ClassVar = {"DELETE": Role.ADMIN}

    @extend_schema(operation_id="remove_hours", responses={204: None})
    def delete(self, request: Request, hours_id: UUID) -> Response:
        """Remove a version: the one before it holds on."""
        gone, _rows = WorkingHours.objects.of(caller_of(request).workspace).filter(pk=hours_id).delete()
        if not gone:
            raise Http404
        return Response(status=204)
