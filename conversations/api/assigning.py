"""``/conversations/{id}/assign``: giving a conversation to a person, a team, both or nobody, with a note for who gets it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import route, triage
from conversations.act import act, actor_of
from conversations.api import shapes
from conversations.api.asking import AssignInput, member_named, team_named
from conversations.api.conversations import here, shown
from conversations.api.operations import does
from conversations.feed import Change
from conversations.history import Actor
from conversations.reply import Words, reply
from conversations.triage import Assignment, Keep
from conversations.wake import Work
from hub.access import caller_of
from hub.idempotency import once
from hub.ids import new_id
from hub.inputs import Text, checked
from hub.models import Membership, User, Workspace

NOTE_LENGTH = 10_000


class HandOverInput(AssignInput):
    """Who shall have the conversation, and a `note` that only the house reads."""

    note = Text(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class AssignedShape(shapes.ConversationShape):
    """The conversation; `warning` says that whoever has it now carries more than they should."""

    warning = serializers.CharField(required=False)


class HandedOver(msgspec.Struct, frozen=True):
    """What the feed tells of an assignment and its note."""

    changes: tuple[Change, ...]
    work: tuple[Work, ...]


class Assign(APIView):
    """Giving a conversation to somebody."""

    @does("assign_conversation", HandOverInput, AssignedShape, 400, 404, 409)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Give the conversation to a member, a team, both or nobody (null); what is not named stays.

        With `note` its next owner is told why, in the same step. Who is given more than they may carry has it all the same:
        `warning` says so.
        """
        workspace = caller_of(request).workspace
        here(workspace, conversation_id)
        given = checked(HandOverInput, request)
        people = {
            field: member_named(workspace, field, given[field]) if field in given else Keep()
            for field in ("assignee", "expected_assignee")
        }
        assignment = Assignment(
            assignee=people["assignee"],
            expected=people["expected_assignee"],
            team=team_named(workspace, "team", given["team"]) if "team" in given else Keep(),
        )
        actor = actor_of(caller_of(request))
        act(workspace.pk, lambda: _hand_over(workspace, conversation_id, actor, assignment, given.get("note", "")))
        answer = shown(workspace, conversation_id)
        warning = _too_much(workspace, people["assignee"])
        if warning:
            data: Any = answer.data
            answer.data = {**data, "warning": warning}
        return answer


def _hand_over(
    workspace: Workspace, conversation_id: UUID, actor: Actor, assignment: Assignment, note: str
) -> HandedOver:
    """Assign, and write the note: both or neither."""
    done = triage.assign(workspace, conversation_id, actor, assignment)
    if not note.strip():
        return HandedOver(done.changes, done.work)
    words = Words(client_id=str(new_id()), text=note, private=True)
    written = reply(workspace, conversation_id, actor, words)
    return HandedOver((*done.changes, *written.changes), tuple(dict.fromkeys((*done.work, *written.work))))


def _too_much(workspace: Workspace, assignee: User | Keep | None) -> str:
    """Return a sentence when somebody carries more than they may, else ""."""
    if not isinstance(assignee, User):
        return ""
    weight = route.loads(workspace, [assignee.pk]).get(assignee.pk, 0)
    capacity = Membership.objects.of(workspace).filter(user=assignee).values_list("capacity", flat=True).first() or 0
    if weight <= capacity:
        return ""
    return _("%(name)s now has %(load)d of %(capacity)d.") % {"name": assignee, "load": weight, "capacity": capacity}
