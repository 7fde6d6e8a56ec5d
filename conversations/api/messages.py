"""``/messages``: what was said, found by what is known of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import represent, shapes
from conversations.api.asking import refusals
from conversations.models import Message
from hub.access import caller_of
from hub.inputs import Filters
from hub.pagination import page

# Within a conversation or of a person the thread's order is what people mean; over everything, the order of arrival.
BY_THREAD: dict[str, type] = {"shown_at": datetime, "seq": int, "id": UUID}
BY_ARRIVAL: dict[str, type] = {"id": UUID}


class MessageList(APIView):
    """All messages."""

    @extend_schema(
        operation_id="list_messages",
        parameters=shapes.parameters(provider_id=str, channel=UUID, conversation=UUID, customer=UUID),
        responses=shapes.answers(shapes.page_of(shapes.MessageShape), 400),
    )
    def get(self, request: Request) -> Response:
        """List messages, newest first."""
        filters = Filters(request)
        wanted = {name: filters.uuid(name) for name in ("channel", "conversation", "customer")}
        wanted["provider_id"] = filters.text("provider_id")  # type: ignore[assignment]
        given = {name: value for name, value in wanted.items() if value is not None}
        rows = Message.objects.of(caller_of(request).workspace).filter(**given).for_reading()
        order = BY_THREAD if {"conversation", "customer"} & given.keys() else BY_ARRIVAL
        return Response(page(request, rows, order, represent.message))


class MessageDetail(APIView):
    """One message."""

    @extend_schema(operation_id="get_message", responses=shapes.answers(shapes.MessageShape, 404))
    def get(self, request: Request, message_id: UUID) -> Response:
        """Show a message."""
        with refusals():
            row = Message.objects.of(caller_of(request).workspace).for_reading().get(pk=message_id)
        return Response(represent.message(row))
