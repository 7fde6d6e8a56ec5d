"""Marking a conversation: labels, priority, pending, unread."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import marking
from conversations.api.conversations import here, moved
from conversations.api.operations import moves
from conversations.marking import PRIORITIES
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Id, checked


class Ids(serializers.ListField):
    """Ids of rows."""

    child = Id()


class LabelsInput(serializers.Serializer[Any]):
    """Ids of labels to put on and to take off."""

    add = Ids(required=False, max_length=marking.MOST_LABELS)
    remove = Ids(required=False, max_length=marking.MOST_LABELS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to do nothing."""
        if not attrs.get("add") and not attrs.get("remove"):
            raise ValidationError({"add": _("Name labels to add or remove.")})
        return attrs


class PriorityInput(serializers.Serializer[Any]):
    """How much it matters; `expected` is what the asker saw there: something else by now means too late."""

    priority = Choice(PRIORITIES)
    expected = Choice(PRIORITIES, required=False)


class Labels(APIView):
    """The labels of a conversation."""

    @moves("label_conversation", LabelsInput)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Put labels on and take others off; what is so already stays."""
        here(caller_of(request).workspace, conversation_id)
        given = checked(LabelsInput, request)
        add, remove = given.get("add", []), given.get("remove", [])
        return moved(
            request, conversation_id, lambda place, actor: marking.label(place, conversation_id, actor, add, remove)
        )


class Priority(APIView):
    """How much a conversation matters."""

    @moves("prioritize_conversation", PriorityInput)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Set the priority; 409 when somebody changed it from what was `expected`."""
        here(caller_of(request).workspace, conversation_id)
        given = checked(PriorityInput, request)
        level = PRIORITIES.index(given["priority"])
        expected = PRIORITIES.index(given["expected"]) if "expected" in given else None
        return moved(
            request,
            conversation_id,
            lambda place, actor: marking.prioritize(place, conversation_id, actor, level, expected),
        )


class Pending(APIView):
    """Waiting for somebody else."""

    @moves("pend_conversation")
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that the conversation waits for somebody else than us; 409 when it is resolved."""
        return moved(request, conversation_id, lambda place, actor: marking.pend(place, conversation_id, actor))


class Unread(APIView):
    """Being looked at again."""

    @moves("mark_conversation_unread")
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that the conversation shall be looked at again."""
        return moved(request, conversation_id, lambda place, _: marking.mark_unread(place, conversation_id))
