"""``/sla_policies``: what is promised to whom, and by which clock."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.asking import OneOf, kinds
from conversations.api.operations import changes, creates, lists, removes, shows
from conversations.models import SlaPolicy
from conversations.promise import keeping
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Id, Partly, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page

CLOCKS = list(keeping.CLOCKS)


class SlaPolicyInput(serializers.Serializer[Any]):
    """A policy to make. Promises are in seconds, null for none; the first policy by `position` that fits holds."""

    name = Text(max_length=keeping.NAME_LENGTH)
    position = serializers.IntegerField(required=False)
    team = Id(source="team_id", required=False, allow_null=True)
    channel_kinds = serializers.ListField(child=OneOf(kinds), required=False, max_length=50)
    priorities = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=5)
    first_response = serializers.IntegerField(required=False, allow_null=True)
    next_response = serializers.IntegerField(required=False, allow_null=True)
    resolution = serializers.IntegerField(required=False, allow_null=True)
    clock = Choice(CLOCKS, required=False)
    pauses = YesNo(required=False)
    active = YesNo(required=False)


class SlaPolicyChangeInput(Partly, SlaPolicyInput):
    """What shall be otherwise about a policy; what is not said stays."""


class SlaPolicyShape(shapes.Shape):
    """A policy. `pauses`: resolution does not run while the customer is asked."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    channel_kinds = serializers.ListField(child=serializers.CharField())
    priorities = serializers.ListField(child=serializers.IntegerField())
    first_response = serializers.IntegerField(allow_null=True)
    next_response = serializers.IntegerField(allow_null=True)
    resolution = serializers.IntegerField(allow_null=True)
    clock = serializers.ChoiceField(CLOCKS)
    pauses = serializers.BooleanField()
    active = serializers.BooleanField()


class SlaPolicyList(APIView):
    """All policies; making one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @lists("list_sla_policies", SlaPolicyShape)
    def get(self, request: Request) -> Response:
        """List the policies, the oldest first."""
        rows = SlaPolicy.objects.of(caller_of(request).workspace)
        return Response(page(request, rows, {"id": UUID}, SlaPolicyShape.shown, descending=False))

    @creates("create_sla_policy", SlaPolicyInput, SlaPolicyShape)
    @once
    def post(self, request: Request) -> Response:
        """Make a policy."""
        given = checked(SlaPolicyInput, request)
        row = keeping.keep(caller_of(request), keeping.Plan(**given))
        return Response(SlaPolicyShape.shown(row), status=201)


class SlaPolicyDetail(APIView):
    """One policy."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @shows("get_sla_policy", SlaPolicyShape)
    def get(self, request: Request, policy_id: UUID) -> Response:
        """Show a policy."""
        return Response(SlaPolicyShape.shown(SlaPolicy.objects.of(caller_of(request).workspace).get(pk=policy_id)))

    @changes("change_sla_policy", SlaPolicyChangeInput, SlaPolicyShape)
    def patch(self, request: Request, policy_id: UUID) -> Response:
        """Change a policy: what is due by it is figured anew."""
        caller = caller_of(request)
        row = SlaPolicy.objects.of(caller.workspace).get(pk=policy_id)
        given = checked(SlaPolicyChangeInput, request)
        plan = msgspec.structs.replace(keeping.plan_of(row), **given)
        return Response(SlaPolicyShape.shown(keeping.keep(caller, plan, row)))

    @removes("remove_sla_policy")
    def delete(self, request: Request, policy_id: UUID) -> Response:
        """Remove a policy."""
        keeping.remove(caller_of(request), policy_id)
        return Response(status=204)
