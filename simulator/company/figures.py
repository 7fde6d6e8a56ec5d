"""Figures: how true values are added up, written anew for the simulator: percentiles of type 7, shares, intervals, survival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, sqrt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

QUANTILE = 1.959963984540054  # of the normal distribution: 97.5 % lie below
SECOND = timedelta(seconds=1)
type Key = tuple[str | None, ...]
type Figure = dict[str, Any]
type Rows = dict[Key, Figure]
type Tags = Mapping[str, str]


class Seen(NamedTuple):
    """An observation: when it counts, by what it can be split, how much it is, whose or which it is."""

    at: datetime
    tags: Tags
    size: Any = 1
    who: Any = None


class Ask(NamedTuple):
    """A question: a period in days of a zone, as of when, by what, kept to which values, on which clock."""

    start: datetime
    end: datetime
    as_of: datetime
    zone: ZoneInfo
    by: tuple[str, ...] = ()
    only: Mapping[str, str] = {}
    clock: str = "elapsed"

    def asked(self, word: str, usual: str) -> set[str] | None:
        """Return the values of a word that stand side by side unless one is asked for; None is all of them."""
        return {self.only[word]} if word in self.only else None if word in self.by else {usual}

    def holds(self, at: datetime) -> bool:
        """Say whether an instant is in the period."""
        return self.start <= at < self.end


def parted(ask: Ask, seen: Iterable[Seen]) -> dict[Key, list[Seen]]:
    """Return the observations of the period by key, all of them under the empty key."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if ask.holds(one.at) and all(
            one.tags.get(word) == value for word, value in ask.only.items() if word in one.tags
        ):
            found[()].append(one)
            if ask.by:
                found[tuple(_part(ask, word, one) for word in ask.by)].append(one)
    return found


def _part(ask: Ask, word: str, one: Seen) -> str | None:
    if word == "day":
        return one.at.astimezone(ask.zone).date().isoformat()
    return one.tags.get(word) or None


def percentile(ordered: Sequence[Any], share: Fraction) -> float:
    """Return a percentile of type 7 (Hyndman and Fan): linear between the two nearest of what is in order."""
    place = share * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    first, second = Fraction(ordered[below]), Fraction(ordered[above])
    return float(first + (second - first) * (place - below))


def spread(sizes: Iterable[Any], mean: Fraction | None = None) -> Figure:
    """Return n, mean, percentiles and the largest; ``mean`` unless it is theirs."""
    ordered = sorted(sizes)
    whole = sum(map(Fraction, ordered)) / len(ordered) if mean is None else mean
    marks = {"p50": 50, "p75": 75, "p90": 90, "p95": 95}
    return {
        "n": len(ordered), "mean": float(whole), "max": float(ordered[-1]),
        **{name: percentile(ordered, Fraction(hundredths, 100)) for name, hundredths in marks.items()},
    }  # fmt: skip


def micro(length: timedelta) -> Fraction:
    """Return a length in seconds, exactly."""
    return Fraction(length // timedelta(microseconds=1), 1_000_000)


def lengths(
    ask: Ask, ended: Iterable[Seen], going_on: Iterable[Seen], aside: tuple[str, Iterable[Seen]], headline: str
) -> Rows:
    """Return times: sizes are lengths; of what goes on ``at`` is when it began."""
    rows: Rows = defaultdict(lambda: {"n": 0, "value": None})
    done = parted(ask, ended)
    for key, some in done.items():
        rows[key] |= spread(micro(one.size) for one in some)
        rows[key]["value"] = rows[key][headline]
    still = parted(ask, going_on)
    _open(rows, ask, still, len)
    if ask.clock == "elapsed":
        for key, some in still.items():
            lasting = [micro(ask.as_of - one.at) for one in some]
            known = [micro(one.size) for one in done.get(key, ())]
            rows[key]["km_p50"], rows[key]["km_p75"] = kaplan_meier(known, lasting)
    for key, some in parted(ask, aside[1]).items():
        rows[key][aside[0]] = len(some)
    return rows


def _open(rows: Rows, ask: Ask, still: Mapping[Key, list[Seen]], count: Callable[[list[Seen]], int]) -> None:
    for key, some in still.items():
        rows[key] |= {
            "censored": count(some),
            "oldest_open_seconds": (ask.as_of - min(one.at for one in some)) / SECOND,
        }


def kaplan_meier(ended: Sequence[Fraction], going_on: Sequence[Fraction]) -> tuple[float | None, float | None]:
    """Return by when half and three quarters have ended, by the product of what stayed each time; None is not reached."""
    left, found = 1.0, {}
    lasting, at_risk = sorted(going_on), len(ended) + len(going_on)
    gone = 0
    for length in sorted(ended):  # at one length one after the other: the product is the same
        while gone < len(lasting) and lasting[gone] < length:
            gone, at_risk = gone + 1, at_risk - 1
        left *= 1 - 1 / at_risk
        at_risk -= 1
        for share in (0.5, 0.25):
            if left <= share + 1e-12 and share not in found:
                found[share] = float(length)
    return found.get(0.5), found.get(0.25)


def counted(ask: Ask, seen: Iterable[Seen]) -> Rows:
    """Return how many there are."""
    return {key: {"n": len(some), "value": len(some)} for key, some in parted(ask, seen).items()}


def rate(ask: Ask, seen: Iterable[Seen], *, each: bool = False) -> Rows:
    """Return a share with its Wilson interval: sizes say whether it counts; ``each`` counts everybody once, by ``who``."""
    rows = {}
    for key, some in parted(ask, seen).items():
        whole = len({one.who for one in some}) if each else len(some)
        part = len({one.who for one in some if one.size}) if each else sum(1 for one in some if one.size)
        rows[key] = share(part, whole)
    return rows


def share(part: int, whole: int) -> Figure:
    """Return a share and by Wilson's formula how sure it is."""
    p, z2 = part / whole, QUANTILE**2
    root = QUANTILE * sqrt((p * (1 - p) + z2 / (4 * whole)) / whole)
    low, high = ((p + z2 / (2 * whole) + sign * root) / (1 + z2 / whole) for sign in (-1, 1))
    return {
        "n": whole, "value": p, "numerator": part, "denominator": whole, "ci_low": max(0.0, low), "ci_high": min(1.0, high),
    }  # fmt: skip


def open_beside(ask: Ask, rows: Rows, going_on: Iterable[Seen], *, each: bool = False) -> Rows:
    """Add what is not decided yet; ``at`` is when it began."""
    whole: Rows = defaultdict(lambda: {"n": 0, "value": None})
    whole.update(rows)
    _open(whole, ask, parted(ask, going_on), lambda some: len({one.who for one in some}) if each else len(some))
    return whole


def aside(ask: Ask, rows: Rows, name: str, seen: Iterable[Seen], *, each: bool = False) -> Rows:
    """Add under a name how many were left out; ``each`` counts everything once, by ``who``."""
    whole: Rows = defaultdict(lambda: {"n": 0, "value": None})
    whole.update(rows)
    for key, some in parted(ask, seen).items():
        whole[key][name] = len({one.who for one in some}) if each else len(some)
    return whole


def ratio(above: Mapping[Key, Any], below: Mapping[Key, Any], numbers: Mapping[Key, int]) -> Rows:
    """Return what is above the line over what is below it, by key; ``numbers`` is n."""
    rows = {}
    for key in above.keys() | numbers.keys():
        top, base = above.get(key, 0), below.get(key, 0)
        value = float(Fraction(top) / Fraction(base)) if base else None
        rows[key] = {"n": numbers.get(key, 0), "value": value, "numerator": float(top), "denominator": float(base)}
    return rows


def total(seen: Iterable[Seen]) -> Decimal:
    """Return the sum of amounts."""
    return sum((one.size for one in seen), Decimal(0))
