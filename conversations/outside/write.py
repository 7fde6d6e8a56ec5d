"""Writing a cut: conversations take the rows they had, moments go where they belong, what nobody needs goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.db import connection
from django.db.models import F

from conversations import bulk
from conversations.feed import Change
from conversations.models import Conversation, Message
from conversations.outside.cut import Episode, Moment, cut
from conversations.outside.rows import FIELDS, Person, Row, Sides, people
from hub.ids import new_id
from hub.models import Team, User, Workspace

RECENT = timedelta(days=7)  # what is older is told to no open page
COLUMNS = tuple(name.removesuffix("_id") for name in FIELDS)
NOTES = (
    "SELECT id, conversation_id FROM conversations_message WHERE conversation_id = ANY(%s::uuid[]) AND kind = 'note' "
    "ORDER BY conversation_id, seq"
)
MOVE_EVENTS = """
UPDATE conversations_historyevent e SET conversation_id = new.conversation
FROM unnest(%s::bigint[], %s::uuid[]) AS new (id, conversation) WHERE e.id = new.id
"""
MOVE_REST = """
UPDATE conversations_historyevent e SET conversation_id = new.target
FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, target) WHERE e.conversation_id = new.id
"""


class Staff(msgspec.Struct, frozen=True):
    """The members by e-mail address, in small letters, and the teams by name: who is named in history may be none of them."""

    members: Mapping[str, User]
    teams: Mapping[str, UUID]

    def agent(self, named: Any) -> UUID | None:
        """Return the member an address or id names."""
        found = self.members.get(str(named).lower()) if named else None
        return found.pk if found else None

    def team(self, named: Any) -> UUID | None:
        """Return the team a name or id names."""
        return self.teams.get(str(named)) if named else None


class Place(msgspec.Struct, frozen=True):
    """Where a new moment goes: its conversation, ``None`` for a turn before there is any, and its place in there."""

    conversation: UUID | None
    seq: int = 0


class Plan(msgspec.Struct):
    """What a cut writes. ``other_ids``: those that follow from what began a conversation were taken, choose others."""

    other_ids: bool = False
    changed: dict[UUID, Row] = {}
    fresh: dict[UUID, Row] = {}
    messages: list[tuple[UUID, UUID, int]] = []
    events: list[tuple[int, UUID | None]] = []
    emptied: dict[UUID, UUID | None] = {}
    places: dict[int, Place] = {}
    ours: list[UUID] = []


def staff_of(workspace: Workspace) -> Staff:
    """Return who of the house history may name: two queries."""
    members = {}
    for user in User.objects.filter(memberships__workspace=workspace):
        members[user.email.lower()] = members[str(user.pk)] = user
    teams = {}
    for key, name in Team.objects.of(workspace).values_list("pk", "name"):
        teams[name] = teams[str(key)] = key
    return Staff(members, teams)


def cut_again(workspace: Workspace, sides: Sides, now: datetime) -> list[Change]:
    """Cut what was told from outside of these customers anew, each person of ``sides`` for themselves; return what changed.

    Needs a transaction that holds the customers.
    """
    whole = {
        key: one for key, one in people(sides).items() if one.rows or any(m.source != "novelo" for m in one.moments)
    }
    if not whole:
        return []
    plan = planned(workspace, whole, staff_of(workspace), now)
    write_conversations(workspace, plan)
    move(workspace, plan)
    return changes(plan, now)


def planned(
    workspace: Workspace, whole: Mapping[UUID, Person], staff: Staff, now: datetime, *, other_ids: bool = False
) -> Plan:
    """Cut the history of each of these people and return what must be written so that the rows say it."""
    plan = Plan(other_ids=other_ids)
    for person in whole.values():
        _plan_person(workspace, person, staff, now, plan)
    if plan.emptied:
        _take_notes(plan)
    return plan


def _plan_person(workspace: Workspace, person: Person, staff: Staff, now: datetime, plan: Plan) -> None:
    found = cut(person.moments, person.spans(), workspace.reopen_window)
    rows = dict(person.rows)
    went: dict[UUID, UUID] = {}
    left = {m.conversation for m in person.moments if m.conversation is not None and m.conversation in person.ours}
    for episode in found.episodes:
        if episode.fixed is not None:
            row = person.ours[episode.fixed.id]
            group = {key for key, one in person.ours.items() if row.id in {key, one.folded_into}}
            _go_to(episode, row, group, went, plan)
            _set_ours(row, episode, person, staff, last=episode is found.episodes[-1])
            left.discard(row.id)
            plan.changed[row.id] = row
            continue
        old = _row_of(episode, rows)
        row = old or _new(workspace, episode, person, plan)
        before = msgspec.structs.replace(row)
        _go_to(episode, row, {row.id}, went, plan)
        _set(row, episode, staff, now)
        if old is None:
            plan.fresh[row.id] = row
        elif row != before:
            plan.changed[row.id] = row
    for moment in found.loose:
        _go(moment, None, None, plan)
    for key in left:
        row = person.ours[key]
        if row.live_at and row.opened_at >= person.since:
            row.opened_at = row.live_at
            plan.changed[row.id] = row
    plan.ours += person.ours
    plan.emptied |= {key: went.get(key) for key in rows}


def _row_of(episode: Episode, rows: dict[UUID, Row]) -> Row | None:
    """Take the row an episode had: that of its first moment, else the one most of it lies in."""
    counted = Counter(moment.conversation for moment in episode.moments if moment.conversation in rows)
    first = next((m.conversation for m in episode.moments if m.conversation in rows), None)
    for key in (first, *(one for one, _ in counted.most_common())):
        if key is not None and rows[key].customer_id == episode.customer:
            return rows.pop(key)
    return None


def _new(workspace: Workspace, episode: Episode, person: Person, plan: Plan) -> Row:
    """Return a new row. Its id follows from what began it, so that parting people gives back what they had."""
    first = episode.moments[0]
    key = uuid5(workspace.pk, f"{first.source}\n{first.key}")
    if plan.other_ids or key in person.rows or key in person.ours:
        key = new_id()
    return Row(
        id=key, customer_id=episode.customer, status="", opened_at=episode.opened_at, assignee_id=None, team_id=None,
        channel_ids=[], last_channel_id=None, first_response_at=None, waiting_since=None, resolved_at=None, snoozed_until=None,
        reopened_count=0, last_inbound_at=None, last_message_at=None, last_message_id=None, last_seq=0, unread=0,
    )  # fmt: skip


def _go_to(episode: Episode, row: Row, group: set[UUID], went: dict[UUID, UUID], plan: Plan) -> None:
    for moment in episode.moments:
        if moment.conversation is not None and moment.conversation not in group:
            went.setdefault(moment.conversation, row.id)
        if moment.conversation is None or moment.conversation not in group:
            _go(moment, row, row.id, plan)


def _go(moment: Moment, row: Row | None, key: UUID | None, plan: Plan) -> None:
    """Let a moment go to a conversation: a new one is placed, a stored one moved."""
    said = moment.message is not None and row is not None
    if said and row is not None:
        row.last_seq += 1
    if moment.event is None:
        plan.places[moment.fresh] = Place(key, row.last_seq if row else 0)
    elif moment.conversation != key:
        plan.events.append((moment.event, key))
        if said and row is not None and moment.message is not None:
            plan.messages.append((moment.message, row.id, row.last_seq))


def _set(row: Row, episode: Episode, staff: Staff, now: datetime) -> None:
    """Let a row say what its episode came to."""
    if episode.snoozed_until is not None and episode.snoozed_until <= now:
        episode.awake()
    last = episode.last
    row.status, row.opened_at, row.resolved_at = episode.status, episode.opened_at, episode.ended
    row.assignee_id, row.team_id = staff.agent(episode.agent), staff.team(episode.team)
    row.channel_ids = list(episode.channels)
    row.first_response_at, row.waiting_since = episode.first_response_at, episode.waiting_since
    row.snoozed_until, row.reopened_count = episode.snoozed_until, episode.reopened
    row.last_inbound_at = episode.last_inbound_at
    row.unread = episode.unread
    if last is not None:
        row.last_message_at, row.last_message_id, row.last_channel_id = min(last.at, now), last.message, last.channel


def _set_ours(row: Row, episode: Episode, person: Person, staff: Staff, *, last: bool) -> None:
    """Let a conversation of ours go on where what is new came after everything; what came late is only shown in it."""
    first = episode.moments[0].at
    start = row.live_at if row.live_at and row.opened_at >= person.since else row.opened_at
    row.opened_at = min(start, first)
    channels = [moment.channel for moment in episode.moments if moment.channel is not None]
    row.channel_ids = list(dict.fromkeys([*row.channel_ids, *channels]))
    if row.first_response_at is not None and row.first_response_at < row.opened_at:
        row.first_response_at = None
    newest = max(filter(None, (row.last_message_at, row.resolved_at, row.live_at)), default=row.opened_at)
    news = [moment for moment in episode.moments if moment.fresh >= 0 and moment.at >= newest]
    if not news or not last:
        return
    now_on = _resumed(row)
    for moment in news:
        now_on.turn(moment)
    row.status, row.resolved_at, row.snoozed_until = now_on.status, now_on.ended, now_on.snoozed_until
    row.waiting_since, row.unread, row.reopened_count = now_on.waiting_since, now_on.unread, now_on.reopened
    row.first_response_at, row.last_inbound_at = now_on.first_response_at, now_on.last_inbound_at
    row.assignee_id = staff.agent(now_on.agent) or row.assignee_id
    row.team_id = staff.team(now_on.team) or row.team_id
    if now_on.last is not None:
        row.last_message_at, row.last_message_id = now_on.last.at, now_on.last.message
        row.last_channel_id = row.last_channel_id or now_on.last.channel


def _resumed(row: Row) -> Episode:
    """Return a stored conversation as an episode that can go on."""
    found = Episode(row.customer_id, row.opened_at)
    found.status, found.ended, found.snoozed_until = row.status, row.resolved_at, row.snoozed_until
    found.waiting_since, found.first_response_at = row.waiting_since, row.first_response_at
    found.last_inbound_at, found.unread, found.reopened = row.last_inbound_at, row.unread, row.reopened_count
    found.agent, found.team = row.assignee_id, row.team_id
    return found


def _take_notes(plan: Plan) -> None:
    """Let what people of the house wrote beside a conversation that goes come along."""
    by_id = plan.changed | plan.fresh
    with connection.cursor() as cursor:
        cursor.execute(NOTES, [bulk.array(plan.emptied)])
        for key, talk in cursor.fetchall():
            row = by_id.get(plan.emptied[talk] or talk)
            if row is not None:
                row.last_seq += 1
                plan.messages.append((key, row.id, row.last_seq))


def write_conversations(workspace: Workspace, plan: Plan) -> None:
    """Write the conversations: what ends first, for a customer has one that has not."""
    if plan.emptied:
        Conversation.objects.of(workspace).filter(pk__in=plan.emptied).exclude(status="resolved").update(
            status="resolved", resolved_at=F("opened_at")
        )
    rows = sorted(plan.changed.values(), key=lambda row: (row.status != "resolved", row.id))
    for ended in (True, False):
        bulk.update(Conversation, COLUMNS, [_values(row) for row in rows if (row.status == "resolved") is ended])
    if plan.ours:
        Conversation.objects.of(workspace).filter(pk__in=plan.ours, outside=True).update(outside=False)
    bulk.insert(
        Conversation,
        (*COLUMNS, "workspace", "outside", "label_ids", "attributes"),
        [(*_values(row), workspace.pk, True, [], {}) for row in plan.fresh.values()],
    )


def _values(row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in FIELDS)


def move(workspace: Workspace, plan: Plan) -> None:
    """Point what is stored already at the conversations it belongs to, and let go of those that hold nothing."""
    bulk.update(Message, ("id", "conversation", "seq"), plan.messages)
    with connection.cursor() as cursor:
        if plan.events:
            ids, tos = zip(*plan.events, strict=True)
            cursor.execute(MOVE_EVENTS, [bulk.array(ids), bulk.array(tos)])
        kept = [(old, new) for old, new in plan.emptied.items() if new is not None]
        if kept:
            olds, news = zip(*kept, strict=True)
            cursor.execute(MOVE_REST, [bulk.array(olds), bulk.array(news)])
    if plan.emptied:
        Conversation.objects.of(workspace).filter(pk__in=plan.emptied).delete()


def changes(plan: Plan, now: datetime) -> list[Change]:
    """Return what open pages are told: the conversations that changed lately, none of old history."""
    recent = now - RECENT
    found = [
        row
        for row in (*plan.changed.values(), *plan.fresh.values())
        if row.last_message_at is not None and row.last_message_at >= recent and row.id not in plan.emptied
    ]
    return [
        Change("conversation.created" if row.id in plan.fresh else "conversation.updated", row.id, row.id)
        for row in found
    ]
