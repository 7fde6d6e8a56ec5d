"""``POST /events``: history from outside, up to a thousand events at once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import outside
from conversations.api import shapes
from conversations.outside import Verdict
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import AnyJSON
from hub.models import Role

EXAMPLE = {
    "events": [
        {
            "id": "sale-1042",
            "source": "pos",
            "type": "order.paid",
            "at": "2026-03-01T12:00:00-03:00",
            "customer": {"phone": "+5511987654321", "name": "Mariana Teixeira"},
            "channel": "store",
            "data": {"order": "1042", "value": "199.90", "currency": "BRL"},
        }
    ]
}


class EventShape(shapes.Shape):
    """Something that happened elsewhere; `id` is unique per `source`, `customer` holds any one identity, `data` what the type names."""

    id = serializers.CharField(max_length=255)
    source = serializers.CharField(max_length=40)  # type: ignore[assignment]  # the contract's word
    type = serializers.CharField(max_length=40)
    at = serializers.DateTimeField()
    customer = serializers.DictField(required=False)
    channel = serializers.CharField(max_length=20, required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # the contract's word


class EventsShape(shapes.Shape):
    """Events to take in."""

    events = serializers.ListField(child=EventShape(), max_length=outside.MOST)


class VerdictShape(shapes.Shape):
    """What became of one event; `error` says the field and why it is invalid, `field` names it alone."""

    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(["accepted", "duplicate", "invalid"])
    error = serializers.CharField(required=False)
    field = serializers.CharField(required=False)


class VerdictsShape(shapes.Shape):
    """What became of the events, in their order."""

    results = VerdictShape(many=True)


class Events(APIView):
    """History from outside."""

    role: ClassVar = Role.ADMIN
    parser_classes = (AnyJSON,)  # what cannot be kept of one event is refused with that event alone

    @extend_schema(
        operation_id="take_events",
        request=EventsShape,
        examples=[OpenApiExample("A sale in a store", EXAMPLE, request_only=True)],
        parameters=[shapes.KEY],
        responses=shapes.answers(VerdictsShape, 400, 413),
    )
    @once
    def post(self, request: Request) -> Response:
        """Take in what happened elsewhere: messages, turns of conversations, surveys, orders, carts and costs.

        Each event is judged alone: `accepted`, `duplicate` (known by its source and id) or `invalid`, with the field and the
        reason. In what order they come, and how often, changes nothing. Nothing is sent to anybody.
        """
        verdicts = outside.take(caller_of(request).workspace, _events(request.data))
        return Response({"results": [_shown(verdict) for verdict in verdicts]})


def _events(body: Any) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("events"), list):
        raise ValidationError({"events": _("Must be a list of events.")})
    events: list[Any] = body["events"]
    if len(events) > outside.MOST:
        raise ValidationError({"events": _("May hold at most %(limit)d events at once.") % {"limit": outside.MOST}})
    return events


def _shown(verdict: Verdict) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": verdict.id, "outcome": verdict.outcome}
    return shown | ({"error": verdict.error, "field": verdict.field} if verdict.error else {})
