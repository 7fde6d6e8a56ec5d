"""Histogram: durations in logarithmic buckets of two percent, packed, so that any percentile of any sum is within one percent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from metrics.arrays import Numbers

BASE = math.log(1.0202)
ZERO = -(2**15)  # the bucket of "no time at all", which has no logarithm
PAIR = 4  # bytes of a bucket and its count
BITS, COUNT = 16, 0xFFFF  # how far above the bucket its count stands, and what is a count of both: the highest one
SPARSE = 2  # so many times as many places as counts are laid out; of more the counts are sorted


def bucket(microseconds: int) -> int:
    """Return the bucket of a duration: the smallest b with 1.0202**b seconds not below it."""
    return math.ceil(math.log(microseconds / 1_000_000) / BASE) if microseconds else ZERO


def pack(counts: Mapping[int, int]) -> bytes:
    """Pack (bucket, count) pairs, ascending, without empty ones: equal counts give equal bytes.

    What is more than the highest count of a pair is in further pairs of the bucket, which follow it.
    """
    pairs = sorted((place, count) for place, count in counts.items() if count)
    if any(count > COUNT for _place, count in pairs):
        pairs = [(place, min(COUNT, count - before)) for place, count in pairs for before in range(0, count, COUNT)]
    return np.fromiter(chain.from_iterable(pairs), dtype="<i4", count=2 * len(pairs)).astype("<u2").tobytes()


def unpack(packed: bytes) -> Counter[int]:
    """Return the counts by bucket."""
    found: Counter[int] = Counter()
    both = np.frombuffer(packed, dtype="<u2")
    for place, count in zip(both[::2].astype("<i2").tolist(), both[1::2].tolist(), strict=True):
        found[place] += count
    return found


def percentiles(
    packed: bytes, sizes: Numbers, keys: Numbers, shares: Sequence[float], *, whole: bool = False
) -> Numbers:
    """Return a row of percentiles (type 7) in seconds, within one percent, for each key, which is a sum of histograms.

    ``packed`` are histograms one after the other, ``sizes`` their bytes, ``keys`` the number of the key each is of; every
    number up to the highest needs at least one count. ``shares`` lie between 0 and 1. ``whole`` adds, last, the row of all
    keys together.
    """
    pairs = np.frombuffer(packed, dtype="<u4")  # the count above, the bucket below
    counts, places = (pairs >> BITS).astype(np.int64), pairs.astype(np.int16).astype(np.int32)
    nothing = places == ZERO
    if has_nothing := nothing.any():
        places[nothing] = places[~nothing].min(initial=0) - 1  # where no time at all stands
    first = int(places.min())
    places -= first
    width = int(places.max()) + 1
    seconds = np.exp((np.arange(width) + first - 0.5) * BASE)
    if has_nothing:
        seconds[0] = 0.0
    laid = np.repeat(keys * width, sizes // PAIR)  # the keys' buckets one after the other
    laid += places
    ends = np.arange(1, int(keys.max()) + 2) * width
    rows = [_ranked(*_in_order(laid, counts, int(ends[-1])), ends, seconds, shares)]
    if whole:
        rows.append(_ranked(*_added(places, counts, width), ends[:1], seconds, shares))
    return np.concatenate(rows)


def _in_order(laid: Numbers, counts: Numbers, width: int) -> tuple[Numbers, Numbers]:
    """Return places in ascending order and the counts at them, which of one place may be several."""
    if (laid[1:] >= laid[:-1]).all():
        return laid, counts
    if width <= SPARSE * len(laid):
        return _added(laid, counts, width)
    laid <<= BITS
    laid |= counts
    laid.sort()
    return laid >> BITS, laid & COUNT


def _added(laid: Numbers, counts: Numbers, width: int) -> tuple[Numbers, Numbers]:
    """Return the places that have something in ascending order, and all that is counted at each."""
    added = np.bincount(laid, weights=counts, minlength=width)
    some = np.flatnonzero(added > 0)  # of truths, which takes a fifth of the time of numbers
    return some, added[some].astype(np.int64)


def _ranked(laid: Numbers, counts: Numbers, ends: Numbers, seconds: Numbers, shares: Sequence[float]) -> Numbers:
    """Return the percentiles of each key, whose places are those before its end and not before the end of the one before."""
    upto = np.cumsum(counts)
    before = np.concatenate(([0], upto[np.searchsorted(laid, ends) - 1]))
    n = np.diff(before)[:, None]
    ranks = (n - 1) * np.array(shares)
    nearest = np.round(ranks)  # a whole rank may come out a hair beside itself: 15/22 * 22 < 15
    ranks = np.where(np.abs(ranks - nearest) < 1e-9, nearest, ranks)
    lower = np.floor(ranks).astype(np.int64)
    place = np.searchsorted(upto, before[:-1, None] + lower, side="right")
    next_one = before[:-1, None] + np.minimum(lower + 1, n - 1)
    above = seconds[laid[place + (upto[place] <= next_one)] % len(seconds)]
    below = seconds[laid[place] % len(seconds)]
    return below + (above - below) * (ranks - lower)  # type: ignore[no-any-return]
