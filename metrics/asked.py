"""Asked: what a page of figures is about, all of it in the words of its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from hub.models import Workspace
from metrics import period
from metrics.period import Period
from metrics.question import Question, filters_of
from metrics.registry import METRICS, Metric

FILTERS = ("channel", "team", "agent", "label")  # those that some figure knows are offered
INSIDE = "in."  # before the name of what a click kept the evidence to
DRAWER = ("open", "at", "row")  # the words of the drawer, besides those with INSIDE before them
COMPARED = {
    "previous": _("Period before"),
    "year": _("Same period last year"),
    "weekday": _("Same weekdays before"),
    "none": _("No comparison"),
}
MOST_VALUES = 50


@dataclass(frozen=True)
class Asked:
    """What a page is about: its period, what it is compared with, what it is kept to, on which clock, in which zone."""

    workspace: Workspace
    period: Period
    compare: str = "previous"
    clock: str = "elapsed"
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    show: str = ""
    variant: str = ""  # in which of its variants the figure is measured that has this page

    @property
    def kept(self) -> dict[str, tuple[str, ...]]:
        """What it is kept to, by name."""
        return dict(self.filters)

    def metric(self, name: str) -> Metric:
        """Return a metric of the registry, measured in the variant that is asked for where it is one of its own."""
        return METRICS[name].measured(self.variant)

    def question(self, metric: Metric, by: tuple[str, ...] = ()) -> Question:
        """Return the question about a metric, kept to what the metric knows of the filters."""
        span = self.period
        filters = filters_of(metric, {name: kept for name, kept in self.filters if name in metric.source.dimensions})
        clock = self.clock if self.clock in metric.clocks else "elapsed"
        return Question(self.workspace, metric, span.start, span.end, span.zone, by, filters, clock)

    def unheeded(self, metric: Metric) -> tuple[str, ...]:
        """Return the filters the metric does not know."""
        return tuple(name for name, _values in self.filters if name not in metric.source.dimensions)

    def before(self, question: Question, now: datetime) -> Question | None:
        """Return the question about what it is compared with, as far into it as the running period is; None for nothing."""
        if self.compare == "none":
            return None
        cut = max(question.end - now, timedelta()) if now > question.start else timedelta()
        if self.compare == "previous":
            earlier = question.previous
        else:
            start, end = (_earlier(at, self.compare, self.period) for at in (question.start, question.end))
            earlier = question._replace(start=start, end=end)
        return earlier._replace(end=earlier.end - cut)

    def period_before(self) -> Period:
        """Return the whole period it is compared with."""
        span = self.period
        if self.compare == "previous":
            days = timedelta(days=span.days)
            return span._replace(first=span.first - days, last=span.last - days)
        first = _earlier(span.start, self.compare, span).date()
        return span._replace(first=first, last=first + timedelta(days=span.days - 1))

    def words(self, **changed: Any) -> str:
        """Return the address's words, some changed or, for None or an empty value, left out; what is usual is left out too."""
        span = self.period
        own = span.key == period.CUSTOM
        said: dict[str, Any] = {
            "period": "" if span.key == period.USUAL else span.key,
            "from": span.first.isoformat() if own else "",
            "to": span.last.isoformat() if own else "",
            "compare": "" if self.compare == "previous" else self.compare,
            "clock": "" if self.clock == "elapsed" else self.clock,
            "tz": "" if span.zone.key == self.workspace.timezone else span.zone.key,
            **self.kept,
            "variant": self.variant,
            "show": self.show,
        }
        if "period" in changed:
            said |= {"from": "", "to": ""}
        return urlencode({name: value for name, value in {**said, **changed}.items() if value}, doseq=True)

    def toggled(self, name: str, value: str) -> str:
        """Return the words with a filter's value added, or taken away where it is there."""
        now = self.kept.get(name, ())
        return self.words(**{name: tuple(one for one in now if one != value) if value in now else (*now, value)})


def _earlier(at: datetime, compare: str, span: Period) -> datetime:
    """Return the instant a year or whole weeks earlier, on the clock of the wall."""
    local = at.astimezone(span.zone).replace(tzinfo=None)
    if compare == "year":
        day = 28 if (local.month, local.day) == (2, 29) else local.day
        return local.replace(year=local.year - 1, day=day, tzinfo=span.zone)
    return (local - timedelta(weeks=-(-span.days // 7))).replace(tzinfo=span.zone)


def asked(workspace: Workspace, said: QueryDict, now: datetime, metric: str = "") -> Asked:
    """Read an address, of the page of ``metric`` if it is one. Words nobody knows change nothing: a page is always shown."""
    zones = available_timezones() - {"localtime"}
    zone = said.get("tz", "")
    where = ZoneInfo(zone if zone in zones else workspace.timezone)
    span = period.named(said.get("period", period.USUAL), now, where, said.get("from", ""), said.get("to", ""))
    compare, clock, show = (said.get(name, "") for name in ("compare", "clock", "show"))
    filters = ((name, _values(said, name)) for name in FILTERS)
    return Asked(
        workspace=workspace,
        period=span,
        compare=compare if compare in COMPARED else "previous",
        clock=clock if clock == "business" else "elapsed",
        filters=tuple((name, values) for name, values in filters if values),
        show=show if show in METRICS else "",
        variant=METRICS[metric].measured(said.get("variant", "")).variant if metric else "",
    )


def _values(said: QueryDict, name: str) -> tuple[str, ...]:
    found = (value for value in said.getlist(name) if value and "\0" not in value)
    return tuple(dict.fromkeys(found))[:MOST_VALUES]


def inside(question: Question, said: QueryDict) -> Question:
    """Return the question kept to what a click chose: a place in time (``at``) and values of dimensions (``in.…``)."""
    source = question.metric.source
    known = {*source.dimensions} - {*question.metric.kept} | ({"weekday_hour"} if not source.timeless else set())
    kept = dict(question.filters)
    for word in said:
        name = word.removeprefix(INSIDE)
        if word.startswith(INSIDE) and name in known:
            kept[name] = tuple(value for value in said.getlist(word) if "\0" not in value)[:MOST_VALUES]
    span = None if source.timeless else period.span_of(said.get("at", ""), question.tz)
    if span:
        start, end = max(question.start, span[0]), min(question.end, span[1])
        question = question._replace(start=start, end=end) if start < end else question
    return question._replace(filters=tuple(sorted(kept.items())))


def leads(metric: str, at: str = "", within: Mapping[str, str | None] | None = None) -> str:
    """Return the words that open the drawer on what stands behind a mark: a place in time, values of dimensions."""
    said = {"open": metric} | ({"at": at} if at else {})
    return urlencode(said | {f"{INSIDE}{name}": value or "" for name, value in (within or {}).items()})
