"""Keeping rules: named, read whole before anything is stored, refused with a sentence where they make no sense."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from conversations import follow
from conversations.automation import conditions as asked
from conversations.automation.deciding import EVENTS, refuse_loop
from conversations.automation.firing import NAME, Ready, places
from conversations.models import Channel, Label, Rule
from conversations.perform import check, read, write
from conversations.refusal import Refused
from hub.models import Team, Workspace

NAME_LENGTH = 80
MOST_RULES = 200


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as somebody wants it; ``position`` None: behind the others."""

    name: str
    event: str
    conditions: Sequence[Any] = ()
    actions: Sequence[Any] = ()
    active: bool = False
    position: int | None = None


def understood(workspace: Workspace, plan: Plan, rule_id: UUID) -> Ready:
    """Return the plan as a rule. Raises ``Refused`` for one that makes no sense, names what is not here, or starts itself."""
    if not plan.name.strip() or "\0" in plan.name:
        raise Refused("name", _("A rule needs a name."))
    if len(plan.name) > NAME_LENGTH:
        raise Refused("name", _("May hold at most %(number)d characters.") % {"number": NAME_LENGTH})
    if plan.event not in EVENTS:
        raise Refused("event", _("Must be one of: %(words)s.") % {"words": ", ".join(EVENTS)})
    conditions, actions = asked.read(list(plan.conditions)), read(plan.actions)
    _known(workspace, conditions)
    check(workspace, actions)
    refuse_loop(plan.event, conditions, actions)
    return Ready(rule_id, plan.name, conditions, actions)


def _known(workspace: Workspace, conditions: Sequence[asked.Condition]) -> None:
    """Refuse a condition about a channel, team or label that is not here."""
    for place, one in enumerate(conditions):
        rows: Any = {"channel": Channel, "team": Team, "label": Label, "label_added": Label}.get(one.field)
        if rows is None or one.is_ in asked.VALUELESS:
            continue
        wanted = {UUID(str(key)) for key in one.value}
        if len(rows.objects.of(workspace).in_bulk(wanted)) < len(wanted):
            raise Refused(f"conditions.{place}", _("There is no such thing here any more: choose again."))


def keep(workspace: Workspace, plan: Plan, row: Rule | None = None) -> Rule:
    """Store a new rule, or ``row`` as the plan says. Raises ``Refused``: nothing has changed."""
    row = row or Rule(workspace=workspace)
    if row._state.adding and Rule.objects.of(workspace).count() >= MOST_RULES:
        raise Refused("name", _("There are %(number)d rules already: remove one first.") % {"number": MOST_RULES})
    ready = understood(workspace, plan, row.pk)
    row.name, row.event, row.active = plan.name.strip(), plan.event, plan.active
    row.conditions, row.actions = asked.write(ready.conditions), write(ready.actions)
    if plan.position is not None:
        row.position = plan.position
    elif row._state.adding:
        row.position = (Rule.objects.of(workspace).aggregate(last=Max("position"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            if row.active and workspace not in places():
                follow.begin(workspace, NAME)
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("There is a rule of this name already.")) from error
    return row
