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

from metrics.facts import Change, Row, copy
from metrics.histogram import bucket, pack, unpack
from metrics.observed import COUNTED, MEMBER, Observation, observations

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


@dataclass
class Sum:
    """A cell's content, or the difference to it. ``members`` counts packed ``MEMBER`` records, of days alone."""

    n: int = 0
    total: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * HOURS[DAY])
    histogram: Counter[int] = field(default_factory=Counter)
    members: Counter[bytes] = field(default_factory=Counter)

    def take(self, hour: int, seen: Observation, sign: int) -> None:
        """Add an observation, or with ``sign`` -1 take it away."""
        self.n += sign
        self.hours[hour] += sign
        if seen.elapsed is not None:
            self.total += sign * seen.elapsed
            self.histogram[bucket(seen.elapsed)] += sign
        if seen.member is not None:
            self.members[seen.member] += sign

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


def summed(change: Change, zone: ZoneInfo) -> dict[Key, Sum]:
    """Add up what the new rows count for, and take away what the old ones did; what comes to nothing is left out."""
    days: dict[Key, Sum] = {}
    for table, pairs in change.items():
        for old, new in pairs:
            before, after = observations(table, old, zone), observations(table, new, zone)
            if before:
                # Most of what a conversation counted for it still counts for.
                stays = 0
                while stays < min(len(before), len(after)) and before[stays] == after[stays]:
                    stays += 1
                before, after = before[stays:], after[stays:]
            for seen in before:
                _take(days, seen, zone, -1)
            for seen in after:
                _take(days, seen, zone, 1)
    return _with_months({key: delta for key, delta in days.items() if delta.says_something})


def _take(days: dict[Key, Sum], seen: Observation, zone: ZoneInfo, sign: int) -> None:
    local = seen.at.astimezone(zone)
    day, hour = local.date(), local.hour
    key = Key(seen.measure, "channel", seen.channel_kind, DAY, day)
    (days.get(key) or days.setdefault(key, Sum())).take(hour, seen, sign)
    if seen.agent is not None:
        key = Key(seen.measure, "agent", seen.agent, DAY, day)
        (days.get(key) or days.setdefault(key, Sum())).take(hour, seen, sign)


def _with_months(days: dict[Key, Sum]) -> dict[Key, Sum]:
    """Add to sums of days those of their months; none of people, who are told apart day by day."""
    months: dict[Key, Sum] = {}
    for key, of_day in days.items():
        if not of_day.members:
            of = key._replace(span=MONTH, day=key.day.replace(day=1))
            month = months.get(of) or months.setdefault(of, Sum(hours=[0] * HOURS[MONTH]))
            month.add(of_day, 24 * key.day.weekday())
    return days | {key: delta for key, delta in months.items() if delta.says_something}


def apply(workspace_id: UUID, zone: ZoneInfo, change: Change) -> None:
    """Give the cells ``facts_new - facts_old``: expects the workspace's mark to be locked in the running transaction."""
    deltas = summed(change, zone)
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
    with connection.cursor() as cursor:
        cursor.execute(sql, [workspace_id, *(list(column) for column in zip(*keys, strict=True))])
        return {
            Key(*row[:5]): Sum(row[5], row[6], row[7], unpack(bytes(row[8])), _unpacked(bytes(row[9])))
            for row in cursor.fetchall()
        }


def _unpacked(members: bytes) -> Counter[bytes]:
    size = MEMBER.itemsize
    return Counter(members[start : start + size] for start in range(0, len(members), size))


def recount(workspace_id: UUID, zone: ZoneInfo) -> None:
    """Throw the workspace's cells away and add its facts up again: expects the mark to be locked."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_cell WHERE workspace_id = %s", [workspace_id])
    _insert(workspace_id, counted(workspace_id, zone))


def counted(workspace_id: UUID, zone: ZoneInfo) -> dict[Key, Sum]:
    """Add up all facts of the workspace, a few thousand at a time."""
    days: dict[Key, Sum] = {}
    for table in COUNTED:
        last = -1
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {table.selected} FROM {table.name} "  # noqa: S608  names of our own
                    "WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT 5000",
                    [workspace_id, last],
                )
                rows = cursor.fetchall()
            if not rows:
                break
            last = table.id_of(rows[-1])
            for row in rows:
                for seen in observations(table, row, zone):
                    _take(days, seen, zone, 1)
    return _with_months(days)


def _insert(workspace_id: UUID, sums: dict[Key, Sum]) -> None:
    copy("metrics_cell", COLUMNS, [(workspace_id, *key, *cell.row) for key, cell in sums.items() if cell.n])
