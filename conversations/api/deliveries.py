"""``/deliveries``: webhooks as they came in, for those who look after the installation."""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Func, IntegerField
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import parse
from conversations.api import shapes
from conversations.api.operations import lists, shows
from conversations.api.represent import Shown, identifier, moment
from conversations.models import Delivery, Item
from conversations.querysets.delivery import LOST
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters
from hub.models import Role, Workspace
from hub.pagination import page


class DeliveryShape(shapes.Shape):
    """One webhook as received, without its body."""

    id = serializers.UUIDField()
    connection = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    method = serializers.CharField()
    url = serializers.CharField()
    content_type = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    outcome = serializers.ChoiceField(Delivery.Outcome.values)
    reason = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ItemShape(shapes.Shape):
    """One piece of news in a delivery."""

    id = serializers.CharField()
    channel = serializers.UUIDField(allow_null=True)
    type = serializers.CharField()
    state = serializers.CharField()
    outcome = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()


class DeliveryDetailShape(DeliveryShape):
    """One webhook as received: its body as text, or in base64 when it is none."""

    body = serializers.CharField(allow_blank=True)
    body_encoding = serializers.ChoiceField(["utf-8", "base64"])
    items = ItemShape(many=True)


def _rows(workspace: Workspace) -> Any:
    """Return deliveries with the size of their body in bytes and without the body."""
    size = Func(F("body"), function="octet_length", output_field=IntegerField())
    return Delivery.objects.of(workspace).defer("body").annotate(size=size)


def _delivery(row: Any) -> Shown:
    return {
        "id": str(row.pk),
        "connection": str(row.connection_id),
        "received_at": moment(row.received_at),
        "method": row.method,
        "url": row.url,
        "content_type": row.content_type,
        "size": row.size,
        "outcome": row.outcome,
        "reason": row.reason,
        "attempts": row.attempts,
        "finished_at": moment(row.finished_at),
    }


def _item(row: Item) -> Shown:
    return {
        "id": str(row.pk),
        "channel": identifier(row.channel_id),
        "type": row.body.get("type", ""),
        "state": row.state,
        "outcome": row.outcome,
        "reason": row.reason,
        "attempts": row.attempts,
    }


def _body(raw: bytes) -> tuple[str, str]:
    """Return the body and how it is written: as text where it is UTF-8, else in base64."""
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"


class DeliveryList(APIView):
    """All deliveries."""

    role: ClassVar = Role.ADMIN

    @lists("list_deliveries", DeliveryShape, outcome=str, connection=UUID)
    def get(self, request: Request) -> Response:
        """List webhooks as received, newest first; ``unroutable`` also finds those of which a part fits no channel."""
        rows = _rows(caller_of(request).workspace)
        filters = Filters(request)
        if (outcomes := filters.choices("outcome", Delivery.Outcome.values)) is not None:
            rows = rows.came_to(caller_of(request).workspace, outcomes)
        if (connection := filters.uuid("connection")) is not None:
            rows = rows.filter(connection=connection)
        return Response(page(request, rows, {"id": UUID}, _delivery))


class DeliveryDetail(APIView):
    """One delivery."""

    role: ClassVar = Role.ADMIN

    @shows("get_delivery", DeliveryDetailShape)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """Show a webhook with its body and what came of each item in it."""
        workspace = caller_of(request).workspace
        row = _rows(workspace).defer(None).get(pk=delivery_id)
        audit.noted_read(caller_of(request), "delivery.read", audit.Subject("delivery", str(row.pk)))
        body, encoding = _body(bytes(row.body))
        items = Item.objects.of(workspace).filter(delivery=row).order_by("id")
        return Response(
            {**_delivery(row), "body": body, "body_encoding": encoding, "items": [_item(item) for item in items]}
        )


class DeliveryReplay(APIView):
    """Sending a delivery through again."""

    role: ClassVar = Role.ADMIN

    @extend_schema(
        operation_id="replay_delivery",
        request=None,
        parameters=[shapes.KEY, *shapes.parameters(only=str)],
        responses=shapes.answers(DeliveryShape, 400, 404),
    )
    @once
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send the stored bytes through the pipeline again; what they already did is not done twice.

        ``only=unroutable`` tries again what of it fits no channel, and leaves the rest alone.
        """
        only = Filters(request).choices("only", [LOST])
        rows = _rows(caller_of(request).workspace).filter(pk=delivery_id)
        with transaction.atomic():
            if not rows.exists():
                raise Http404
            (parse.replay_lost if only else parse.replay)([delivery_id])
            audit.note(caller_of(request), "delivery.replayed", audit.Subject("delivery", str(delivery_id)))
        return Response(_delivery(rows.get()))
