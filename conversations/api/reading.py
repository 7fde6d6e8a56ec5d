"""Reading rows whole for the outside: set-based, by workspace, a fixed number of queries however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models.functions import Coalesce

from conversations import attention as attending
from conversations.api import connected, joined, represent
from conversations.api.represent import Shown
from conversations.models import Channel, Conversation, Customer, Draft, Incident, Message, Suggestion
from hub.models import Workspace


def channels_touched(workspace: Workspace, rows: Iterable[Conversation]) -> dict[UUID, Channel]:
    """Return the channels these conversations touched, removed ones too: one query."""
    wanted = {key for row in rows for key in row.channel_ids}
    return Channel.objects.of(workspace).in_bulk(wanted) if wanted else {}


def messages(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return messages as the API shows them, by id: three queries."""
    rows = Message.objects.of(workspace).for_reading().filter(pk__in=ids)
    return {row.pk: represent.message(row) for row in rows}


def conversations(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return conversations as the API shows them, by id: two queries."""
    rows = list(Conversation.objects.of(workspace).for_reading().filter(pk__in=ids))
    channels = channels_touched(workspace, rows)
    return {row.pk: represent.conversation(row, channels) for row in rows}


def customers(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return people as the API shows them, by the id of any customer who counts as them: five queries at most."""
    known = Customer.objects.of(workspace).filter(pk__in=ids, erased_at=None)
    asked = dict(known.values_list("pk", Coalesce("merged_into", "pk")))
    rows = Customer.objects.of(workspace).for_reading().in_bulk(set(asked.values()))
    return {key: represent.customer(rows[root], key) for key, root in asked.items()}


def suggestions(workspace: Workspace, whole: Sequence[Customer]) -> list[Shown]:
    """Return who may be the same person as ``whole`` (their customers, who stands for them first): six queries at most."""
    mine = {row.pk for row in whole}
    rows = list(Suggestion.objects.of(workspace).about(mine).select_related("decided_by").order_by("pk"))
    far = {row.pk: row.other_id if row.customer_id in mine else row.customer_id for row in rows}
    shown = customers(workspace, far.values()) if far else {}
    found = {shown[far[row.pk]]["id"]: joined.suggestion(row, whole[0].pk, shown[far[row.pk]]) for row in rows}
    return list(found.values())


def channels(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return channels as the API shows them, by id; removed ones are left out: one query."""
    rows = Channel.objects.of(workspace).in_use().for_reading().filter(pk__in=ids)
    return {row.pk: connected.channel(row) for row in rows}


def attention(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return who attends to each of these conversations, nobody too, by its id: one query."""
    found: dict[UUID, list[Shown]] = {one: [] for one in ids}
    for row in attending.here(workspace, found):
        found[row.conversation_id].append(represent.attention(row))
    return {one: {"conversation": str(one), "people": people} for one, people in found.items()}


def drafts(workspace: Workspace, wanted: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Shown]:
    """Return what is kept of each (member, conversation), nothing too: one query, none for nothing."""
    found: dict[tuple[UUID, UUID], list[Shown]] = {one: [] for one in wanted}
    if found:
        rows = Draft.objects.of(workspace).filter(
            user__in=[user for user, _ in found], conversation__in=[talk for _, talk in found]
        )
        for row in rows:
            if (row.user_id, row.conversation_id) in found:
                found[row.user_id, row.conversation_id].append(represent.draft(row))
    return {one: {"conversation": str(one[1]), "drafts": kept} for one, kept in found.items()}


def incidents(workspace: Workspace, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Return alerts that hold or held, by id: one query."""
    rows = Incident.objects.of(workspace).filter(pk__in=ids).select_related("rule__team", "taken_by")
    return {row.pk: represent.incident(row) for row in rows}
