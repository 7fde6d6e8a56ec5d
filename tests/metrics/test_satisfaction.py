"""Figures of satisfaction against the worked fixtures, and which of several answers counts."""

from __future__ import annotations

from typing import Any

import pytest

from hub.models import Workspace
from metrics import heavy
from metrics.evidence import page
from metrics.models import SurveyFact
from metrics.query import answer
from metrics.rebuild import differences
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, people, person, question

MARCH = "from=2026-03-01&to=2026-04-01"


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """Fixture F9, small: 8 of 10, by channel, agent, team and touchpoint."""
    conversation = tell("C 10:00, A 10:05 team=Vendas, resolve 10:10")
    ours = event(
        conversation.customer, "survey.answered", "2026-03-02", survey="csat", score=5, agent="ana@loja.example"
    )
    ours.conversation = conversation
    happen(
        ours,
        *(
            event(person(workspace), "survey.answered", "2026-03-02", "email", survey="csat", score=number // 2 + 1)
            for number in range(2, 9)
        ),
        *(
            event(
                person(workspace), "survey.answered", "2026-03-02", "email", survey="csat", score="4", touchpoint=where
            )
            for where in ("delivery", "store")
        ),
    )
    derive_all()
    given = ask(workspace, "csat", f"{MARCH}&by=channel&by=agent&by=team&by=touchpoint")
    assert {row.key: (row.numerator, row.denominator) for row in given.rows} == {
        ("whatsapp", "ana@loja.example", "Vendas", "service"): (1, 1),
        ("email", None, None, "service"): (3, 7),
        ("email", None, None, "delivery"): (1, 1),
        ("email", None, None, "store"): (1, 1),
    }
    assert page(given.question).observations[0].conversation_id == conversation.pk
    after = ask(workspace, "post_purchase_csat", MARCH).total
    assert (after.numerator, after.denominator) == (2, 2)


@pytest.mark.parametrize(
    ("good", "n", "low", "high"), [(80, 100, 0.711, 0.867), (8, 10, 0.490, 0.943)], ids=["hundred", "ten"]
)
def test_satisfaction_fixture_f9(workspace: Workspace, good: int, n: int, low: float, high: float) -> None:
    happen(
        *(
            event(who, "survey.answered", "2026-03-02", survey="csat", score=4 if number < good else 3)
            for number, who in enumerate(people(workspace, n))
        )
    )
    derive_all()
    total = ask(workspace, "csat", MARCH).total
    assert (total.value, total.n) == (0.8, n)
    assert [total.ci_low, total.ci_high] == pytest.approx([low, high], abs=5e-4)


def test_promoters_fixture_f8(workspace: Workspace) -> None:
    scores = [10] * 66 + [8] * 30 + [6] * 24
    asked = zip(people(workspace, 120), scores, strict=True)
    happen(*(event(who, "survey.answered", "2026-03-02", survey="nps", score=score) for who, score in asked))
    derive_all()
    total = ask(workspace, "nps", MARCH).total
    assert (total.value, total.n) == (35, 120)
    assert [total.ci_low, total.ci_high] == pytest.approx([20.8, 49.2], abs=0.05)


def test_the_last_answer_within_days_counts_and_silence_is_told_beside(workspace: Workspace) -> None:
    who = person(workspace)

    def answered(at: str, score: Any, **more: Any) -> None:
        happen(event(who, "survey.answered", at, survey="csat", score=score, **more))

    happen(
        event(who, "survey.sent", "2026-03-01", survey="csat"), event(who, "survey.sent", "2026-03-12", survey="csat")
    )
    answered("2026-03-02", 1)
    answered("2026-03-05", 2)
    answered("2026-03-04", 3)  # told late, said before
    answered("2026-03-13", 5)
    answered("2026-03-14", 5, request="r1")  # another survey, by its own request
    answered("2026-03-14", 6)  # on no scale
    answered("2026-03-14", None)
    derive_all()
    total = ask(workspace, "csat", MARCH).total
    assert (total.numerator, total.denominator, total.set_aside, total.censored) == (2, 3, 2, 0)
    assert set(SurveyFact.objects.filter(counts=True).values_list("score", flat=True)) == {2, 5}
    happen(event(who, "survey.sent", "2026-03-25", survey="csat"))
    derive_all()
    assert ask(workspace, "csat", MARCH).total.censored == 1


def test_answers_from_cells_equal_answers_from_facts(workspace: Workspace) -> None:
    who = [person(workspace, f"p{number}") for number in range(12)]
    for number, one in enumerate(who):
        kind, most = ("csat", 5) if number % 2 else ("nps", 10)
        at, channel = f"2026-03-{number + 1:02} 0{number % 5}:30", "sms" if number % 3 else "email"
        agent = "ana@loja.example" if number % 4 else ""
        happen(event(one, "survey.answered", at, channel, survey=kind, score=most - number // 2 % 5, agent=agent))
    derive_all()
    happen(event(who[1], "survey.answered", "2026-03-03", "sms", survey="csat", score=1))  # takes the first one's place
    derive_all()
    assert list(differences(workspace)) == []
    for metric, words in (
        ("csat", "by=channel"),
        ("nps", "by=agent&by=day"),
        ("csat", "by=weekday_hour"),
        ("nps", "channel=sms"),
    ):
        asked = question(workspace, metric, f"{MARCH}&{words}")
        assert heavy.can_answer(asked)
        given = answer(asked)
        facts = answer(asked, given.freshness, cells=False)
        assert (given.rows, given.total) == (facts.rows, facts.total)
