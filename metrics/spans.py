"""Spans: the time of one observation, cut for its ruler into what of it counts and what does not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from conversations.models import HistoryEvent
from metrics import words
from metrics.business import Clock, calendars
from metrics.charts.ruler import Part
from metrics.evidence import Observation
from metrics.models import StayFact, WaitFact
from metrics.question import Question

type Span = tuple[datetime, datetime]
STAYS = {"assigned": "held"}  # by the basis of what is measured; all else is attention


def parts_of(question: Question, one: Observation, begins: datetime) -> tuple[list[Part], datetime]:
    """Return the parts of an observation from its beginning on, and when the last of them ends.

    Whole where all of it counts; else the pieces that do, with why the time between does not.
    """
    pieces, why = _pieces(question, one) if question.metric.source.pieces else ([(begins, one.anchor)], "")
    parts: list[Part] = []
    at = begins
    for starts, ends in pieces:
        if starts > at:
            parts.append(_apart(at, starts, why))
        if ends > at:
            parts += _counted(question, one, max(starts, at), ends)
        at = max(at, ends)
    if one.anchor > at:
        parts.append(_apart(at, one.anchor, why))
    return parts, max(at, one.anchor)


def _pieces(question: Question, one: Observation) -> tuple[list[Span], str]:
    """Return the parts of a conversation's time that count, in order, and why the others do not."""
    owner = {"conversation_id__in": [one.conversation_id]}
    if question.metric.source.pieces == "waits":
        waits = WaitFact.objects.of(question.workspace).filter(**owner).order_by("started_at")
        return _ended(waits.values_list("started_at", "ended_at")), _("the customer's turn")
    kind = STAYS.get(one.split.get("basis") or "", "focus")
    stays = StayFact.objects.of(question.workspace).filter(**owner, kind=kind).order_by("started_at")
    stays = stays.filter(agent=one.agent) if one.agent else stays
    why = _("without attention") if kind == "focus" else _("not assigned, or snoozed")
    return _ended(stays.values_list("started_at", "ended_at")), why


def _ended(rows: Iterable[tuple[datetime, datetime | None]]) -> list[Span]:
    return [(starts, ends) for starts, ends in rows if ends]


def _apart(begins: datetime, ends: datetime, why: str) -> Part:
    return Part((ends - begins).total_seconds(), counts=False, why=why)


def _counted(question: Question, one: Observation, begins: datetime, ends: datetime) -> list[Part]:
    """Return what counts; on the working clock cut by the hours in force for the team that was responsible in each part."""
    if question.clock != "business":
        return [Part((ends - begins).total_seconds(), counts=True)]
    told = HistoryEvent.objects.of(question.workspace).filter(conversation_id__in=[one.conversation_id])
    turns = [
        (at, team) for at, team in told.order_by("occurred_at", "id").values_list("occurred_at", "data__team") if team
    ]
    clock = Clock(calendars(question.workspace.pk), tuple(turns))
    return [
        Part(part.seconds, part.why == "open", "" if part.why == "open" else words.part("", part.why))
        for part in clock.parts(begins, ends)
    ]
