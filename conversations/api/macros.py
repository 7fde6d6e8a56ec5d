"""``/macros``: some acts done at once."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, removes
from conversations.models import Macro
from conversations.perform import MOST_ACTIONS
from conversations.workplace import macros
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, Id, Partly, Text, checked
from hub.models import Role
from hub.pagination import page


class Actions(serializers.ListField):
    """What is done, in order: `{"do": …}` and what that act needs."""

    child = serializers.DictField()


class MacroInput(serializers.Serializer[Any]):
    """A macro; without a team it is everybody's."""

    name = Text(max_length=macros.NAME_LENGTH)
    actions = Actions(max_length=MOST_ACTIONS)
    team = Id(required=False, allow_null=True)


class MacroChangeInput(Partly, MacroInput):
    """What shall be otherwise about a macro; what is not said stays."""


class MacroShape(shapes.Shape):
    """A macro.

    Its actions, `{"do": …}`: reply and note (`text`), ask (`text`, `options`), label and unlabel (`label`), priority
    (`priority` 0 to 4), assign (`team`, `agent`), handoff (`team`, `note`), snooze (`minutes`), resolve.
    """

    id = serializers.UUIDField()
    name = serializers.CharField()
    actions = serializers.ListField(child=serializers.DictField())
    team = serializers.UUIDField(source="team_id", allow_null=True)
    updated_at = shapes.Moment()


class MacroList(APIView):
    """All macros; keeping one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @lists("list_macros", MacroShape, team=UUID)
    def get(self, request: Request) -> Response:
        """List the macros, the oldest first; `team` keeps that team's and everybody's."""
        rows = Macro.objects.of(caller_of(request).workspace)
        if (team := Filters(request).uuid("team")) is not None:
            rows = rows.filter(Q(team=team) | Q(team=None))
        return Response(page(request, rows, {"id": UUID}, MacroShape.shown, descending=False))

    @creates("create_macro", MacroInput, MacroShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a macro."""
        given = checked(MacroInput, request)
        row = macros.create(caller_of(request), _wanted(given))
        return Response(MacroShape.shown(row), status=201)


class MacroDetail(APIView):
    """One macro."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @changes("change_macro", MacroChangeInput, MacroShape)
    def patch(self, request: Request, macro_id: UUID) -> Response:
        """Change a macro."""
        caller = caller_of(request)
        Macro.objects.of(caller.workspace).only("id").get(pk=macro_id)
        given = checked(MacroChangeInput, request)
        return Response(MacroShape.shown(macros.change(caller, macro_id, _wanted(given))))

    @removes("remove_macro")
    def delete(self, request: Request, macro_id: UUID) -> Response:
        """Remove a macro."""
        macros.remove(caller_of(request), macro_id)
        return Response(status=204)


def _wanted(given: dict[str, Any]) -> macros.MacroChange:
    if "actions" in given:
        given["actions"] = tuple(given["actions"])
    return macros.MacroChange(**given)
