"""Cells: of days and months, people included, they say what the facts say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hub.models import Workspace
from metrics import crowd, heavy
from metrics.crowd import Crowd
from metrics.models import Cell
from metrics.observed import MEMBER
from metrics.query import Answer, Freshness, answer
from metrics.rebuild import differences
from tests.metrics.conftest import Tell, derive_all, percentiles_of
from tests.metrics.happenings import event, happen, person, question, sold, wrote

CHANNELS = ["whatsapp", "instagram", "webchat"]
AS_OF = datetime(2026, 4, 10, 1, tzinfo=UTC)  # still the ninth where the workspace is
PERIODS = ["from=2026-01-01&to=2026-04-01", "from=2026-01-13&to=2026-03-20", "from=2026-02-20&to=2026-03-02"]


def instant(chance: random.Random) -> str:
    """Return an instant of the first hundred days of 2026, often about midnight."""
    hour = chance.choice([0, 20, 21, 23, chance.randrange(24)])
    day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(99))
    return f"{day:%Y-%m-%d} {hour:02}:{chance.randrange(60):02}"


def live(workspace: Workspace, tell: Tell, seed: int) -> None:
    """Let people write, visit, answer surveys and buy, each some times, in any order."""
    chance = random.Random(seed)
    for number in range(12):
        who = person(workspace, f"p{number}")
        tell("", customer=who)
        happened = [wrote(who, instant(chance), chance.choice(CHANNELS)) for _ in range(chance.randrange(7))]
        happened += [event(who, "store.visit", instant(chance), "store") for _ in range(chance.randrange(3))]
        for place in range(chance.randrange(4)):
            happened += sold(who, f"o{number}-{place}", instant(chance), 100, chance.choice(CHANNELS))
            asked = {"survey": "csat", "score": chance.randrange(1, 6), "touchpoint": "purchase"}
            happened.append(event(who, "survey.answered", instant(chance), chance.choice(CHANNELS), **asked))
        chance.shuffle(happened)
        while happened:
            happen(*(happened.pop() for _ in range(min(len(happened), chance.randint(1, 6)))))
        if chance.random() < 0.5:
            derive_all()
    derive_all()


def both(workspace: Workspace, metric: str, words: str) -> tuple[Answer, Answer]:
    """Answer a question from cells, and from facts."""
    asked, fresh = question(workspace, metric, words), Freshness(0, AS_OF)
    return answer(asked, fresh, people=False, lean=True), answer(asked, fresh, cells=False, people=False, lean=True)


@pytest.mark.parametrize("seed", range(2))
def test_it_works(workspace: Workspace, tell: Tell, seed: int) -> None:
    """Whatever is asked of cells, they answer as the facts do; kept step by step they equal a recount."""
    live(workspace, tell, seed)
    assert list(differences(workspace)) == []
    for period in PERIODS:
        for metric, words in [
            ("interaction_volume", ["", "by=month", "by=weekday_hour&by=channel", "by=month&by=weekday_hour", "by=week"]),
            ("csat", ["", "by=month&by=channel", "channel=instagram&by=month"]),
            ("conversion_rate", ["", "by=channel", "by=day", "by=week&by=channel", "by=month&channel=store&channel=webchat"]),
            ("cohort_retention", ["", "by=month", "by=month&by=months", "by=channel&months=0&months=2", "by=day&by=channel"]),
        ]:  # fmt: skip
            for word in words:
                cells, facts = both(workspace, metric, f"{period}&{word}")
                assert crowd.can_answer(cells.question) or heavy.can_answer(cells.question)
                assert cells.rows == facts.rows, (metric, period, word)
                assert cells.total == facts.total, (metric, period, word)


def test_times_of_whole_months_come_from_the_cells_of_months(
    workspace: Workspace, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(0, 90, 3):
        tell(f"C {day}d 15:00, A {day}d 15:{1 + day % 7:02}:{day % 60:02}", day=datetime(2026, 1, 1, tzinfo=UTC))
    derive_all()
    words = "from=2026-01-10&to=2026-03-30&by=month&by=agent"
    exact, _ = both(workspace, "reply_time", words)
    monkeypatch.setattr(heavy, "EXACT_UP_TO", 5)
    Cell.objects.filter(span="day", day__month=2).delete()  # nobody asks them
    rough, _ = both(workspace, "reply_time", words)
    assert [(row.key, row.n, row.approximate) for row in rough.rows] == [
        (("2026-01", "ana@loja.example"), 8, True),
        (("2026-02", "ana@loja.example"), 9, True),
        (("2026-03", "ana@loja.example"), 10, True),
    ]
    for row, right in zip([*rough.rows, rough.total], [*exact.rows, exact.total], strict=True):
        assert [row.n, row.mean] == pytest.approx([right.n, right.mean])
        assert percentiles_of(row) == pytest.approx(percentiles_of(right), rel=0.0102)


def test_people_whose_ids_end_alike_are_told_apart() -> None:
    def seen(*ids: tuple[int, int]) -> Crowd:
        packed = np.array([(head, tail, 0, 0) for head, tail in ids], dtype=MEMBER)
        return Crowd(packed, packed["tail"].astype(np.uint64), np.zeros(len(ids), dtype=np.int64), [""], [])

    some = seen((1, 7), (2, 7), (1, 7), (3, 5))
    people = crowd._told_apart(some)
    numbers = people.of_rows()
    assert len(people.tails) == len(set(numbers.tolist())) == 3
    assert numbers[0] == numbers[2]
    place, known = people.numbers(seen((2, 7), (9, 7), (3, 5), (1, 9)))
    assert known.tolist() == [True, False, True, False]
    assert place[known].tolist() == numbers[[1, 3]].tolist()
