"""``/conversations/{id}/attention``: that somebody looks at a conversation or writes in it, renewed every ten seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import attention
from conversations.act import act
from conversations.api import reading, shapes
from conversations.api.drafts import person
from conversations.api.operations import does, shows
from conversations.attention import Attended
from conversations.models import Conversation
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, checked

LONGEST_IDLE = 3600


class AttentionInput(serializers.Serializer[Any]):
    """What the caller does; `gone` ends it, since `idle` seconds ago."""

    doing = Choice(["views", "writes", "gone"])
    idle = serializers.IntegerField(min_value=0, max_value=LONGEST_IDLE, required=False, default=0)


class AttendingShape(shapes.Shape):
    """Somebody who is there."""

    agent = shapes.AgentShape()
    doing = serializers.ChoiceField(["views", "writes"])
    since = serializers.DateTimeField()


class AttentionShape(shapes.Shape):
    """Who attends to a conversation now, the caller too."""

    conversation = serializers.UUIDField()
    people = AttendingShape(many=True)


class ConversationAttention(APIView):
    """Who attends to a conversation."""

    @shows("list_attention", AttentionShape)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """List who views the conversation or writes in it right now."""
        workspace = caller_of(request).workspace
        row = Conversation.objects.of(workspace).only("id").that_stands(conversation_id)
        return Response(reading.attention(workspace, [row.pk])[row.pk])

    @does("attend", AttentionInput, AttentionShape, 400, 404)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that the caller views, writes or is gone; without renewal it ends after 25 seconds."""
        caller = caller_of(request)
        row = Conversation.objects.of(caller.workspace).only("id").that_stands(conversation_id)
        user, given = person(caller), checked(AttentionInput, request)
        idle = timedelta(seconds=given["idle"])

        def room() -> Attended:
            if given["doing"] == "gone":
                return attention.leave(caller.workspace, row.pk, user, idle)
            return attention.attend(caller.workspace, row.pk, user, given["doing"])

        act(caller.workspace.pk, room)
        return Response(reading.attention(caller.workspace, [row.pk])[row.pk])
