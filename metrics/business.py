"""Business time: what of a customer's wait fell into the working hours of whoever was responsible then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hub.hours import Schedule, Segment, segments
from hub.models import WorkingHours

MICROSECOND = timedelta(microseconds=1)
EVERYBODY = ""  # the hours of the workspace, for teams without hours of their own
type Calendars = Mapping[str, Sequence[Schedule]]  # by the team's name, versions in the order they came into force


class Clock(NamedTuple):
    """Measures the intervals of one conversation: ``turns`` are the instants from which a team was responsible."""

    calendars: Calendars = {}
    turns: tuple[tuple[datetime, str], ...] = ()

    def between(self, start: datetime, end: datetime) -> int:
        """Return the microseconds of working time from ``start`` to ``end``: all of them where nobody has set hours."""
        if not self.calendars:
            return (end - start) // MICROSECOND
        return sum((part.end - part.start) // MICROSECOND for part in self.parts(start, end) if part.why == "open")

    def parts(self, start: datetime, end: datetime) -> Iterator[Segment]:
        """Yield the interval cut where hours begin and end, each part by the hours of the team responsible in it (R6)."""
        team, since = EVERYBODY, start
        for at, successor in self.turns:
            if at >= end:
                break
            if at > since:
                yield from segments(self._versions(team), since, at)
                since = at
            team = successor
        yield from segments(self._versions(team), since, end)

    def _versions(self, team: str) -> Sequence[Schedule]:
        return self.calendars.get(team) or self.calendars.get(EVERYBODY, ())


def calendars(workspace_id: UUID) -> Calendars:
    """Return the working hours of a workspace: one query."""
    found: dict[str, list[Schedule]] = defaultdict(list)
    rows = WorkingHours.objects.filter(workspace_id=workspace_id).select_related("team")
    for row in sorted(rows, key=lambda row: (row.since is not None, row.since)):
        found[row.team.name if row.team else EVERYBODY].append(row.schedule)
    return found
