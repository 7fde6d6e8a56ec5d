"""Exchange rates: entered on the page and by the API, followed by every figure, refused with a sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from hub.models import AuditEntry, Membership, Role, User, Workspace
from metrics.models import CostFact, ExchangeRate, OrderFact, StalePerson
from metrics.rebuild import differences
from tests import factories
from tests.metrics.conftest import derive_all
from tests.metrics.happenings import ask, event, happen, person, sold

API, PAGE = "/api/v1/exchange-rates", "/settings/rates/"
JANUARY = "from=2026-01-01&to=2026-02-01"


def browser(workspace: Workspace, role: str = Role.SUPERVISOR, language: str = "en") -> Client:
    """Return a signed-in member's browser."""
    user = User.objects.create_user(f"{role}-{language}@{workspace.slug}.example", language=language)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    found = Client()
    found.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def said(client: Client, **typed: str) -> str:
    """Return the page's text after a POST, or without one as it is."""
    response = client.post(PAGE, typed) if typed else client.get(PAGE)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def rates(workspace: Workspace) -> list[tuple[str, str, Decimal]]:
    """Return what is kept."""
    rows = ExchangeRate.objects.of(workspace).order_by("currency", "day")
    return [(row.currency, str(row.day), row.rate) for row in rows]


def counted(workspace: Workspace) -> tuple[Any, Any, Any]:
    """Derive; return January's sales, the amount of the order in dollars, and what the cost in dollars came to."""
    derive_all()
    assert list(differences(workspace)) == []  # what `rebuild_metrics --check` asks
    order, cost = OrderFact.objects.of(workspace).get(number="2"), CostFact.objects.of(workspace).get()
    return ask(workspace, "sales_by_channel", JANUARY).total.value, order.amount, cost.amount


def a_sale_abroad(workspace: Workspace) -> None:
    """Tell an order in reais, one in dollars and a cost in dollars."""
    who = person(workspace)
    happen(
        *sold(who, "1", "2026-01-05", 100),
        *sold(who, "2", "2026-01-08 23:30", "10.01", currency="usd"),
        event(workspace, "cost.recorded", "2026-01-09", "", kind="media", amount=4, currency="USD"),
    )


def test_it_works(workspace: Workspace) -> None:
    """Unconverted, then counted to the cent by the rate of its day, and again without one."""
    other = Workspace.objects.create(slug="x", name="X")
    ExchangeRate.objects.create(workspace=other, currency="USD", day="2026-01-01", rate=9)
    a_sale_abroad(workspace)
    assert counted(workspace) == (100, None, None)
    client = browser(workspace)
    page = said(client)
    assert "1 order · 1 cost · since Jan 8, 2026" in page
    assert "?currency=USD&amp;day=2026-01-08#new-rate" in page
    assert 'value="USD"' in client.get(f"{PAGE}?currency=USD&day=2026-01-08").content.decode()
    page = said(client, currency=" usd", day="2026-01-08", rate="5.4321")
    assert "Kept: 1 USD = 5.4321 BRL, Jan 8, 2026. The figures follow within moments." in page
    assert "Nothing" not in page  # not yet: that is for derive to say
    amount = Decimal("54.3753")  # 10.01 × 5.4321 = 54.375321
    assert counted(workspace) == (float(100 + amount), amount, Decimal("21.7284"))
    assert "Nothing: every paid order and every cost counts." in said(client)
    said(client, currency="USD", day="2026-01-08", rate="6")
    said(client, currency="USD", day="2026-01-09", rate="7")  # of the cost's day; the order was paid the evening before
    assert counted(workspace) == (160.06, Decimal("60.06"), Decimal(28))
    assert rates(workspace) == [("USD", "2026-01-08", Decimal(6)), ("USD", "2026-01-09", Decimal(7))]
    for row in ExchangeRate.objects.of(workspace):
        assert "Removed: 1 USD = " in said(client, act="remove", rate=str(row.pk))
    assert counted(workspace) == (100, None, None)
    assert rates(other) == [("USD", "2026-01-01", Decimal(9))]
    told = AuditEntry.objects.of(workspace).order_by("id").values_list("action", "subject_name", "changes")
    assert list(told) == [
        ("exchange_rate.added", "USD 2026-01-08", {"rate": [None, "5.4321"]}),
        ("exchange_rate.changed", "USD 2026-01-08", {"rate": ["5.4321", "6"]}),
        ("exchange_rate.added", "USD 2026-01-09", {"rate": [None, "7"]}),
        ("exchange_rate.removed", "USD 2026-01-08", {"rate": ["6", None]}),
        ("exchange_rate.removed", "USD 2026-01-09", {"rate": ["7", None]}),
    ]


def test_many_come_at_once_or_none_and_look_only_at_whom_they_touch(workspace: Workspace) -> None:
    a, b, c = (person(workspace, name) for name in "ABC")
    happen(
        *sold(a, "1", "2026-01-05", 10, currency="USD"),
        *sold(b, "2", "2026-01-05", 10, currency="EUR"),
        event(c, "cart.updated", "2026-01-20", cart="3", value=10, currency="USD", items=[1]),
    )
    derive_all()
    client = browser(workspace)
    wrong = "2026-01-01;USD;5,5\n\n2026-01-02;USD"
    assert "Line 3: Must be a day, a currency and a rate between semicolons." in said(client, act="many", lines=wrong)
    twice = "2026-01-01;USD;5.5\n01/01/2026;usd;6"
    assert "Line 2: A line above names this currency and day already." in said(client, act="many", lines=twice)
    assert "At most 400 lines at once." in said(client, act="many", lines="x\n" * 401)
    assert (rates(workspace), StalePerson.objects.count()) == ([], 0)
    assert "2 rates are kept." in said(client, act="many", lines="2026-01-01;USD;5,5\n2026-01-06; USD ;6.25")
    assert sorted(StalePerson.objects.values_list("customer_id", flat=True)) == sorted([a.pk, c.pk])
    derive_all()
    said(client, currency="USD", day="2026-01-18", rate="8")
    assert list(StalePerson.objects.values_list("customer_id", flat=True)) == [c.pk]
    said(client, currency="USD", day="2026-01-18", rate="8.0")  # as it is: nothing changed
    assert (StalePerson.objects.count(), AuditEntry.objects.count()) == (1, 3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"currency": "ABC"}, "Must be a currency of ISO 4217, like BRL."),
        ({"currency": "brl"}, "BRL is the workspace&#x27;s own currency."),
        ({"day": "1969-12-31"}, "Must lie between 1970 and a year from now."),
        ({"day": "2999-01-01"}, "Must lie between 1970 and a year from now."),
        ({"rate": "0"}, "Must be a number above 0."),
        ({"rate": "-5"}, "Must be a number above 0 like 5.4321"),
        ({"rate": "1.234,56"}, "Must be a number above 0 like 5.4321"),
        ({"rate": "5.123456789"}, "Must be a number above 0 like 5.4321"),
        ({"rate": "5,432"}, "5,432 may be read in two ways"),
    ],
)
def test_a_wrong_rate_is_refused_at_its_field(workspace: Workspace, typed: dict[str, str], sentence: str) -> None:
    page = said(browser(workspace), **({"currency": "USD", "day": "2026-01-08", "rate": "5.4321"} | typed))
    assert sentence in page
    assert (rates(workspace), AuditEntry.objects.count()) == ([], 0)


def test_a_reader_of_portuguese_types_a_decimal_comma(workspace: Workspace) -> None:
    client = browser(workspace, language="pt-br")
    said(client, currency="USD", day="2026-01-08", rate="5,432")
    said(client, currency="EUR", day="2026-01-08", rate="6.1234")
    said(client, currency="CLP", day="2026-01-08", rate="5.432")  # five, or five thousand: refused
    assert rates(workspace) == [("EUR", "2026-01-08", Decimal("6.1234")), ("USD", "2026-01-08", Decimal("5.432"))]


def test_the_api_keeps_lists_and_removes(workspace: Workspace) -> None:
    api = factories.client(factories.token(workspace, Role.SUPERVISOR))
    body = {"currency": "usd", "day": "2026-01-08", "rate": "5.40"}
    first = api.post(API, body, "json", headers={"Idempotency-Key": "1"})
    again = api.post(API, body, "json", headers={"Idempotency-Key": "1"})
    assert (first.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert first.json() == {"id": first.json()["id"], "currency": "USD", "day": "2026-01-08", "rate": "5.4"}
    replaced = api.post(API, body | {"rate": 5.5}, "json").json()
    assert replaced == first.json() | {"rate": "5.5"}
    api.post(API, body | {"currency": "EUR"}, "json")
    listed = api.get(f"{API}?limit=1").json()
    assert [row["currency"] for row in listed["results"]] == ["EUR"]
    assert api.get(listed["next"]).json()["results"] == [replaced] == api.get(f"{API}?currency=usd").json()["results"]
    for field, value, sentence in (
        ("currency", "ABC", "Must be a currency of ISO 4217, like BRL."),
        ("rate", 0, "Must be a number above 0."),
        ("rate", "1e10", "Ensure that there are no more than 10 digits before the decimal point."),
        ("day", "8.1.2026", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
    ):
        refused = api.post(API, body | {field: value}, "json", headers={"Accept-Language": "en"})
        assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")
        assert sentence in str(refused.json()["errors"][field])
    stranger = factories.client(factories.token(Workspace.objects.create(slug="x", name="X"), Role.ADMIN))
    one = f"{API}/{replaced['id']}"
    assert (stranger.delete(one).status_code, api.delete(f"{API}/{9**40}").status_code) == (404, 404)
    assert len(rates(workspace)) == 2
    assert (api.delete(one).status_code, api.delete(one).status_code) == (204, 404)
    assert rates(workspace) == [("EUR", "2026-01-08", Decimal("5.4"))]
    agent = factories.client(factories.token(workspace, Role.AGENT))
    assert [agent.get(API).status_code, agent.post(API, body, "json").status_code] == [403, 403]
    assert browser(workspace, Role.AGENT).get(PAGE).status_code == 403
