"""Tiles: one figure each, with its change, its course, its target, and how much it can be leaned on."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _, ngettext

from metrics import reliance, words
from metrics.asked import Asked
from metrics.charts import bullet, line
from metrics.plots import adds_up, spreads
from metrics.query import Answer, Figure, Freshness, answer, waiting
from metrics.question import Question
from metrics.registry import Count, Expected, Lengths, Metric, Rate, Score

FEW = 5  # below, no change is told
ENOUGH = 30  # from here on, an interval says something
NOWHERE = SafeString("")
UNTOLD = {"resolution_time", "cross_channel_resolution_time", "journey_stages"}  # what is open here is the whole house


class Delta(NamedTuple):
    """A change against what it is compared with: its arrow, its size, and what it means in a word."""

    arrow: str
    size: str
    meaning: str
    word: str


class Aim(NamedTuple):
    """What a figure aims at, in words, and its bullet."""

    words: str
    bullet: SafeString
    is_reached: bool


class Tile(NamedTuple):
    """One figure of the board."""

    metric: Metric
    title: str
    unit: str
    value: str
    n: str
    delta: Delta | None
    before: str
    spark: SafeString
    is_small_sample: bool
    waiting: str
    aim: Aim | None
    unheeded: tuple[str, ...]  # filters it is not kept to, named
    beside: tuple[str, ...] = ()  # what speaks against leaning on it
    everybody: str = ""  # of one agent's figure: everybody's
    slowest: str = ""  # the words that open the drawer on the longest


def tile(asked: Asked, metric: Metric, freshness: Freshness, target: float | None, given: Answer | None = None) -> Tile:
    """Make a figure's tile: its course and total, what it is compared with, and who waits. ``given`` is the course if known."""
    question = asked.question(metric)
    given = given or course_of(asked, metric, freshness)
    total, value = given.total, given.value(given.total)
    earlier = asked.before(question, freshness.as_of)
    before = answer(earlier, freshness, lean=True) if earlier else None
    is_measured = isinstance(metric.adding, Lengths) and bool(metric.source.still_open) and metric.id not in UNTOLD
    still = waiting(question, freshness.as_of) if is_measured else Figure(())
    currency = asked.workspace.currency
    if adds_up(metric) and value is None:
        value = 0
    return Tile(
        metric=metric,
        title=title_of(metric),
        unit=words.unit(metric.unit, currency),
        value=words.figure(metric.unit, value, currency),
        n=observed(metric, total, currency),
        delta=delta(metric, value, before.value(before.total) if before else None, total, before),
        before=words.figure(metric.unit, before.value(before.total), currency) if before else "",
        spark=_spark(asked, given),
        is_small_sample=total.is_small_sample and not adds_up(metric),
        waiting=_waiting(still),
        aim=_aim(metric, value, target, currency, _kept(question, freshness, target)),
        unheeded=tuple(words.dimension(name) for name in asked.unheeded(metric)),
        beside=reliance.warnings(total),
        slowest=metric.id if isinstance(metric.adding, Lengths) and total.n else "",
    )


def course_of(asked: Asked, metric: Metric, freshness: Freshness) -> Answer:
    """Answer a figure over the page's time; what cannot be split by time has its total alone."""
    step = () if metric.source.timeless else (asked.period.step,)
    return answer(asked.question(metric, step), freshness, lean=True)


def title_of(metric: Metric) -> str:
    """Name a figure with the part of it that is its value."""
    if spreads(metric) and metric.headline == "p50":
        return _("%(figure)s, median") % {"figure": metric.title}
    return str(metric.title)


def observed(metric: Metric, total: Figure, currency: str) -> str:
    """Say how many observations a figure has, or what it is a share of."""
    if isinstance(metric.adding, Count):
        return ""
    if isinstance(metric.adding, Rate) and total.denominator:
        said = _("%(part)s of %(whole)s") % {
            "part": words.count(total.numerator or 0), "whole": words.count(total.denominator)
        }  # fmt: skip
    elif not total.n:
        return _("nothing observed in this period")
    else:
        said = ngettext("%(n)s observation", "%(n)s observations", total.n) % {"n": words.count(total.n)}
    if isinstance(metric.adding, Rate | Score | Expected) and total.n >= ENOUGH:
        low, high = (words.figure(metric.unit, one, currency) for one in (total.ci_low, total.ci_high))
        return f"{said} · {low} – {high}" + (" (80 %)" if isinstance(metric.adding, Expected) else "")
    return said


def _spark(asked: Asked, given: Answer) -> SafeString:
    metric = given.question.metric
    if metric.source.timeless:
        return NOWHERE
    values = {figure.key[0]: given.value(figure) for figure in given.rows}
    places, now = asked.period.places(), given.freshness.as_of
    last = asked.period.place_of(now)
    begun = places if last is None else places[: last + 1]
    nothing = 0 if adds_up(metric) else None
    return mark_safe(line.spark([values.get(key, nothing) for key, _label in begun]))  # noqa: S308  our own drawing


def _waiting(still: Figure) -> str:
    if not still.censored:
        return ""
    form = ngettext("%(n)s waiting, for %(length)s", "%(n)s waiting, the longest for %(length)s", still.censored)
    return form % {"n": words.count(still.censored), "length": words.length(still.oldest_open_seconds)}


def _kept(question: Question, freshness: Freshness, target: float | None) -> str:
    """Say which share of times kept to their target; empty for what is no time."""
    if target is None or not question.metric.clocks:
        return ""
    total = answer(question._replace(target=target), freshness, lean=True).total
    return "" if total.within is None else _("%(share)s within it") % {"share": words.share(total.within / total.n)}


def _aim(metric: Metric, value: float | None, target: float | None, currency: str, kept: str) -> Aim | None:
    if target is None or value is None:
        return None
    reached = value <= target if metric.better == "lower" else value >= target
    sign = "≤" if metric.better == "lower" else "≥"
    said = _("target %(sign)s %(value)s") % {"sign": sign, "value": words.figure(metric.unit, target, currency)}
    said = f"{said} · {kept}" if kept else said
    return Aim(said, mark_safe(bullet.bullet(value, target, is_reached=reached)), reached)  # noqa: S308  our own drawing


def delta(metric: Metric, value: float | None, old: float | None, total: Figure, before: Answer | None) -> Delta | None:
    """Return the change, or None where too little is known on either side. Shares and points change by points."""
    if before is None or value is None or old is None or min(total.n, before.total.n) < FEW:
        return None
    by_points = isinstance(metric.adding, Rate | Score) or metric.unit == "fraction"
    if not by_points and old <= 0:
        return None
    change = value - old if by_points else value / old - 1
    unit = 100 if metric.unit == "fraction" else 1
    size = words.points(abs(change) * unit) if by_points else words.percent(change)
    if round(abs(change) * (unit * 10 if by_points else 100)) == 0:
        return Delta("", "", "same", _("unchanged"))
    meaning, word = "neutral", _("more") if change > 0 else _("fewer")
    if metric.better:
        meaning = "good" if (change < 0) == (metric.better == "lower") else "bad"
        word = _("better") if meaning == "good" else _("worse")
    return Delta("▲" if change > 0 else "▼", size, meaning, word)
