"""``/routing``: which rules sort the queue, how everybody's is given out, and why people may pause."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.act import act
from conversations.api import shapes
from conversations.feed import Change
from conversations.wake import Work
from hub import routing
from hub.access import caller_of
from hub.inputs import Text, checked
from hub.models import Role


class RoutingInput(serializers.Serializer[Any]):
    """What shall be otherwise; what is not named stays.

    A rule is `{"name", "if": {channel, channel_kind, label, language, attribute: {key: value}, hours: open|closed},
    "then": {team, agent, skills, language, priority}}`; the first whose `if` holds decides. `everybody` is `{method, sticky,
    silent_minutes, gone_minutes}` of conversations without a team.
    """

    rules = serializers.ListField(child=serializers.DictField(), required=False, max_length=1_000)
    everybody = serializers.DictField(required=False)
    break_reasons = serializers.ListField(child=Text(max_length=200), required=False, max_length=200)


class WorkspaceRoutingShape(shapes.Shape):
    """The routing of the workspace."""

    rules = serializers.ListField(child=serializers.DictField())
    everybody = serializers.DictField()
    break_reasons = serializers.ListField(child=serializers.CharField())


class Sorted(msgspec.Struct, frozen=True):
    """That the rules are other ones: the queue is looked at again."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ("route",)


class Routing(APIView):
    """How the queue is sorted."""

    roles: ClassVar = {"PATCH": Role.ADMIN}

    @extend_schema(operation_id="get_routing", responses=shapes.answers(WorkspaceRoutingShape))
    def get(self, request: Request) -> Response:
        """Show the rules, how everybody's queue is given out, and the reasons of a break."""
        return Response(routing.shown(caller_of(request).workspace))

    @extend_schema(
        operation_id="change_routing", request=RoutingInput, responses=shapes.answers(WorkspaceRoutingShape, 400)
    )
    def patch(self, request: Request) -> Response:
        """Change them. What waits already was sorted by the rules of its time."""
        caller, given = caller_of(request), checked(RoutingInput, request)
        change = routing.RoutingChange(**given)

        def room() -> Sorted:
            caller.workspace = routing.change_routing(caller, change)
            return Sorted()

        act(caller.workspace.pk, room)
        return Response(routing.shown(caller.workspace))
