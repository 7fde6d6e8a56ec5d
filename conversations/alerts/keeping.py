"""Keeping alert rules: what is watched, where and from which number on; read whole before anything is stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from conversations.alerts.looking import KINDS
from conversations.channels.registry import CHANNELS
from conversations.models import AlertRule
from conversations.refusal import Refused
from hub import audit
from hub.access import Caller
from hub.models import Team

MOST, LIMITS = 100, {"depth": 100_000, "oldest_wait": 30 * 86_400, "breach": 100_000}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as somebody wants it: ``threshold`` in conversations (depth, breach) or seconds (oldest_wait)."""

    kind: str
    threshold: int
    team_id: UUID | None = None
    channel_kind: str = ""
    active: bool = True


def plan_of(row: AlertRule) -> Plan:
    """Return a rule as a plan."""
    return Plan(**{name: getattr(row, name) for name in Plan.__struct_fields__})


def keep(caller: Caller, plan: Plan, row: AlertRule | None = None) -> AlertRule:
    """Store a new rule, or ``row`` as the plan says. Raises ``Refused``: nothing has changed."""
    _check(caller, plan, row)
    before: dict[str, Any] = msgspec.structs.asdict(plan_of(row)) if row else {}
    action = "alert_rule.changed" if row else "alert_rule.created"
    row = row or AlertRule(workspace=caller.workspace)
    after = msgspec.structs.asdict(plan)
    for name, value in after.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save()
        audit.note(caller, action, _subject(row), audit.difference(before, after))
    return row


def remove(caller: Caller, rule_id: UUID) -> None:
    """Remove a rule with its incidents. Raises ``AlertRule.DoesNotExist``."""
    with transaction.atomic():
        row = AlertRule.objects.of(caller.workspace).select_for_update().get(pk=rule_id)
        audit.note(caller, "alert_rule.removed", _subject(row))
        row.delete()


def _subject(row: AlertRule) -> audit.Subject:
    return audit.Subject("alert_rule", str(row.pk), f"{row.kind} {row.threshold}")


def _check(caller: Caller, plan: Plan, row: AlertRule | None) -> None:
    rules = AlertRule.objects.of(caller.workspace)
    if plan.kind not in KINDS:
        raise Refused("kind", _("Must be one of: %(words)s.") % {"words": ", ".join(KINDS)})
    if plan.threshold < 1:
        raise Refused("threshold", _("Must be at least 1: from 0 on it would always hold."))
    if plan.threshold > LIMITS[plan.kind]:
        raise Refused("threshold", _("May be at most %(most)d.") % {"most": LIMITS[plan.kind]})
    if plan.channel_kind and plan.channel_kind not in CHANNELS:
        raise Refused("channel_kind", _("Must be one of: %(words)s.") % {"words": ", ".join(sorted(CHANNELS))})
    if plan.team_id is not None and not Team.objects.of(caller.workspace).filter(pk=plan.team_id).exists():
        raise Refused("team", _("There is no such team here."))
    if row is None and rules.count() >= MOST:
        raise Refused("kind", _("There are %(most)d rules already: remove one first.") % {"most": MOST})
    same = rules.filter(kind=plan.kind, team=plan.team_id, channel_kind=plan.channel_kind, threshold=plan.threshold)
    if (same.exclude(pk=row.pk) if row else same).exists():
        raise Refused("threshold", _("There is such a rule already."))
