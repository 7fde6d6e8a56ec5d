"""``/canned_replies``: texts to say again."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, removes
from conversations.models import CannedReply
from conversations.workplace import canned
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Filters, Id, Partly, Text, checked
from hub.models import Role
from hub.pagination import page

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class CannedReplyInput(serializers.Serializer[Any]):
    """A canned reply; without a team it is everybody's, without a language good for every one."""

    shortcut = Text(max_length=canned.SHORTCUT_LENGTH + 1)
    title = Text(max_length=canned.TITLE_LENGTH)
    text = Text(max_length=canned.TEXT_LENGTH, trim_whitespace=False)
    team = Id(required=False, allow_null=True)
    language = Choice(["", *LANGUAGES], required=False)


class CannedReplyChangeInput(Partly, CannedReplyInput):
    """What shall be otherwise about a canned reply; what is not said stays."""


class CannedReplyShape(shapes.Shape):
    """A canned reply; its text holds variables like `{{customer.first_name}}`, filled in when it is taken."""

    id = serializers.UUIDField()
    shortcut = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    language = serializers.CharField(allow_blank=True)
    used_count = serializers.IntegerField()
    updated_at = shapes.Moment()


class CannedReplyList(APIView):
    """All canned replies; keeping one."""

    roles: ClassVar = {"POST": Role.SUPERVISOR}

    @lists("list_canned_replies", CannedReplyShape, team=UUID, search=str)
    def get(self, request: Request) -> Response:
        """List the canned replies, the oldest first; `team` keeps that team's and everybody's, `search` looks in them."""
        rows = CannedReply.objects.of(caller_of(request).workspace)
        filters = Filters(request)
        if (team := filters.uuid("team")) is not None:
            rows = rows.filter(Q(team=team) | Q(team=None))
        if (words := filters.text("search")) is not None:
            rows = rows.filter(
                Q(shortcut__icontains=words) | Q(title__icontains=words) | Q(text__icontains=words),
            )
        return Response(page(request, rows, {"id": UUID}, CannedReplyShape.shown, descending=False))

    @creates("create_canned_reply", CannedReplyInput, CannedReplyShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a canned reply."""
        given = checked(CannedReplyInput, request)
        row = canned.create(caller_of(request), canned.CannedChange(**given))
        return Response(CannedReplyShape.shown(row), status=201)


class CannedReplyDetail(APIView):
    """One canned reply."""

    roles: ClassVar = {"PATCH": Role.SUPERVISOR, "DELETE": Role.SUPERVISOR}

    @changes("change_canned_reply", CannedReplyChangeInput, CannedReplyShape)
    def patch(self, request: Request, reply_id: UUID) -> Response:
        """Change a canned reply."""
        caller = caller_of(request)
        CannedReply.objects.of(caller.workspace).only("id").get(pk=reply_id)
        given = checked(CannedReplyChangeInput, request)
        return Response(CannedReplyShape.shown(canned.change(caller, reply_id, canned.CannedChange(**given))))

    @removes("remove_canned_reply")
    def delete(self, request: Request, reply_id: UUID) -> Response:
        """Remove a canned reply; what was said with it stays."""
        canned.remove(caller_of(request), reply_id)
        return Response(status=204)
