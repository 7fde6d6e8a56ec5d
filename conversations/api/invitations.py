"""``/conversations/{id}/invitations``: asking a person to go on on another channel, where they are known at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.act import act
from conversations.api import shapes
from conversations.api.operations import creates
from conversations.models import Conversation
from conversations.visit import onward
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Id, checked


class InvitationInput(serializers.Serializer[Any]):
    """The channel to go on with: one with a telephone number on WhatsApp."""

    channel = Id()


class InvitationShape(shapes.Shape):
    """An invitation: `url` opens the channel with the code already written, `qr` is the same as a picture to scan."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    channel = serializers.UUIDField()
    channel_kind = serializers.ChoiceField(shapes.CHANNEL_KINDS)
    url = serializers.URLField()
    qr = serializers.URLField()
    expires_at = serializers.DateTimeField()


class ConversationInvitations(APIView):
    """Inviting the person of a conversation to another channel."""

    @creates("invite_elsewhere", InvitationInput, InvitationShape, 404)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Make a link that carries the person to another channel; whoever writes its code there is this person."""
        workspace = caller_of(request).workspace
        Conversation.objects.of(workspace).only("id").get(pk=conversation_id)
        given = checked(InvitationInput, request)
        made = act(workspace.pk, lambda: onward.invite_customer_of(workspace, conversation_id, given["channel"]))
        shown = {
            "id": str(made.id),
            "code": made.code,
            "channel": str(made.channel),
            "channel_kind": made.kind,
            "url": made.url,
            "qr": made.qr,
            "expires_at": made.expires_at,
        }
        return Response(shown, status=status.HTTP_201_CREATED)
