"""Figures of satisfaction against the worked fixtures, and which of several answers counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from conversations import merge, thread
from conversations.history import Actor
from conversations.models import Customer
from hub.models import Workspace
from metrics import heavy
from metrics.evidence import page
from metrics.models import SurveyFact
from metrics.query import answer
from metrics.rebuild import differences
from tests.conversations.outside.conftest import heard, resolved, said, taken, told
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, people, person, question

RULE = Actor(kind="rule")
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


def test_a_survey_told_elsewhere_speaks_of_the_last_conversation_before_it(workspace: Workspace) -> None:
    """Who had written last in it when it was asked is whose answer it is; late words, joining and parting are as in time."""

    def bring(*events: dict[str, Any]) -> dict[tuple[str | None, ...], float | None]:
        """Let a shop tell these events; return how many answered of whom, where, and prove the rest."""
        if events:
            assert set(taken(workspace, events)) == {"accepted"}
        derive_all()
        assert list(differences(workspace)) == []
        return {row.key: row.denominator for row in ask(workspace, "csat", f"{MARCH}&by=agent&by=channel").rows}

    def asked(kind: str, at: str, channel: str = "email", **more: Any) -> dict[str, Any]:
        return told(f"survey.{kind}", at, channel, survey="csat", **more)

    ana, rui = "ana@loja.example", "rui@loja.example"
    answered = asked("answered", "4 12:00", "", score=5)
    assert bring(heard("2 09:00"), said("2 09:10"), resolved("2 10:00"), asked("sent", "3 10:00", ""), answered) == {
        (ana, "whatsapp"): 1
    }
    first, second = SurveyFact.objects.get().conversation_id, {"phone": "+5511987650002"}
    seen = page(question(workspace, "csat", MARCH)).observations
    assert [one.conversation_id for one in seen] == [first]
    # What is said after the question, by nobody of the house, or about a delivery is nobody's.
    other = asked("answered", "4 13:00", score=1, touchpoint="delivery")
    later = said("3 11:00", agent=rui), said("2 09:30", author="bot", agent=rui)
    assert bring(*later, other) == {(ana, "whatsapp"): 1, (None, "email"): 1}
    assert bring(said("2 09:50", agent=rui, channel="instagram"))[rui, "instagram"] == 1
    # Bia's conversation was opened later, and Bia is the same person for a while.
    bring(heard("2 11:00", customer=second), said("2 11:05", customer=second, agent="leo@loja.example"))
    one, two = Customer.objects.of(workspace).order_by("created_at", "pk")
    with transaction.atomic():
        row = merge.join(workspace, merge.Ask(one.pk, two.pk, "agent"), RULE).merge
    assert ("leo@loja.example", "whatsapp") in bring()
    assert row is not None
    with transaction.atomic():
        merge.undo(workspace, row.pk, RULE, thread.episode_for)
    assert bring()[rui, "instagram"] == 1
    # Named, it stays as it is said; a month after the last word nobody is asked about a conversation.
    named = asked("answered", "5 12:00", score=5, agent="bob@loja.example", request="r1")
    assert bring(named)["bob@loja.example", "email"] == 1
    assert SurveyFact.objects.get(agent="bob@loja.example").conversation_id is not None
    idle = {"phone": "+5511987650003"}
    bring(heard("1 09:00", customer=idle), asked("answered", "31 12:00", score=5, customer=idle))
    assert SurveyFact.objects.filter(conversation_id=None, agent="").count() == 2


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
