"""``/me/presence``: how the signed-in member is there; and the signs of life of their screens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import presence
from conversations.act import act
from conversations.api import shapes, staff
from conversations.api.operations import does
from conversations.presence import CHOSEN
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Text, checked
from hub.models import Membership, Presence
from hub.pauses import REASON_LENGTH

LONGEST_IDLE = 7 * 24 * 3600


class PresenceShape(shapes.Shape):
    """How somebody is there, since when, and the reason of a break."""

    presence = serializers.ChoiceField(Presence.choices)
    reason = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)


class PresenceInput(serializers.Serializer[Any]):
    """How I am there. Away comes by itself; a break may have a reason."""

    presence = Choice(list(CHOSEN))
    reason = Text(required=False, allow_blank=True, max_length=REASON_LENGTH)


class SignInput(serializers.Serializer[Any]):
    """How many seconds ago the last key was pressed or the pointer moved on this screen."""

    idle_seconds = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_IDLE)


def person(request: Request) -> UUID:
    """Return who asks; 403 for a program, which is nobody."""
    user = caller_of(request).user
    if user is None:
        raise PermissionDenied(_("A token is nobody: sign in as a member."))
    return user.pk


class MyPresence(APIView):
    """How I am there."""

    @extend_schema(operation_id="get_my_presence", responses=shapes.answers(PresenceShape))
    def get(self, request: Request) -> Response:
        """Show how I am there."""
        row = Membership.objects.of(caller_of(request).workspace).get(user_id=person(request))
        return Response(staff.presence(row))

    @extend_schema(operation_id="set_my_presence", request=PresenceInput, responses=shapes.answers(PresenceShape, 400))
    def put(self, request: Request) -> Response:
        """Say how I am there: online, busy, break or offline. Only who is online is given conversations."""
        workspace, who = caller_of(request).workspace, person(request)
        given = checked(PresenceInput, request)
        said = act(workspace.pk, lambda: presence.say(workspace, who, given["presence"], given.get("reason", "")))
        assert said.membership is not None
        return Response(staff.presence(said.membership))


class MySigns(APIView):
    """Signs of life."""

    @does("show_sign_of_life", SignInput, PresenceShape, 400)
    @once
    def post(self, request: Request) -> Response:
        """Tell that a screen of mine is open, every half minute; without for 90 seconds I count as offline."""
        workspace, who = caller_of(request).workspace, person(request)
        given = checked(SignInput, request)
        beaten = act(workspace.pk, lambda: presence.beat(workspace, who, given.get("idle_seconds", 0)))
        assert beaten.membership is not None
        return Response(staff.presence(beaten.membership))
