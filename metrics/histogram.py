"""Histogram: durations in logarithmic buckets of two percent, packed, so that any percentile of any sum is within one percent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

BASE = math.log(1.0202)
ZERO = -(2**31)  # the bucket of "no time at all", which has no logarithm


def bucket(microseconds: int) -> int:
    """Return the bucket of a duration: the smallest b with 1.0202**b seconds not below it."""
    return math.ceil(math.log(microseconds / 1_000_000) / BASE) if microseconds else ZERO


def pack(counts: Mapping[int, int]) -> bytes:
    """Pack (bucket, count) pairs, ascending, without empty ones: equal counts give equal bytes."""
    pairs = sorted((place, count) for place, count in counts.items() if count)
    return np.array(pairs, dtype="<i4").tobytes()


def unpack(packed: bytes) -> Counter[int]:
    """Return the counts by bucket."""
    pairs = np.frombuffer(packed, dtype="<i4").reshape(-1, 2)
    return Counter({int(place): int(count) for place, count in pairs})


def merged(histograms: Iterable[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Add histograms: returns the buckets, ascending, and their counts."""
    pairs = np.frombuffer(b"".join(histograms), dtype="<i4").reshape(-1, 2)
    places, inverse = np.unique(pairs[:, 0], return_inverse=True)
    return places, np.bincount(inverse, weights=pairs[:, 1], minlength=len(places)).astype(np.int64)


def percentile(places: np.ndarray, counts: np.ndarray, share: float) -> float:
    """Return the percentile in seconds, within one percent; ``share`` between 0 and 1. Needs at least one count."""
    rank = share * (counts.sum() - 1) + 1e-9  # a whole rank may come out a hair below itself: 15/22 * 22 < 15
    place = int(places[int(np.searchsorted(np.cumsum(counts), rank, side="right"))])
    return 0.0 if place == ZERO else math.exp((place - 0.5) * BASE)
