"""Figures: exact, the same from every source, and equal to what anybody can reckon by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.http import QueryDict
from django.utils import timezone
from msgspec.structs import replace

from conversations.models import HistoryEvent
from hub.models import Workspace
from metrics import heavy
from metrics.evidence import page
from metrics.models import ConversationFact, VolumeFact, WaitFact
from metrics.query import Answer, Figure, answer, fresh
from metrics.question import Question, metric_named, read
from tests.metrics.conftest import Tell, derive_all, percentiles_of
from tests.metrics.stories import DAY

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def ask(workspace: Workspace, metric: str, words: str = "") -> Answer:
    """Answer a question written as an address."""
    return answer(question(workspace, metric, words))


def question(workspace: Workspace, metric: str, words: str = "") -> Question:
    """Read a question about the first days of March 2026."""
    return read(workspace, metric_named(metric), QueryDict(f"from=2026-03-01&to=2026-03-10&{words}"), NOW)


def by_key(given: Answer) -> dict[tuple[str | None, ...], Figure]:
    """Return the rows by key."""
    return {figure.key: figure for figure in given.rows}


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, C 10:02, A 10:05, A 10:06, C 10:10, B 10:11, A 10:20")
    derive_all()
    replies = ask(workspace, "reply_time").total
    assert (replies.n, replies.mean, replies.p50, replies.max) == (2, 450, 450, 600)
    assert ask(workspace, "first_response_time").total.p50 == 300
    volume = ask(workspace, "interaction_volume").total
    assert (volume.n, volume.inbound, volume.outbound, volume.people) == (1, 3, 4, 1)


def test_fixture_f7_has_percentiles_of_type_7(workspace: Workspace, tell: Tell) -> None:
    for seconds in (30, 45, 60, 90, 600):
        tell(f"C 10:00:00, A {10 + seconds // 3600}:{seconds // 60:02}:{seconds % 60:02}")
    derive_all()
    figure = ask(workspace, "reply_time").total
    assert (figure.n, figure.mean, figure.p50, figure.max) == (5, 165, 60, 600)
    assert [figure.p90, figure.p95] == pytest.approx([396, 498], abs=1e-9)


def test_fixture_f6_counts_by_the_reports_midnights(workspace: Workspace, tell: Tell) -> None:
    tell("C 01:30", day=DAY.replace(year=2025, month=11, day=1))
    derive_all()
    words = QueryDict("from=2025-10-01&to=2025-12-01&by=day")
    given = answer(read(workspace, metric_named("interaction_volume"), words, NOW))
    assert [figure.key for figure in given.rows] == [("2025-10-31",)]
    words = QueryDict("from=2025-10-01&to=2025-12-01&by=day&tz=UTC")
    given = answer(read(workspace, metric_named("interaction_volume"), words, NOW))
    assert [figure.key for figure in given.rows] == [("2025-11-01",)]


def test_it_names_every_kind_of_time(workspace: Workspace, tell: Tell) -> None:
    tell("C 13:10, A 13:15")
    derive_all()
    words = "by=day&by=week&by=month&by=hour&by=weekday_hour"
    assert [figure.key for figure in ask(workspace, "reply_time", words).rows] == [
        ("2026-03-02", "2026-W10", "2026-03", "2026-03-02T10:00:00-03:00", "1-10"),
    ]


def test_who_still_waits_is_told_apart(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, A 10:02")
    tell("C 10:00")
    tell("C 7d 09:00 channel=sms")
    tell("C 10:00, resolve 10:30")
    derive_all()
    given = ask(workspace, "reply_time", "by=channel")
    whatsapp, sms = by_key(given)[("whatsapp",)], by_key(given)[("sms",)]
    assert (whatsapp.n, whatsapp.mean, whatsapp.censored, whatsapp.set_aside) == (1, 120, 1, 1)
    assert (sms.n, sms.mean, sms.censored) == (0, None, 1)
    assert (given.total.censored, given.total.set_aside) == (2, 1)
    oldest = (given.freshness.as_of - DAY.replace(hour=10)).total_seconds()
    assert given.total.oldest_open_seconds == pytest.approx(oldest)
    assert given.total.is_small_sample


def test_filters_keep_to_what_they_name(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, assign 10:01 team=Sales, A 10:02")
    tell("C 10:00 channel=sms, A 10:04 agent=leo@loja.example")
    derive_all()
    assert ask(workspace, "reply_time", "channel=sms").total.mean == 240
    assert ask(workspace, "reply_time", "agent=ana@loja.example").total.mean == 120
    assert ask(workspace, "reply_time", "team=Sales&team=Support").total.mean == 120
    assert ask(workspace, "interaction_volume", "team=Sales").total.inbound == 1
    assert ask(workspace, "reply_time", "channel=carrier_pigeon").total == Figure(())


def test_a_close_by_inactivity_is_no_resolution(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, resolve 11:00 by=rule")
    tell("C 10:00, A 10:01, resolve 10:30 by=rule")
    tell("C 10:00, B 10:01, resolve 10:10 by=bot")
    derive_all()
    given = ask(workspace, "resolution_time", "by=closed_by")
    assert {figure.key: figure.p50 for figure in given.rows if figure.n} == {("rule",): 1800, ("bot",): 600}
    assert (given.total.n, given.total.set_aside) == (2, 1)


def test_the_previous_period_is_as_long_on_the_wall(workspace: Workspace) -> None:
    words = QueryDict("from=2025-03-09&to=2025-03-10&tz=America/New_York")  # a day of 23 hours
    before = read(workspace, metric_named("reply_time"), words, NOW).previous
    assert (before.start.isoformat(), before.end.isoformat()) == (
        "2025-03-08T00:00:00-05:00",
        "2025-03-09T00:00:00-05:00",
    )


def fill(workspace: Workspace, chance: random.Random, count: int) -> list[WaitFact]:
    """Keep random waits, as derive would have."""
    facts = [
        WaitFact(
            id=number,
            workspace=workspace,
            conversation_id=workspace.pk,
            customer_id=workspace.pk,
            position=0,
            channel_kind=chance.choice(["whatsapp", "sms"]),
            started_at=DAY,
            ended_at=DAY - timedelta(days=1) + timedelta(seconds=chance.random() * 4 * 86_400),
            outcome="answered",
            elapsed=int(chance.lognormvariate(5, 1.5) * 1e6),
            agent=chance.choice(["", "ana@loja.example"]),
            team="",
        )
        for number in range(count)
    ]
    WaitFact.objects.bulk_create(facts)
    return facts


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kathmandu"])
def test_it_equals_a_naive_reckoning(workspace: Workspace, zone: str) -> None:
    facts = fill(workspace, random.Random(7), 700)
    expected = defaultdict(list)
    for fact in facts:
        assert fact.ended_at is not None
        day = fact.ended_at.astimezone(ZoneInfo(zone)).date().isoformat()
        if "2026-03-01" <= day < "2026-03-10":
            expected[(day, fact.channel_kind, fact.agent or None)].append((fact.elapsed or 0) / 1e6)
    given = ask(workspace, "reply_time", f"by=day&by=channel&by=agent&tz={zone}")
    assert set(by_key(given)) == set(expected)
    for key, lengths in expected.items():
        figure = by_key(given)[key]
        exact = [len(lengths), np.mean(lengths), *np.percentile(lengths, [50, 75, 90, 95]), max(lengths)]
        shown = [figure.n, figure.mean, figure.p50, figure.p75, figure.p90, figure.p95, figure.max]
        assert shown == pytest.approx(exact, rel=1e-12)


def test_evidence_sums_to_the_number(workspace: Workspace) -> None:
    fill(workspace, random.Random(8), 230)
    asked = question(workspace, "reply_time", "channel=sms")
    total = answer(asked).total
    seen, place = [], None
    while True:
        part = page(asked, place, 20)
        seen += part.observations
        place = part.following
        if place is None:
            break
    assert total.mean is not None
    assert len({one.id for one in seen}) == len(seen) == total.n
    assert sum(one.seconds or 0 for one in seen) == pytest.approx(total.mean * total.n)
    back = page(asked, page(asked, None, 20).following, 20).preceding
    assert back
    assert page(asked, back, 20).observations == seen[:20]


def test_evidence_says_what_was_left_out_and_why(workspace: Workspace, tell: Tell) -> None:
    tell("C 09:00:00, B 09:00:02, handoff 09:01:05 by=bot, A 09:04:00")
    derive_all()
    (seen,) = page(question(workspace, "first_response_time")).observations
    assert (seen.seconds, seen.excluded_seconds, seen.excluded_reason) == (175, 65, "bot")


def test_many_observations_are_answered_from_cells_within_one_percent(
    workspace: Workspace, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(9)
    for number in range(60):
        tell(f"C 10:00:00, A {10 + chance.randint(0, 9)}:{chance.randint(1, 59):02}:{number:02}")
    tell("C 1d 10:00, A 1d 10:07")
    derive_all()
    exact = ask(workspace, "reply_time", "by=day")
    monkeypatch.setattr(heavy, "EXACT_UP_TO", 40)
    rough = ask(workspace, "reply_time", "by=day")
    (many, _), (exactly, one) = rough.rows, exact.rows
    assert (many.approximate, rough.total.approximate) == (True, True)
    assert rough.rows[1] == one  # few observations stay exact
    charted = answer(question(workspace, "reply_time", "by=day"), lean=True)
    assert charted.rows[1].approximate
    assert charted.rows[1].p90 == pytest.approx(one.p90, rel=0.0102)
    assert [many.n, many.mean] == pytest.approx([exactly.n, exactly.mean])
    for figure, right in ((many, exactly), (rough.total, exact.total)):
        assert percentiles_of(figure) == pytest.approx(percentiles_of(right), rel=0.0102)


def test_counts_from_cells_equal_counts_from_facts(workspace: Workspace, tell: Tell) -> None:
    for day in range(5):
        tell(f"C {day}d 01:00, A {day}d 05:00 agent=leo@loja.example, C {day}d 23:00 channel=sms")
    derive_all()
    for words in ("by=day&by=channel", "by=weekday_hour", "by=month&by=weekday_hour&channel=sms"):
        asked = question(workspace, "interaction_volume", words)
        assert heavy.can_answer(asked)
        cells = answer(asked, people=False)
        facts = answer(asked, cells.freshness, cells=False)
        without_people = [replace(figure, people=None) for figure in facts.rows]
        assert cells.rows == without_people
        assert cells.total == replace(facts.total, people=None)
    assert VolumeFact.objects.count() == ConversationFact.objects.count() * 2 == 10


def test_it_says_up_to_when_it_is_complete(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, A 10:05")
    first = HistoryEvent.objects.of(workspace).order_by("id")[0]
    assert fresh(workspace) == (0, first.recorded_at)
    derive_all()
    asked = timezone.now()
    assert asked <= fresh(workspace).as_of <= timezone.now()
