"""``/agents`` and ``/teams``: who answers, how they are there, what they may carry; and how a team's conversations are given out."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.act import act
from conversations.api import shapes, staff
from conversations.api.operations import changes, creates, removes, shows
from conversations.api.presence import PresenceShape
from conversations.api.represent import Shown
from conversations.feed import Change
from conversations.wake import Work
from hub import people
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import Choice, Text, checked
from hub.models import Membership, Role, Team, Workspace
from hub.pagination import whole


class CarriedShape(shapes.Shape):
    """What somebody carries, weighed by kind of channel, of what they may."""

    weight = serializers.IntegerField()
    capacity = serializers.IntegerField()


class StaffShape(PresenceShape):
    """A member: who they are, how they are there, what they carry and know."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(Role.choices)
    teams = shapes.TeamShape(many=True)
    load = CarriedShape()
    skills = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())


class RoutingShape(shapes.Shape):
    """How a team's conversations are given out; 0 minutes mean never."""

    method = serializers.ChoiceField(people.METHODS)
    sticky = serializers.BooleanField()
    silent_minutes = serializers.IntegerField()
    overflow_minutes = serializers.IntegerField()
    overflow_team = serializers.UUIDField(allow_null=True)


class TeamDetailShape(shapes.TeamShape):
    """A team with its members (ids of agents) and its routing."""

    members = serializers.ListField(child=serializers.UUIDField())
    routing = RoutingShape()


class AgentInput(serializers.Serializer[Any]):
    """What shall be otherwise about a member; what is not named stays. `teams` are ids of all their teams."""

    role = Choice(Role.values, required=False)
    capacity = serializers.IntegerField(required=False)
    skills = serializers.ListField(child=Text(max_length=200), required=False, max_length=200)
    languages = serializers.ListField(child=Text(max_length=40), required=False, max_length=200)
    teams = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=200)


class TeamInput(serializers.Serializer[Any]):
    """What shall be otherwise about a team; what is not named stays. `members` are ids of agents, all of them."""

    name = Text(required=False, max_length=200)
    members = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=1_000)
    routing = serializers.DictField(required=False)


class Told(msgspec.Struct, frozen=True):
    """What was changed of people: the feed tells of whom it is about, and the queue is looked at again."""

    changes: tuple[Change, ...]
    work: tuple[Work, ...] = ("route",)


class AgentList(APIView):
    """Everybody."""

    @extend_schema(operation_id="list_agents", responses=shapes.answers(shapes.page_of(StaffShape)))
    def get(self, request: Request) -> Response:
        """List everybody of the workspace by name: presence, load, skills and languages."""
        return Response(whole(list(staff.agents(caller_of(request).workspace).values())))


class AgentDetail(APIView):
    """One member."""

    roles: ClassVar = {"PATCH": Role.ADMIN}

    @shows("get_agent", StaffShape)
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Show a member."""
        return Response(_agent(caller_of(request).workspace, agent_id))

    @changes("change_agent", AgentInput, StaffShape)
    def patch(self, request: Request, agent_id: UUID) -> Response:
        """Change a member's role, capacity, skills, languages or teams."""
        caller = caller_of(request)
        _agent(caller.workspace, agent_id)
        given = checked(AgentInput, request)
        change = msgspec.convert(given, people.MemberChange)

        def room() -> Told:
            people.change_member(caller, Membership.objects.of(caller.workspace).get(user_id=agent_id).pk, change)
            return Told((Change("agent.updated", agent_id),))

        act(caller.workspace.pk, room)
        return Response(_agent(caller.workspace, agent_id))


def _agent(workspace: Workspace, agent_id: UUID) -> Shown:
    try:
        return staff.agents(workspace, [agent_id])[agent_id]
    except KeyError as error:
        raise Membership.DoesNotExist from error


class TeamList(APIView):
    """All teams."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @extend_schema(operation_id="list_teams", responses=shapes.answers(shapes.page_of(TeamDetailShape)))
    def get(self, request: Request) -> Response:
        """List the teams by name."""
        rows = Team.objects.of(caller_of(request).workspace).prefetch_related("members").order_by("name")
        return Response(whole([_team(row) for row in rows]))

    @creates("create_team", TeamInput, TeamDetailShape)
    @once
    def post(self, request: Request) -> Response:
        """Make a team."""
        caller, given = caller_of(request), checked(TeamInput, request)
        made: list[UUID] = []

        def room() -> Told:
            made.append(people.create_team(caller, given.pop("name", "")).pk)
            return _changed(caller, made[0], given)

        act(caller.workspace.pk, room)
        return Response(_team(Team.objects.of(caller.workspace).get(pk=made[0])), status=status.HTTP_201_CREATED)


class TeamDetail(APIView):
    """One team."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @shows("get_team", TeamDetailShape)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Show a team."""
        return Response(_team(Team.objects.of(caller_of(request).workspace).get(pk=team_id)))

    @changes("change_team", TeamInput, TeamDetailShape)
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Change a team's name, members or routing."""
        caller = caller_of(request)
        Team.objects.of(caller.workspace).get(pk=team_id)
        given = checked(TeamInput, request)
        act(caller.workspace.pk, lambda: _changed(caller, team_id, given))
        return Response(_team(Team.objects.of(caller.workspace).get(pk=team_id)))

    @removes("remove_team")
    def delete(self, request: Request, team_id: UUID) -> Response:
        """Dissolve a team: its open conversations are everybody's then."""
        people.remove_team(caller_of(request), team_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _changed(caller: Caller, team_id: UUID, given: dict[str, Any]) -> Told:
    """Change a team as asked; its members' rows are told of."""
    if "members" in given:
        wanted = set(given["members"])
        rows = dict(Membership.objects.of(caller.workspace).filter(user__in=wanted).values_list("user_id", "pk"))
        if len(rows) != len(wanted):
            raise ValidationError({"members": _("There is no such member.")})
        given = {**given, "members": tuple(rows.values())}
    before = _members(caller.workspace, team_id)
    if given:
        people.change_team(caller, team_id, msgspec.convert(given, people.TeamChange))
    touched = before ^ _members(caller.workspace, team_id)
    return Told(tuple(Change("agent.updated", user) for user in sorted(touched)))


def _members(workspace: Workspace, team_id: UUID) -> set[UUID]:
    return set(Membership.objects.of(workspace).filter(teams=team_id).values_list("user_id", flat=True))


def _team(row: Team) -> Shown:
    return {
        "id": str(row.pk),
        "name": row.name,
        "members": sorted(str(member.user_id) for member in row.members.all()),
        "routing": people.routing_of(row),
    }
