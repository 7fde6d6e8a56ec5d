"""``/channels/{id}/templates``: what may be said first on a channel, or after its window has closed."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import catalog
from conversations.act import act
from conversations.api import shapes
from conversations.api.operations import does, lists
from conversations.api.represent import Shown, failure, moment
from conversations.channels import templates
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Error
from conversations.draft import why_unusable
from conversations.models import Channel, Template
from conversations.refusal import Refused
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters
from hub.models import Role, Workspace
from hub.pagination import page


class TemplateHeaderShape(shapes.Shape):
    """The head of a template: a text with blanks, or what sort of file or place it needs."""

    kind = serializers.ChoiceField(["text", "image", "video", "document", "location"])
    text = serializers.CharField(allow_blank=True)
    parameters = serializers.ListField(child=serializers.CharField())


class TemplateButtonShape(shapes.Shape):
    """A button of a template; `needs_value` whether it must be given one."""

    kind = serializers.ChoiceField(["quick_reply", "url", "phone", "copy_code", "flow", "other"])
    title = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    needs_value = serializers.BooleanField()
    example = serializers.CharField(allow_blank=True)


class TemplateShape(shapes.Shape):
    """A template in one language. Only a `usable` one can be sent; else `why` says what is in the way."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    usable = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True)
    header = TemplateHeaderShape(allow_null=True)
    body = serializers.CharField(allow_blank=True)
    parameters = serializers.ListField(child=serializers.CharField())
    examples = serializers.ListField(child=serializers.CharField())
    footer = serializers.CharField(allow_blank=True)
    buttons = TemplateButtonShape(many=True)
    components = serializers.ListField(child=serializers.DictField())
    synced_at = serializers.DateTimeField()


class SyncShape(shapes.Shape):
    """What came of asking the provider: how many templates there are, how many are new or changed, how many went."""

    works = serializers.BooleanField()
    error = shapes.FailureShape(allow_null=True)
    found = serializers.IntegerField()
    changed = serializers.IntegerField()
    gone = serializers.IntegerField()


def shown(row: Template) -> Shown:
    """Return a template as the API shows it."""
    layout = templates.layout(row.components)
    header = None
    if layout.header_kind is not None:
        header = {"kind": layout.header_kind, "text": layout.header, "parameters": list(layout.header_blanks)}
    return {
        "id": str(row.pk),
        "name": row.name,
        "language": row.language,
        "category": row.category,
        "status": row.status,
        "usable": row.status == templates.USABLE,
        "why": why_unusable(row.status),
        "header": header,
        "body": layout.body,
        "parameters": list(layout.blanks),
        "examples": list(layout.examples),
        "footer": layout.footer,
        "buttons": [
            {"kind": one.kind, "title": one.title, "url": one.url, "needs_value": one.blank, "example": one.example}
            for one in layout.buttons
        ],
        "components": row.components,
        "synced_at": moment(row.synced_at),
    }


def _channel(workspace: Workspace, channel_id: UUID) -> Channel:
    """Return a channel in use, with its connection. Raises 404."""
    return Channel.objects.of(workspace).filter(deleted_at=None).select_related("connection").get(pk=channel_id)


class ChannelTemplates(APIView):
    """The templates of a channel."""

    @lists("list_templates", TemplateShape, 404, name=str, language=str, status=str)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """List the templates that the provider has, as it last told them, those known longest first."""
        workspace = caller_of(request).workspace
        channel = _channel(workspace, channel_id)
        filters = Filters(request)
        given = {name: filters.text(name) for name in ("name", "language", "status")}
        wanted = {name: value for name, value in given.items() if value is not None}
        rows = Template.objects.of(workspace).filter(channel=channel, gone_at=None, **wanted)
        return Response(page(request, rows, {"id": UUID}, shown, descending=False))


class TemplateSync(APIView):
    """Asking the provider for its templates."""

    roles: ClassVar = {"POST": Role.AGENT}

    @does("sync_templates", None, SyncShape, 400, 404)
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Ask the provider for its templates and keep what it says; what it no longer has is not offered any more."""
        channel = _channel(caller_of(request).workspace, channel_id)
        if channel.kind not in CHANNELS or not CHANNELS[channel.kind].has_templates:
            raise Refused("channel", catalog.no_templates())
        return self._keep(request, channel_id, catalog.ask(channel))  # before any transaction: this dials

    post.honors_idempotency_key = True  # type: ignore[attr-defined]  # what it keeps is kept once

    @once
    def _keep(self, request: Request, channel_id: UUID, answer: catalog.Listed | Error) -> Response:
        if isinstance(answer, Error):
            told = {"code": answer.code, "title": answer.title, "retryable": answer.retryable}
            return Response({"works": False, "error": failure(told), "found": 0, "changed": 0, "gone": 0})
        workspace = caller_of(request).workspace
        kept = act(workspace.pk, lambda: catalog.keep(workspace, channel_id, answer))
        counts: dict[str, Any] = {"found": kept.found, "changed": kept.changed, "gone": kept.gone}
        return Response({"works": True, "error": None, **counts})
