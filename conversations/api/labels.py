"""``/labels``: the words that are put on conversations."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, removes
from conversations.models import Label
from conversations.workplace import labels
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Partly, Text, checked
from hub.models import Role
from hub.pagination import page

COLORS = list(labels.COLORS)


class LabelInput(serializers.Serializer[Any]):
    """A label to make."""

    name = Text(max_length=labels.NAME_LENGTH)
    color = Choice(COLORS, required=False)


class LabelChangeInput(Partly, LabelInput):
    """What shall be otherwise about a label; what is not said stays."""


class LabelShape(shapes.Shape):
    """A label; `color` is a name of the design system."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    color = serializers.ChoiceField(COLORS)


class LabelList(APIView):
    """All labels; making one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @lists("list_labels", LabelShape)
    def get(self, request: Request) -> Response:
        """List the labels, the oldest first."""
        rows = Label.objects.of(caller_of(request).workspace)
        return Response(page(request, rows, {"id": UUID}, LabelShape.shown, descending=False))

    @creates("create_label", LabelInput, LabelShape)
    @once
    def post(self, request: Request) -> Response:
        """Make a label."""
        given = checked(LabelInput, request)
        row = labels.create(caller_of(request), given["name"], given.get("color", COLORS[0]))
        return Response(LabelShape.shown(row), status=201)


class LabelDetail(APIView):
    """One label."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @changes("change_label", LabelChangeInput, LabelShape)
    def patch(self, request: Request, label_id: UUID) -> Response:
        """Rename or recolor a label."""
        caller = caller_of(request)
        Label.objects.of(caller.workspace).only("id").get(pk=label_id)
        given = checked(LabelChangeInput, request)
        return Response(LabelShape.shown(labels.change(caller, label_id, labels.LabelChange(**given))))

    @removes("remove_label")
    def delete(self, request: Request, label_id: UUID) -> Response:
        """Remove a label, also from the conversations that go on."""
        labels.remove(caller_of(request), label_id)
        return Response(status=204)
