"""The pages of rules, bots and surveys: made, refused at their field, tried, switched; and a survey answered by its link."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Bot, Rule, Survey, SurveyRequest
from conversations.surveys.link import address_of
from hub.models import AuditEntry, Role, Workspace
from tests import factories
from tests.pages import browser_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Workspace:
    return factories.workspace()


@pytest.fixture
def admin(place: Workspace) -> Client:
    return browser_of(place)


def test_it_works(admin: Client, place: Workspace) -> None:
    sales = factories.team(place, "Vendas")
    assert "No rule yet" in text(admin.get("/settings/rules/"))
    begun = admin.get("/settings/rules/new/?template=out_of_hours").content.decode()
    assert 'value="closed_period" selected' in begun
    typed = {
        "name": "Entrega", "event": "message.received", "c-0-field": "text", "c-0-is": "contains",
        "c-0-value": "entrega, pedido atrasado", "a-0-do": "ask", "a-0-text": "Com quem?", "a-0-options": "Vendas | vendas\nOutro",
    }  # fmt: skip
    more = admin.post("/settings/rules/new/", typed | {"add": "a"}, headers={"hx-request": "true"})
    assert b"<html" not in more.content
    assert b'name="a-1-do"' in more.content
    assert not Rule.objects.exists()
    admin.post("/settings/rules/new/", typed | {"act": "save"})
    row = Rule.objects.get()
    assert row.conditions == [{"field": "text", "is": "contains", "value": ["entrega", "pedido atrasado"]}]
    options = [{"title": "Vendas", "team": str(sales.pk)}, {"title": "Outro"}]
    assert row.actions == [{"do": "ask", "text": "Com quem?", "options": options}]
    shown = admin.get(f"/settings/rules/{row.pk}/").content.decode()
    assert "Vendas | Vendas" in shown
    tried = admin.post(f"/settings/rules/{row.pk}/", typed | {"act": "try"}, headers={"hx-request": "true"})
    assert "It would have fired 0 times." in text(tried)
    admin.post("/settings/rules/", {"act": f"on:{row.pk}"})
    assert Rule.objects.get().active
    assert "fired 0 times" in text(admin.get("/settings/rules/"))
    assert "Nothing fired yet" in text(admin.get("/settings/rules/log/"))
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"rule.created", "rule.changed"}


def test_a_rule_that_would_start_itself_is_refused_at_its_action(admin: Client) -> None:
    typed = {"name": "Fim", "event": "conversation.resolved", "a-0-do": "resolve", "act": "save"}
    said = text(admin.post("/settings/rules/new/", typed))
    assert "This rule would start itself again and again" in said
    assert not Rule.objects.exists()


def test_what_looks_like_a_number_and_is_none_is_no_priority(admin: Client) -> None:
    typed = {"name": "Alta", "event": "message.received", "a-0-do": "priority", "a-0-priority": "²", "act": "save"}
    assert admin.post("/settings/rules/new/", typed).status_code == 302
    assert Rule.objects.get().actions == [{"do": "priority", "priority": 0}]


def test_a_bots_secret_is_seen_once(admin: Client) -> None:
    typed = {"name": "Luz", "url": "https://bot.example.com/", "active": "on"}
    assert "begins with https://" in text(admin.post("/settings/bots/new/", typed | {"url": "http://x/"}))
    assert not Bot.objects.exists()
    made = admin.post("/settings/bots/new/", typed, follow=True)
    assert b"nvw_" in made.content
    row = Bot.objects.get()
    assert b"nvw_" not in admin.get(f"/settings/bots/{row.pk}/").content
    assert b"nvw_" in admin.post(f"/settings/bots/{row.pk}/renew/", follow=True).content
    assert "Luz" in text(admin.get("/settings/bots/"))


def test_a_survey_is_set_up_and_answered_by_its_link(admin: Client, place: Workspace) -> None:
    typed = {
        "name": "CSAT", "kind": "csat", "trigger": "order.delivered", "delay_minutes": "30", "channel_kinds": ["whatsapp"],
        "en-question": "How was it?", "active": "on",
    }  # fmt: skip
    assert admin.post("/settings/surveys/new/", typed).status_code == 302
    row = Survey.objects.get()
    assert (row.trigger, row.delay_seconds, row.texts) == ("order.delivered", 1800, {"en": {"question": "How was it?"}})
    talk = factories.conversation(place, language="en")
    request = SurveyRequest.objects.create(
        workspace=place, survey=row, customer=talk.customer, conversation=talk, subject="1", state="asked",
        due_at=timezone.now(), asked_at=timezone.now(),
    )  # fmt: skip
    address = address_of(request.pk).partition("/survey/")[2]
    customer = Client()
    assert "How was it?" in text(customer.get(f"/survey/{address}"))
    assert "Choose one of the answers." in text(customer.post(f"/survey/{address}", {"score": "9"}))
    assert "Thank you" in text(customer.post(f"/survey/{address}", {"score": "4", "comment": "Fine"}))
    request.refresh_from_db()
    assert (request.state, request.score, request.comment) == ("answered", 4, "Fine")
    again = customer.post(f"/survey/{address}", {"score": "1"})
    assert (again.status_code, "You have answered already." in text(again)) == (409, True)
    assert customer.get("/survey/forged/").status_code == 404
    assert "1 of 1 answered" in text(admin.get("/settings/surveys/"))


@pytest.mark.parametrize("page", ["rules", "bots", "surveys"])
def test_only_administrators_see_them(place: Workspace, page: str) -> None:
    browser = Client()
    browser.force_login(factories.member(place, Role.SUPERVISOR))
    assert browser.get(f"/settings/{page}/").status_code == 403
