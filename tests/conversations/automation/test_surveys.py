"""A survey's whole round over the pipeline and the simulated provider: asked, answered, answered again, late, and not an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations import pipeline, surveys, triage
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent, Message, Survey, SurveyRequest
from conversations.refusal import Refused, TooLate
from hub.models import User
from simulator import RunningSimulator
from tests import factories
from tests.conversations import bodies
from tests.conversations.automation.conftest import hear
from tests.conversations.conftest import Shop

Say = Callable[..., None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent(shop: Shop) -> User:
    return factories.member(shop.workspace, password=None, email="bia@example.com")


def survey(shop: Shop, kind: str = "csat", **fields: Any) -> Survey:
    return Survey.objects.create(
        workspace=shop.workspace, name=f"{kind} {time.monotonic()}", kind=kind, active=True, **fields
    )


def resolve(shop: Shop) -> Conversation:
    talk = Conversation.objects.order_by("-opened_at").first()
    assert talk is not None
    act(shop.workspace.pk, lambda: triage.resolve(shop.workspace, talk.pk, Actor()))
    hear()
    return talk


def pressed(wamid: str, request: SurveyRequest, score: int) -> bytes:
    """A row of the list, pressed."""
    row = {"type": "list_reply", "list_reply": {"id": f"survey:{request.pk}:{score}", "title": str(score)}}
    return bodies.messages(bodies.said(wamid, interactive=row))


def test_it_works(shop: Shop, said: Say, provider: RunningSimulator, agent: User) -> None:
    survey(shop)
    said(bodies.text("wamid.1"))
    talk = Conversation.objects.get()
    from tests.conversations.sending.conftest import answer

    answer(shop, talk, agent)
    resolve(shop)
    while pipeline.send_pending():
        pass
    request = SurveyRequest.objects.get()
    assert (request.state, request.touchpoint, request.agent_email) == ("asked", "service", "bia@example.com")
    sent = [one.body for one in provider.sent][-1]
    rows = sent["interactive"]["action"]["sections"][0]["rows"]
    assert [row["id"] for row in rows] == [f"survey:{request.pk}:{n}" for n in (5, 4, 3, 2, 1)]
    said(pressed("wamid.2", request, 2))
    said(bodies.text("wamid.3", body="Demorou muito para responder"))
    request.refresh_from_db()
    assert (request.state, request.score, request.comment) == ("answered", 2, "Demorou muito para responder")
    talk.refresh_from_db()
    # An answer reopens nothing and lets nobody wait.
    assert (talk.status, talk.waiting_since, talk.unread, talk.reopened_count) == ("resolved", None, 0, 0)
    asked, answered = HistoryEvent.objects.filter(type__startswith="survey.").order_by("id")
    assert (asked.type, asked.data["survey"], asked.message_id) == ("survey.sent", "csat", request.message_id)
    assert answered.data == {
        "survey": "csat", "score": 2, "touchpoint": "service", "agent": "bia@example.com", "request": str(request.pk),
        "by": "customer",
    }  # fmt: skip
    kinds = list(
        HistoryEvent.objects.filter(type="message.received").order_by("id").values_list("data__kind", flat=True)
    )
    assert kinds == ["text", "survey", "survey"]
    parts = (
        Message.objects.filter(payload__has_key="survey")
        .order_by("seq")
        .values_list("payload__survey__part", flat=True)
    )
    assert list(parts) == ["question", "score", "thanks", "comment"]
    said(bodies.text("wamid.4", body="E o meu pedido?"))
    talk.refresh_from_db()
    assert (talk.status, talk.reopened_count) == ("open", 1)


def test_the_last_answer_counts_and_history_has_both(shop: Shop, said: Say) -> None:
    survey(shop)
    said(bodies.text("wamid.1"))
    resolve(shop)
    said(bodies.text("wamid.2", body="ruim"), bodies.text("wamid.3", body="Ótimo!"))
    assert SurveyRequest.objects.get().score == 5
    scores = HistoryEvent.objects.filter(type="survey.answered").order_by("id").values_list("data__score", flat=True)
    assert list(scores) == [2, 5]
    assert Message.objects.filter(payload__survey__part="thanks").count() == 1


def test_an_unforeseen_word_is_asked_about_once_and_then_is_an_ordinary_message(shop: Shop, said: Say) -> None:
    survey(shop, "nps")
    said(bodies.text("wamid.1"))
    talk = resolve(shop)
    question = Message.objects.get(payload__survey__part="question")
    assert (question.kind, "0" in question.text, "10" in question.text) == ("text", True, True)  # a list holds ten rows
    said(bodies.text("wamid.2", body="supimpa"))
    assert Message.objects.filter(payload__survey__part="again").count() == 1
    talk.refresh_from_db()
    assert talk.status == "resolved"
    said(bodies.text("wamid.3", body="supimpa"))
    talk.refresh_from_db()
    assert (talk.status, SurveyRequest.objects.get().score) == ("waiting", None)


def test_what_comes_late_or_after_somebody_spoke_is_no_answer(shop: Shop, said: Say, agent: User) -> None:
    from tests.conversations.sending.conftest import answer

    survey(shop)
    said(bodies.text("wamid.1"))
    talk = resolve(shop)
    said(bodies.text("wamid.2", body="Chegou quebrado"))
    answer(shop, talk, agent, "Quantos?")
    said(bodies.text("wamid.3", body="2"))
    SurveyRequest.objects.update(asked_at=timezone.now() - timedelta(days=7, minutes=1))
    said(pressed("wamid.4", SurveyRequest.objects.get(), 1))
    assert SurveyRequest.objects.get().score is None
    assert HistoryEvent.objects.filter(type="survey.answered").count() == 0


def test_a_person_is_asked_once_in_seven_days_and_a_conversation_once(shop: Shop, said: Say) -> None:
    survey(shop)
    survey(shop, "nps", trigger="order.delivered")
    said(bodies.text("wamid.1"))
    talk = resolve(shop)
    order = HistoryEvent(
        workspace=shop.workspace, customer=talk.customer, type="order.delivered", occurred_at=timezone.now(), source="shopify",
        external_id="d1", data={"order": "1001"},
    )  # fmt: skip
    order.save()
    said(bodies.text("wamid.2", body="Voltei com outra pergunta"))
    resolve(shop)
    states = SurveyRequest.objects.order_by("due_at").values_list("subject", "state", "reason", "touchpoint")
    assert list(states) == [
        (str(talk.pk), "asked", "", "service"),
        ("order:1001", "skipped", "asked_lately", "delivery"),
    ]
    assert HistoryEvent.objects.filter(type="survey.sent").count() == 1


def test_it_is_not_asked_while_the_conversation_goes_on_or_the_window_is_closed(shop: Shop, said: Say) -> None:
    survey(shop, delay_seconds=3600)
    said(bodies.text("wamid.1", at=int(time.time()) - 20 * 3600))
    talk = resolve(shop)
    assert SurveyRequest.objects.get().state == "due"
    act(shop.workspace.pk, lambda: triage.reopen(shop.workspace, talk.pk, Actor()))
    SurveyRequest.objects.update(due_at=timezone.now())
    hear()
    assert not SurveyRequest.objects.exists()
    resolve(shop)
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    SurveyRequest.objects.update(due_at=timezone.now())
    hear()
    assert SurveyRequest.objects.values_list("state", "reason").get() == ("skipped", "window")


def test_an_answer_on_the_page_counts_once(shop: Shop, said: Say) -> None:
    survey(shop)
    said(bodies.text("wamid.1"))
    resolve(shop)
    request = SurveyRequest.objects.get()
    with pytest.raises(Refused):
        act(shop.workspace.pk, lambda: surveys.answer_on_page(shop.workspace, request.pk, 6, ""))
    act(shop.workspace.pk, lambda: surveys.answer_on_page(shop.workspace, request.pk, 4, " Bom "))
    with pytest.raises(TooLate):
        act(shop.workspace.pk, lambda: surveys.answer_on_page(shop.workspace, request.pk, 1, ""))
    request.refresh_from_db()
    assert (request.score, request.comment, HistoryEvent.objects.filter(type="survey.answered").count()) == (
        4,
        "Bom",
        1,
    )


def test_two_workers_ask_one_question(shop: Shop, said: Say) -> None:
    survey(shop, delay_seconds=3600)
    said(bodies.text("wamid.1"))
    resolve(shop)
    SurveyRequest.objects.update(due_at=timezone.now())

    def ask() -> None:
        surveys.ask_due()
        connection.close()

    workers = [threading.Thread(target=ask) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert Message.objects.filter(payload__survey__part="question").count() == 1
    assert HistoryEvent.objects.filter(type="survey.sent").count() == 1
