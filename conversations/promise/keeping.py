"""Keeping policies: what is promised to whom, by which clock; read whole before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from conversations.channels.registry import CHANNELS
from conversations.models import SlaPolicy
from conversations.refusal import Refused
from conversations.wake import wake
from hub import audit
from hub.access import Caller
from hub.models import Team

NAME_LENGTH, MOST, LONGEST = 80, 100, 366 * 86_400  # seconds
MOST_POSITION = 10_000
CLOCKS = ("business", "elapsed")
PROMISES = ("first_response", "next_response", "resolution")
PRIORITIES = range(5)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as somebody wants it: seconds or None for each promise; empty kinds and priorities mean every one."""

    name: str
    position: int = 0
    team_id: UUID | None = None
    channel_kinds: Sequence[str] = ()
    priorities: Sequence[int] = ()
    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    clock: str = "business"
    pauses: bool = True
    active: bool = True


def plan_of(row: SlaPolicy) -> Plan:
    """Return a policy as a plan."""
    return Plan(**{name: getattr(row, name) for name in Plan.__struct_fields__})


def keep(caller: Caller, plan: Plan, row: SlaPolicy | None = None) -> SlaPolicy:
    """Store a new policy, or ``row`` as the plan says. Raises ``Refused``: nothing has changed."""
    _check(caller, plan, row)
    before: dict[str, Any] = msgspec.structs.asdict(plan_of(row)) if row else {}
    action = "sla_policy.changed" if row else "sla_policy.created"
    row = row or SlaPolicy(workspace=caller.workspace)
    after = msgspec.structs.asdict(plan) | {"name": " ".join(plan.name.split())}
    after |= {"channel_kinds": sorted(set(plan.channel_kinds)), "priorities": sorted(set(plan.priorities))}
    for name, value in after.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
            audit.note(caller, action, row, audit.difference(before, after))
            wake("follow")
    except IntegrityError as error:
        raise Refused("name", _("There is a policy of this name already.")) from error
    return row


def remove(caller: Caller, policy_id: UUID) -> None:
    """Remove a policy: what it promised is figured anew. Raises ``SlaPolicy.DoesNotExist``."""
    with transaction.atomic():
        row = SlaPolicy.objects.of(caller.workspace).select_for_update().get(pk=policy_id)
        audit.note(caller, "sla_policy.removed", row)
        row.delete()


def _check(caller: Caller, plan: Plan, row: SlaPolicy | None) -> None:
    if not plan.name.strip() or "\0" in plan.name:
        raise Refused("name", _("A policy needs a name."))
    if len(plan.name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    if row is None and SlaPolicy.objects.of(caller.workspace).count() >= MOST:
        raise Refused("name", _("There are %(most)d policies already: remove one first.") % {"most": MOST})
    if not 0 <= plan.position <= MOST_POSITION:
        raise Refused("position", _("Must lie between %(low)d and %(high)d.") % {"low": 0, "high": MOST_POSITION})
    _promised(plan)
    _meant(caller, plan)
    if plan.active:
        _reached(caller, plan, row)


def _promised(plan: Plan) -> None:
    """Refuse promises that are none."""
    for promise in PROMISES:
        seconds = getattr(plan, promise)
        if seconds is not None and seconds <= 0:
            raise Refused(promise, _("Must be longer than nothing: leave it empty to promise none."))
        if seconds is not None and seconds > LONGEST:
            raise Refused(promise, _("May be at most a year."))
    if not any(getattr(plan, promise) for promise in PROMISES):
        raise Refused("first_response", _("Promise at least one thing."))
    if plan.resolution and plan.first_response and plan.resolution < plan.first_response:
        raise Refused("resolution", _("Cannot be shorter than the first response."))
    if plan.clock not in CLOCKS:
        raise Refused("clock", _("Must be one of: %(words)s.") % {"words": ", ".join(CLOCKS)})


def _meant(caller: Caller, plan: Plan) -> None:
    """Refuse teams, kinds and priorities that nobody has."""
    if not set(plan.channel_kinds) <= set(CHANNELS):
        raise Refused("channel_kinds", _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(CHANNELS))})
    if not set(plan.priorities) <= set(PRIORITIES):
        raise Refused("priorities", _("Must be one of: %(words)s.") % {"words": ", ".join(map(str, PRIORITIES))})
    if plan.team_id is not None and not Team.objects.of(caller.workspace).filter(pk=plan.team_id).exists():
        raise Refused("team", _("There is no such team here."))


def _reached(caller: Caller, plan: Plan, row: SlaPolicy | None) -> None:
    """Refuse a policy that another one stands before in every case: nobody would ever be promised it."""
    others = SlaPolicy.objects.of(caller.workspace).filter(active=True, position__lte=plan.position)
    for other in others.exclude(pk=row.pk) if row else others:
        covers = (
            other.team_id in {None, plan.team_id}
            and (
                not other.channel_kinds or (plan.channel_kinds and set(plan.channel_kinds) <= set(other.channel_kinds))
            )
            and (not other.priorities or (plan.priorities and set(plan.priorities) <= set(other.priorities)))
        )
        if covers and (other.position < plan.position or row is None or other.pk < row.pk):
            raise Refused(
                "position",
                _(
                    "“%(name)s” stands before it and fits all of the same: this one would never hold. Give it a smaller number."
                )
                % {"name": other.name},
            )
