"""Members and teams: who may what, who answers with whom, and how a team's conversations are given out. Every change is audited."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _
from msgspec import UNSET, UnsetType

from hub import audit
from hub.access import Caller
from hub.models import Membership, Role, Team, Workspace
from hub.refusal import Refused, TooLate

# Sent in the transaction in which they leave, last, with ``caller`` and ``membership`` or ``team``: who gave them work takes it back.
member_leaves = Signal()
team_leaves = Signal()

METHODS = ("manual", "round_robin", "least_busy", "longest_idle")
# How a new team begins, and one that nobody ever set anything for.
USUAL_ROUTING: dict[str, Any] = {
    "method": "least_busy",
    "sticky": True,
    "silent_minutes": 10,
    "overflow_minutes": 0,
    "overflow_team": None,
}
BY_HAND: dict[str, Any] = {
    "method": "manual",
    "sticky": False,
    "silent_minutes": 0,
    "overflow_minutes": 0,
    "overflow_team": None,
}
MOST_CAPACITY, MOST_SKILLS, SKILL_LENGTH, NAME_LENGTH, MOST_MINUTES = 100, 30, 40, 80, 24 * 60
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")


class MemberChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a member; what is not said stays. ``teams`` are the ids of all their teams."""

    role: str | UnsetType = UNSET
    teams: tuple[UUID, ...] | UnsetType = UNSET
    capacity: int | UnsetType = UNSET
    skills: tuple[str, ...] | UnsetType = UNSET
    languages: tuple[str, ...] | UnsetType = UNSET


class TeamChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be otherwise about a team; what is not said stays. ``members`` are the ids of all memberships in it.

    ``routing`` is {method, sticky, silent_minutes, overflow_minutes, overflow_team}, whole or in part; 0 minutes means never.
    """

    name: str | UnsetType = UNSET
    members: tuple[UUID, ...] | UnsetType = UNSET
    routing: dict[str, Any] | UnsetType = UNSET


def change_member(caller: Caller, membership_id: UUID, change: MemberChange) -> Membership:
    """Change a member. Raises ``Membership.DoesNotExist``, ``Refused`` with the field at fault; then nothing changed."""
    with transaction.atomic():
        row = _locked(caller.workspace, membership_id)
        before, after = _described(row), dict[str, Any]()
        if not isinstance(change.role, UnsetType) and change.role != row.role:
            if change.role not in Role.values:
                raise Refused("role", _("There is no such role."))
            if row.role == Role.ADMIN:
                _not_the_last(row, "role")
            after["role"] = row.role = change.role
        if not isinstance(change.capacity, UnsetType):
            if not 0 <= change.capacity <= MOST_CAPACITY:
                raise Refused("capacity", _("Must be a number from 0 to %(most)d.") % {"most": MOST_CAPACITY})
            after["capacity"] = row.capacity = change.capacity
        if not isinstance(change.skills, UnsetType):
            after["skills"] = row.skills = skills_of(change.skills)
        if not isinstance(change.languages, UnsetType):
            after["languages"] = row.languages = _languages_of(change.languages)
        row.save(update_fields=["role", "capacity", "skills", "languages"])
        if not isinstance(change.teams, UnsetType):
            teams = teams_of(caller.workspace, change.teams)
            row.teams.set(teams)
            after["teams"] = sorted(team.name for team in teams)
        if changes := audit.difference(before, after):
            audit.note(caller, "member.changed", _member(row), changes)
    return row


def remove_member(caller: Caller, membership_id: UUID) -> None:
    """Take a member's place away; what they had goes back to the queue. Raises ``Refused`` for the last administrator."""
    with transaction.atomic():
        row = _locked(caller.workspace, membership_id)
        if row.role == Role.ADMIN:
            _not_the_last(row, "member")
        audit.note(caller, "member.removed", _member(row), {"role": (row.role, None)})
        row.teams.clear()
        Membership.objects.of(caller.workspace).filter(pk=row.pk).delete()
        member_leaves.send(sender=Membership, caller=caller, membership=row)


def create_team(caller: Caller, name: str) -> Team:
    """Make a team without members. Raises ``Refused`` for a name that is empty, too long or taken."""
    fit = _name(name)
    try:
        with transaction.atomic():
            row = Team.objects.create(workspace=caller.workspace, name=fit, routing=dict(USUAL_ROUTING))
            audit.note(caller, "team.created", row)
    except IntegrityError as error:
        raise Refused("name", _("There is a team of this name already.")) from error
    return row


def change_team(caller: Caller, team_id: UUID, change: TeamChange) -> Team:
    """Change a team. Raises ``Team.DoesNotExist``, ``Refused`` with the field at fault; then nothing changed."""
    try:
        with transaction.atomic():
            row = Team.objects.of(caller.workspace).select_for_update().get(pk=team_id)
            before: dict[str, Any] = {"name": row.name, **routing_of(row), "members": _emails(row.members.all())}
            after: dict[str, Any] = {}
            if not isinstance(change.name, UnsetType):
                after["name"] = row.name = _name(change.name)
            if not isinstance(change.routing, UnsetType):
                row.routing = {**row.routing, **routing_of(row), **_routing(row, change.routing)}
                after |= routing_of(row)
            row.save(update_fields=["name", "routing"])
            if not isinstance(change.members, UnsetType):
                members = _members(caller.workspace, change.members)
                row.members.set(members)
                after["members"] = _emails(members)
            if changes := audit.difference(before, after):
                audit.note(caller, "team.changed", row, changes)
    except IntegrityError as error:
        raise Refused("name", _("There is a team of this name already.")) from error
    return row


def remove_team(caller: Caller, team_id: UUID) -> None:
    """Dissolve a team; its members stay, its open conversations go back to everybody's queue."""
    with transaction.atomic():
        row = Team.objects.of(caller.workspace).select_for_update().get(pk=team_id)
        audit.note(caller, "team.removed", row, {"members": (_emails(row.members.all()), [])})
        team_leaves.send(sender=Team, caller=caller, team=row)
        for other in Team.objects.of(caller.workspace).filter(routing__overflow_team=str(row.pk)):
            other.routing = {**other.routing, "overflow_team": None, "overflow_minutes": 0}
            other.save(update_fields=["routing"])
        row.delete()


def routing_of(team: Team) -> dict[str, Any]:
    """Return how a team's conversations are given out, whole: what was never set is as usual, a team without any gives out nothing."""
    if not team.routing:
        return USUAL_ROUTING | {"method": "manual"}
    return USUAL_ROUTING | {name: value for name, value in team.routing.items() if name in USUAL_ROUTING}


def teams_of(workspace: Workspace, ids: Iterable[UUID]) -> list[Team]:
    """Return the teams with these ids. Raises ``Refused`` when one is not here."""
    wanted = set(ids)
    rows = list(Team.objects.of(workspace).filter(pk__in=wanted))
    if len(rows) != len(wanted):
        raise Refused("teams", _("There is no such team."))
    return rows


def skills_of(words: Iterable[str]) -> list[str]:
    """Return skills in their one writing: lower case, once, in order. Raises ``Refused`` for too many or too long ones."""
    found = list(dict.fromkeys(" ".join(word.lower().split()) for word in words if word.strip()))
    if len(found) > MOST_SKILLS:
        raise Refused("skills", _("At most %(most)d skills.") % {"most": MOST_SKILLS})
    if any(len(word) > SKILL_LENGTH or "\0" in word for word in found):
        raise Refused("skills", _("A skill may hold at most %(most)d characters.") % {"most": SKILL_LENGTH})
    return found


def _languages_of(words: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(word.strip().lower() for word in words if word.strip()))
    if len(found) > MOST_SKILLS or not all(LANGUAGE.fullmatch(word) for word in found):
        raise Refused("languages", _("A language is given by its code, like pt, es or en."))
    return found


def _locked(workspace: Workspace, membership_id: UUID) -> Membership:
    """Return a member held until the end; administrators are held together, so that two cannot demote each other."""
    rows = Membership.objects.of(workspace).select_related("user").select_for_update(of=("self",))
    list(rows.filter(role=Role.ADMIN).order_by("id").values_list("id"))
    return rows.get(pk=membership_id)


def _not_the_last(row: Membership, field: str) -> None:
    others = Membership.objects.of(row.workspace).filter(role=Role.ADMIN, user__is_active=True).exclude(pk=row.pk)
    if not others.exists():
        raise Refused(field, _("A workspace needs an administrator: make somebody else one first."))


def _described(row: Membership) -> dict[str, Any]:
    return {
        "role": row.role,
        "capacity": row.capacity,
        "skills": row.skills,
        "languages": row.languages,
        "teams": sorted(row.teams.values_list("name", flat=True)),
    }


def _member(row: Membership) -> audit.Subject:
    return audit.Subject("member", str(row.pk), row.user.email)


def _emails(rows: Iterable[Membership]) -> list[str]:
    return sorted(row.user.email for row in rows)


def _members(workspace: Workspace, ids: Iterable[UUID]) -> list[Membership]:
    wanted = set(ids)
    rows = list(Membership.objects.of(workspace).filter(pk__in=wanted).select_related("user"))
    if len(rows) != len(wanted):
        raise Refused("members", _("There is no such member."))
    return rows


def _name(name: str) -> str:
    fit = " ".join(name.split())
    if not fit or "\0" in fit:
        raise Refused("name", _("A team needs a name."))
    if len(fit) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    return fit


def _routing(row: Team, given: dict[str, Any]) -> dict[str, Any]:
    """Return a team's routing as it is kept. Raises ``Refused`` with the field at fault."""
    unknown = set(given) - set(BY_HAND)
    if unknown:
        raise Refused(min(unknown), _("There is no such setting."))
    if given.get("method", METHODS[0]) not in METHODS:
        raise Refused("method", _("There is no such way of giving out conversations."))
    if not isinstance(given.get("sticky", True), bool):
        raise Refused("sticky", _("Must be yes or no."))
    for field in ("silent_minutes", "overflow_minutes"):
        value = given.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_MINUTES:
            raise Refused(field, _("Must be a number of minutes from 0 to %(most)d.") % {"most": MOST_MINUTES})
    whole = routing_of(row) | given
    if whole["overflow_minutes"] and not whole["overflow_team"]:
        raise Refused("overflow_team", _("Choose the team that helps out."))
    if given.get("overflow_team"):
        _helper(row, str(given["overflow_team"]))
    return given


def _helper(row: Team, team_id: str) -> None:
    """Refuse a team that cannot help out: itself, one that is not here, one that would send everything back."""
    try:
        other = Team.objects.of(row.workspace).filter(pk=UUID(team_id)).first()
    except ValueError:
        other = None
    if other is None:
        raise Refused("overflow_team", _("There is no such team."))
    seen = {row.pk}
    while other is not None:
        if other.pk in seen:
            raise Refused("overflow_team", _("The teams would pass conversations round in a circle."))
        seen.add(other.pk)
        following = routing_of(other)["overflow_team"]
        other = Team.objects.of(row.workspace).filter(pk=following).first() if following else None


__all__ = [
    "METHODS", "MemberChange", "Refused", "TeamChange", "TooLate", "change_member", "change_team", "create_team",
    "member_leaves", "remove_member", "remove_team", "routing_of", "skills_of", "team_leaves", "teams_of",
]  # fmt: skip
