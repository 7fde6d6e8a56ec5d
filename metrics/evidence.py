"""Evidence: the observations behind a figure, page by page; they sum to the number."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from metrics.query import fresh, values_of, where
from metrics.query.sql import as_text
from metrics.question import Question
from metrics.registry import Amounts, Count, Lengths, Rate, Ratio, Score, Source, Sum

PAGE = 100


class Observation(NamedTuple):
    """One observation as it was counted. Lengths in seconds; what does not apply to the kind of figure is None.

    ``counted`` says whether it is in a rate's numerator, kept to the target of a time, or is one of those a ratio is divided
    by; ``amount`` what it adds to a sum or above a ratio's line, ``divisor`` what it adds below. ``split`` are the values of
    the figure's dimensions, ``beside`` the numbers the figure tells with it.
    """

    id: str
    anchor: datetime
    conversation_id: UUID | None
    customer_id: UUID | None
    split: dict[str, str | None]
    opening_message_id: UUID | None
    closing_message_id: UUID | None
    started_at: datetime | None
    seconds: float | None
    excluded_seconds: float
    excluded_reason: str | None
    amount: float | None
    divisor: float | None
    counted: bool | None
    beside: dict[str, float | None]

    @property
    def channel_kind(self) -> str:
        """The channel it belongs to."""
        return self.split.get("channel") or ""

    @property
    def agent(self) -> str | None:
        """Whose work it was."""
        return self.split.get("agent")


class Place(NamedTuple):
    """Where a page begins: behind the observation with this anchor and id, or, ``backwards``, before it."""

    anchor: datetime
    id: str
    backwards: bool = False

    def __str__(self) -> str:
        """Return the place as one opaque word for an address."""
        word = f"{self.anchor.isoformat()}|{self.id}|{int(self.backwards)}"
        return base64.urlsafe_b64encode(word.encode()).decode().rstrip("=")


class Page(NamedTuple):
    """Some observations, in the order of their anchors, and the places of the pages beside them."""

    observations: list[Observation]
    following: Place | None
    preceding: Place | None


def place_of(word: str) -> Place:
    """Read a place. Raises ``ValidationError`` for a word that is none."""
    try:
        anchor, number, backwards = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode().split("|")
        return Place(datetime.fromisoformat(anchor), number, backwards == "1")
    except (ValueError, binascii.Error) as error:
        raise ValidationError({"cursor": [_("This cursor is not one of ours.")]}) from error


def page(question: Question, place: Place | None = None, size: int = PAGE, *, longest_first: bool = False) -> Page:
    """Return a page of what the question counts, oldest first; ``longest_first`` gives one page, the longest first, of a count the newest."""
    backwards = bool(place and place.backwards)
    beyond = f"WHERE (anchor, id) {'<' if backwards else '>'} (%(beyond_anchor)s, %(beyond_id)s)" if place else ""
    order = "anchor DESC, id DESC" if backwards else "anchor, id"
    if longest_first:
        order = "coalesce(length, amount) DESC NULLS LAST, anchor DESC, id"
    values = values_of(question, fresh(question.workspace)) | {"most": size + 1}
    if place:
        values |= {"beyond_anchor": place.anchor, "beyond_id": place.id}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({sides(question)}) AS seen {beyond} ORDER BY {order} LIMIT %(most)s",  # noqa: S608  names of the registry
            values,
        )
        rows = [_observation(question.metric.source, row) for row in cursor.fetchall()]
    more, rows = len(rows) > size, rows[:size]
    rows = rows[::-1] if backwards else rows
    if longest_first or not rows:
        return Page(rows, None, None)
    first, last = rows[0], rows[-1]
    return Page(
        rows,
        following=Place(last.anchor, last.id) if more or backwards else None,
        preceding=Place(first.anchor, first.id, backwards=True) if (more if backwards else place) else None,
    )


def only(question: Question, number: str) -> Observation | None:
    """Return the one observation of the question with this id; None when the question counts no such one."""
    values = values_of(question, fresh(question.workspace)) | {"number": number}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({sides(question)}) AS seen WHERE id::text = %(number)s LIMIT 1",  # noqa: S608  names of the registry
            values,
        )
        row = cursor.fetchone()
    return _observation(question.metric.source, row) if row else None


def sides(question: Question) -> str:
    """Return the SQL of what the question counts: one row an observation, or, where those are counted, a person.

    A ratio over other facts, or over people, has its two sides one after the other.
    """
    source, kind = question.metric.source, question.metric.adding
    if not isinstance(kind, Ratio):
        return _side(question, source, _shown(question, kind))
    per = kind.per
    if per.source is None and not per.each:
        below = f"CASE WHEN {per.condition} THEN {per.amount} END" if per.amount else ""
        return _side(question, source, _Shown(amount=kind.amount, divisor=below, counted=per.condition))
    above = _side(question, source, _Shown(amount=kind.amount, counted="false", prefix="a"))
    divisor = _Shown(divisor=per.amount, counted="true", each=per.each, prefix="b", only=per.condition)
    return f"{above} UNION ALL {_side(question, per.source or source, divisor, names=source)}"


def beside(question: Question) -> Iterator[str]:
    """Yield the SQL of what is told beside the figure: what is not decided, ended otherwise or is left out, and what was said."""
    source, kind = question.metric.source, question.metric.adding
    asides = [(source.still_open, source.start or source.anchor)] if source.still_open else []
    ended = [source.set_aside[1]] if source.set_aside else []
    asides += [(condition, source.anchor) for condition in (*ended, *source.left_out.values())]
    for number, (condition, anchor) in enumerate(asides):
        yield _side(
            question, replace(source, counts=condition, anchor=anchor, excluded=None), _Shown(prefix=f"{number}:")
        )
    if isinstance(kind, Count) and kind.beside:
        yield _side(question, kind.beside, _Shown(counted="is_inbound", prefix="said:"), names=source)


class _Shown(NamedTuple):
    """What a side of the evidence shows of its rows, as SQL expressions; empty for nothing."""

    length: str = ""
    whole: str = ""  # the length on the clock of the wall, when ``length`` is of another
    amount: str = ""
    divisor: str = ""
    counted: str = ""
    each: str = ""
    prefix: str = ""  # tells the ids of two sides apart
    only: str = "true"


def _shown(question: Question, kind: Lengths | Amounts | Sum | Count | Rate | Score) -> _Shown:
    """Return what the rows of a figure without two sides show."""
    match kind:
        case Lengths():
            length = kind.clocks[question.clock]
            kept = "" if question.target is None else f"{length} <= {round(question.target * 1e6)}"
            return _Shown(length=length, whole=kind.clocks["elapsed"], counted=kept)
        case Count():
            return _Shown(each=kind.each)
        case Rate():
            return _Shown(counted=kind.numerator, each=kind.each)
        case Score():
            points = f"CASE WHEN {kind.promoter} THEN 100 WHEN {kind.detractor} THEN -100 ELSE 0 END"
            return _Shown(counted=kind.promoter, amount=points)
    return _Shown(amount=kind.amount)


def _side(question: Question, source: Source, shown: _Shown, *, names: Source | None = None) -> str:
    """Return the SELECT of one side; the dimensions shown are those of ``names``."""
    own = source.dimensions
    split = [as_text(source, name) if name in own else "NULL::text" for name in (names or source).dimensions]
    counted = f"({shown.counted})" if shown.counted else "NULL::boolean"
    columns = [
        f"'{shown.prefix}' || id::text AS id" if shown.prefix else "id",
        f"{source.anchor} AS anchor",
        f"{source.conversation} AS conversation",
        f"{source.customer} AS customer",
        f"ARRAY[{', '.join(split)}]::text[] AS split",
        source.opening_message,
        source.closing_message,
        source.start or "NULL::timestamptz",
        f"{shown.length or 'NULL::bigint'} AS length",
        f"{source.start} - ({source.excluded[0]})" if source.excluded else "NULL::interval",
        f"{shown.whole} - {shown.length}" if shown.whole != shown.length else "NULL::bigint",
        f"({shown.amount or 'NULL'})::double precision AS amount",
        f"({shown.divisor or 'NULL'})::double precision AS divisor",
        (f"bool_or({counted}) OVER (PARTITION BY {shown.each})" if shown.each else counted) + " AS counted",
        f"ARRAY[{', '.join(source.beside.values())}]::double precision[] AS beside",
    ]
    condition = where(question, source, f"({source.counts}) AND ({shown.only})")
    if not shown.each:
        return f"SELECT {', '.join(columns)} FROM {source.table} WHERE {condition}"  # noqa: S608  names of the registry
    return (
        f"(SELECT DISTINCT ON ({shown.each}) {', '.join(columns)} FROM {source.table} "  # noqa: S608  names of the registry
        f"WHERE {condition} AND {shown.each} IS NOT NULL ORDER BY {shown.each}, {source.anchor}, id)"
    )


def _observation(source: Source, row: tuple[Any, ...]) -> Observation:
    number, anchor, conversation, customer, split, opening, closing, started_at, length, apart, closed, *rest = row
    amount, divisor, counted, beside = rest
    before = apart / timedelta(seconds=1) if apart else 0.0
    off_hours = (closed or 0) / 1e6
    why = source.excluded[1] if source.excluded else ""
    reasons = [word for word, seconds in ((why, before), ("hours", off_hours)) if seconds]
    return Observation(
        id=str(number),
        anchor=anchor,
        conversation_id=conversation,
        customer_id=customer,
        split={name: part or None for name, part in zip(source.dimensions, split, strict=True)},
        opening_message_id=opening,
        closing_message_id=closing,
        started_at=started_at,
        seconds=None if length is None else length / 1e6,
        excluded_seconds=before + off_hours,
        excluded_reason="+".join(reasons) or None,
        amount=amount,
        divisor=divisor,
        counted=counted,
        beside=dict(zip(source.beside, beside, strict=True)),
    )
