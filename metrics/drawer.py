"""Drawer: what stands behind a number: its observations, and of one of them the very interval with its two messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from conversations.models import Customer, HistoryEvent, Message
from metrics import evidence, plots, reliance, who, words
from metrics.asked import Asked, inside
from metrics.business import Clock, calendars
from metrics.charts.ruler import Part, ruler
from metrics.evidence import Observation
from metrics.models import WaitFact
from metrics.query import answer
from metrics.question import Question
from metrics.registry import METRICS, Lengths, Metric, Rate
from metrics.who import Name

SHOWN = 50  # rows of a drawer; the export has them all


class Line(NamedTuple):
    """One observation: whose it is, when, what it counts for, and where to read it."""

    id: str
    customer: str
    address: str
    at: str
    value: str
    note: str
    excluded: str
    reason: str
    agent: str
    channel: str


class Said(NamedTuple):
    """One of the two messages of an interval."""

    who: str
    at: str
    text: str
    is_inbound: bool


class Interval(NamedTuple):
    """The interval of one observation, drawn, and its messages."""

    id: str
    customer: str
    address: str
    length: str
    excluded: str
    reason: str
    drawing: SafeString
    messages: list[Said]


class Drawer(NamedTuple):
    """What stands behind a number."""

    metric: Metric
    title: str
    value: str
    n: int
    lines: list[Line]
    interval: Interval | None
    has_lengths: bool
    has_more: bool


def question_of(asked: Asked, said: QueryDict) -> Question | None:
    """Return the question of the drawer that an address opens; None when it opens none."""
    name = said.get("open", "")
    return inside(asked.question(asked.metric(name)), said) if name in METRICS else None


def drawer(question: Question, said: QueryDict) -> Drawer:
    """Return what a question counts, the longest first (of counts the newest), with the interval of one of them."""
    metric = question.metric
    has_lengths = isinstance(metric.adding, Lengths)
    seen = evidence.page(question, size=SHOWN, longest_first=True).observations
    given = answer(question, lean=True)
    names, part = _names(question, seen), who.part_of(question.workspace, "agent")
    chosen = next((one for one in seen if one.id == said.get("row", "")), None)
    wanted = str(said.get("row") or "")
    if chosen is None and wanted and "\0" not in wanted:
        chosen = evidence.only(question, wanted)
    if chosen is None and has_lengths:
        chosen = next(iter(seen), None)
    return Drawer(
        metric=metric,
        title=title_of(question),
        value=plots.said(given)(given.value(given.total)),
        n=given.total.n,
        lines=[line(question, one, names, part) for one in seen],
        interval=interval(question, chosen, names, part) if chosen and chosen.started_at else None,
        has_lengths=has_lengths,
        has_more=len(seen) == SHOWN,
    )


def title_of(question: Question) -> str:
    """Say in words what the question is kept to."""
    start, last = question.start.astimezone(question.tz), question.end.astimezone(question.tz)
    part = who.part_of(question.workspace, *(name for name, _values in question.filters))
    parts = [
        ", ".join(_weekday_hour(value) if name == "weekday_hour" else part(name, value) for value in values)
        for name, values in question.filters
    ]
    if (last - start).total_seconds() <= 3_600:
        parts.append(f"{words.day_and_weekday(start.date())} {start:%H}h")
    elif (last.date() - start.date()).days <= 1:
        parts.append(words.day_and_weekday(start.date()))
    else:
        parts.append(f"{words.day(start.date())} – {words.day((last - (last - start) / 10**6).date())}")
    return " · ".join(parts)


def _weekday_hour(value: str) -> str:
    weekday, _dash, hour = value.partition("-")
    known = weekday.isdecimal() and 1 <= int(weekday) <= 7
    return f"{words.weekdays()[int(weekday) - 1]} {hour}h" if known else value


def _names(question: Question, seen: Iterable[Observation]) -> dict[UUID, str]:
    ids = {one.customer_id for one in seen if one.customer_id}
    return dict(Customer.objects.of(question.workspace).filter(pk__in=ids).values_list("pk", "name"))


def line(question: Question, one: Observation, names: dict[UUID, str], part: Name) -> Line:
    """Write one observation; ``names`` are its customers', ``part`` writes its agent."""
    metric = question.metric
    at = one.anchor.astimezone(question.tz)
    amount = one.amount if one.amount is not None else one.divisor
    if one.seconds is not None:
        value = words.length(one.seconds)
    elif isinstance(metric.adding, Rate):
        value = _("yes") if one.counted else _("no")
    else:
        value = words.figure("money" if metric.unit == "money" else "count", amount, question.workspace.currency)
    return Line(
        id=one.id,
        customer=names.get(one.customer_id, "") if one.customer_id else "",
        address=address_of(one),
        at=f"{words.day(at.date())} {at:%H:%M}",
        value=value,
        note=reliance.note(one.beside),
        excluded=words.length(one.excluded_seconds) if one.excluded_seconds else "",
        reason=_reason(one.excluded_reason),
        agent=part("agent", one.agent) if one.agent else "",
        channel=words.part("channel", one.channel_kind),
    )


def address_of(one: Observation) -> str:
    """Return where an observation is read: its conversation; empty where none stands behind it."""
    return f"/inbox/{one.conversation_id}/" if one.conversation_id else ""


def _reason(word: str | None) -> str:
    known = {"bot": _("with the bot"), "hours": _("outside working hours"), "customer": _("the customer's turn")}
    return ", ".join(known.get(part, part) for part in (word or "").split("+") if part)


def interval(question: Question, one: Observation, names: dict[UUID, str], part: Name) -> Interval:
    """Draw the interval of an observation that has one, with what of it does not count, and read its two messages."""
    messages = _messages(question, one)
    begins = one.started_at or one.anchor
    parts: list[Part] = []
    first = messages[0].sent_at if messages else begins
    if first < begins and question.metric.source.excluded:
        parts.append(Part((begins - first).total_seconds(), counts=False, why=_("with the bot")))
    if question.metric.source.in_turns:
        parts += _turns(question, one, begins)
    else:
        parts += _counted(question, one, begins, one.anchor)
    start = min(first, begins) if question.metric.source.excluded else begins
    shown = line(question, one, names, part)
    title = _("%(length)s counted, from %(begins)s to %(ends)s") % {
        "length": shown.value, "begins": _clock(question, start), "ends": _clock(question, one.anchor)
    }  # fmt: skip
    return Interval(
        id=one.id,
        customer=shown.customer,
        address=shown.address,
        length=shown.value,
        excluded=shown.excluded,
        reason=shown.reason,
        drawing=mark_safe(ruler(title, _clock(question, start), _clock(question, one.anchor), parts)),  # noqa: S308
        messages=[_said(question, message) for message in messages],
    )


def _turns(question: Question, one: Observation, begins: datetime) -> list[Part]:
    """Cut the interval into the waits of the customer, which count, and the time between, when it was the customer's turn."""
    waits = WaitFact.objects.of(question.workspace).filter(
        conversation_id__in=[one.conversation_id], started_at__gte=begins, ended_at__lte=one.anchor
    )
    parts: list[Part] = []
    for starts, ends in waits.order_by("started_at").values_list("started_at", "ended_at"):
        parts += [_customers_turn(begins, starts), *_counted(question, one, starts, ends or one.anchor)]
        begins = ends or one.anchor
    return [part for part in (*parts, _customers_turn(begins, one.anchor)) if part.seconds]


def _customers_turn(begins: datetime, ends: datetime) -> Part:
    return Part((ends - begins).total_seconds(), counts=False, why=_("the customer's turn"))


def _counted(question: Question, one: Observation, begins: datetime, ends: datetime) -> list[Part]:
    """Return a part of the interval that counts; on the working clock cut by the hours of the team responsible in each part."""
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


def _messages(question: Question, one: Observation) -> list[Message]:
    ids = [found for found in (one.opening_message_id, one.closing_message_id) if found]
    found = Message.objects.of(question.workspace).filter(pk__in=ids).select_related("customer", "author")
    return sorted(found, key=lambda message: (message.sent_at, message.seq))


def _said(question: Question, message: Message) -> Said:
    is_inbound = message.direction == "inbound"
    author = message.author.name if message.author else message.author_name
    text = _("This message was deleted.") if message.deleted_at else message.text or f"[{message.kind}]"
    who = message.customer.name if is_inbound else author or words.part("", message.author_kind)
    return Said(who, _clock(question, message.sent_at), text, is_inbound)


def _clock(question: Question, at: datetime) -> str:
    local = at.astimezone(question.tz)
    return f"{words.day(local.date())} {local:%H:%M:%S}"
