"""Cells: the rollups; they take what facts bring minus what facts take away, and are cut at the workspace's midnights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from metrics.facts import STAYS, TABLES, Change, Row, Table, copy
from metrics.histogram import bucket, pack, unpack
from metrics.persons.records import Survey
from metrics.persons.rows import SURVEYS
from metrics.records import Episode, Volume, Wait

COLUMNS = ("workspace_id", "measure", "dimension", "value", "day", "n", "total", "hours", "histogram")
COUNTED = (*(table for table in TABLES if table is not STAYS), SURVEYS)
# The answers a rate or score puts above the line, by the name of their measure.
SAID = {"csat": {"csat_over": range(4, 6)}, "nps": {"nps_over": range(9, 11), "nps_under": range(7)}}


class Key(NamedTuple):
    """Which cell."""

    measure: str
    dimension: str
    value: str
    day: date


class Observation(NamedTuple):
    """What a fact adds to cells: at which instant, on which channel, by whom (None: nobody can be), how long (None: a count)."""

    measure: str
    at: datetime
    channel_kind: str
    agent: str | None
    elapsed: int | None


@dataclass
class Sum:
    """A cell's content, or the difference to it."""

    n: int = 0
    total: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    histogram: Counter[int] = field(default_factory=Counter)

    def take(self, hour: int, elapsed: int | None, sign: int) -> None:
        """Add an observation, or with ``sign`` -1 take it away."""
        self.n += sign
        self.hours[hour] += sign
        if elapsed is not None:
            self.total += sign * elapsed
            self.histogram[bucket(elapsed)] += sign

    def add(self, other: Sum) -> None:
        """Add a whole other sum."""
        self.n += other.n
        self.total += other.total
        self.hours = [mine + its for mine, its in zip(self.hours, other.hours, strict=True)]
        self.histogram.update(other.histogram)


def observations(table: Table, row: Row | None) -> list[Observation]:
    """Return what a row of facts counts for."""
    if row is None or table not in COUNTED:
        return []
    fact = table.fact._make(row[len(table.owner) :])
    seen = []
    if isinstance(fact, Wait):
        if fact.outcome == "answered" and fact.ended_at:
            seen.append(Observation("reply", fact.ended_at, fact.channel_kind, fact.agent, fact.elapsed))
    elif isinstance(fact, Episode):
        channel = fact.channel_kind
        if fact.opened_by_customer:
            seen.append(Observation("conversations", fact.opened_at, channel, None, None))
        if fact.response == "answered" and fact.responded_at:
            seen.append(
                Observation("first_response", fact.responded_at, channel, fact.response_agent, fact.response_elapsed)
            )
        if fact.resolved_at and (fact.answered or fact.resolved_by != "rule"):
            seen.append(Observation("resolution", fact.resolved_at, channel, fact.resolver, fact.resolution_elapsed))
    elif isinstance(fact, Volume):
        seen += [Observation("inbound", at, fact.channel_kind, None, None) for at in fact.inbound]
        seen += [Observation("outbound", at, fact.channel_kind, None, None) for at in fact.outbound]
    elif isinstance(fact, Survey) and fact.answered_at and fact.counts and fact.score is not None:
        said = [fact.survey, *(name for name, scores in SAID[fact.survey].items() if fact.score in scores)]
        seen += [Observation(name, fact.answered_at, fact.channel_kind, fact.agent, None) for name in said]
    return seen


def summed(change: Change, zone: ZoneInfo) -> dict[Key, Sum]:
    """Add up what the new rows count for, and take away what the old ones did."""
    sums: dict[Key, Sum] = {}
    for table, pairs in change.items():
        for old, new in pairs:
            before, after = observations(table, old), observations(table, new)
            if before:
                # Most of what a conversation counted for it still counts for.
                stays = 0
                while stays < min(len(before), len(after)) and before[stays] == after[stays]:
                    stays += 1
                before, after = before[stays:], after[stays:]
            for seen in before:
                _take(sums, seen, zone, -1)
            for seen in after:
                _take(sums, seen, zone, 1)
    return sums


def _take(sums: dict[Key, Sum], seen: Observation, zone: ZoneInfo, sign: int) -> None:
    local = seen.at.astimezone(zone)
    day, hour = local.date(), local.hour
    key = Key(seen.measure, "channel", seen.channel_kind, day)
    (sums.get(key) or sums.setdefault(key, Sum())).take(hour, seen.elapsed, sign)
    if seen.agent is not None:
        key = Key(seen.measure, "agent", seen.agent, day)
        (sums.get(key) or sums.setdefault(key, Sum())).take(hour, seen.elapsed, sign)


def apply(workspace_id: UUID, zone: ZoneInfo, change: Change) -> None:
    """Give the cells ``facts_new - facts_old``: expects the workspace's mark to be locked in the running transaction."""
    sums = summed(change, zone)
    _write(workspace_id, {key: delta for key, delta in sums.items() if _says_something(delta)})


def kept(workspace_id: UUID, keys: Iterable[Key] | None = None) -> dict[Key, Sum]:
    """Return the cells there are, all of the workspace or those of ``keys``."""
    condition, values = "", []
    if keys is not None:
        condition = (
            " AND (measure, dimension, value, day) IN "
            "(SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[]))"
        )
        values = [list(column) for column in zip(*keys, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT measure, dimension, value, day, n, total, hours, histogram FROM metrics_cell "  # noqa: S608
            f"WHERE workspace_id = %s{condition}",
            [workspace_id, *values],
        )
        return {Key(*row[:4]): Sum(row[4], row[5], list(row[6]), unpack(bytes(row[7]))) for row in cursor.fetchall()}


def recount(workspace_id: UUID, zone: ZoneInfo) -> None:
    """Throw the workspace's cells away and add its facts up again: expects the mark to be locked."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_cell WHERE workspace_id = %s", [workspace_id])
    _insert(workspace_id, counted(workspace_id, zone))


def counted(workspace_id: UUID, zone: ZoneInfo) -> dict[Key, Sum]:
    """Add up all facts of the workspace, a few thousand at a time."""
    sums: dict[Key, Sum] = {}
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
                for seen in observations(table, row):
                    _take(sums, seen, zone, 1)
    return sums


def _says_something(delta: Sum) -> bool:
    return bool(delta.n or delta.total or any(delta.hours) or any(delta.histogram.values()))


def _write(workspace_id: UUID, deltas: dict[Key, Sum]) -> None:
    if not deltas:
        return
    for key, old in kept(workspace_id, deltas).items():
        deltas[key].add(old)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM metrics_cell WHERE workspace_id = %s AND (measure, dimension, value, day) IN "
            "(SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[]))",
            [workspace_id, *(list(column) for column in zip(*deltas, strict=True))],
        )
    _insert(workspace_id, deltas)


def _insert(workspace_id: UUID, sums: dict[Key, Sum]) -> None:
    copy(
        "metrics_cell",
        COLUMNS,
        [
            (workspace_id, *key, cell.n, cell.total, cell.hours, pack(cell.histogram))
            for key, cell in sums.items()
            if cell.n
        ],
    )
