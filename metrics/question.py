"""Question: what somebody asks of a figure, read from the words of an address and refused with the words allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError

from hub.models import Workspace
from metrics.registry import METRICS, Metric

FIRST_YEAR, LAST_YEAR = 1970, 2199  # instants that every part of the way can reckon with
LONGEST_TARGET = 10 * 366 * 86_400.0  # seconds
USUAL_DAYS = 28  # when no period is asked for
# What asks; every other word keeps the figure to values of a dimension.
ASKING = {"from", "to", "tz", "by", "clock", "compare", "target", "variant", "cursor", "limit", "format"}


class Question(NamedTuple):
    """One question: a metric over ``[start, end)``, cut at ``tz``'s midnights, split ``by`` and kept to the filters' values.

    ``target``: of times it is also asked how many were no longer than so many seconds.
    """

    workspace: Workspace
    metric: Metric
    start: datetime
    end: datetime
    tz: ZoneInfo
    by: tuple[str, ...] = ()
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    clock: str = "elapsed"
    target: float | None = None

    @property
    def is_whole_days(self) -> bool:
        """Whether the period starts and ends at midnights."""
        return all(at.astimezone(self.tz).time() == time() for at in (self.start, self.end))

    @property
    def split(self) -> tuple[str, ...]:
        """By what the answer is split and to what it is kept."""
        return (*self.by, *(name for name, _ in self.filters))

    @property
    def is_more_than_its_total(self) -> bool:
        """Whether the rows show one thing several times: models side by side, each part of an observation, each label."""
        source, kept = self.metric.source, {name for name, _ in self.filters}
        return any(
            word in source.parts or word in source.several or (word in source.usual and word not in kept)
            for word in self.by
        )

    @property
    def previous(self) -> Question:
        """The same question about the period of equal length just before, on the clocks of the wall."""
        start, end = (at.astimezone(self.tz).replace(tzinfo=None) for at in (self.start, self.end))
        return self._replace(start=(start - (end - start)).replace(tzinfo=self.tz), end=self.start)

    def parameters(self) -> dict[str, str | list[str]]:
        """Return the question as the words of an address, so that it can be asked again."""
        words: dict[str, str | list[str]] = {
            "from": self.start.astimezone(self.tz).isoformat(),
            "to": self.end.astimezone(self.tz).isoformat(),
            "tz": self.tz.key,
        }
        words |= {"by": list(self.by)} if self.by else {}
        own = self.metric.kept  # what the variant says need not be said again
        words |= {name: list(values) for name, values in self.filters if name not in own}
        words |= {"variant": self.metric.variant} if self.metric.variant else {}
        words |= {"clock": self.clock} if self.metric.clocks else {}
        words |= {} if self.target is None else {"target": str(self.target)}
        return words


def metric_named(name: str) -> Metric:
    """Return a metric of the registry; ``NotFound`` for a name nobody knows."""
    if name not in METRICS:
        raise NotFound(_("There is no metric %(name)s.") % {"name": name})
    return METRICS[name]


def filters_of(metric: Metric, filters: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what a question is kept to, in the order of the names, with what the metric's variant keeps it to."""
    return tuple(sorted({**filters, **{name: (value,) for name, value in metric.kept.items()}}.items()))


def read(workspace: Workspace, metric: Metric, words: QueryDict, now: datetime) -> Question:
    """Read a question. Raises ``ValidationError`` naming the field, and the values allowed where they can be listed."""
    by = tuple(dict.fromkeys(part for word in words.getlist("by") for part in word.split(",") if part))
    metric = _measured(metric, words, by)
    one = {name: str(words.get(name) or "") for name in ("tz", "from", "to", "clock", "compare")}
    zone = _zone(one["tz"] or workspace.timezone)
    today = now.astimezone(zone).date()
    end = _instant("to", one["to"], zone) if one["to"] else _midnight(today + timedelta(days=1), zone)
    usual = _midnight(end.astimezone(zone).date() - timedelta(days=USUAL_DAYS), zone)
    start = _instant("from", one["from"], zone) if one["from"] else usual
    if end <= start:
        raise ValidationError({"to": [_("The end must lie after the beginning.")]})
    for word in by:
        _one_of("by", word, metric.dimensions)
    clock = one["clock"] or "elapsed"
    _one_of("clock", clock, metric.clocks or ("elapsed",))
    _one_of("compare", one["compare"] or "previous", ("previous",))
    return Question(workspace, metric, start, end, zone, by, _filters(metric, words), clock, _target(metric, words))


def _measured(metric: Metric, words: QueryDict, by: tuple[str, ...]) -> Metric:
    """Read in which of its variants a figure is measured; what a variant says of a dimension is not said another time."""
    name = words.get("variant")
    if not name:
        return metric
    if not metric.variants:
        raise ValidationError({"variant": [_("This figure is measured in one way alone.")]})
    variants = {one.id: one for one in metric.variants}
    _one_of("variant", name, tuple(variants))
    for own in variants[name].kept:
        if own in words or own in by:
            raise ValidationError({"variant": [_("Ask for a variant or for %(name)s, not for both.") % {"name": own}]})
    return metric.measured(name)


def _target(metric: Metric, words: QueryDict) -> float | None:
    """Read how long a time should be at most, in seconds."""
    said = words.get("target")
    if not said:
        return None
    if not metric.clocks:
        raise ValidationError({"target": [_("This figure measures no times.")]})
    try:
        target = float(said)
    except ValueError:
        target = 0.0
    if not 0 < target <= LONGEST_TARGET:
        raise ValidationError({"target": [_("Must be a number of seconds above 0.")]})
    return target


def _filters(metric: Metric, words: QueryDict) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read what the figure is kept to, in the order of the names; a name it cannot be kept to is refused, not passed over."""
    filters = {name: tuple(words.getlist(name)) for name in sorted(set(words) - ASKING)}
    if any("\0" in value for values in filters.values() for value in values):
        raise ValidationError({"non_field_errors": [_("A value holds a character that no text holds.")]})
    for name in filters:
        if name not in metric.source.dimensions:
            raise ValidationError({name: [_refusal(name, tuple(metric.source.dimensions))]})
    return filters_of(metric, filters)


def _refusal(word: str, allowed: tuple[str, ...]) -> str:
    return _("%(word)s is not known here. Allowed: %(allowed)s.") % {"word": word, "allowed": ", ".join(allowed)}


def _one_of(field: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        raise ValidationError({field: [_refusal(word, allowed)]})


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})  # the machine's own, which the database does not know


def _zone(name: str) -> ZoneInfo:
    if name not in _zones():
        raise ValidationError(
            {"tz": [_("%(name)s is not a time zone of the IANA list, such as America/Sao_Paulo.") % {"name": name}]}
        )
    return ZoneInfo(name)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant a day begins at; where clocks jump over midnight, the first instant there is."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)


def _instant(field: str, word: str, zone: ZoneInfo) -> datetime:
    """Read a date (its midnight in ``zone``) or a date and time (in ``zone`` when it names no offset)."""
    try:
        # A plus sign that was not escaped in the address arrives as a space.
        at = datetime.fromisoformat(word.strip().replace(" ", "+") if "T" in word else word)
        at = at if at.tzinfo else at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError(word)
    except (ValueError, OverflowError) as error:
        raise ValidationError(
            {field: [_("%(word)s is neither a date nor a date and time of ISO 8601.") % {"word": word}]}
        ) from error
    return at
