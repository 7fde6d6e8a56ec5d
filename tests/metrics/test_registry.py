"""The catalogue holds together: every entry can be read, asked and proved."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import override

from hub.models import Workspace
from metrics import heavy
from metrics.bygone import facts_as_of
from metrics.evidence import page
from metrics.query import answer
from metrics.question import read
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
def test_an_entry_can_be_asked_by_everything_it_names(metric: Metric) -> None:
    workspace = Workspace.objects.create(slug="loja", name="Loja")
    by = QueryDict(mutable=True)
    others = (metric.measured(one.id) for one in metric.variants if one.source)
    for way in (metric, *others):
        by["variant"] = way.variant
        for clock in way.clocks or ("elapsed",):
            for word in ("", *way.dimensions):
                by.setlist("by", [word] if word else [])
                by["clock"] = clock
                asked = read(workspace, metric, by, timezone.now())
                assert answer(asked, cells=False).rows == []
                assert answer(asked).total.n == 0
                assert [
                    seen for seen in page(asked).observations if not seen.divisor
                ] == []  # but for the time that passed
        with transaction.atomic(), facts_as_of(asked, 0):
            assert answer(asked, cells=False).total.n == 0


@ALL
def test_a_shorter_wait_is_better_and_an_amount_of_work_is_neither(metric: Metric) -> None:
    # How long somebody stays in a stage is good or bad by the stage.
    worse = {None} if metric.id == "journey_stages" else {"lower"}
    assert metric.better in (worse if metric.clocks else {"lower", "higher", None})
    assert len(set(metric.dimensions)) == len(metric.dimensions)
    assert set(metric.source.usual) <= set(metric.source.dimensions)
    assert metric.source.start or not metric.source.still_open or not metric.clocks


def test_days_can_be_answered_from_cells() -> None:
    assert {"day", "week", "month"} == heavy.WHOLE_DAYS
    kept = {metric.id for metric in METRICS.values() if metric.source.measure}
    of_people = {"conversion_rate", "cohort_retention"}
    assert kept == {
        "first_response_time",
        "reply_time",
        "resolution_time",
        "interaction_volume",
        "csat",
        "nps",
        *of_people,
    }


def test_the_documentation_says_what_the_registry_says() -> None:
    """Renewed by ``manage.py describe_metrics > docs/metrics.md``."""
    said = StringIO()
    call_command("describe_metrics", stdout=said)
    assert said.getvalue() == (Path(settings.BASE_DIR) / "docs/metrics.md").read_text(encoding="utf-8")
