"""``/me/push_subscriptions``: browsers of the caller that want to be told while they are closed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import notices
from conversations.api import shapes
from conversations.api.operations import creates
from conversations.api.represent import moment
from conversations.notices.subscribing import LENGTH
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Text, checked
from hub.models import User


class PushKeysInput(serializers.Serializer[Any]):
    """The keys of a browser, as it gives them."""

    p256dh = Text(max_length=120)
    auth = Text(max_length=60)


class PushSubscriptionInput(serializers.Serializer[Any]):
    """A browser, as `PushSubscription.toJSON()` gives it."""

    endpoint = Text(max_length=LENGTH)
    keys = PushKeysInput()


class PushEndpointInput(serializers.Serializer[Any]):
    """The browser to forget."""

    endpoint = Text(max_length=LENGTH)


class PushSubscriptionShape(shapes.Shape):
    """A browser that is told."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class PushSubscriptionList(APIView):
    """Browsers of the caller."""

    @creates("create_push_subscription", PushSubscriptionInput, PushSubscriptionShape)
    @once
    def post(self, request: Request) -> Response:
        """Let a browser be told; the same one again is renewed."""
        given = checked(PushSubscriptionInput, request)
        keys = given["keys"]
        row = notices.subscribe(
            caller_of(request).workspace, _person(request), given["endpoint"], keys["p256dh"], keys["auth"]
        )
        return Response({"id": str(row.pk), "created_at": moment(row.created_at)}, status=201)

    @extend_schema(
        operation_id="remove_push_subscription",
        request=PushEndpointInput,
        responses=shapes.answers(None, 400, status=204),
    )
    def delete(self, request: Request) -> Response:
        """Forget a browser."""
        endpoint = checked(PushEndpointInput, request)["endpoint"]
        notices.unsubscribe(caller_of(request).workspace, _person(request), endpoint)
        return Response(status=204)


def _person(request: Request) -> User:
    user = caller_of(request).user
    if user is None:
        raise PermissionDenied(_("A token is nobody: this belongs to a person."))
    return user
