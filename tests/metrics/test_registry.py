"""The catalogue holds together: every entry can be read, asked and proved."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils.translation import override

from metrics import heavy
from metrics.registry import METRICS, Metric

ALL = pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))


@ALL
def test_an_entry_speaks_three_languages(metric: Metric) -> None:
    for texts in (metric.title, metric.definition):
        said = set()
        for language in ("pt-br", "en", "es"):
            with override(language):
                said.add(str(texts))
        assert len(said) == 3
        assert all(said)


@ALL
@pytest.mark.django_db
def test_an_entry_names_columns_there_are(metric: Metric) -> None:
    source = metric.source
    columns = [source.anchor, source.start, source.opening_message, source.closing_message]
    columns += [*source.lengths.values(), *source.dimensions.values()]
    columns += [part[1] for part in (source.set_aside,) if part]
    columns += [part[0] for part in (source.excluded,) if part]
    columns += [source.counts, *filter(None, [source.still_open])]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {source.table}")
        assert cursor.fetchall() == []


@ALL
def test_a_shorter_wait_is_better_and_a_count_is_neither(metric: Metric) -> None:
    assert metric.better == ("lower" if metric.clocks else None)
    assert metric.headline in ({"mean", "p50"} if metric.clocks else {"n"})


def test_days_can_be_answered_from_cells() -> None:
    assert {"day", "week", "month"} == heavy.WHOLE_DAYS
    assert all(metric.source.measure for metric in METRICS.values())
