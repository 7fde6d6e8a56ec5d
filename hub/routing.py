"""How a team's conversations are given out, and which rules choose the team: read from settings, and refused when they make no sense."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.access import Caller
from hub.models import Membership, Team, Workspace
from hub.refusal import Refused

Method = Literal["manual", "round_robin", "least_busy", "longest_idle"]
MOST_RULES, MOST_REASONS, REASON_LENGTH, MOST_MINUTES = 200, 30, 80, 24 * 60
MOST_PRIORITY = 4
DEFAULT_AWAY_MINUTES = 10


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How the conversations of a team (or of everybody's queue) are given out; 0 minutes mean never. See ``hub.people``.

    ``sticky``: to who last answered the customer, if available. ``silent_minutes``: back to the queue when the customer waits
    for the assignee so long; ``gone_minutes``: when the assignee is away or offline so long (not said: as ``silent_minutes``).
    ``overflow_minutes``: on to ``overflow_team`` when nobody took it for so long.
    """

    method: Method = "manual"
    sticky: bool = False
    silent_minutes: int = 0
    gone_minutes: int | None = None
    overflow_minutes: int = 0
    overflow_team: UUID | None = None

    @property
    def gives(self) -> bool:
        """Whether it gives conversations to people by itself."""
        return self.method != "manual"

    @property
    def gone_after(self) -> int:
        """After how many minutes of absence a waiting conversation goes back."""
        return self.silent_minutes if self.gone_minutes is None else self.gone_minutes


class If(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold of a conversation, all of it; what is not named does not matter. Ids are those of rows."""

    channel: UUID | None = None
    channel_kind: str | None = None
    label: UUID | None = None
    language: str | None = None
    attribute: dict[str, Any] | None = None  # of the customer: {"vip": true}
    hours: Literal["open", "closed"] | None = None


class Then(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of it: whose queue, who gets it before all others, what its agent must know, how urgent it is (0 to 4)."""

    team: UUID | None = None
    agent: UUID | None = None
    skills: tuple[str, ...] = ()
    language: str | None = None
    priority: int | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"when": "if"}):
    """One rule of ``Workspace.settings["routing"]``; the first whose ``if`` holds decides."""

    when: If = If()
    then: Then = Then()
    name: str = ""


def way_of(settings: Mapping[str, Any] | None) -> Way:
    """Return what ``Team.routing`` says; settings nobody understands count as none."""
    try:
        return msgspec.convert(settings or {}, Way)
    except msgspec.ValidationError:
        return Way()


def rules_of(workspace: Workspace) -> tuple[Rule, ...]:
    """Return the workspace's rules in their order; one nobody understands is left out."""
    found = []
    for one in workspace.settings.get("routing") or ():
        try:
            found.append(msgspec.convert(one, Rule))
        except msgspec.ValidationError:
            continue
    return tuple(found)


def everybodys_way(workspace: Workspace) -> Way:
    """Return how conversations without a team are given out: ``Workspace.settings["everybody"]``."""
    return way_of(workspace.settings.get("everybody"))


def weights(workspace: Workspace) -> dict[str, int]:
    """Return what a conversation of a kind of channel weighs; a kind that is not named weighs 1."""
    given = workspace.settings.get("weights") or {}
    return {kind: weight for kind, weight in given.items() if isinstance(weight, int) and weight >= 0}


def away_minutes(workspace: Workspace) -> int:
    """Return after how many minutes without input somebody counts as away."""
    given = workspace.settings.get("away_minutes")
    return given if isinstance(given, int) and given > 0 else DEFAULT_AWAY_MINUTES


def checked_rules(workspace: Workspace, given: Iterable[Any]) -> list[dict[str, Any]]:
    """Return rules as they are kept in ``Workspace.settings["routing"]``. Raises ``Refused`` naming the first at fault."""
    kept = list(given)
    if len(kept) > MOST_RULES:
        raise Refused("rules", _("There may be at most %(most)s rules.") % {"most": MOST_RULES})
    _check_rules(workspace, enumerate(kept, start=1))
    return kept


def _check_rules(workspace: Workspace, numbered: Iterable[tuple[int, Any]]) -> None:
    teams = set(Team.objects.of(workspace).values_list("pk", flat=True))
    people = set(Membership.objects.of(workspace).values_list("user", flat=True))
    for number, one in numbered:
        try:
            then = msgspec.convert(one, Rule).then
        except msgspec.ValidationError as error:
            raise Refused("rules", _("Rule %(number)s is not understood.") % {"number": number}) from error
        if then.team is not None and then.team not in teams:
            raise Refused("rules", _("Rule %(number)s names a team that is not here.") % {"number": number})
        if then.agent is not None and then.agent not in people:
            raise Refused("rules", _("Rule %(number)s names a person who is not here.") % {"number": number})
        if then == Then():
            raise Refused("rules", _("Rule %(number)s does nothing.") % {"number": number})
        if then.priority is not None and not 0 <= then.priority <= MOST_PRIORITY:
            raise Refused("rules", _("The priority of rule %(number)s must be 0 to 4.") % {"number": number})


class RoutingChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about the workspace's routing; what is ``None`` stays. An empty list of reasons: the house's own."""

    rules: list[Any] | None = None
    everybody: dict[str, Any] | None = None
    break_reasons: list[str] | None = None


def shown(workspace: Workspace) -> dict[str, Any]:
    """Return the workspace's routing whole: rules in their order, how everybody's queue is given out, why people pause."""
    way = everybodys_way(workspace)
    return {
        "rules": list(workspace.settings.get("routing") or ()),
        "everybody": {
            "method": way.method,
            "sticky": way.sticky,
            "silent_minutes": way.silent_minutes,
            "gone_minutes": way.gone_minutes,
        },
        "break_reasons": list(workspace.settings.get("break_reasons") or ()),
    }


def change_routing(caller: Caller, change: RoutingChange) -> Workspace:
    """Change the workspace's routing, and note it. Raises ``Refused`` with the field at fault; then nothing changed."""
    with transaction.atomic():
        workspace = _held(caller)
        settings: dict[str, Any] = {}
        if change.rules is not None:
            settings["routing"] = checked_rules(workspace, change.rules)
        if change.everybody is not None:
            settings["everybody"] = _checked_way(shown(workspace)["everybody"] | change.everybody)
        if change.break_reasons is not None:
            settings["break_reasons"] = _checked_reasons(change.break_reasons)
        return _kept(caller, workspace, settings)


def mark_of(rule: Mapping[str, Any]) -> str:
    """Return what tells a rule from every other: a digest of what it says, so that a page knows whether it still stands."""
    return hashlib.sha256(msgspec.json.encode(rule, order="sorted")).hexdigest()[:16]


def keep_rule(caller: Caller, rule: Mapping[str, Any], mark: str = "") -> Workspace:
    """Put a rule at the end, or in the place of the one that ``mark`` tells. Raises ``Refused``; then nothing changed."""
    with transaction.atomic():
        workspace = _held(caller)
        rules = shown(workspace)["rules"]
        place = _place_of(rules, mark) if mark else len(rules)
        if place == MOST_RULES:
            raise Refused("rules", _("There may be at most %(most)s rules.") % {"most": MOST_RULES})
        if mark_of(rule) in {mark_of(one) for one in rules} - {mark}:
            raise Refused("rules", _("There is such a rule already."))
        _check_rules(workspace, [(place + 1, rule)])
        return _kept(caller, workspace, {"routing": [*rules[:place], rule, *rules[place + 1 :]]})


def move_rule(caller: Caller, mark: str, by: int) -> Workspace:
    """Let a rule be asked so many places later, or earlier where ``by`` is negative. Raises ``Refused``."""
    with transaction.atomic():
        workspace = _held(caller)
        rules = shown(workspace)["rules"]
        rule = rules.pop(place := _place_of(rules, mark))
        rules.insert(max(place + by, 0), rule)
        return _kept(caller, workspace, {"routing": rules})


def remove_rule(caller: Caller, mark: str) -> Workspace:
    """Take a rule away; what it sorted stays where it is. Raises ``Refused``."""
    with transaction.atomic():
        workspace = _held(caller)
        rules = shown(workspace)["rules"]
        del rules[_place_of(rules, mark)]
        return _kept(caller, workspace, {"routing": rules})


def _held(caller: Caller) -> Workspace:
    """Return the workspace as it is, held until the transaction ends."""
    return Workspace.objects.select_for_update(no_key=True).get(pk=caller.workspace.pk)


def _place_of(rules: list[dict[str, Any]], mark: str) -> int:
    for place, rule in enumerate(rules):
        if mark_of(rule) == mark:
            return place
    raise Refused("rules", _("Somebody else has changed or removed this rule meanwhile."))


def _kept(caller: Caller, workspace: Workspace, settings: dict[str, Any]) -> Workspace:
    """Store settings and note what they change; what is empty and was never set stays unset."""
    before, kept = shown(workspace), workspace.settings | settings
    workspace.settings = {name: value for name, value in kept.items() if value or name in workspace.settings}
    workspace.save(update_fields=["settings"])
    if changes := audit.difference(before, shown(workspace)):
        audit.note(caller, "routing.changed", workspace, changes)
    return workspace


def _checked_way(given: dict[str, Any]) -> dict[str, Any]:
    unknown = given.keys() - {"method", "sticky", "silent_minutes", "gone_minutes"}
    if unknown:
        raise Refused("everybody", _("There is no such setting."))
    try:
        way = msgspec.convert(given, Way)
    except msgspec.ValidationError as error:
        raise Refused("everybody", _("There is no such way of giving out conversations.")) from error
    for minutes in (way.silent_minutes, way.gone_minutes or 0):
        if not 0 <= minutes <= MOST_MINUTES:
            raise Refused("everybody", _("Must be a number of minutes from 0 to %(most)d.") % {"most": MOST_MINUTES})
    return given


def _checked_reasons(given: list[str]) -> list[str]:
    kept = list(dict.fromkeys(" ".join(one.split()) for one in given if one.strip()))
    if len(kept) > MOST_REASONS or any(len(one) > REASON_LENGTH or "\0" in one for one in kept):
        raise Refused(
            "break_reasons",
            _("At most %(most)d reasons of at most %(length)d characters.")
            % {"most": MOST_REASONS, "length": REASON_LENGTH},
        )
    return kept
