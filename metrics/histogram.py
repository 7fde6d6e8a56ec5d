"""Histogram: durations in logarithmic buckets of two percent, packed, so that any percentile of any sum is within one percent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

BASE = math.log(1.0202)
ZERO = -(2**31)  # the bucket of "no time at all", which has no logarithm
PAIR = 8  # bytes of a bucket and its count
BITS, COUNT = 32, 0xFFFF_FFFF  # how far above the bucket its count stands, and what is a count of both
type Numbers = np.ndarray[Any, Any]


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
    parts = list(chain.from_iterable(keyed))
    pairs = np.frombuffer(b"".join(parts), dtype="<i8")  # the count above, the bucket below
    if not len(pairs):
        return []
    counts, places = pairs >> BITS, pairs.astype(np.int32)
    nothing = places == ZERO
    if has_nothing := nothing.any():
        places[nothing] = places[~nothing].min(initial=0) - 1  # where no time at all stands
    first = int(places.min())
    places -= first
    width = int(places.max()) + 1
    seconds = np.exp((np.arange(width) + first - 0.5) * BASE)
    if has_nothing:
        seconds[0] = 0.0
    sizes = [sum(map(len, some)) // PAIR for some in keyed]
    laid = np.repeat(np.arange(len(keyed)) * width, sizes)
    laid += places
    ends = np.cumsum(sizes)
    if is_dense := len(keyed) * width <= len(pairs):
        counts = np.bincount(laid, weights=counts, minlength=len(keyed) * width).astype(np.int64)
        laid, places, ends = (
            np.arange(len(counts)),
            np.tile(np.arange(width), len(keyed)),
            np.arange(width, len(counts) + 1, width),
        )
    added = [np.bincount(places, weights=counts, minlength=width).astype(np.int64)] if whole else []
    if not is_dense and len(parts) > len(keyed):  # else in order: each key has one place each, or is one histogram
        laid <<= BITS
        laid |= counts
        laid.sort()
        counts = laid & COUNT
        laid >>= BITS
    rows = _ranked(counts, seconds, laid, ends, shares)
    return rows + [row for all_keys in added for row in _ranked(all_keys, seconds, np.arange(width), [width], shares)]


def _ranked(
    counts: Numbers, seconds: Numbers, places: Numbers, ends: Numbers | list[int], shares: Sequence[float]
) -> list[tuple[float, ...]]:
    """Return the percentiles of each key, whose counts end where ``ends`` says; places are those of seconds, key after key."""
    upto = np.cumsum(counts)
    before = np.concatenate(([0], upto[np.subtract(ends, 1)]))
    n = np.diff(before)
    ranks = np.outer(n - 1, shares)
    nearest = np.round(ranks)  # a whole rank may come out a hair beside itself: 15/22 * 22 < 15
    ranks = np.where(np.abs(ranks - nearest) < 1e-9, nearest, ranks)
    lower = np.floor(ranks).astype(np.int64)
    below, above = (
        seconds[places[np.searchsorted(upto, before[:-1, None] + rank, side="right")] % len(seconds)]
        for rank in (lower, np.minimum(lower + 1, n[:, None] - 1))
    )
    return list(map(tuple, (below + (above - below) * (ranks - lower)).tolist()))
