"""Evidence: the observations behind a figure, page by page; they sum to the number."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from metrics.query import where
from metrics.question import Question

PAGE = 100


class Observation(NamedTuple):
    """One observation as it was counted. Lengths in seconds, None for a count."""

    id: int
    anchor: datetime
    conversation_id: UUID
    customer_id: UUID
    channel_kind: str
    agent: str | None
    team: str | None
    opening_message_id: UUID | None
    closing_message_id: UUID | None
    started_at: datetime | None
    seconds: float | None
    excluded_seconds: float
    excluded_reason: str | None


class Place(NamedTuple):
    """Where a page begins: behind the observation with this anchor and id, or, ``backwards``, before it."""

    anchor: datetime
    id: int
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
        return Place(datetime.fromisoformat(anchor), int(number), backwards == "1")
    except (ValueError, binascii.Error) as error:
        raise ValidationError({"cursor": [_("This cursor is not one of ours.")]}) from error


def page(question: Question, place: Place | None = None, size: int = PAGE, *, longest_first: bool = False) -> Page:
    """Return a page of what the question counts, oldest first; ``longest_first`` gives one page, the longest first, of a count the newest."""
    source = question.metric.source
    condition = where(question, source.anchor, source.counts)
    columns = source.dimensions
    length = source.lengths.get(question.clock, "NULL::bigint")
    excluded = source.excluded[0] if source.excluded else "NULL::timestamptz"
    elapsed = source.lengths.get("elapsed", "NULL::bigint")
    closed = f"{elapsed} - {length}" if question.clock == "business" else "0"
    backwards = bool(place and place.backwards)
    beyond = f" AND ({source.anchor}, id) {'<' if backwards else '>'} (%s, %s)" if place else ""
    order = f"{source.anchor} {'DESC' if backwards else ''}, id {'DESC' if backwards else ''}"
    if longest_first:
        order = f"{source.lengths.get(question.clock, source.anchor)} DESC, id"
    values: list[Any] = [*condition.values, *((place.anchor, place.id) if place else ()), size + 1]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {source.anchor}, conversation_id, customer_id, {columns['channel']}, "  # noqa: S608  names of the registry
            f"{columns.get('agent', 'NULL')}, {columns.get('team', 'NULL')}, {source.opening_message}, "
            f"{source.closing_message}, {source.start}, {length}, {source.start} - {excluded}, {closed} FROM {source.table} "
            f"WHERE {condition.sql}{beyond} ORDER BY {order} LIMIT %s",
            values,
        )
        rows = [_observation(row, source.excluded) for row in cursor.fetchall()]
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


def _observation(row: tuple[Any, ...], excluded: tuple[str, str] | None) -> Observation:
    (
        number,
        anchor,
        conversation,
        customer,
        channel,
        agent,
        team,
        opening,
        closing,
        started_at,
        length,
        apart,
        closed,
    ) = row
    before = apart / timedelta(seconds=1) if apart else 0.0
    off_hours = (closed or 0) / 1e6
    left_out = before + off_hours
    reasons = [word for word, seconds in ((excluded[1] if excluded else "", before), ("hours", off_hours)) if seconds]
    return Observation(
        id=number,
        anchor=anchor,
        conversation_id=conversation,
        customer_id=customer,
        channel_kind=channel,
        agent=agent or None,
        team=team or None,
        opening_message_id=opening,
        closing_message_id=closing,
        started_at=started_at,
        seconds=None if length is None else length / 1e6,
        excluded_seconds=left_out,
        excluded_reason="+".join(reasons) or None,
    )
