"""Drawer: what stands behind a number: its observations, and of one of them the very interval with its two messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from conversations.models import Customer, Message
from metrics import evidence, plots, reliance, spans, who, words
from metrics.asked import Asked, inside
from metrics.charts.ruler import Part, ruler
from metrics.evidence import Observation
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
    chosen = next((one for one in seen if one.id == said.get("row", "")), None)
    wanted = str(said.get("row") or "")
    if chosen is None and wanted and "\0" not in wanted:
        chosen = evidence.only(question, wanted)
    if chosen is None and has_lengths:
        chosen = next(iter(seen), None)
    names = _names(question, [*seen, *filter(None, [chosen])])
    part = who.part_of(question.workspace, "agent")
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
    """Return what people are called by who they are; who was erased is nobody."""
    ids = {one.customer_id for one in seen if one.customer_id}
    people = Customer.objects.of(question.workspace).filter(pk__in=ids, erased_at=None)
    return dict(people.values_list("pk", "name"))


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
        address=address_of(one) if not one.customer_id or one.customer_id in names else "",
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
    pieces, end = spans.parts_of(question, one, begins)
    starts = _clock(question, min(first, begins) if question.metric.source.excluded else begins)
    ends = _clock(question, end)
    shown = line(question, one, names, part)
    told = {"length": shown.value, "begins": starts, "ends": ends}
    title = _("%(length)s counted, from %(begins)s to %(ends)s") % told
    return Interval(
        id=one.id,
        customer=shown.customer,
        address=shown.address,
        length=shown.value,
        excluded=shown.excluded,
        reason=shown.reason,
        drawing=mark_safe(ruler(title, starts, ends, [*parts, *pieces])),  # noqa: S308
        messages=[_said(question, message) for message in messages],
    )


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
