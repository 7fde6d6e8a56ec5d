"""Markov: how many sales each channel is worth, by how many would be lost without it (R10): its removal effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from metrics.binary import MICROSECOND
from metrics.persons.leading import GAP
from metrics.persons.steps import HAPPENED, Steps, instant, steps


class Pace(NamedTuple):
    """So many times somebody went from a channel on to another, to a sale, or, with neither, away; ``begins`` a journey."""

    channel: str
    following: str | None
    sold: bool
    begins: bool
    times: int


class Shares:
    """Makes each channel's share of the period's sales, as JSON; ``statement`` is what is read for it."""

    statement = HAPPENED

    def __call__(self, values: Mapping[str, Any]) -> str:
        """Return the shares; nothing unless the model is asked for."""
        if "model" not in values["split"] or "markov" not in values.get("only_model", ["markov"]):
            return "[]"
        effects = removal_effects(list(paces(steps(values, values["start"] - GAP), instant(values["start"]))))
        whole = sum(effects.values())
        return json.dumps(
            [{"channel": channel, "share": effect / whole} for channel, effect in effects.items() if whole]
        )


shares = Shares()


def paces(of: Steps, start: int) -> Iterator[Pace]:
    """Yield what followed on the touches of journeys that began at an instant or later: a touch, a sale, or by now nothing.

    A sale ends a journey, and so does a pause: what follows is the person's next step, and journeys need no number.
    """
    number = len(of.at)
    apart = np.ones(number + 1, dtype=bool)  # from the step before
    apart[:-1] = of.is_first
    apart[1:-1] |= np.diff(of.at) > GAP // MICROSECOND
    begins = ~of.is_sale & (apart[:-1] | np.roll(of.is_sale, 1))
    begun_at = of.at[np.maximum.accumulate(np.where(begins, np.arange(number), 0))]
    sold = len(of.channels)
    away = sold + 1
    following = np.roll(np.where(of.is_sale, sold, of.channel), -1)
    following[apart[1:]] = away
    counted = ~of.is_sale & (begun_at >= start)
    ways = np.stack([of.channel, following, begins])[:, counted]
    shape = (sold, away + 1, 2)
    times = np.bincount(np.ravel_multi_index(tuple(ways), shape), minlength=2 * sold * (away + 1)).reshape(shape)
    for here, then, is_first in np.argwhere(times).tolist():
        yield Pace(
            of.channels[here],
            of.channels[then] if then < sold else None,
            then == sold,
            bool(is_first),
            int(times[here, then, is_first]),
        )


def removal_effects(paces: list[Pace]) -> dict[str, float]:
    """Return which share of the sales would be lost without each channel, when people go their ways as often as they did."""
    channels = sorted({pace.channel for pace in paces})
    place = {channel: number for number, channel in enumerate(channels)}
    begin, sold, goes = np.zeros(len(channels)), np.zeros(len(channels)), np.zeros((len(channels), len(channels)))
    seen = np.zeros(len(channels))
    for pace in paces:
        here = place[pace.channel]
        seen[here] += pace.times
        begin[here] += pace.times if pace.begins else 0
        sold[here] += pace.times if pace.sold else 0
        if pace.following is not None:
            goes[here, place[pace.following]] += pace.times
    if not sold.any():
        return {}
    goes, sold, begin = goes / seen[:, None], sold / seen, begin / begin.sum()

    def reached(kept: np.ndarray[Any, Any]) -> float:
        """Return how likely a sale is when journeys end at channels that are not kept."""
        ways = np.eye(len(channels)) - goes * kept[:, None] * kept[None, :]
        return float((begin * kept) @ np.linalg.solve(ways, sold * kept))

    whole = reached(np.ones(len(channels)))
    return {
        channel: 1 - reached(np.array([float(other != channel) for other in channels])) / whole for channel in channels
    }
