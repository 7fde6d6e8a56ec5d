"""Crowd: shares of distinct people, who cannot be added up, from the cells of days that keep who did something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from metrics import binary
from metrics.arrays import Numbers
from metrics.heavy import WHOLE_DAYS, part
from metrics.observed import MEMBER
from metrics.question import Question

AFTER_TOUCH = timedelta(days=30)  # a sale so long after somebody's first touch of a channel was led to by it
MONTHS = range(61)  # after that of their first purchase in which people are looked for
FAR = np.iinfo(np.int64).max  # after everything that happens
type Key = tuple[str | None, ...]
type Shares = dict[Key, tuple[int, int]]  # by key: above the line, below it


class Crowd(NamedTuple):
    """Who did something, day by day: ``MEMBER`` records as packed, and of each the cell it is of; cells' values and days."""

    packed: Numbers
    tails: Numbers  # the half of ids that tells nearly all people apart
    cell: Numbers
    values: Sequence[str]
    days: Sequence[date]


class People(NamedTuple):
    """Distinct people in the order of their numbers: the rows of a crowd person by person, and where each one's begin.

    ``tails`` are the halves of their ids that tell nearly all apart.
    """

    crowd: Crowd
    rows: Numbers
    starts: Numbers
    tails: Numbers

    @property
    def sizes(self) -> Numbers:
        """How many rows each one has."""
        return np.diff(self.starts, append=len(self.rows))

    def of_rows(self) -> Numbers:
        """Return the number of each row's."""
        numbers = np.empty(len(self.rows), dtype=np.int64)
        numbers[self.rows] = np.repeat(np.arange(len(self.starts)), self.sizes)
        return numbers

    def numbers(self, crowd: Crowd) -> tuple[Numbers, Numbers]:
        """Return the number of each of a crowd, and which of them have one."""
        place = np.searchsorted(self.tails, crowd.tails)
        asked = self._alike(crowd, place, np.arange(len(place)))
        while len(asked := asked[self._heads(place[asked]) != crowd.packed["head"][asked]]):
            place[asked] += 1  # next of those whose halves are equal by chance
            asked = self._alike(crowd, place, asked)
        known = np.zeros(len(place), dtype=bool)
        known[self._alike(crowd, place, np.arange(len(place)))] = True
        return place, known

    def _alike(self, crowd: Crowd, place: Numbers, asked: Numbers) -> Numbers:
        """Return those asked whose place is somebody's with an equal half."""
        asked = asked[place[asked] < len(self.tails)]
        return asked[self.tails[place[asked]] == crowd.tails[asked]]  # type: ignore[no-any-return]

    def _heads(self, numbers: Numbers) -> Numbers:
        return self.crowd.packed["head"][self.rows[self.starts[numbers]]]


def can_answer(question: Question) -> bool:
    """Whether the cells hold what is asked: whole days of the workspace's zone, split by time, channel and what follows a sale."""
    known = {"touch": {"channel"}, "sale": {"channel", "months"}}.get(question.metric.source.measure, set())
    return (
        question.metric.source.measure in ANSWERS
        and question.tz.key == question.workspace.timezone
        and question.is_whole_days
        and {*question.by} <= known | WHOLE_DAYS
        and {name for name, _ in question.filters} <= known
    )


def shares(question: Question, as_of: datetime) -> Shares:
    """Return for each key, and under the empty key for all together, how many people of how many; nothing for nobody.

    All together are as many as if nobody had been told apart.
    """
    return ANSWERS[question.metric.source.measure](question, as_of)


def _converted(question: Question, _as_of: datetime) -> Shares:
    """Count people by their first touch, of each channel where they are told apart, and those who bought within a month of it."""
    first_day, past = _days(question)
    touches = _read(question, "touch", first_day, past, dict(question.filters).get("channel"))
    if not len(touches.packed):
        return {}
    sales = _read(question, "sale", first_day, past + AFTER_TOUCH + timedelta(days=1))
    people = _told_apart(touches)
    first, earliest = _firsts(people)
    counted = first if "channel" in question.by else earliest
    bought = _bought(people, first, sales)
    found: Shares = {}
    numbers = (np.bincount(touches.cell[some], minlength=len(touches.days)) for some in (counted & bought, counted))
    for value, day, over, n in zip(
        touches.values, touches.days, *(of_cells.tolist() for of_cells in numbers), strict=True
    ):
        if n:
            key = tuple(part(word, value, day) for word in question.by)
            found[key] = _added(found.get(key, (0, 0)), (over, n))
    return found | {(): (int(np.count_nonzero(earliest & bought)), int(np.count_nonzero(earliest)))}


def _firsts(people: People) -> tuple[Numbers, Numbers]:
    """Return which rows are somebody's first on their channel, and which are somebody's first of all."""
    crowd, sizes = people.crowd, people.sizes
    several = np.flatnonzero(sizes > 1)  # who has one row, as nearly everybody, need not be looked through
    values = sorted({*crowd.values})
    channel = np.array([values.index(value) for value in crowd.values], dtype=np.int64)
    rows = people.rows[np.repeat(sizes > 1, sizes)]
    first = np.ones(len(people.rows), dtype=bool)
    first[rows] = False
    earliest = first.copy()
    lanes = np.repeat(several, sizes[several]) * len(values) + channel[crowd.cell[rows]]
    # Read day by day, the first row of a lane was first.
    lanes, rows = np.divmod(np.sort(lanes * len(people.rows) + rows), len(people.rows))
    is_first = np.diff(lanes, prepend=-1) != 0
    rows, who = rows[is_first], lanes[is_first] // len(values)
    first[rows] = True
    earliest[rows[_earliest(who, crowd.packed["at"][rows].astype(np.int64))]] = True
    return first, earliest


def _earliest(who: Numbers, at: Numbers) -> Numbers:
    """Return the first of each person's, who stand one after the other; of those at the same instant the one before."""
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    sizes = np.diff(starts, append=len(who))
    found = starts.copy()
    step = 1
    while len(several := np.flatnonzero(sizes > step)):  # nearly everybody has one
        other = starts[several] + step
        sooner = at[other] < at[found[several]]
        found[several[sooner]] = other[sooner]
        step += 1
    return found


def _bought(people: People, first: Numbers, sales: Crowd) -> Numbers:
    """Return which of the rows meant by ``first`` have a sale of their person from their instant to a month later."""
    buyers, known = people.numbers(sales)
    order = np.argsort(buyers[known])
    buyers, paid = buyers[known][order], sales.packed["at"][known][order].astype(np.int64)
    buys, sizes = np.zeros(len(people.starts), dtype=bool), people.sizes
    buys[buyers] = True
    rows = people.rows[np.repeat(buys, sizes)]  # few: the others need not be looked for
    who, rows = np.repeat(np.flatnonzero(buys), sizes[buys])[first[rows]], rows[first[rows]]
    begin = np.searchsorted(buyers, who)
    sizes = np.searchsorted(buyers, who, side="right") - begin
    each = np.repeat(np.arange(len(rows)), sizes)  # row beside each sale of its person
    sale = np.arange(len(each)) + np.repeat(begin - np.cumsum(sizes) + sizes, sizes)
    later = paid[sale] - people.crowd.packed["at"][rows[each]].astype(np.int64)
    found = np.zeros(len(first), dtype=bool)
    found[rows[each[(later >= 0) & (later <= AFTER_TOUCH // timedelta(microseconds=1))]]] = True
    return found


def _returned(question: Question, as_of: datetime) -> Shares:
    """Count people by their first purchase, beside each whole month since, and those who bought in it."""
    first_day, past = _days(question)
    asked = dict(question.filters).get("months")
    whole = [k for k in MONTHS if (str(k) in asked if asked else k == 1)]
    since = whole if asked or "months" not in question.by else MONTHS
    sales = _read(question, "sale", first_day, date.max)
    people = _told_apart(sales)
    who = people.of_rows()
    began = _month(first_day)
    month = np.array([_month(day) - began for day in sales.days], dtype=np.int64)[sales.cell]
    width = int(month.max(initial=0)) + max(since) + 1
    active = np.zeros(len(people.tails) * width, dtype=bool)
    active[who * width + month] = True
    of_period = np.array([day < past for day in sales.days], dtype=bool)[sales.cell]
    new = np.flatnonzero((sales.packed["place"] == 1) & of_period & _of_filters(question, sales))
    found: Shares = {}
    total = (0, 0)
    for k in since:
        over = new[month[new] + k < _month(as_of.astimezone(question.tz).date()) - began]
        keys, key = _keyed(question, sales, over, str(k))
        bought = active[who[over] * width + month[over] + k]
        counted = (np.bincount(key[some], minlength=len(keys)).tolist() for some in (bought, slice(None)))
        for one, above, n in zip(keys, *counted, strict=True):
            found[one] = _added(found.get(one, (0, 0)), (above, n))  # months asked for without being told apart
            if k in whole:
                total = _added(total, (above, n))
    return found | ({(): total} if total[1] else {})


def _added(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


ANSWERS: dict[str, Callable[[Question, datetime], Shares]] = {"touch": _converted, "sale": _returned}


def _days(question: Question) -> tuple[date, date]:
    first, past = (at.astimezone(question.tz).date() for at in (question.start, question.end))
    return first, past


CELLS = """
SELECT value, day, members FROM metrics_cell
WHERE workspace_id = %s AND measure = %s AND dimension = 'channel' AND span = 'day' AND day >= %s AND day < %s
AND (%s::text[] IS NULL OR value = ANY(%s)) ORDER BY day, value
"""


def _read(question: Question, measure: str, first: date, past: date, channels: Sequence[str] | None = None) -> Crowd:
    """Read who did something, day by day, on some channels or on all."""
    wanted = None if channels is None else list(channels)
    rows = binary.read(CELLS, [question.workspace.pk, measure, first, past, wanted, wanted], again=True)
    packed = np.frombuffer(b"".join(row[2] for row in rows), dtype=MEMBER)
    cell = np.repeat(np.arange(len(rows)), [len(row[2]) // MEMBER.itemsize for row in rows])
    return Crowd(packed, packed["tail"].astype(np.uint64), cell, [row[0] for row in rows], [row[1] for row in rows])


def _told_apart(crowd: Crowd) -> People:
    rows = np.argsort(crowd.tails)
    tails = crowd.tails[rows]
    other = np.ones(len(tails), dtype=bool)
    other[1:] = tails[1:] != tails[:-1]
    again = np.flatnonzero(~other)
    heads = crowd.packed["head"]
    if (heads[rows[again]] != heads[rows[again - 1]]).any():  # halves that chance made equal, of different people
        rows = np.lexsort((heads, crowd.tails))
        tails, heads = crowd.tails[rows], heads[rows]
        other[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    starts = np.flatnonzero(other)
    return People(crowd, rows, starts, tails[starts])


def _of_filters(question: Question, crowd: Crowd) -> Numbers:
    """Return which are of the channels that are asked for."""
    wanted = dict(question.filters).get("channel")
    kept: Numbers = np.array([wanted is None or value in wanted for value in crowd.values], dtype=bool)[crowd.cell]
    return kept


def _keyed(question: Question, crowd: Crowd, some: Numbers, months: str = "") -> tuple[list[Key], Numbers]:
    """Return the keys of some of the crowd, and the number of each one's."""
    places: dict[Key, int] = {}
    number = np.zeros(len(crowd.days), dtype=np.int64)
    for cell in np.flatnonzero(np.bincount(crowd.cell[some])).tolist():
        value, day = crowd.values[cell], crowd.days[cell]
        key = tuple(months if word == "months" else part(word, value, day) for word in question.by)
        number[cell] = places.setdefault(key, len(places))
    return list(places), number[crowd.cell[some]]


def _month(day: date) -> int:
    return 12 * day.year + day.month
