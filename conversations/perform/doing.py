"""Doing acts to a conversation: each through its own room, told once, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import handoff, marking, triage
from conversations.channels.content import Choice
from conversations.channels.registry import adapter_of
from conversations.draft import Words
from conversations.feed import Change
from conversations.history import Actor
from conversations.models import Conversation, Label, Message
from conversations.perform import menu, vocabulary
from conversations.perform.vocabulary import (
    Action,
    AddLabel,
    Ask,
    Assign,
    HandOff,
    Note,
    RemoveLabel,
    Resolve,
    Say,
    SetPriority,
    Snooze,
)
from conversations.refusal import Refused, TooLate
from conversations.reply import reply
from conversations.triage import Assignment, Keep, Moved
from conversations.wake import Work
from conversations.ways import ways_of
from hub.models import Team, User, Workspace


class Step(msgspec.Struct, frozen=True):
    """One act: its word, whether it was done, and why not."""

    do: str
    done: bool
    why: str = ""


class Performed(msgspec.Struct, frozen=True):
    """What came of acts, and what the feed tells of them."""

    steps: tuple[Step, ...]
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


class Doer(msgspec.Struct, frozen=True, kw_only=True):
    """Who does it: ``actor`` moves the conversation, ``voice`` is who speaks to the customer; ``key`` makes it once.

    A rule's voice is the system's, which never counts as a person's answer. Of several acts of one ``key`` each is said once.
    """

    actor: Actor
    voice: Actor
    key: str


def perform(
    workspace: Workspace, conversation_id: UUID, doer: Doer, actions: Sequence[Action], *, all_or_nothing: bool = True
) -> Performed:
    """Do these acts in order. Needs a transaction.

    With ``all_or_nothing`` the first that cannot be done raises ``Refused`` or ``TooLate`` and nothing has changed; without, it
    is left out, its step says why, and the others are done.
    """
    steps: list[Step] = []
    changes: list[Change] = []
    work: dict[Work, None] = {}
    for place, action in enumerate(actions):
        word = vocabulary.word_of(action)
        try:
            with transaction.atomic():
                told, made = _do(workspace, conversation_id, doer, action, place)
        except (Refused, TooLate) as error:
            if all_or_nothing:
                raise
            steps.append(Step(word, done=False, why=error.sentence))
            continue
        steps.append(Step(word, done=True))
        changes += told
        work |= dict.fromkeys(made)
    return Performed(tuple(steps), tuple(changes), tuple(work))


Told = tuple[Sequence[Change], Sequence[Work]]


def _do(workspace: Workspace, key: UUID, doer: Doer, action: Action, place: int) -> Told:
    match action:
        case Say() | Note():
            return _say(workspace, key, doer, action, place)
        case Ask():
            return _ask(workspace, key, doer, action, place)
        case HandOff(team=team, note=note):
            words = _filled(workspace, key, doer, note)
            moved = handoff.hand_off(workspace, key, doer.actor, _team(workspace, team) if team else None)
            noted = _note(workspace, key, doer, words, place) if words else ((), ())
            return (*moved.changes, *noted[0]), (*moved.work, *noted[1])
        case _:
            moved = _move(workspace, key, doer.actor, action)
            return moved.changes, moved.work


def _move(workspace: Workspace, key: UUID, actor: Actor, action: Action) -> Moved:
    match action:
        case AddLabel(label=label):
            return marking.label(workspace, key, actor, add=(label,))
        case RemoveLabel(label=label):
            return marking.label(workspace, key, actor, remove=(label,))
        case SetPriority(priority=priority):
            return marking.prioritize(workspace, key, actor, priority)
        case Assign(team=team, agent=agent):
            wanted = Assignment(
                assignee=_member(workspace, agent) if agent else Keep(), team=_team(workspace, team) if team else Keep()
            )
            return triage.assign(workspace, key, actor, wanted)
        case Snooze(minutes=minutes):
            return triage.snooze(workspace, key, actor, timezone.now() + timedelta(minutes=minutes))
        case Resolve():
            return triage.resolve(workspace, key, actor)
    raise TypeError(type(action).__name__)


def _say(workspace: Workspace, key: UUID, doer: Doer, action: Say | Note, place: int) -> Told:
    text = _filled(workspace, key, doer, action.text)
    if isinstance(action, Note):
        return _note(workspace, key, doer, text, place)
    written = reply(workspace, key, doer.voice, Words(client_id=f"{doer.key}:{place}", text=text))
    return written.changes, written.work


def _note(workspace: Workspace, key: UUID, doer: Doer, text: str, place: int) -> Told:
    written = reply(workspace, key, doer.voice, Words(client_id=f"{doer.key}:{place}", text=text, private=True))
    return written.changes, written.work


def _ask(workspace: Workspace, key: UUID, doer: Doer, action: Ask, place: int) -> Told:
    """Put the question as the channel can; the message keeps its options, so that a typed answer is understood as well."""
    row = Conversation.objects.of(workspace).that_stands(key)
    ways = ways_of(workspace, row, by_person=doer.voice.user is not None)
    kind = next((way.channel.kind for way in ways if way.default), "")
    choices = tuple(
        Choice(id=f"{menu.TO_TEAM}{one.team}" if one.team else f"option:{n}", title=one.title.strip())
        for n, one in enumerate(action.options, 1)
    )
    text = _filled(workspace, key, doer, action.text)
    shape = menu.shaped(adapter_of(kind), text, choices, action.button.strip() or _("Options"))
    words = Words(client_id=f"{doer.key}:{place}", text=shape.text, asked=shape.asked)
    written = reply(workspace, key, doer.voice, words)
    if written.new:
        kept = written.message.payload | {"options": [{"id": one.id, "title": one.title} for one in choices]}
        Message.objects.of(workspace).filter(pk=written.message.pk).update(payload=kept)
    return written.changes, written.work


def _filled(workspace: Workspace, key: UUID, doer: Doer, text: str) -> str:
    if "{{" not in text:
        return text
    rows = Conversation.objects.of(workspace).select_related("customer", "assignee", "team", "last_channel")
    row = rows.that_stands(key)
    agent = doer.voice.user or row.assignee
    name = row.customer.name
    values = {
        "customer.name": name,
        "customer.first_name": name.split(" ")[0],
        "agent.name": (agent.name or agent.email) if agent else "",
        "team.name": row.team.name if row.team else "",
        "channel.name": row.last_channel.name if row.last_channel else "",
        "workspace.name": workspace.name,
    }
    return vocabulary.filled(text, values)


def _team(workspace: Workspace, team_id: UUID) -> Team:
    team = Team.objects.of(workspace).filter(pk=team_id).first()
    if team is None:
        raise Refused("team", _("There is no such team here."))
    return team


def _member(workspace: Workspace, user_id: UUID) -> User:
    user = User.objects.filter(pk=user_id, memberships__workspace=workspace, is_active=True).first()
    if user is None:
        raise Refused("agent", _("There is no such member here."))
    return user


def check(workspace: Workspace, actions: Sequence[Action]) -> None:
    """Raise ``Refused`` (field ``actions.<place>``) for an act that names a team, member or label that is not here."""
    for place, action in enumerate(actions):
        try:
            _named(workspace, action)
        except Refused as refused:
            raise Refused(f"actions.{place}", refused.sentence) from refused


def _named(workspace: Workspace, action: Action) -> None:
    match action:
        case AddLabel(label=label) | RemoveLabel(label=label):
            if not Label.objects.of(workspace).filter(pk=label).exists():
                raise Refused("label", _("There is no such label."))
        case Ask(options=options):
            for team in {one.team for one in options if one.team}:
                _team(workspace, team)
        case Assign(team=wanted, agent=agent):
            if wanted:
                _team(workspace, wanted)
            if agent:
                _member(workspace, agent)
        case HandOff(team=wanted) if wanted:
            _team(workspace, wanted)
