"""``/bots``: programs that answer until a person does; and handing a conversation from one of them, or from an agent, to people."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import handoff
from conversations.act import actor_of
from conversations.api import shapes
from conversations.api.asking import team_named
from conversations.api.conversations import here, moved
from conversations.api.operations import changes, creates, does, lists, moves, removes, shows
from conversations.bots import keeping
from conversations.bots.keeping import NAME_LENGTH, Made, Plan
from conversations.draft import Words
from conversations.models import Bot
from conversations.reply import reply
from conversations.triage import Moved
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.ids import new_id
from hub.inputs import Id, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page


class BotInput(serializers.Serializer[Any]):
    """A bot: where it is told what happens (`url`, https), and on which channels; none means all of them."""

    name = Text(max_length=NAME_LENGTH, required=False)
    url = Text(max_length=500, required=False)
    channels = serializers.ListField(source="channel_ids", child=Id(), max_length=200, required=False)
    active = YesNo(required=False)


class BotShape(shapes.Shape):
    """A bot. What it is told is signed: `X-Novelo-Signature: sha256=` HMAC-SHA256 of timestamp, a full stop and body."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.URLField()
    channels = serializers.ListField(source="channel_ids", child=serializers.UUIDField())
    active = serializers.BooleanField()
    created_at = shapes.Moment()


class MadeBotShape(BotShape):
    """A bot with its secret and its token, which are shown this once."""

    secret = serializers.CharField()
    token = serializers.CharField()


class HandoffInput(serializers.Serializer[Any]):
    """To whom it goes: a team's name or id, and a note for them."""

    team = Text(required=False, allow_null=True, max_length=80)
    note = Text(required=False, allow_null=True, allow_blank=True, max_length=10_000)


def _made(made: Made) -> dict[str, Any]:
    made.bot.refresh_from_db()
    return {**BotShape.shown(made.bot), "secret": made.secret, "token": made.token}


def plan_of(given: dict[str, Any], row: Bot | None = None) -> Plan:
    """Return what is asked for; what is not said stays as ``row`` has it."""
    kept: dict[str, Any] = {"name": "", "url": ""}
    if row is not None:
        kept = {"name": row.name, "url": row.url, "channel_ids": row.channel_ids, "active": row.active}
    return Plan(**{**kept, **given})


class BotList(APIView):
    """All bots; adding one."""

    role: ClassVar = Role.ADMIN

    @lists("list_bots", BotShape)
    def get(self, request: Request) -> Response:
        """List the bots, newest first."""
        return Response(page(request, Bot.objects.of(caller_of(request).workspace), {"id": UUID}, BotShape.shown))

    @creates("create_bot", BotInput, MadeBotShape)
    @once
    def post(self, request: Request) -> Response:
        """Add a bot; its secret and its token are in this answer and nowhere else."""
        caller, given = caller_of(request), checked(BotInput, request)
        with transaction.atomic():
            made = keeping.create(caller.workspace, plan_of(given))
            audit.note(caller, "bot.created", made.bot)
        return Response(_made(made), status=201)


class BotDetail(APIView):
    """One bot."""

    role: ClassVar = Role.ADMIN

    @shows("get_bot", BotShape)
    def get(self, request: Request, bot_id: UUID) -> Response:
        """Show a bot."""
        return Response(BotShape.shown(Bot.objects.of(caller_of(request).workspace).get(pk=bot_id)))

    @changes("change_bot", BotInput, BotShape)
    def patch(self, request: Request, bot_id: UUID) -> Response:
        """Change a bot; what is not said stays."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Bot.objects.of(caller.workspace).select_for_update().get(pk=bot_id)
            before = BotShape.shown(row)
            after = BotShape.shown(keeping.change(row, plan_of(checked(BotInput, request), row)))
            audit.note(caller, "bot.changed", row, audit.difference(before, after))
        return Response(after)

    @removes("remove_bot")
    def delete(self, request: Request, bot_id: UUID) -> Response:
        """Remove a bot: its token is good for nothing any more."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Bot.objects.of(caller.workspace).get(pk=bot_id)
            audit.note(caller, "bot.removed", row)
            keeping.remove(row)
        return Response(status=204)


class BotRotate(APIView):
    """Giving a bot new secrets."""

    role: ClassVar = Role.ADMIN

    @does("rotate_bot", None, MadeBotShape, 404)
    @once
    def post(self, request: Request, bot_id: UUID) -> Response:
        """Make a new secret and a new token; the old ones are good for nothing at once."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Bot.objects.of(caller.workspace).select_for_update().get(pk=bot_id)
            made = keeping.rotate(row)
            audit.note(caller, "bot.secret_renewed", row)
        return Response(_made(made))


class Handoff(APIView):
    """Handing a conversation to people."""

    @moves("hand_off_conversation", HandoffInput)
    @once
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Give the conversation from a bot, or from yourself, to people: of a team, with a note. No bot speaks in it afterwards."""
        workspace = caller_of(request).workspace
        here(workspace, conversation_id)
        given = checked(HandoffInput, request)
        team = team_named(workspace, "team", given.get("team"))
        note = (given.get("note") or "").strip()

        def room(place: Any, actor: Any) -> Moved:
            done = handoff.hand_off(place, conversation_id, actor, team)
            if not note:
                return done
            words = Words(client_id=f"handoff:{new_id()}", text=note, private=True)
            noted = reply(place, conversation_id, actor_of(caller_of(request)), words)
            return Moved(done.conversation, (*done.changes, *noted.changes), done.work)

        return moved(request, conversation_id, room)
