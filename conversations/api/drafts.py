"""``/drafts`` and ``/conversations/{id}/drafts``: what the caller has begun to write, on whatever machine."""

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

from conversations import drafts
from conversations.act import act
from conversations.api import represent, shapes
from conversations.api.operations import does
from conversations.api.represent import Shown
from conversations.drafts import Begun, Newer
from conversations.models import Conversation
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import Id, Text, YesNo, checked
from hub.models import User
from hub.pagination import whole
from hub.problems import Conflict

LONGEST = 100_000


class DraftInput(serializers.Serializer[Any]):
    """What stands in the composer; `version` is the one it goes on from, 0 when none was known."""

    text = Text(trim_whitespace=False, allow_blank=True, max_length=LONGEST)
    private = YesNo(required=False, default=False)
    reply_to = Id(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(min_value=0, max_value=2_000_000_000, required=False, default=0)


class DraftShape(shapes.Shape):
    """An answer or, `private`, a note that was begun; `version` 0 says that there is none."""

    private = serializers.BooleanField()
    text = serializers.CharField(allow_blank=True)
    reply_to = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField(allow_null=True)


def person(caller: Caller) -> User:
    """Return who asks. Raises 403 for a token: it is nobody."""
    if caller.user is None:
        raise PermissionDenied(_("A token is nobody: this belongs to a person."))
    return caller.user


class ConversationDrafts(APIView):
    """What the caller has begun to write in a conversation."""

    @extend_schema(operation_id="list_drafts", responses=shapes.answers(shapes.page_of(DraftShape), 404))
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """List the caller's own drafts of the conversation, an answer and a note at most; nobody sees another's."""
        caller = caller_of(request)
        row = Conversation.objects.of(caller.workspace).only("id").get(pk=conversation_id)
        found = drafts.of(caller.workspace, person(caller), [row.pk])
        return Response(whole([represent.draft(one) for one in found]))

    @does("keep_draft", DraftInput, DraftShape, 400, 404, 409)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Keep what was begun, or forget it when it is empty; 409 with the newer `draft` when another screen wrote on."""
        caller = caller_of(request)
        Conversation.objects.of(caller.workspace).only("id").get(pk=conversation_id)
        user = person(caller)
        begun = Begun(**checked(DraftInput, request))
        try:
            kept = act(caller.workspace.pk, lambda: drafts.save(caller.workspace, conversation_id, user, begun))
        except Newer as error:
            raise Conflict(_("This was written on elsewhere meanwhile."), draft=represent.draft(error.draft)) from error
        return Response(represent.draft(kept.draft) if kept.draft else _none(private=begun.private))


def _none(*, private: bool) -> Shown:
    return {"private": private, "text": "", "reply_to": None, "version": 0, "updated_at": None}
