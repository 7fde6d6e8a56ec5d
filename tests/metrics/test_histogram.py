"""Histograms: small, exact in counts, within one percent in percentiles."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, strategies as st

from metrics.histogram import bucket, merged, pack, percentile, unpack


def test_it_works() -> None:
    places, counts = merged([pack(Counter(map(bucket, [30_000_000, 60_000_000]))), pack(Counter([bucket(90_000_000)]))])
    assert counts.sum() == 3
    assert abs(percentile(places, counts, 0.5) - 60) <= 0.6


def test_equal_counts_give_equal_bytes() -> None:
    assert pack({3: 1, 1: 2, 2: 0}) == pack({1: 2, 3: 1})
    assert unpack(pack({3: 1, 1: 2})) == {1: 2, 3: 1}
    assert pack({}) == b""


def test_no_time_at_all_has_its_own_bucket() -> None:
    places, counts = merged([pack({bucket(0): 5})])
    assert percentile(places, counts, 0.9) == 0


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=200))
def test_any_percentile_at_an_observation_is_within_one_percent(durations: list[int]) -> None:
    places, counts = merged([pack(Counter(map(bucket, durations)))])
    exact = np.sort(np.array(durations) / 1e6)
    for rank in range(len(durations)):
        share = rank / max(len(durations) - 1, 1)
        assert abs(percentile(places, counts, share) / exact[rank] - 1) < 0.0102
