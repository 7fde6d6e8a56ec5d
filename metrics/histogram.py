"""Histogram: durations in logarithmic buckets of two percent, packed, so that any percentile of any sum is within one percent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

BASE = math.log(1.0202)
ZERO = -(2**31)  # the bucket of "no time at all", which has no logarithm
DENSE = 4  # so many places for each pair may be laid out side by side; where they would be more, pairs are sorted
PAIR = 8  # bytes of a bucket and its count


def bucket(microseconds: int) -> int:
    """Return the bucket of a duration: the smallest b with 1.0202**b seconds not below it."""
    return math.ceil(math.log(microseconds / 1_000_000) / BASE) if microseconds else ZERO


def pack(counts: Mapping[int, int]) -> bytes:
    """Pack (bucket, count) pairs, ascending, without empty ones: equal counts give equal bytes."""
    pairs = sorted((place, count) for place, count in counts.items() if count)
    return np.fromiter(chain.from_iterable(pairs), dtype="<i4", count=2 * len(pairs)).tobytes()


def unpack(packed: bytes) -> Counter[int]:
    """Return the counts by bucket."""
    pairs = np.frombuffer(packed, dtype="<i4").reshape(-1, 2)
    return Counter(dict(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True)))


def percentiles(
    keyed: Sequence[Sequence[bytes]], shares: Sequence[float], *, whole: bool = False
) -> list[tuple[float, ...]]:
    """Return for each key, which is a sum of histograms, its percentiles (type 7) in seconds, within one percent.

    ``shares`` lie between 0 and 1. Every key needs at least one count. ``whole`` adds, last, those of all keys together.
    """
    pairs = np.frombuffer(b"".join(chain.from_iterable(keyed)), dtype="<i4").reshape(-1, 2)
    if not len(pairs):
        return []
    sizes = [sum(map(len, some)) // PAIR for some in keyed]
    places = pairs[:, 0].astype(np.int64)
    nothing = places == ZERO
    if has_nothing := nothing.any():
        places[nothing] = places[~nothing].min(initial=0) - 1  # where no time at all stands
    first = int(places.min())
    places -= first
    width = int(places.max()) + 1
    laid = np.repeat(np.arange(len(keyed)) * width, sizes) + places
    if len(keyed) * width <= DENSE * len(pairs):
        counts = np.bincount(laid, weights=pairs[:, 1], minlength=len(keyed) * width)
        places, ends = np.tile(np.arange(width), len(keyed)), np.arange(1, len(keyed) + 1) * width
    else:
        order = np.argsort(laid, kind="stable")  # in order already where each key is one histogram
        counts, places, ends = pairs[order, 1], places[order], np.cumsum(sizes)
    if whole:
        counts = np.concatenate((counts, np.bincount(places, weights=counts, minlength=width)))
        places, ends = np.concatenate((places, np.arange(width))), np.append(ends, ends[-1] + width)
    seconds = np.exp((np.arange(width) + first - 0.5) * BASE)
    if has_nothing:
        seconds[0] = 0.0
    upto = np.cumsum(counts, dtype=np.int64)
    before = np.concatenate(([0], upto[ends - 1]))
    n = np.diff(before)
    ranks = np.outer(n - 1, shares)
    nearest = np.round(ranks)  # a whole rank may come out a hair beside itself: 15/22 * 22 < 15
    ranks = np.where(np.abs(ranks - nearest) < 1e-9, nearest, ranks)
    lower = np.floor(ranks).astype(np.int64)
    below, above = (
        seconds[places[np.searchsorted(upto, before[:-1, None] + rank, side="right")]]
        for rank in (lower, np.minimum(lower + 1, n[:, None] - 1))
    )
    return [tuple(row) for row in (below + (above - below) * (ranks - lower)).tolist()]
