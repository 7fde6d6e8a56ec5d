"""Wall clock: what the clock on a workspace's wall shows at an instant; which offset a day has is looked up once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class WallClock:
    """Shows local time, many times over. Takes instants in UTC, as the database gives them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.offsets: dict[int, timedelta | None] = {}  # by the day of UTC; None where the clock is put forward or back

    def shows(self, at: datetime) -> datetime:
        """Return what it shows, as day and hour; the zone the answer names means nothing."""
        day = at.toordinal()
        if day not in self.offsets:
            self.offsets[day] = self._offset_of_all(datetime.combine(at.date(), datetime.min.time(), UTC))
        offset = self.offsets[day]
        return at.astimezone(self.zone) if offset is None else at + offset

    def _offset_of_all(self, start: datetime) -> timedelta | None:
        """Return the one offset from UTC of the day that starts then, if it has one."""
        hours = {(start + timedelta(hours=hour)).astimezone(self.zone).utcoffset() for hour in range(25)}
        return hours.pop() if len(hours) == 1 else None
