"""Histograms: small, exact in counts, within one percent in percentiles."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from metrics.histogram import bucket, pack, percentiles, unpack


def test_it_works() -> None:
    parts = [pack(Counter(map(bucket, [30_000_000, 60_000_000]))), pack(Counter([bucket(90_000_000)]))]
    (both,), (one,) = percentiles([parts], [0.25, 0.5, 1.0]), percentiles([parts[1:]], [0.0, 0.9])
    assert both == pytest.approx((45, 60, 90), rel=0.01)  # between two observations, as of the facts themselves
    assert one == pytest.approx((90, 90), rel=0.01)


def test_equal_counts_give_equal_bytes() -> None:
    assert pack({3: 1, 1: 2, 2: 0}) == pack({1: 2, 3: 1})
    assert unpack(pack({3: 1, 1: 2})) == {1: 2, 3: 1}
    assert pack({}) == b""


def test_no_time_at_all_has_its_own_bucket() -> None:
    assert percentiles([[pack({bucket(0): 5})]], [0.9]) == [(0.0,)]


@given(st.lists(st.lists(st.integers(0, 10**13), min_size=1, max_size=60), min_size=1, max_size=5))
@example([[0, 0, 12_080_920_370]])  # a whole rank takes nothing of the observation above it
def test_any_percentile_of_any_key_is_within_one_percent(keys: list[list[int]]) -> None:
    shares = [0.0, 0.1, 0.5, 0.75, 0.9, 0.95, 1.0]
    packed = [[pack(Counter(map(bucket, durations[half::2]))) for half in (0, 1)] for durations in keys]
    for durations, found in zip(keys, percentiles(packed, shares), strict=True):
        assert found == pytest.approx(np.quantile(np.array(durations) / 1e6, shares), rel=0.0102)
