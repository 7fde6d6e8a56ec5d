"""Keeping goals: set, changed and closed, each an event of history; what was wanted before stays to be seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.history import record
from conversations.models import HistoryEvent
from hub.access import Caller
from hub.models import Membership, User
from hub.refusal import Refused, TooLate
from metrics.goals.standing import WINDOW, filters, is_total, midnight
from metrics.models import Goal
from metrics.models.plans import AT_LEAST, AT_MOST
from metrics.query import answer
from metrics.question import Question
from metrics.registry import METRICS, Metric, Rate

LONGEST = timedelta(days=5 * 366)
EARLIEST = date(2000, 1, 1)
MOST_VALUES, VALUE_LENGTH = 20, 120


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A goal as somebody wants it; ``target`` and ``baseline`` in the metric's unit. Without a baseline it is measured."""

    metric: str
    target: float
    start: date
    deadline: date
    reason: str
    direction: str = ""
    owner: UUID | None = None
    baseline: float | None = None
    clock: str = ""
    filters: Mapping[str, tuple[str, ...]] = {}


def set_goal(caller: Caller, wanted: Wanted) -> Goal:
    """Set a goal. Raises ``Refused`` with the field at fault."""
    now = timezone.now()
    metric = _metric(wanted.metric)
    _check_filters(metric, wanted)
    direction = _direction(metric, wanted.direction)
    _check_value(metric, "target", wanted.target)
    if wanted.baseline is not None:
        _check_value(metric, "baseline", wanted.baseline)
    zone = ZoneInfo(caller.workspace.timezone)
    _check_days(wanted.start, wanted.deadline, now.astimezone(zone).date())
    row = Goal(
        workspace=caller.workspace,
        metric=metric.id,
        version=metric.version,
        filters={name: list(values) for name, values in wanted.filters.items()},
        clock=wanted.clock or "elapsed",
        target=wanted.target,
        direction=direction,
        baseline=wanted.baseline,
        start=wanted.start,
        deadline=wanted.deadline,
        owner=_owner(caller, wanted.owner),
        reason=_reason(wanted.reason),
    )
    if row.baseline is None and not is_total(metric):
        row.baseline = _measured(row, metric, now)
    with transaction.atomic():
        row.save(force_insert=True)
        record([_event(caller, row, "goal.set", now, _shown(row))])
    return row


def change(caller: Caller, goal_id: UUID, wanted: Mapping[str, Any]) -> Goal:
    """Change what is named in ``wanted`` (``closed`` closes). Raises ``Refused``, ``TooLate`` once closed."""
    now = timezone.now()
    with transaction.atomic():
        row = Goal.objects.of(caller.workspace).select_for_update(of=("self",)).select_related("owner").get(pk=goal_id)
        if row.closed_at:
            raise TooLate(_("The goal is closed."))
        before = _shown(row)
        _apply(caller, row, wanted, now)
        after = _shown(row)
        fields = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if not fields:
            return row
        row.changes = [*row.changes, {"at": now.isoformat(), "by": _name(caller), "fields": fields}]
        row.save()
        record([_event(caller, row, "goal.changed", now, {"fields": fields})])
    return row


def _apply(caller: Caller, row: Goal, wanted: Mapping[str, Any], now: datetime) -> None:
    metric = _metric(row.metric)
    for name in ("target", "baseline"):
        if wanted.get(name) is not None:
            _check_value(metric, name, wanted[name])
            setattr(row, name, wanted[name])
    if "direction" in wanted:
        row.direction = _direction(metric, wanted["direction"])
    if "deadline" in wanted and wanted["deadline"] != row.deadline:
        today = now.astimezone(ZoneInfo(caller.workspace.timezone)).date()
        _check_days(row.start, wanted["deadline"], today)
        row.deadline = wanted["deadline"]
    if "owner" in wanted:
        row.owner = _owner(caller, wanted["owner"])
    if "reason" in wanted:
        row.reason = _reason(wanted["reason"])
    if wanted.get("closed"):
        row.closed_at = now


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise Refused("metric", _("There is no metric %(name)s.") % {"name": name})
    return METRICS[name]


def _check_filters(metric: Metric, wanted: Wanted) -> None:
    known = ", ".join(metric.source.dimensions)
    for name, values in wanted.filters.items():
        if name not in metric.source.dimensions:
            raise Refused("filters", _("%(metric)s is kept to: %(known)s.") % {"metric": metric.title, "known": known})
        if not 0 < len(values) <= MOST_VALUES or any(not _is_usable(value) for value in values):
            raise Refused("filters", _("%(name)s takes 1 to 20 short values.") % {"name": name})
    if wanted.clock and wanted.clock not in (metric.clocks or ("elapsed",)):
        raise Refused("clock", _("Is measured by: %(clocks)s.") % {"clocks": ", ".join(metric.clocks or ("elapsed",))})


def _is_usable(value: str) -> bool:
    return bool(value.strip()) and "\0" not in value and len(value) <= VALUE_LENGTH


def _direction(metric: Metric, word: str) -> str:
    usual = {"lower": AT_MOST, "higher": AT_LEAST}.get(metric.better or "", "")
    if (word or usual) not in {AT_LEAST, AT_MOST}:
        raise Refused("direction", _("Say whether the figure shall be at least or at most the target."))
    return word or usual


def _check_value(metric: Metric, field: str, value: float) -> None:
    kind = "share" if isinstance(metric.adding, Rate) else metric.unit  # a return on costs may be more than all of them
    low = -100.0 if kind == "points" else 0.0
    high = {"share": 1.0, "points": 100.0}.get(kind, 1e15)
    if not math.isfinite(value) or not low <= value <= high:
        sentence = {
            "share": _("A share lies between 0 % and 100 %."),
            "points": _("Points lie between −100 and 100."),
        }.get(kind, _("Must be a number that is not below 0."))
        raise Refused(field, sentence)
    if field == "target" and value == 0 and is_total(metric):
        raise Refused(field, _("A target of 0 is reached before it begins."))


def _check_days(start: date, deadline: date, today: date) -> None:
    if start < EARLIEST:
        raise Refused("start", _("Must lie after the year 1999."))
    if deadline < start:
        raise Refused("deadline", _("The deadline must not lie before the start."))
    if deadline < today:
        raise Refused("deadline", _("The deadline lies in the past."))
    if deadline - start > LONGEST:
        raise Refused("deadline", _("At most five years after the start."))


def _owner(caller: Caller, owner: UUID | None) -> User | None:
    if owner is None:
        return caller.user
    member = Membership.objects.of(caller.workspace).select_related("user").filter(user_id=owner).first()
    if member is None:
        raise Refused("owner", _("Nobody of the workspace is this person."))
    return member.user


def _reason(given: str) -> str:
    reason = " ".join(given.split())
    if not reason:
        raise Refused("reason", _("Say why it matters: a goal nobody can explain is nobody's."))
    if len(reason) > 300 or "\0" in reason:
        raise Refused("reason", _("At most 300 characters."))
    return reason


def _measured(row: Goal, metric: Metric, now: datetime) -> float | None:
    """Return the figure of the 28 days before the start, or before now if that is earlier; None where there is none."""
    zone = ZoneInfo(row.workspace.timezone)
    end = min(midnight(row.start, zone), now)
    asked = Question(
        row.workspace, metric, end - WINDOW, end, zone, filters=filters(row.filters), clock=row.clock
    )  # fmt: skip
    given = answer(asked, lean=True)
    return given.value(given.total)


def _shown(row: Goal) -> dict[str, Any]:
    return {
        "target": row.target,
        "direction": row.direction,
        "baseline": row.baseline,
        "deadline": row.deadline.isoformat(),
        "owner": row.owner.email if row.owner else None,
        "reason": row.reason,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
    }


def _name(caller: Caller) -> str:
    return caller.user.email if caller.user else caller.token.name if caller.token else ""


def _event(caller: Caller, row: Goal, name: str, at: datetime, data: dict[str, Any]) -> HistoryEvent:
    about = {"goal": str(row.pk), "metric": row.metric, "version": row.version, "filters": row.filters}
    return HistoryEvent(
        workspace=caller.workspace,
        type=name,
        occurred_at=at,
        actor_kind="agent" if caller.user else "bot",
        actor=caller.user,
        actor_email=caller.user.email if caller.user else "",
        data={**about, **data},
    )
