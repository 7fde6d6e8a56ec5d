"""What became of what was sent: trying once more, stopping a channel and letting it go on, and the log of every call."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import record, stopping
from conversations.act import act, actor_of
from conversations.api import connected, represent, shapes
from conversations.api.operations import does, lists
from conversations.audited import on_channel
from conversations.models import Channel, Exchange, Message
from conversations.resend import Resent, resend
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, YesNo, checked
from hub.models import Role, Workspace
from hub.pagination import page


class ResendInput(serializers.Serializer[Any]):
    """Whether a message may be sent again although it may have left already."""

    even_if_unknown = YesNo(required=False)


class MessageResend(APIView):
    """Sending a message once more."""

    @does("resend_message", ResendInput, shapes.MessageShape, 400, 404, 409)
    @once
    def post(self, request: Request, message_id: UUID) -> Response:
        """Send a message that failed once more, as the same message; one whose fate is unknown only when asked to."""
        workspace = caller_of(request).workspace
        Message.objects.of(workspace).only("id").get(pk=message_id)
        even = bool(checked(ResendInput, request).get("even_if_unknown"))
        act(workspace.pk, lambda: _resend(workspace, message_id, even_if_unknown=even))
        return Response(represent.message(Message.objects.of(workspace).for_reading().get(pk=message_id)))


def _resend(workspace: Workspace, message_id: UUID, *, even_if_unknown: bool) -> Resent:
    """Queue it again; who waited for it waits no longer."""
    resent = resend(workspace, message_id, even_if_unknown=even_if_unknown)
    record.recount_waits([resent.message.conversation_id])
    return resent


class ChannelStop(APIView):
    """Stopping a channel."""

    role: ClassVar = Role.ADMIN

    @does("stop_channel", None, connected.ChannelShape, 404)
    @once
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Let nothing leave on this channel until it goes on; what is written waits."""
        caller = caller_of(request)
        stop = partial(stopping.stop_by_hand, caller.workspace, channel_id, actor_of(caller))
        on_channel(caller, "stopped", stop, channel_id)
        return Response(_shown(request, channel_id))


class ChannelResume(APIView):
    """Letting a stopped channel go on."""

    role: ClassVar = Role.ADMIN

    @does("resume_channel", None, connected.ChannelShape, 404)
    @once
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Let what waits on this channel leave, in its order. Should the provider refuse the channel again, it stops again."""
        caller = caller_of(request)
        resume = partial(stopping.resume_by_hand, caller.workspace, channel_id, actor_of(caller))
        on_channel(caller, "resumed", resume, channel_id)
        return Response(_shown(request, channel_id))


def _shown(request: Request, channel_id: UUID) -> represent.Shown:
    return connected.channel(Channel.objects.of(caller_of(request).workspace).for_reading().get(pk=channel_id))


class ExchangeList(APIView):
    """Every call to a provider."""

    role: ClassVar = Role.ADMIN

    @lists("list_all_exchanges", connected.ExchangeShape, channel=UUID, message=UUID, outcome=str)
    def get(self, request: Request) -> Response:
        """List what was said to providers and what they answered, without secrets, newest first; `outcome=failed` or all."""
        filters, rows = Filters(request), Exchange.objects.of(caller_of(request).workspace)
        if (channel := filters.uuid("channel")) is not None:
            rows = rows.filter(channel=channel)
        if (message := filters.uuid("message")) is not None:
            rows = rows.filter(message_id=message)
        if filters.choices("outcome", ["failed"]):
            rows = rows.failed()
        audit.noted_read(caller_of(request), "channel_log.read", audit.Subject("channel", str(channel or "")))
        return Response(page(request, rows, {"id": int}, connected.exchange))


class MessageExchanges(APIView):
    """The calls about one message."""

    role: ClassVar = Role.ADMIN

    @lists("list_message_exchanges", connected.ExchangeShape, 404)
    def get(self, request: Request, message_id: UUID) -> Response:
        """List what was said to the provider about this message, newest first."""
        workspace = caller_of(request).workspace
        row = Message.objects.of(workspace).only("id").get(pk=message_id)
        audit.noted_read(caller_of(request), "channel_log.read", audit.Subject("message", str(row.pk)))
        rows = Exchange.objects.of(workspace).filter(message_id=row.pk)
        return Response(page(request, rows, {"id": int}, connected.exchange))
