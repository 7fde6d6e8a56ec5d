"""Who gets a conversation: a pure decision with its reason. Same input, same decision; ties go to the smaller id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

import msgspec

from hub.routing import If, Rule, Way

# So much earlier a conversation counts as queued for each level of its priority: urgent first, and yet nobody starves.
HEAD_START = timedelta(minutes=30)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

Reason = dict[str, Any]
Why = Literal["manual", "nobody", "full", "heavy"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as routing sees it.

    ``last_agent`` last answered the customer, ``avoid`` had it and let it lie. ``sorted``: the rules have been asked; then
    ``skills`` and ``speaks`` are what they want of its agent, ``prefers`` who gets it before all others. ``added`` are labels
    put on since: a rule that names one of them is asked once more.
    """

    id: UUID
    queued_at: datetime
    team: UUID | None = None
    channel: UUID | None = None
    channel_kind: str = ""
    weight: int = 1
    labels: frozenset[UUID] = frozenset()
    language: str = ""
    attributes: Mapping[str, Any] = {}
    priority: int = 0
    last_agent: UUID | None = None
    avoid: UUID | None = None
    sorted: bool = False
    rule: str = ""
    skills: tuple[str, ...] = ()
    speaks: str = ""
    prefers: UUID | None = None
    added: frozenset[UUID] = frozenset()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as routing sees them: ``load`` is what they carry, of ``capacity``; ``since`` when their presence began."""

    id: UUID
    name: str = ""
    teams: frozenset[UUID] = frozenset()
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    capacity: int = 6
    load: int = 0
    available: bool = True
    assigned_at: datetime | None = None
    since: datetime | None = None

    @property
    def room(self) -> int:
        """What more they may carry."""
        return self.capacity - self.load

    def carrying(self, weight: int, now: datetime) -> Candidate:
        """Return them with a conversation of this weight more, given now."""
        return msgspec.structs.replace(self, load=self.load + weight, assigned_at=now)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace wants: rules in their order, each team's way (``None``: everybody's queue), whether it is open now."""

    rules: tuple[Rule, ...] = ()
    ways: Mapping[UUID | None, Way] = {}
    open: bool = True

    def way(self, team: UUID | None) -> Way:
        """Return how conversations of a team are given out."""
        return self.ways.get(team) or Way()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets it (``None``: it stays in the queue, ``why`` says for what), and the reason as it is kept.

    ``held`` is whom it waits for, being too heavy for what is free of anybody: nothing else may fill their room.
    """

    view: View
    assignee: UUID | None = None
    reason: Reason
    why: Why | None = None
    held: UUID | None = None


def decide(view: View, candidates: Iterable[Candidate], rules: Rules, now: datetime) -> Decision:
    """Decide for one conversation; ``candidates`` in any order."""
    view = put_in_place(view, rules)
    way = rules.way(view.team)
    if not way.gives:
        candidates = [one for one in candidates if one.id == view.prefers != view.avoid]
        if not candidates:
            return _stays(view, "manual", now)
    able = sorted((one for one in candidates if _able(one, view)), key=lambda one: one.id)
    if not able:
        return _stays(view, "nobody", now)
    able = [one for one in able if one.capacity >= view.weight]
    if not able:
        return _stays(view, "heavy", now)
    free = [one for one in able if one.room >= view.weight]
    if not free:
        widest = max(able, key=lambda one: one.room)  # of equals the first, whose id is the smallest
        return _stays(view, "full", now, held=widest.id if widest.room > 0 else None)
    named = next((one for one in free if one.id == view.prefers != view.avoid), None)
    last = next((one for one in free if one.id == view.last_agent != view.avoid), None) if way.sticky else None
    chosen = named or last or min(free, key=lambda one: (one.id == view.avoid, _turn(way, one), one.id))
    rule = "named" if named else "sticky" if last else way.method
    return Decision(view=view, assignee=chosen.id, reason=_given(view, chosen, rule, rules, now))


def give_out(views: Iterable[View], candidates: Iterable[Candidate], rules: Rules, now: datetime) -> list[Decision]:
    """Decide for a whole queue, in its order; each decision knows the ones before it. Never above anybody's capacity."""
    people = {one.id: one for one in candidates}
    held: set[UUID] = set()
    decisions = []
    for view in in_order(put_in_place(view, rules) for view in views):
        decision = decide(view, [one for one in people.values() if one.id not in held], rules, now)
        if decision.assignee is not None:
            people[decision.assignee] = people[decision.assignee].carrying(view.weight, now)
        elif decision.held is not None:
            held.add(decision.held)
        decisions.append(decision)
    return decisions


def in_order(views: Iterable[View]) -> list[View]:
    """Return the queue in its order: longest waiting first, with a head start for priority."""
    return sorted(views, key=lambda view: (view.queued_at - view.priority * HEAD_START, view.id))


def put_in_place(view: View, rules: Rules) -> View:
    """Ask the rules, once: the first that holds chooses the team, the priority, and what its agent must know.

    Of what they sorted already only a rule that names a label put on since may sort it anew, if it is the first that holds.
    """
    if view.sorted and not view.added:
        return view
    for number, rule in enumerate(rules.rules, start=1):
        if holds(rule.when, view, rules.open):
            if view.sorted and rule.when.label not in view.added:
                break
            then = rule.then
            return msgspec.structs.replace(
                view,
                team=then.team or view.team,
                priority=view.priority if then.priority is None else then.priority,
                skills=tuple(skill.lower() for skill in then.skills),
                speaks=then.language or "",
                prefers=then.agent,
                rule=rule.name or str(number),
                sorted=True,
            )
    return msgspec.structs.replace(view, sorted=True)


def holds(when: If, view: View, is_open: bool) -> bool:  # noqa: FBT001  one of the facts
    """Whether everything a rule asks holds of a conversation."""
    return (
        when.channel in {None, view.channel}
        and when.channel_kind in {None, view.channel_kind}
        and (when.label is None or when.label in view.labels)
        and (when.language is None or base(when.language) == base(view.language))
        and (when.hours is None or (when.hours == "open") == is_open)
        and all(view.attributes.get(key) == value for key, value in (when.attribute or {}).items())
    )


def base(language: str) -> str:
    """Return a language without its country: "pt" of "pt-BR"."""
    return language.replace("_", "-").partition("-")[0].lower()


def _able(one: Candidate, view: View) -> bool:
    """Whether an agent may have it, whatever they carry. Who names no languages is asked for none unless a rule demands it."""
    spoken = {base(language) for language in one.languages}
    return (
        one.available
        and (view.team is None or view.team in one.teams)
        and set(view.skills) <= one.skills
        and (not view.speaks or base(view.speaks) in spoken)
        and (not view.language or not spoken or base(view.language) in spoken)
    )


def _turn(way: Way, one: Candidate) -> tuple[Any, ...]:
    """Return by what a method chooses: the smallest is next."""
    last = one.assigned_at or LONG_AGO
    if way.method == "round_robin":
        return (last,)
    if way.method == "longest_idle":
        return (one.load > 0, max(last, one.since or LONG_AGO))
    return (Fraction(one.load, one.capacity) if one.capacity else Fraction(0), last)


def _needs(view: View) -> Reason:
    """Return what of the rules stays with a conversation while it waits or changes hands."""
    return {
        "sorted": True,
        **({"matched": view.rule} if view.rule else {}),
        **({"skills": list(view.skills)} if view.skills else {}),
        **({"language": view.speaks} if view.speaks else {}),
        **({"prefers": str(view.prefers)} if view.prefers else {}),
    }


def _stays(view: View, why: Why, now: datetime, *, held: UUID | None = None) -> Decision:
    reason = {"rule": "queue", "at": now.isoformat(), **_needs(view)}
    return Decision(view=view, reason=reason, why=why, held=held)


def _given(view: View, one: Candidate, rule: str, rules: Rules, now: datetime) -> Reason:
    """Return why it was given, in parts that the interface makes a sentence of: "Ana: last agent, 3 of 6, speaks es"."""
    spoken = {base(language) for language in one.languages}
    language = base(view.speaks or view.language)
    return {
        "rule": rule,
        "at": now.isoformat(),
        **_needs(view),
        "agent": str(one.id),
        "name": one.name,
        "load": one.load + view.weight,
        "capacity": one.capacity,
        **({"speaks": language} if language and language in spoken else {}),
        **({"closed": True} if not rules.open else {}),
    }
