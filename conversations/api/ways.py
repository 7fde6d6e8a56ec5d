"""``/conversations/{id}/ways`` and ``/typing``: where a person can be answered now, and that somebody is about to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import tasks
from conversations.api import shapes
from conversations.api.represent import Shown, moment
from conversations.channels.registry import CHANNELS
from conversations.models import Conversation
from conversations.models.message import KINDS
from conversations.questions import limits_of
from conversations.ways import Way, ways_of
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.pagination import whole


class FileRuleShape(shapes.Shape):
    """What a channel takes of one kind of file: at most `max_bytes`, of these types, any where there are none."""

    max_bytes = serializers.IntegerField()
    mime_types = serializers.ListField(child=serializers.CharField())
    caption = serializers.BooleanField()


class LimitsShape(shapes.Shape):
    """How much of a text and which files a channel takes."""

    text = serializers.IntegerField()
    unit = serializers.ChoiceField(["characters", "bytes"])
    files = serializers.DictField(child=FileRuleShape())
    files_per_message = serializers.IntegerField()
    reactions = serializers.BooleanField()
    questions = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many `buttons` and list `rows` a question takes, and how long a `button_title` and `row_title`; 0 for none.",
    )


class WayShape(shapes.Shape):
    """A channel towards the person. Closed, `closed` and `why` say what keeps it so, and `templates` whether one may go."""

    channel = serializers.UUIDField()
    kind = serializers.ChoiceField(shapes.CHANNEL_KINDS)
    name = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    open = serializers.BooleanField()
    closes_at = serializers.DateTimeField(allow_null=True)
    closed = serializers.ChoiceField(["", "kind", "address", "opted_out", "window"])
    why = serializers.CharField(allow_blank=True)
    waits = serializers.CharField(allow_blank=True, help_text="Why what is sent is kept until the channel works again.")
    can = serializers.ListField(child=serializers.ChoiceField(KINDS))
    templates = serializers.BooleanField()
    default = serializers.BooleanField()
    heard_at = serializers.DateTimeField(allow_null=True)
    limits = LimitsShape(allow_null=True)


def shown(way: Way) -> Shown:
    """Return a way as the API shows it."""
    identity = way.identity
    return {
        "channel": str(way.channel.pk),
        "kind": way.channel.kind,
        "name": way.channel.name,
        "address": (identity.username or identity.value) if identity else "",
        "open": way.open,
        "closes_at": moment(way.closes_at),
        "closed": way.closed,
        "why": way.why,
        "waits": way.waits,
        "can": list(way.can),
        "templates": way.templates,
        "default": way.default,
        "heard_at": moment(way.heard_at),
        "limits": _limits(way.channel.kind),
    }


def _limits(kind: str) -> Shown | None:
    adapter = CHANNELS.get(kind)
    if adapter is None:
        return None
    files = {
        name: {"max_bytes": rule.max_bytes, "mime_types": list(rule.mime_types), "caption": rule.caption}
        for name, rule in adapter.files.items()
    }
    return {
        "text": adapter.text_limit,
        "unit": adapter.text_unit,
        "files": files,
        "files_per_message": adapter.files_per_message,
        "reactions": adapter.can_react,
        "questions": limits_of(kind),
    }


def of(caller: Caller, conversation: Conversation) -> list[Shown]:
    """Return the ways to the person of a conversation, for this caller."""
    found = ways_of(caller.workspace, conversation, by_person=caller.user is not None)
    return [shown(way) for way in found]


class ConversationWays(APIView):
    """Where the person of a conversation can be answered."""

    @extend_schema(operation_id="list_ways", responses=shapes.answers(shapes.page_of(WayShape), 404))
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """List every channel as a way to the person, the default first, then the open ones: until when, why not, what may be sent."""
        caller = caller_of(request)
        row = Conversation.objects.of(caller.workspace).get(pk=conversation_id)
        return Response(whole(of(caller, row)))


class ConversationTyping(APIView):
    """Telling the customer that somebody is typing."""

    @extend_schema(
        operation_id="show_typing",
        request=None,
        parameters=[shapes.KEY],
        responses=shapes.answers(None, 404, status=202),
    )
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Show the customer that somebody is typing, where their channel can; nothing is kept, and it may fail unseen."""
        caller = caller_of(request)
        row = Conversation.objects.of(caller.workspace).only("id").get(pk=conversation_id)
        tasks.tell_typing(row.pk)
        answer: dict[str, Any] | None = None
        return Response(answer, status=status.HTTP_202_ACCEPTED)
