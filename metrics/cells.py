"""Cells: the rollups, of days and of months; they take what facts bring minus what facts take away, cut at the workspace's midnights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from metrics import binary
from metrics.binary import Row
from metrics.facts import Change, as_derived
from metrics.histogram import bucket, pack, unpack
from metrics.observed import COUNTED, MEMBER, Observation, changes
from metrics.wallclock import WallClock

DAY, MONTH = "day", "month"
CONTENT = ("n", "total", "hours", "histogram", "members")
COLUMNS = ("workspace_id", "measure", "dimension", "value", "span", "day", *CONTENT)
HOURS = {DAY: 24, MONTH: 7 * 24}  # a month's are those of the week, from Monday's first


class Key(NamedTuple):
    """Which cell: of a measure, kept to one value of a dimension, of a day or of the month that begins on it."""

    measure: str
    dimension: str
    value: str
    span: str
    day: date


@dataclass(slots=True)
class Sum:
    """A cell's content, or the difference to it. ``members`` counts packed ``MEMBER`` records, of days alone."""

    n: int = 0
    total: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * HOURS[DAY])
    histogram: Counter[int] = field(default_factory=Counter)
    members: Counter[bytes] = field(default_factory=Counter)

    def add(self, other: Sum, hour: int = 0) -> None:
        """Add a whole other sum, its hours from ``hour`` on."""
        self.n += other.n
        self.total += other.total
        for place, n in enumerate(other.hours, start=hour):
            self.hours[place] += n
        self.histogram.update(other.histogram)
        self.members.update(other.members)

    @property
    def says_something(self) -> bool:
        """Whether anything in it is not nothing."""
        counts = (self.hours, self.histogram.values(), self.members.values())
        return bool(self.n or self.total or any(map(any, counts)))

    @property
    def row(self) -> Row:
        """What a row keeps of it: equal sums give equal bytes."""
        members = b"".join(sorted(self.members.elements()))
        return self.n, self.total, self.hours, pack(self.histogram), members


class Tally:
    """Adds up, by cells, what rows of facts bring and take away; ``zone`` says when days begin."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.clock = WallClock(zone)
        self.days: dict[tuple[str, str, str, int], Sum] = {}  # the day by its number: quicker to tell apart than a key

    def count(self, change: Change) -> None:
        """Add what the new rows count for, and take away what the old ones did."""
        for table, pairs in change.items():
            if table in COUNTED:
                for old, new in pairs:
                    before, after = changes(table, old, new, self.clock)
                    for seen in before:
                        self._take(seen, -1)
                    for seen in after:
                        self._take(seen, 1)

    def sums(self) -> dict[Key, Sum]:
        """Return what came to something, with the months of these days."""
        return _with_months(
            {
                Key(measure, dimension, value, DAY, date.fromordinal(day)): delta
                for (measure, dimension, value, day), delta in self.days.items()
                if delta.says_something
            }
        )

    def _take(self, seen: Observation, sign: int) -> None:
        local, elapsed, who = self.clock.shows(seen.at), seen.elapsed, seen.member
        day, hour = local.toordinal(), local.hour
        keys = [(seen.measure, "channel", seen.channel_kind, day)]
        if seen.agent is not None:
            keys.append((seen.measure, "agent", seen.agent, day))
        place = None if elapsed is None else bucket(elapsed)
        for key in keys:
            cell = self.days.get(key) or self.days.setdefault(key, Sum())
            cell.n += sign
            cell.hours[hour] += sign
            if place is not None and elapsed is not None:
                cell.total += sign * elapsed
                cell.histogram[place] = cell.histogram.get(place, 0) + sign
            if who is not None:
                cell.members[who] = cell.members.get(who, 0) + sign


def _with_months(days: dict[Key, Sum]) -> dict[Key, Sum]:
    """Add to sums of days those of their months; none of people, who are told apart day by day."""
    months: dict[Key, Sum] = {}
    for key, of_day in days.items():
        if not of_day.members:
            of = key._replace(span=MONTH, day=key.day.replace(day=1))
            month = months.get(of) or months.setdefault(of, Sum(hours=[0] * HOURS[MONTH]))
            month.add(of_day, 24 * key.day.weekday())
    return days | {key: delta for key, delta in months.items() if delta.says_something}


def apply(workspace_id: UUID, tally: Tally) -> None:
    """Give the cells what was added up: expects the workspace's mark to be locked in the running transaction."""
    deltas = tally.sums()
    if deltas:
        for key, old in _read(TAKEN, workspace_id, deltas).items():
            deltas[key].add(old)
        _insert(workspace_id, deltas)


SHOWN = ", ".join((*Key._fields, *CONTENT))
ALL = f"SELECT {SHOWN} FROM metrics_cell WHERE workspace_id = %s"  # noqa: S608  names of our own
TAKEN = f"""
DELETE FROM metrics_cell WHERE workspace_id = %s AND (measure, dimension, value, span, day) IN
(SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::date[])) RETURNING {SHOWN}
"""  # noqa: S608  names of our own


def kept(workspace_id: UUID) -> dict[Key, Sum]:
    """Return all cells of the workspace."""
    return _read(ALL, workspace_id)


def _read(sql: str, workspace_id: UUID, keys: Iterable[Key] = ()) -> dict[Key, Sum]:
    """Return the cells that a statement shows."""
    rows = binary.read(sql, [workspace_id, *(list(column) for column in zip(*keys, strict=True))])
    return {
        Key(*key): Sum(n, total, hours, unpack(histogram), _unpacked(members))
        for *key, n, total, hours, histogram, members in rows
    }


def _unpacked(members: bytes) -> Counter[bytes]:
    size = MEMBER.itemsize
    return Counter(members[start : start + size] for start in range(0, len(members), size))


def replace(workspace_id: UUID, tally: Tally) -> None:
    """Let the cells be what was added up, of all the workspace's facts: expects the mark to be locked."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_cell WHERE workspace_id = %s", [workspace_id])
    _insert(workspace_id, tally.sums())


def recount(workspace_id: UUID, zone: ZoneInfo) -> None:
    """Throw the workspace's cells away and add its facts up again: expects the mark to be locked."""
    replace(workspace_id, counted(workspace_id, zone))


def counted(workspace_id: UUID, zone: ZoneInfo) -> Tally:
    """Add up all facts of the workspace, a few thousand at a time."""
    tally = Tally(zone)
    for table in COUNTED:
        sql = (
            f"SELECT {', '.join(table.columns)} FROM {table.name} "  # noqa: S608  names of our own
            "WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT 5000"
        )
        last = -1
        while rows := binary.read(sql, [workspace_id, last]):
            last = table.id_of(rows[-1])
            tally.count({table: [(None, row) for row in map(as_derived(table), rows)]})
    return tally


def _insert(workspace_id: UUID, sums: dict[Key, Sum]) -> None:
    binary.append(
        "metrics_cell", COLUMNS, [(workspace_id.bytes, *key, *cell.row) for key, cell in sums.items() if cell.n]
    )
