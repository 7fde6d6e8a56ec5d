"""``/conversations/bulk``: the same done with many conversations at once, what could not be done told, and what undoes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import marking, triage
from conversations.act import act, actor_of
from conversations.api import reading, shapes
from conversations.api.asking import member_named, team_named
from conversations.api.marks import Ids
from conversations.api.operations import does
from conversations.feed import Change
from conversations.history import Actor
from conversations.marking import PRIORITIES
from conversations.models import Conversation, Customer
from conversations.refusal import Refused, TooLate
from conversations.triage import Assignment, Keep, Moved
from conversations.wake import Work
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Id, Instant, Text, YesNo, checked
from hub.models import Workspace

MOST_AT_ONCE = 200
DOES = ("assign", "label", "priority", "snooze", "resolve", "reopen", "pending", "read", "unread")


class DoInput(serializers.Serializer[Any]):
    """What to do, with what it needs: `assign` a member or team, `label`, `priority`, `snooze` until a time, and the others."""

    do = Choice(DOES)
    assignee = Text(required=False, allow_null=True, max_length=254)
    team = Text(required=False, allow_null=True, max_length=80)
    expected_assignee = Text(required=False, allow_null=True, max_length=254)
    add = Ids(required=False, max_length=marking.MOST_LABELS)
    remove = Ids(required=False, max_length=marking.MOST_LABELS)
    priority = Choice(PRIORITIES, required=False)
    expected = Choice(PRIORITIES, required=False)
    until = Instant(required=False)
    undo = YesNo(required=False)  # of `reopen`: it was resolved by mistake
    expected_status = Choice(Conversation.Status.values, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an act that lacks what it is about."""
        needed = {
            "assign": ("assignee", "team"),
            "label": ("add", "remove"),
            "priority": ("priority",),
            "snooze": ("until",),
        }
        fields = needed.get(attrs["do"], ())
        if fields and not any(field in attrs for field in fields):
            raise ValidationError({fields[0]: _("Is needed for this.")})
        return attrs


class OneInput(DoInput):
    """What to do with one of them."""

    id = Id()


class BulkInput(serializers.Serializer[Any]):
    """The same for all of `ids`, or to each its own (`each`), as an answer's `undo` has it."""

    ids = Ids(required=False, max_length=MOST_AT_ONCE, min_length=1)
    do = Choice(DOES, required=False)
    each = OneInput(many=True, required=False, max_length=MOST_AT_ONCE)  # type: ignore[call-arg]  # the list's


class DoneShape(shapes.Shape):
    """What became of one: `undo` takes it back, null where nothing changed."""

    id = serializers.UUIDField()
    outcome = serializers.ChoiceField(["done", "unchanged", "refused"])
    detail = serializers.CharField(allow_blank=True)
    conversation = shapes.ConversationShape(allow_null=True)
    undo = serializers.DictField(allow_null=True)


class BulkShape(shapes.Shape):
    """What became of each, in the order asked."""

    results = DoneShape(many=True)


class Bulk(APIView):
    """Many conversations at once."""

    @does("move_conversations", BulkInput, BulkShape, 400)
    @once
    def post(self, request: Request) -> Response:
        """Do the same with all of `ids`, or with `each` what it says; what cannot be done with one is told, the others are done.

        Send every `undo` of the answer as `each` to take it back: what somebody has changed meanwhile is told and left alone.
        """
        caller = caller_of(request)
        asked = _asked(request)
        prepared = {key: _prepared(caller.workspace, given) for key, given in asked.items()}
        done = act(caller.workspace.pk, lambda: _do_all(caller.workspace, actor_of(caller), prepared))
        rows = reading.conversations(caller.workspace, asked)
        return Response(
            {
                "results": [
                    {
                        "id": str(key),
                        "outcome": one.outcome,
                        "detail": one.detail,
                        "conversation": rows.get(key),
                        "undo": {"id": str(key), **one.undo} if one.undo else None,
                    }
                    for key, one in ((key, done.each[key]) for key in asked)
                ]
            }
        )


def _asked(request: Request) -> dict[UUID, dict[str, Any]]:
    """Return what is to be done with which conversation, in the order asked."""
    given = checked(BulkInput, request)
    if ("ids" in given) == ("each" in given):
        raise ValidationError({"ids": _("Name ids and what to do with them, or what to do with each.")})
    if "each" in given:
        return {one.pop("id"): dict(one) for one in given["each"]}
    return dict.fromkeys(given["ids"], checked(DoInput, request))


Room = Callable[[Workspace, UUID, Actor], Moved]


class _Prepared(msgspec.Struct, frozen=True):
    """An act with everything it names looked up."""

    given: dict[str, Any]
    room: Room


class _One(msgspec.Struct, frozen=True):
    """What became of one conversation."""

    outcome: str
    detail: str = ""
    undo: dict[str, Any] | None = None


class _All(msgspec.Struct, frozen=True):
    """What became of all, and what the feed tells."""

    each: dict[UUID, _One]
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def _prepared(workspace: Workspace, given: dict[str, Any]) -> _Prepared:  # noqa: PLR0911  one an act
    """Look up whom and what an act names, before anything is locked."""
    match given["do"]:
        case "assign":
            return _Prepared(given, _assign(workspace, given))
        case "label":
            add, remove = given.get("add", []), given.get("remove", [])
            return _Prepared(given, lambda place, key, actor: marking.label(place, key, actor, add, remove))
        case "priority":
            level = PRIORITIES.index(given["priority"])
            expected = PRIORITIES.index(given["expected"]) if "expected" in given else None
            return _Prepared(given, lambda place, key, actor: marking.prioritize(place, key, actor, level, expected))
        case "snooze":
            until = given["until"]
            return _Prepared(given, lambda place, key, actor: triage.snooze(place, key, actor, until))
        case "read":
            return _Prepared(given, lambda place, key, _actor: triage.mark_seen(place, key))
        case "unread":
            return _Prepared(given, lambda place, key, _actor: marking.mark_unread(place, key))
        case "reopen":
            undone = given.get("undo", False)
            return _Prepared(given, lambda place, key, actor: triage.reopen(place, key, actor, undo=undone))
    rooms: dict[str, Room] = {"resolve": triage.resolve, "pending": marking.pend}
    return _Prepared(given, rooms[given["do"]])


def _assign(workspace: Workspace, given: Mapping[str, Any]) -> Room:
    assignment = Assignment(
        assignee=member_named(workspace, "assignee", given["assignee"]) if "assignee" in given else Keep(),
        team=team_named(workspace, "team", given["team"]) if "team" in given else Keep(),
        expected=member_named(workspace, "expected_assignee", given["expected_assignee"])
        if "expected_assignee" in given
        else Keep(),
    )
    return lambda place, key, actor: triage.assign(place, key, actor, assignment)


def _do_all(workspace: Workspace, actor: Actor, prepared: Mapping[UUID, _Prepared]) -> _All:
    """Do each in the order of ids, as everybody locks them; people before, where an act needs theirs."""
    known = Conversation.objects.of(workspace).filter(pk__in=prepared)
    if any(one.given["do"] == "reopen" for one in prepared.values()):
        Customer.objects.of(workspace).locked_people(known.values_list("customer", flat=True))
    each: dict[UUID, _One] = {}
    changes: list[Change] = []
    work: dict[Work, None] = {}
    for key in sorted(prepared):
        try:
            with transaction.atomic():
                each[key], done = _do(workspace, actor, key, prepared[key])
        except (Refused, TooLate) as error:
            each[key] = _One("refused", error.sentence)
        except ObjectDoesNotExist:
            each[key] = _One("refused", _("There is no such conversation here."))
        else:
            changes += done.changes
            work |= dict.fromkeys(done.work)
    return _All(each, tuple(changes), tuple(work))


def _do(workspace: Workspace, actor: Actor, key: UUID, one: _Prepared) -> tuple[_One, Moved]:
    before = Conversation.objects.of(workspace).locked(key)
    expected = one.given.get("expected_status")
    if expected and before.status != expected:
        raise TooLate(_("Somebody else has gone on with this conversation meanwhile."))
    done = one.room(workspace, before.pk, actor)
    if not done.changes:
        return _One("unchanged"), done
    return _One("done", "", undo(one.given["do"], before, done.conversation)), done


def undo(do: str, before: Conversation, after: Conversation) -> dict[str, Any] | None:  # noqa: PLR0911  one an act
    """Return the act that takes one back, with what must still be so; None for what needs none."""
    match do:
        case "assign":
            seen = after.assignee.pk if after.assignee else None
            return {
                "do": "assign",
                "assignee": str(before.assignee_id) if before.assignee_id else None,
                "team": str(before.team_id) if before.team_id else None,
                "expected_assignee": str(seen) if seen else None,
            }
        case "label":
            put = [str(one) for one in after.label_ids if one not in before.label_ids]
            taken = [str(one) for one in before.label_ids if one not in after.label_ids]
            return {"do": "label", **({"add": taken} if taken else {}), **({"remove": put} if put else {})}
        case "priority":
            return {"do": "priority", "priority": PRIORITIES[before.priority], "expected": PRIORITIES[after.priority]}
        case "snooze" if before.status == "snoozed" and before.snoozed_until:
            return {"do": "snooze", "until": before.snoozed_until.isoformat(), "expected_status": "snoozed"}
        case "resolve" | "snooze" | "pending" | "reopen":
            mistake = {"undo": True} if do == "resolve" and _back(before) == "reopen" else {}
            return {"do": _back(before), "expected_status": after.status} | _until(before) | mistake
        case "read":
            return {"do": "unread"}
        case "unread":
            return {"do": "read"}
    return None


def _back(before: Conversation) -> str:
    """Return what leads back to where a conversation stood."""
    return {"resolved": "resolve", "pending": "pending", "snoozed": "snooze"}.get(before.status, "reopen")


def _until(before: Conversation) -> dict[str, Any]:
    return {"until": before.snoozed_until.isoformat()} if before.status == "snoozed" and before.snoozed_until else {}
