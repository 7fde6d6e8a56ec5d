"""``/conversations``: episodes of service, what is said in them and who has them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import deliver, drafts, mention, triage
from conversations.act import act, actor_of
from conversations.api import reading, represent, shapes, taking
from conversations.api.asking import (
    SnoozeInput,
)
from conversations.api.filters import ORDERS, filtered, order_of, place_of
from conversations.api.operations import changes, lists, moves, shows
from conversations.api.saying import MessageInput, words_of
from conversations.draft import Words
from conversations.history import Actor
from conversations.models import Conversation, Message
from conversations.reply import Answered, Written, reply
from conversations.triage import Moved
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, checked
from hub.models import User, Workspace
from hub.pagination import rows_of, turned, window
from hub.problems import Conflict


class ConversationList(APIView):
    """All conversations."""

    @lists("list_conversations", shapes.ConversationShape, status=str, assignee=str, team=str, channel_kind=str, channel=UUID, customer=UUID, label=str, priority=str, language=str, sort=str)  # fmt: skip
    def get(self, request: Request) -> Response:
        """List conversations, newest activity first; `sort` is `activity`, `waiting` (longest first), `priority` or `due`.

        `assignee` is an id, an e-mail address, `me` or `none`; `team` an id, a name or `none`; `label` ids or names, all
        of which it must have; `status`, `channel_kind` and `priority` may name several.
        """
        caller = caller_of(request)
        filters = Filters(request)
        rows = filtered(caller, filters).for_reading()
        order = order_of(filters)
        columns, descending = ORDERS[order]
        seen = window(request, list(columns.values()))
        found = rows_of(rows, list(columns), seen, descending=descending)
        channels = reading.channels_touched(caller.workspace, found)
        return Response(
            turned(
                request,
                seen,
                found,
                lambda row: place_of(row, order),
                lambda row: represent.conversation(row, channels),
            )
        )


def shown(workspace: Workspace, conversation_id: UUID) -> Response:
    """Answer with the conversation as it is now."""
    row = Conversation.objects.of(workspace).for_reading().that_stands(conversation_id)
    return Response(represent.conversation(row, reading.channels_touched(workspace, [row])))


class ConversationDetail(APIView):
    """One conversation."""

    @shows("get_conversation", shapes.ConversationShape)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Show a conversation."""
        return shown(caller_of(request).workspace, conversation_id)

    @changes("fill_conversation", taking.AttributesInput, shapes.ConversationShape)
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Fill in custom fields of a conversation; null empties one."""
        return taking.fill_conversation(request, conversation_id)


class ConversationMessages(APIView):
    """Saying something in a conversation."""

    @extend_schema(
        operation_id="send_message",
        request=MessageInput,
        parameters=[shapes.KEY],
        responses={**shapes.answers(shapes.MessageShape, 400, 404, 409, status=201), 200: shapes.MessageShape},
    )
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Send a message to the customer, or keep a note with `private`.

        It holds `text`, `attachments` (ids of uploaded files), a `template` with its values, a question (`interactive`), a
        `location` or `contacts`. The same `client_id` again returns the message it made (200). Without `channel` it goes
        where the customer last wrote. 409 when the channel's window is closed: nothing is stored. With `seen_seq`, the
        newest message the writer saw, also when somebody else answered after it (`newer` holds what they said), unless it
        shall go `anyway`. A note names members of the team in `mentions`.
        """
        workspace = caller_of(request).workspace
        here(workspace, conversation_id)
        given = checked(MessageInput, request)
        words = words_of(given)
        actor = actor_of(caller_of(request))
        written = act(workspace.pk, lambda: said(workspace, conversation_id, actor, words))
        message = Message.objects.of(workspace).for_reading().get(pk=written.message.pk)
        return Response(
            represent.message(message), status=status.HTTP_201_CREATED if written.new else status.HTTP_200_OK
        )


def said(workspace: Workspace, conversation_id: UUID, actor: Actor, words: Words) -> Written:
    """Say it, and forget the writer's draft that it was. Raises 409 with what somebody else said first."""
    try:
        written = reply(workspace, conversation_id, actor, words)
    except Answered as error:
        rows = reading.messages(workspace, error.newer)
        raise Conflict(error.sentence, newer=[rows[one] for one in error.newer]) from error
    if actor.user is None:
        return written
    kept = drafts.sent(workspace, written.message.conversation_id, actor.user, words.text, private=words.private)
    return msgspec.structs.replace(written, changes=(*kept.changes, *written.changes))


def here(workspace: Workspace, conversation_id: UUID) -> None:
    """Raise 404 for a conversation of somebody else, before the body is looked at."""
    Conversation.objects.of(workspace).only("id").get(pk=conversation_id)


def moved(request: Request, conversation_id: UUID, room: Callable[[Workspace, Actor], Moved]) -> Response:
    """Let a room of triage move the conversation; answer with it as it is then."""
    workspace = caller_of(request).workspace
    actor = actor_of(caller_of(request))
    act(workspace.pk, lambda: room(workspace, actor))
    return shown(workspace, conversation_id)


class Resolve(APIView):
    """Ending an episode."""

    @moves("resolve_conversation")
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that the episode is over; once it is, saying it again changes nothing."""
        return moved(request, conversation_id, lambda place, actor: triage.resolve(place, conversation_id, actor))


class Reopen(APIView):
    """Taking an episode up again."""

    @moves("reopen_conversation")
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Take the episode up again; 409 when a newer one of the customer is open."""
        return moved(request, conversation_id, lambda place, actor: triage.reopen(place, conversation_id, actor))


class Snooze(APIView):
    """Laying an episode aside."""

    @moves("snooze_conversation", SnoozeInput)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Lay the episode aside until a time; 409 when it is resolved."""
        here(caller_of(request).workspace, conversation_id)
        until = checked(SnoozeInput, request)["until"]
        return moved(request, conversation_id, lambda place, actor: triage.snooze(place, conversation_id, actor, until))


class Seen(APIView):
    """Having read a conversation."""

    @moves("mark_conversation_seen")
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that everything the customer wrote was seen; the customer's channel is told too, where it can show it."""
        return moved(request, conversation_id, lambda place, actor: _seen(place, conversation_id, actor.user))


def _seen(place: Workspace, conversation_id: UUID, user: User | None) -> Moved:
    """Mark as seen, with what names ``user``, and queue the read receipt of what was unread."""
    done = triage.mark_seen(place, conversation_id)
    was_unread = bool(done.changes)
    if user is not None:
        noticed = mention.seen(place, done.conversation.pk, user)
        done = msgspec.structs.replace(done, changes=(*done.changes, *noticed.changes))
    if was_unread and deliver.queue_receipt(place, conversation_id):
        return Moved(done.conversation, done.changes, (*done.work, "outbound"))
    return done
