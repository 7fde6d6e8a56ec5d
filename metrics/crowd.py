"""Crowd: shares of distinct people, who cannot be added up, from the cells of days that keep who did something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from metrics import binary
from metrics.heavy import WHOLE_DAYS, part
from metrics.observed import MEMBER
from metrics.question import Question

AFTER_TOUCH = timedelta(days=30)  # a sale so long after somebody's first touch of a channel was led to by it
MONTHS = range(61)  # after that of their first purchase in which people are looked for
FAR = np.iinfo(np.int64).max  # after everything that happens
type Key = tuple[str | None, ...]
type Shares = dict[Key, tuple[int, int]]  # by key: above the line, below it
type Numbers = np.ndarray[Any, Any]  # whole numbers, or which of some are meant


class Crowd(NamedTuple):
    """Who did something, day by day: ``MEMBER`` records as packed, and of each the cell it is of; cells' values and days."""

    packed: Numbers
    tails: Numbers  # the half of ids that tells nearly all people apart
    cell: Numbers
    values: Sequence[str]
    days: Sequence[date]


class People(NamedTuple):
    """Distinct people in the order of their numbers: the half of their ids that tells nearly all apart, and each one's first row."""

    crowd: Crowd
    tails: Numbers
    rows: Numbers

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
        return self.crowd.packed["head"][self.rows[numbers]]


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
    touches = _read(question, "touch", first_day, past)
    if not len(touches.packed):
        return {}
    sales = _read(question, "sale", first_day, past + AFTER_TOUCH + timedelta(days=1))
    who, people = _numbered(touches)
    at = touches.packed["at"].astype(np.int64)
    kept = np.flatnonzero(_of_filters(question, touches))
    values = sorted({*touches.values})
    channel = np.array([values.index(value) for value in touches.values], dtype=np.int64)[touches.cell]
    lanes = (who * len(values) + channel)[kept]  # of each person, on each channel
    order = np.sort(lanes * len(who) + kept)  # read day by day: the first row of a lane was first
    lanes, rows = np.divmod(order, len(who))
    first = rows[np.diff(lanes, prepend=-1) != 0]
    who, at = who[first], at[first]
    earliest = _earliest(who, at)
    if "channel" not in question.by:
        first, who, at = first[earliest], who[earliest], at[earliest]
        earliest = np.arange(len(earliest))
    buyers, known = people.numbers(sales)
    bought = _bought_after(who, at, buyers[known], sales.packed["at"][known].astype(np.int64))
    found = _distinct(question, touches, first, who, bought)
    n = len(earliest)
    return found | ({(): (int(np.count_nonzero(bought[earliest])), n)} if n else {})


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


def _bought_after(who: Numbers, at: Numbers, buyers: Numbers, paid: Numbers) -> Numbers:
    """Return which of these have a sale from their instant to a month later."""
    order = np.lexsort((paid, buyers))
    buyers, paid = buyers[order], paid[order]
    buys = np.zeros(int(who.max(initial=0)) + 1, dtype=bool)
    buys[buyers[buyers < len(buys)]] = True
    found = np.zeros(len(who), dtype=bool)
    asked = np.flatnonzero(buys[who])  # nearly nobody: the others need not be looked for
    place = np.searchsorted(buyers, who[asked])
    while len(asked):
        later = paid[place] - at[asked]
        found[asked[(later >= 0) & (later <= AFTER_TOUCH // timedelta(microseconds=1))]] = True
        asked, place = asked[later < 0], place[later < 0] + 1
        is_theirs = place < len(buyers)
        is_theirs[is_theirs] = buyers[place[is_theirs]] == who[asked[is_theirs]]
        asked, place = asked[is_theirs], place[is_theirs]
    return found


def _returned(question: Question, as_of: datetime) -> Shares:
    """Count people by their first purchase, beside each whole month since, and those who bought in it."""
    first_day, past = _days(question)
    asked = dict(question.filters).get("months")
    whole = [k for k in MONTHS if (str(k) in asked if asked else k == 1)]
    since = whole if asked or "months" not in question.by else MONTHS
    sales = _read(question, "sale", first_day, date.max)
    who, people = _numbered(sales)
    began = _month(first_day)
    month = np.array([_month(day) - began for day in sales.days], dtype=np.int64)[sales.cell]
    width = int(month.max(initial=0)) + len(MONTHS) + 1
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
WHERE workspace_id = %s AND measure = %s AND dimension = 'channel' AND span = 'day' AND day >= %s AND day < %s ORDER BY day, value
"""


def _read(question: Question, measure: str, first: date, past: date) -> Crowd:
    rows = binary.read(CELLS, [question.workspace.pk, measure, first, past], again=True)
    packed = np.frombuffer(b"".join(row[2] for row in rows), dtype=MEMBER)
    cell = np.repeat(np.arange(len(rows)), [len(row[2]) // MEMBER.itemsize for row in rows])
    return Crowd(packed, packed["tail"].astype(np.uint64), cell, [row[0] for row in rows], [row[1] for row in rows])


def _numbered(crowd: Crowd) -> tuple[Numbers, People]:
    """Number the people of a crowd; return each one's number, and how to find others' numbers."""
    order = np.argsort(crowd.tails)
    tails = crowd.tails[order]
    other = np.ones(len(tails), dtype=bool)
    other[1:] = tails[1:] != tails[:-1]
    again = np.flatnonzero(~other)
    heads = crowd.packed["head"]
    if (heads[order[again]] != heads[order[again - 1]]).any():  # halves that chance made equal, of different people
        order = np.lexsort((heads, crowd.tails))
        tails, heads = crowd.tails[order], heads[order]
        other[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    starts = np.flatnonzero(other)
    numbers = np.empty(len(tails), dtype=np.int64)
    numbers[order] = np.cumsum(other) - 1
    return numbers, People(crowd, tails[starts], order[starts])


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


def _distinct(question: Question, crowd: Crowd, some: Numbers, who: Numbers, over: Numbers) -> Shares:
    """Count distinct people of some of the crowd by key, and those of them who are ``over`` the line."""
    keys, key = _keyed(question, crowd, some)
    width = int(who.max(initial=0)) + 1
    counted = []
    for part_of in (over, slice(None)):
        place = key[part_of]
        if {*question.by} & WHOLE_DAYS:  # else each stands once on each channel asked for
            pairs = np.sort(place * width + who[part_of])  # numpy's own unique hashes, which takes ten times as long
            place = pairs[np.flatnonzero(np.diff(pairs, prepend=-1))] // width
        counted.append(np.bincount(place, minlength=len(keys)).tolist())
    return {one: (above, n) for one, above, n in zip(keys, *counted, strict=True)}


def _month(day: date) -> int:
    return 12 * day.year + day.month
