"""``/custom_fields``: what a workspace wants to know besides of its customers and conversations."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, removes
from conversations.models import CustomField
from conversations.workplace import fields
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Filters, Text, checked
from hub.models import Role
from hub.pagination import page

OWNERS, KINDS = list(fields.OWNERS), list(fields.KINDS)


class Choices(serializers.ListField):
    """What a choice offers."""

    child = Text(max_length=fields.CHOICE_LENGTH)


class CustomFieldInput(serializers.Serializer[Any]):
    """A field to add; without a `key` its title suggests one."""

    of = Choice(OWNERS)
    title = Text(max_length=fields.TITLE_LENGTH)
    kind = Choice(KINDS, required=False)
    key = Text(max_length=fields.KEY_LENGTH, required=False)
    choices = Choices(required=False, max_length=fields.MOST_CHOICES)


class CustomFieldChangeInput(serializers.Serializer[Any]):
    """What shall be otherwise about a field; what it belongs to, its key and its kind stay for ever."""

    title = Text(max_length=fields.TITLE_LENGTH, required=False)
    choices = Choices(required=False, max_length=fields.MOST_CHOICES)
    position = serializers.IntegerField(min_value=0, max_value=10_000, required=False)


class CustomFieldShape(shapes.Shape):
    """A field: its values stand under `key` in the `attributes` of a customer or a conversation."""

    id = serializers.UUIDField()
    of = serializers.ChoiceField(OWNERS)
    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    choices = serializers.ListField(child=serializers.CharField())
    position = serializers.IntegerField()


class CustomFieldList(APIView):
    """All fields; adding one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @lists("list_custom_fields", CustomFieldShape, of=str)
    def get(self, request: Request) -> Response:
        """List the fields in the order of their places; `of` keeps those of customers or of conversations."""
        rows = CustomField.objects.of(caller_of(request).workspace)
        if (owners := Filters(request).choices("of", OWNERS)) is not None:
            rows = rows.filter(of__in=owners)
        return Response(page(request, rows, {"position": int, "id": UUID}, CustomFieldShape.shown, descending=False))

    @creates("create_custom_field", CustomFieldInput, CustomFieldShape)
    @once
    def post(self, request: Request) -> Response:
        """Add a field."""
        given = checked(CustomFieldInput, request)
        given["choices"] = tuple(given.get("choices", ()))
        row = fields.create(caller_of(request), fields.NewField(**given))
        return Response(CustomFieldShape.shown(row), status=201)


class CustomFieldDetail(APIView):
    """One field."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @changes("change_custom_field", CustomFieldChangeInput, CustomFieldShape)
    def patch(self, request: Request, field_id: UUID) -> Response:
        """Change a field's title, its choices or its place."""
        caller = caller_of(request)
        CustomField.objects.of(caller.workspace).only("id").get(pk=field_id)
        given = checked(CustomFieldChangeInput, request)
        if "choices" in given:
            given["choices"] = tuple(given["choices"])
        return Response(CustomFieldShape.shown(fields.change(caller, field_id, fields.FieldChange(**given))))

    @removes("remove_custom_field")
    def delete(self, request: Request, field_id: UUID) -> Response:
        """Remove a field; what was entered in it is kept and no longer shown."""
        fields.remove(caller_of(request), field_id)
        return Response(status=204)
