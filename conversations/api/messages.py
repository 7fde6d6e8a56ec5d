"""``/messages``: what was said, found by what is known of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.act import act
from conversations.api import represent, shapes
from conversations.api.operations import does, lists, shows
from conversations.models import Message, MessageStatus
from conversations.react import react
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, Text, checked
from hub.pagination import page

# Within a conversation or of a person the thread's order is what people mean; over everything, the order of arrival.
BY_THREAD: dict[str, type] = {"shown_at": datetime, "seq": int, "id": UUID}
BY_ARRIVAL: dict[str, type] = {"id": UUID}


class MessageDetailShape(shapes.MessageShape):
    """Something said, with what its provider says it costs: `type`, `category`, `pricing_model` … in the provider's words."""

    pricing = serializers.DictField(allow_null=True)


class ReactionInput(serializers.Serializer[Any]):
    """One emoji; empty to take it back."""

    emoji = Text(max_length=64, allow_blank=True)


class MessageList(APIView):
    """All messages."""

    @lists("list_messages", shapes.MessageShape, provider_id=str, channel=UUID, conversation=UUID, customer=UUID)
    def get(self, request: Request) -> Response:
        """List messages, newest first."""
        filters = Filters(request)
        wanted = {name: filters.uuid(name) for name in ("channel", "conversation", "customer")}
        wanted["provider_id"] = filters.text("provider_id")  # type: ignore[assignment]
        given = {name: value for name, value in wanted.items() if value is not None}
        rows = Message.objects.of(caller_of(request).workspace).for_reading()
        if (conversation := wanted.pop("conversation")) is not None:
            rows = rows.in_conversation(conversation)
        if (customer := wanted.pop("customer")) is not None:
            rows = rows.of_person(customer)
        rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
        order = BY_THREAD if {"conversation", "customer"} & given.keys() else BY_ARRIVAL
        return Response(page(request, rows, order, represent.message))


class MessageDetail(APIView):
    """One message."""

    @shows("get_message", MessageDetailShape)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Show a message, with what its provider says it costs."""
        workspace = caller_of(request).workspace
        row = Message.objects.of(workspace).for_reading().get(pk=message_id)
        priced = (
            MessageStatus.objects.of(workspace)
            .filter(message=row)
            .exclude(pricing__isnull=True)
            .order_by("-id")
            .first()
        )
        return Response(represent.message(row) | {"pricing": priced.pricing if priced else None})


class MessageReactions(APIView):
    """Reacting to a message."""

    @does("react_to_message", ReactionInput, shapes.MessageShape, 400, 404, 409)
    @once
    def post(self, request: Request, message_id: UUID) -> Response:
        """Put an emoji under a customer's message, in the place of the last one; an empty one takes it back."""
        workspace = caller_of(request).workspace
        Message.objects.of(workspace).only("id").get(pk=message_id)
        emoji = checked(ReactionInput, request)["emoji"]
        act(workspace.pk, lambda: react(workspace, message_id, emoji))
        return Response(represent.message(Message.objects.of(workspace).for_reading().get(pk=message_id)))
