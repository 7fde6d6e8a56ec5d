"""What an agent takes in hand: a macro done to a conversation, a canned reply used, custom fields filled in."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import attribute, perform
from conversations.act import act, actor_of
from conversations.api import reading, represent, shapes
from conversations.api.operations import does
from conversations.models import CannedReply, Conversation, Customer, Macro
from conversations.perform import Doer
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import checked
from hub.models import Workspace


class AttributesInput(serializers.Serializer[Any]):
    """Values of custom fields by their key; null empties one, what is not named stays."""

    attributes = serializers.DictField()


class StepShape(shapes.Shape):
    """One act of a macro: whether it was done, and why not."""

    do = serializers.CharField()
    done = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True)


class MacroRunShape(shapes.Shape):
    """What came of a macro, and the conversation as it is then."""

    steps = StepShape(many=True)
    conversation = shapes.ConversationShape()


class MacroRun(APIView):
    """Doing a macro."""

    @does("run_macro", None, MacroRunShape, 400, 404)
    @once
    def post(self, request: Request, conversation_id: UUID, macro_id: UUID) -> Response:
        """Do the macro's acts in order; one that cannot be done says why and does not hold up the others."""
        caller = caller_of(request)
        place, actor = caller.workspace, actor_of(caller)
        row = Conversation.objects.of(place).only("id").that_stands(conversation_id)
        macro = Macro.objects.of(place).get(pk=macro_id)
        doer = Doer(actor=actor, voice=actor, key=f"macro:{uuid4()}")
        actions = perform.read(macro.actions)
        done = act(place.pk, lambda: perform.perform(place, row.pk, doer, actions, all_or_nothing=False))
        steps = [{"do": step.do, "done": step.done, "why": step.why} for step in done.steps]
        return Response({"steps": steps, "conversation": _conversation(place, row.pk)})


class CannedReplyUse(APIView):
    """Having used a canned reply."""

    @extend_schema(
        operation_id="use_canned_reply",
        request=None,
        parameters=[shapes.KEY],
        responses=shapes.answers(None, 404, status=204),
    )
    @once
    def post(self, request: Request, reply_id: UUID) -> Response:
        """Count that the reply was taken: the most used ones come first."""
        rows = CannedReply.objects.of(caller_of(request).workspace)
        rows.only("id").get(pk=reply_id)
        rows.filter(pk=reply_id).update(used_count=F("used_count") + 1)
        nothing: dict[str, Any] | None = None
        return Response(nothing, status=204)


def fill_conversation(request: Request, conversation_id: UUID) -> Response:
    """Set custom fields of a conversation; answer with it as it is then."""
    caller = caller_of(request)
    Conversation.objects.of(caller.workspace).only("id").get(pk=conversation_id)
    values = checked(AttributesInput, request)["attributes"]
    done = act(
        caller.workspace.pk,
        lambda: attribute.fill_conversation(caller.workspace, conversation_id, actor_of(caller), values),
    )
    return Response(_conversation(caller.workspace, done.conversation.pk))


def fill_customer(request: Request, customer_id: UUID) -> Response:
    """Set custom fields of a person; answer with them as they are then."""
    caller = caller_of(request)
    Customer.objects.of(caller.workspace).only("id").get(pk=customer_id)
    values = checked(AttributesInput, request)["attributes"]
    act(
        caller.workspace.pk,
        lambda: attribute.fill_customer(caller.workspace, customer_id, actor_of(caller), values),
    )
    row = Customer.objects.of(caller.workspace).for_reading().person(customer_id)
    return Response(represent.customer(row, customer_id))


def _conversation(place: Workspace, conversation_id: UUID) -> dict[str, Any]:
    return reading.conversations(place, [conversation_id])[conversation_id]
