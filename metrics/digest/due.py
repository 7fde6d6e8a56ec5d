"""Due: when a digest's letter is to go out, and which days it is about; pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics.models import Digest
from metrics.period import Period

LATE = timedelta(hours=12)  # an older letter is not sent any more: the next one comes soon


def last_due(digest: Digest, now: datetime) -> datetime:
    """Return the last instant up to now at which a letter was due, as UTC."""
    zone = ZoneInfo(digest.zone)
    day = now.astimezone(zone).date()
    while True:
        at = datetime.combine(day, time(digest.hour), zone).astimezone(UTC)
        if at <= now and digest.weekday in {None, day.weekday()}:
            return at
        day -= timedelta(days=1)


def is_due(digest: Digest, now: datetime) -> bool:
    """Whether the last letter that was due may still go out, and the digest was there by then."""
    at = last_due(digest, now)
    return digest.is_on and digest.since <= at and now - at < LATE


def period_of(digest: Digest, at: datetime) -> Period:
    """Return the days a letter that is due at an instant is about: the seven before it, or yesterday for one of every day."""
    zone = ZoneInfo(digest.zone)
    today = at.astimezone(zone).date()
    days = 1 if digest.weekday is None else 7
    return Period("digest", today - timedelta(days=days), today - timedelta(days=1), zone)
