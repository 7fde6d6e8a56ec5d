"""Histograms: small, exact in counts, within one percent in percentiles."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from metrics.histogram import bucket, pack, percentiles, unpack


def spread(keyed: list[list[bytes]], shares: list[float], *, whole: bool = False) -> list[list[float]]:
    """Return the percentiles of each key's histograms."""
    parts = [part for parts in keyed for part in parts]
    keys = [key for key, parts in enumerate(keyed) for _part in parts]
    sizes = np.array([len(part) for part in parts])
    rows: list[list[float]] = percentiles(b"".join(parts), sizes, np.array(keys), shares, whole=whole).tolist()
    return rows


def test_it_works() -> None:
    parts = [pack(Counter(map(bucket, [30_000_000, 60_000_000]))), pack(Counter([bucket(90_000_000)]))]
    (both,), (one,) = spread([parts], [0.25, 0.5, 1.0]), spread([parts[1:]], [0.0, 0.9])
    assert both == pytest.approx((45, 60, 90), rel=0.01)  # between two observations, as of the facts themselves
    assert one == pytest.approx((90, 90), rel=0.01)


def test_equal_counts_give_equal_bytes() -> None:
    assert pack({3: 1, 1: 2, 2: 0}) == pack({1: 2, 3: 1})
    assert unpack(pack({3: 1, 1: 2})) == {1: 2, 3: 1}
    assert pack({}) == b""


def test_any_count_comes_back() -> None:
    many = {-690: 1, 0: 65_535, 1: 65_536, 900: 200_000, bucket(0): 70_000}
    assert unpack(pack(many)) == many
    assert spread([[pack(many)]], [0.1, 1.0]) == [pytest.approx([0.0, 1.0202**899.5])]


@given(st.dictionaries(st.integers(-690, 950), st.integers(1, 200_000), min_size=1, max_size=8), st.integers(0, 70_000))
def test_what_was_packed_before_counts_the_same(counts: dict[int, int], nothing: int) -> None:
    migration = import_module("metrics.migrations.0008_smaller_cells")
    before = {migration.NOTHING[0]: nothing, **counts} if nothing else counts
    old = np.array(sorted(before.items()), dtype="<i4").tobytes()
    assert migration.halved(old) == pack(counts | {bucket(0): nothing})
    assert migration.doubled(migration.halved(old)) == old


def test_no_time_at_all_has_its_own_bucket() -> None:
    assert spread([[pack({bucket(0): 5})]], [0.9]) == [[0.0]]


@given(st.lists(st.lists(st.integers(0, 10**13), min_size=1, max_size=60), min_size=1, max_size=5))
@example([[0, 0, 12_080_920_370]])  # a whole rank takes nothing of the observation above it
def test_any_percentile_of_any_key_is_within_one_percent(keys: list[list[int]]) -> None:
    shares = [0.0, 0.1, 0.5, 0.75, 0.9, 0.95, 1.0]
    packed = [[pack(Counter(map(bucket, durations[half::2]))) for half in (0, 1)] for durations in keys]
    every_one = [*keys, [duration for durations in keys for duration in durations]]
    for durations, found in zip(every_one, spread(packed, shares, whole=True), strict=True):
        assert found == pytest.approx(np.quantile(np.array(durations) / 1e6, shares), rel=0.0102)
