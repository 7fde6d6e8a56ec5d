"""``/queue``: how many wait, how long, and where everything stands now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.models import Count, Min
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.represent import Shown, moment
from conversations.models import Conversation
from hub.access import caller_of
from hub.models import Membership, Presence, Team, Workspace

Status = Conversation.Status


class LoadShape(shapes.Shape):
    """How many conversations stand where."""

    waiting = serializers.IntegerField()
    longest_wait_seconds = serializers.IntegerField(allow_null=True)
    open = serializers.IntegerField()
    pending = serializers.IntegerField()
    snoozed = serializers.IntegerField()


class TeamLoadShape(LoadShape):
    """The load of one team; `team` null is everybody's queue."""

    team = shapes.TeamShape(allow_null=True)
    agents = serializers.DictField(child=serializers.IntegerField())


class ChannelLoadShape(LoadShape):
    """The load of one kind of channel: where the conversation was last written on."""

    channel_kind = serializers.CharField(allow_null=True)


class QueueShape(LoadShape):
    """What is going on now."""

    agents = serializers.DictField(child=serializers.IntegerField())
    teams = TeamLoadShape(many=True)
    channel_kinds = ChannelLoadShape(many=True)
    as_of = serializers.DateTimeField()


class Cell(msgspec.Struct, frozen=True):
    """How many conversations of one team, kind of channel and status there are, and since when the first waits."""

    team_id: object
    kind: str | None
    status: str
    count: int
    since: datetime | None


def load(cells: Iterable[Cell], now: datetime) -> Shown:
    """Return the contract's figures over some cells; ``longest_wait_seconds`` of those nobody has answered."""
    kept = list(cells)
    waits = [cell.since for cell in kept if cell.status == Status.WAITING and cell.since]
    return {
        "waiting": _count(kept, Status.WAITING),
        "longest_wait_seconds": max(int((now - min(waits)).total_seconds()), 0) if waits else None,
        "open": _count(kept, Status.OPEN),
        "pending": _count(kept, Status.PENDING),
        "snoozed": _count(kept, Status.SNOOZED),
    }


def _count(cells: Iterable[Cell], status: str) -> int:
    return sum(cell.count for cell in cells if cell.status == status)


def now_in(workspace: Workspace, now: datetime) -> Shown:
    """Return the whole queue, with who is there: five queries. Members of no team are those of everybody's queue."""
    grouped = (
        Conversation.objects.of(workspace)
        .standing()
        .unresolved()
        .values_list("team_id", "last_channel__kind", "status")
        .annotate(Count("id"), Min("waiting_since"))
        .order_by()
    )
    cells = [Cell(*row) for row in grouped]
    teams = list(Team.objects.of(workspace).order_by("name"))
    kinds = sorted({cell.kind or "" for cell in cells})
    there = Membership.objects.of(workspace).filter(user__is_active=True).order_by()
    of_teams = list(there.filter(teams__in=teams).values_list("teams", "presence").annotate(Count("id")))
    alone = there.filter(teams=None).values_list("presence").annotate(Count("id"))
    return {
        **load(cells, now),
        "agents": _present(there.values_list("presence").annotate(Count("id"))),
        "teams": [
            {
                "team": {"id": str(team.pk), "name": team.name},
                **load(_of_team(cells, team), now),
                "agents": _present((word, count) for key, word, count in of_teams if key == team.pk),
            }
            for team in teams
        ]
        + [{"team": None, **load(_of_team(cells, None), now), "agents": _present(alone)}],
        "channel_kinds": [
            {"channel_kind": kind or None, **load([cell for cell in cells if (cell.kind or "") == kind], now)}
            for kind in kinds
        ],
        "as_of": moment(now),
    }


def _present(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many members are there in each way, every one of them named."""
    return dict.fromkeys(Presence.values, 0) | dict(counts)


def _of_team(cells: Iterable[Cell], team: Team | None) -> list[Cell]:
    return [cell for cell in cells if cell.team_id == (team.pk if team else None)]


class Queue(APIView):
    """The queue now."""

    @extend_schema(operation_id="get_queue", responses=shapes.answers(QueueShape))
    def get(self, request: Request) -> Response:
        """Show how many conversations wait, are open, pending and snoozed: in all, per team and per kind of channel."""
        return Response(now_in(caller_of(request).workspace, timezone.now()))
