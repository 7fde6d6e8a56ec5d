"""When: rules hear what happened, in their order, and do what they say; each once for an event, whoever hears it twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from conversations import handoff
from conversations.act import act
from conversations.automation import conditions as asked, facts as seen
from conversations.automation.conditions import Condition
from conversations.automation.deciding import EVENTS, Decision, decide
from conversations.feed import Change
from conversations.follow import Follow, Hear
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent, Macro, Message, Rule, RuleRun
from conversations.perform import Action, Doer, menu, perform, read
from conversations.refusal import Refused, TooLate
from conversations.triage import Moved
from conversations.wake import Work
from hub.models import Team, Workspace

NAME = "automation"
VOICE = Actor(kind="system")
ASKS = Q(actions__contains=[{"do": "ask"}])


class Ready(msgspec.Struct, frozen=True):
    """A rule as it is applied."""

    id: UUID
    name: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]


class Fired(msgspec.Struct, frozen=True):
    """What a rule's firing changed, and what the feed tells; nothing when it fired for this event before."""

    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def places() -> list[Workspace]:
    """Return the workspaces that have a rule switched on, or menus that macros send."""
    ruled = Rule.objects.filter(active=True).values("workspace")
    asking = Macro.objects.filter(ASKS).values("workspace")
    return list(Workspace.objects.filter(Q(pk__in=ruled) | Q(pk__in=asking)))


def made_ready(row: Rule) -> Ready:
    """Return a rule as it is applied. Raises ``Refused`` for one that makes no sense any more."""
    return Ready(row.pk, row.name, asked.read(row.conditions), read(row.actions))


def watch(workspace: Workspace) -> Hear:
    """Return who hears the workspace's next events."""
    rules: dict[str, list[Ready]] = {}
    for row in Rule.objects.of(workspace).filter(active=True).order_by("position", "id"):
        try:
            rules.setdefault(row.event, []).append(made_ready(row))
        except Refused:
            continue  # a word it was made of is gone: its page says so
    hours = seen.hours_of(workspace)
    macros, kept = Macro.objects.of(workspace).filter(ASKS), Rule.objects.of(workspace).filter(ASKS)
    asks = macros.exists() or kept.exists()

    def hear(event: HistoryEvent) -> None:
        if event.conversation_id is None or event.data.get("kind") == "survey":
            return
        if asks and event.type == "message.received":
            _lead_to_team(workspace, event)
        _apply(workspace, rules.get(event.type, ()), event, hours)

    return hear


FOLLOW = Follow(name=NAME, types=frozenset(EVENTS), places=places, watch=watch)


def _apply(workspace: Workspace, rules: Sequence[Ready], event: HistoryEvent, hours: seen.Hours) -> None:
    """Let each rule look at the event; what one did is what the next one sees."""
    for rule in rules:
        if not seen.may_hold(rule.conditions, event):
            continue
        row = conversation_of(workspace, event)
        if row is None:
            return
        facts = seen.facts_of(workspace, event, row, hours)
        before = seen.fired_at(workspace, rule.id, row.pk)
        decision = decide(rule.conditions, msgspec.structs.replace(facts, fired_at=before), seen.depth_of(event))
        if decision.fires or decision.held in {"loop", "too_often"}:
            act(workspace.pk, partial(_fire, workspace, rule, event, row.pk, decision))


def conversation_of(workspace: Workspace, event: HistoryEvent) -> Conversation | None:
    """Return the conversation an event is about, as it stands now; None when it is gone."""
    rows = Conversation.objects.of(workspace).select_related("customer", "last_channel")
    return rows.filter(pk=event.conversation_id, erased=False).first() if event.conversation_id else None


def _fire(workspace: Workspace, rule: Ready, event: HistoryEvent, conversation_id: UUID, decision: Decision) -> Fired:
    """Write down that the rule looked at the event, and do what it says; what cannot be done is left out and said so."""
    run = RuleRun(workspace=workspace, rule_id=rule.id, conversation_id=conversation_id, event_id=event.pk)
    run.fired = decision.fires
    run.why = {"event": event.type, "held": decision.held} if decision.held else {"event": event.type}
    RuleRun.objects.bulk_create([run], ignore_conflicts=True)
    kept = RuleRun.objects.of(workspace).select_for_update().get(rule=rule.id, event_id=event.pk)
    if "settled" in kept.why:
        return Fired()
    kept.why = {**kept.why, "settled": True}
    done = Fired()
    if decision.fires:
        doer = Doer(actor=Actor(kind="rule", name=rule.name), voice=VOICE, key=f"rule:{rule.id.hex[:12]}:{event.pk}")
        performed = perform(workspace, conversation_id, doer, rule.actions, all_or_nothing=False)
        steps: list[dict[str, Any]] = [msgspec.to_builtins(step) for step in performed.steps]
        kept.why |= {"depth": seen.depth_of(event), "transaction": _transaction(), "steps": steps}
        done = Fired(performed.changes, performed.work)
    kept.save(update_fields=["why"])
    return done


def _transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _lead_to_team(workspace: Workspace, event: HistoryEvent) -> None:
    """Give a conversation to the team of the option a customer pressed or typed, unless a person has it already."""
    message = Message.objects.of(workspace).filter(pk=event.message_id).first() if event.message_id else None
    if message is None:
        return
    option = menu.pressed(message.payload) or _typed(workspace, message)
    team = _team(workspace, option.removeprefix(menu.TO_TEAM)) if option.startswith(menu.TO_TEAM) else None
    if team is not None:
        act(workspace.pk, partial(_hand_over, workspace, event, team))


def _typed(workspace: Workspace, message: Message) -> str:
    """Return the option that typed words mean, where a menu is the last thing that was said before them."""
    said = Message.objects.of(workspace).filter(conversation=message.conversation_id, seq__lt=message.seq)
    last = said.filter(direction="outbound").exclude(kind="note").order_by("-seq").first()
    options = last.payload.get("options") if last is not None else None
    return menu.meant(message.text, options) if isinstance(options, list) else ""


def _team(workspace: Workspace, key: str) -> Team | None:
    try:
        return Team.objects.of(workspace).filter(pk=UUID(key)).first()
    except ValueError:
        return None


def _hand_over(workspace: Workspace, event: HistoryEvent, team: Team) -> Moved:
    row = Conversation.objects.of(workspace).locked(event.conversation_id) if event.conversation_id else None
    if row is None or row.assignee_id is not None or (row.team_id == team.pk and row.bot_id is None):
        return Moved(row or Conversation())
    try:
        return handoff.hand_off(workspace, row.pk, Actor(kind="bot" if row.bot_id else "rule"), team)
    except TooLate:
        return Moved(row)


def forget() -> int:
    """Delete what rules did longer ago than it is kept and return how much; for the hourly purge.

    What concerns a conversation that goes on stays: a rule that fires once in it must know that it did.
    """
    old = RuleRun.objects.filter(at__lt=timezone.now() - timedelta(days=settings.RUN_RETENTION_DAYS))
    return old.filter(Q(conversation=None) | Q(conversation__status=Conversation.Status.RESOLVED)).delete()[0]
