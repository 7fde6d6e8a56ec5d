"""``/search``: people and messages by what one remembers of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import search
from conversations.api import reading, represent, shapes
from conversations.api.asking import member_named
from conversations.api.represent import Shown
from conversations.models import Conversation, Label, Message
from conversations.search import Asked, Found, Hit
from hub.access import caller_of
from hub.inputs import CANONICAL_UUID, Filters, instant
from hub.models import Workspace
from hub.pagination import address_of, window

MOST = 50
PEOPLE = 5


class SnippetShape(shapes.Shape):
    """A piece of a text, and whether it is what was looked for."""

    text = serializers.CharField()
    hit = serializers.BooleanField()


class HitShape(shapes.Shape):
    """A message that was found."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    customer = serializers.UUIDField()
    customer_name = serializers.CharField(allow_blank=True)
    channel = serializers.UUIDField()
    channel_kind = serializers.ChoiceField(shapes.CHANNEL_KINDS)
    direction = serializers.ChoiceField(["inbound", "outbound"])
    author = shapes.AuthorShape()
    kind = serializers.CharField()
    sent_at = serializers.DateTimeField()
    snippet = SnippetShape(many=True)


class FoundPersonShape(shapes.CustomerShape):
    """A person who was found, and their newest conversation, if there was one."""

    conversation = serializers.UUIDField(allow_null=True)


class FoundPageShape(shapes.Shape):
    """Messages, newest first; people on the first page only.

    `count` is how many messages there are, `at_least` says that there are more than that; null where filters leave it open.
    `mended` names the words that were taken for others.
    """

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = HitShape(many=True)
    people = FoundPersonShape(many=True)
    count = serializers.IntegerField(allow_null=True)
    at_least = serializers.BooleanField()
    mended = serializers.ListField(child=serializers.CharField())


class Search(APIView):
    """Looking for people and messages."""

    @extend_schema(
        operation_id="search",
        parameters=shapes.parameters(
            q=str, channel=UUID, channel_kind=str, agent=str, label=str, **{"from": str, "to": str}
        ),
        responses=shapes.answers(FoundPageShape, 400),
    )
    def get(self, request: Request) -> Response:
        """Find messages with every word of `q`, and people by name, number or address; accents and typing errors are forgiven.

        The last word may be the beginning of one. `agent` (id, e-mail or `me`) wrote the message or has its conversation;
        `label` is an id or a name. `from` is inclusive, `to` exclusive: times with an offset, or days in the workspace's zone.
        """
        caller = caller_of(request)
        filters = Filters(request)
        words = filters.text("q")
        if words is None:
            raise ValidationError({"q": _("Say what to look for.")})
        agent = filters.text("agent")
        asked = Asked(
            text=request.query_params["q"],
            channel=filters.uuid("channel"),
            channel_kind=tuple(filters.choices("channel_kind", shapes.CHANNEL_KINDS) or ()),
            agent=_agent(caller.workspace, caller.user.pk if caller.user else None, agent) if agent else None,
            label=_label(caller.workspace, filters.text("label")),
            since=_day(caller.workspace, "from", filters.text("from")),
            until=_day(caller.workspace, "to", filters.text("to")),
        )
        seen = window(request, [datetime, UUID])
        place: Any = seen.cursor.values if seen.cursor else None
        found = search.messages(caller.workspace, asked, place, min(seen.limit, MOST))
        narrowed = any((asked.channel, asked.channel_kind, asked.agent, asked.label, asked.since, asked.until))
        people = [] if place or narrowed else search.people(caller.workspace, words, PEOPLE)
        return Response(
            {
                "next": address_of(request, found.last) if found.last else None,
                "previous": None,
                "results": hits(caller.workspace, found),
                "people": persons(caller.workspace, people),
                "count": found.count,
                "at_least": found.beyond,
                "mended": [typed for typed, _said in found.mended],
            }
        )


def hits(workspace: Workspace, found: Found) -> list[Shown]:
    """Return the messages found as a list shows them: two queries."""
    rows = Message.objects.of(workspace).for_reading().filter(pk__in=[hit.message_id for hit in found.hits])
    known = {row.pk: row for row in rows.select_related("customer__merged_into").filter(deleted_at=None)}
    return [_hit(known[hit.message_id], hit) for hit in found.hits if hit.message_id in known]


def _hit(row: Message, hit: Hit) -> Shown:
    return {
        "id": str(row.pk),
        "conversation": str(getattr(row, "stands_in", None) or row.conversation_id),
        "customer": str(row.customer.merged_into_id or row.customer_id),
        "customer_name": (row.customer.merged_into or row.customer).name or row.customer.name,
        "channel": str(row.channel_id),
        "channel_kind": row.channel.kind,
        "direction": row.direction,
        "author": represent.author(row),
        "kind": row.kind,
        "sent_at": represent.moment(row.sent_at),
        "snippet": [{"text": text, "hit": meant} for text, meant in hit.snippet],
    }


def persons(workspace: Workspace, ids: list[UUID]) -> list[Shown]:
    """Return people as the API shows them, in this order, each with the id of their newest conversation."""
    if not ids:
        return []
    shown = reading.customers(workspace, ids)
    talks = Conversation.objects.of(workspace).standing()
    newest: dict[UUID, UUID] = {}
    for key, person, joined in (
        talks.filter(customer__in=ids)
        .union(talks.filter(customer__merged_into__in=ids), all=True)
        .values_list("id", "customer_id", "customer__merged_into_id")
        .order_by("id")
    ):
        newest[joined or person] = key
    return [shown[key] | {"conversation": represent.identifier(newest.get(key))} for key in ids if key in shown]


def _agent(workspace: Workspace, mine: UUID | None, word: str) -> UUID | None:
    if word == "me":
        if mine is None:
            raise ValidationError({"agent": _("A token is nobody: name an e-mail address or id.")})
        return mine
    member = member_named(workspace, "agent", word)
    return member.pk if member else None


def _label(workspace: Workspace, word: str | None) -> UUID | None:
    if word is None:
        return None
    by = {"pk": UUID(word)} if CANONICAL_UUID.fullmatch(word) else {"name__iexact": word}
    label = Label.objects.of(workspace).filter(**by).first()
    if label is None:
        raise ValidationError({"label": _("There is no such label here.")})
    return label.pk


def _day(workspace: Workspace, name: str, word: str | None) -> datetime | None:
    if word is None:
        return None
    if (at := instant(word)) is not None:
        return at
    try:
        day = date.fromisoformat(word)
    except ValueError as error:
        raise ValidationError({name: _("Must be a day like 2026-03-01, or a time with an offset.")}) from error
    if not timedelta(1) < day - date.min < date.max - date.min - timedelta(1):
        raise ValidationError({name: _("Must be a day like 2026-03-01, or a time with an offset.")})
    return datetime.combine(day, time.min, ZoneInfo(workspace.timezone)).astimezone(UTC)
