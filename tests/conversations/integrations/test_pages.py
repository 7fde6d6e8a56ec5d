"""The pages of integrations: connected, renewed, watched and let go."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from html import unescape
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from conversations.connect import mark_of
from conversations.models import Connection, Delivery
from conversations.reasons import in_words
from hub.models import AuditEntry, Role, Workspace
from tests import factories
from tests.conversations.integrations.conftest import body, come, shopify
from tests.pages import browser_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Workspace:
    """A workspace."""
    return factories.workspace()


def test_it_works(place: Workspace) -> None:
    browser = browser_of(place)
    refused = text(browser.post("/settings/integrations/new/shopify/", {"name": "Loja", "secret": ""}))
    assert "A secret has at least 8 characters." in refused
    assert not Connection.objects.exists()
    made = browser.post("/settings/integrations/new/shopify/", {"name": "Loja", "secret": "shpss_made_up_1"})
    row = Connection.objects.get()
    page = made["Location"]
    assert page == f"/settings/integrations/{row.pk}/"
    shown = browser.get(page).content.decode()
    assert f"/webhooks/{row.pk}/" in shown
    assert "shpss_made_up_1" not in shown
    content = body("shopify", "orders_create")
    come(row, content, shopify("orders/create", content))
    assert "1 Processed" in text(browser.get(page))
    assert "1 Processed" in text(browser.get("/settings/integrations/"))
    assert "order.placed" in text(browser.get(f"/settings/deliveries/{Delivery.objects.get().pk}/"))


def test_the_page_says_what_was_not_taken_and_why_in_the_readers_words(place: Workspace) -> None:
    browser = browser_of(place)
    page = browser.post("/settings/integrations/new/program/", {"name": "Caixa", "secret": "a-long-secret"})["Location"]
    row = Connection.objects.get()
    assert "Not taken lately" not in text(browser.get(page))
    sale: dict[str, Any] = {
        "id": "s1", "type": "order.paid", "at": "2026-03-01T12:00:00Z", "customer": {"email": "ana@loja.example"},
        "data": {"order": "1", "value": 10, "currency": "BRL"},
    }  # fmt: skip
    wrong = {**sale, "id": "s2", "data": {**sale["data"], "value": -1}}
    assert come(row, json.dumps([sale, wrong]).encode(), {})[0] == "processed"
    (command,) = re.findall(r'value="(curl [^"]+)"', browser.get(page).content.decode())
    signature = hmac.new(b"a-long-secret", b'{"events": []}', hashlib.sha256).hexdigest()
    assert f"'X-Novelo-Signature: sha256={signature}'" in unescape(command)
    assert come(row, b'{"events": []}', {})[0] == "ignored"
    shown = text(browser.get(page))
    assert "Invalid data.value: May not be negative." in shown
    assert "Ignored Nothing is inside." in shown
    with translation.override("pt-br"):
        assert in_words("data.value: May not be negative.") == f"data.value: {gettext('May not be negative.')}"
        assert gettext("May not be negative.") == "Não pode ser negativo."
        assert in_words("data.value: Would give back 550.00 of an order of 199.90 BRL.") == (
            "data.value: Devolveria 550.00 de um pedido de 199.90 BRL."
        )


def test_secrets_are_renewed_one_beside_the_other(place: Workspace) -> None:
    browser = browser_of(place)
    page = browser.post("/settings/integrations/new/program/", {"name": "Caixa", "secret": ""})["Location"]
    row = Connection.objects.get()
    (first,) = row.credentials().app_secrets
    assert first in browser.get(page).content.decode()
    assert first not in browser.get(page).content.decode()
    added = browser.post(page, {"act": "add", "secret": "another-secret"})
    assert "another-secret" not in added.content.decode()
    row.refresh_from_db()
    assert row.credentials().app_secrets == ("another-secret", first)
    browser.post(page, {"act": "retire", "mark": mark_of(row, first)})
    row.refresh_from_db()
    assert row.credentials().app_secrets == ("another-secret",)
    refused = text(browser.post(page, {"act": "retire", "mark": mark_of(row, "another-secret")}))
    assert "The last one stays: nothing could be believed without it." in refused
    row.refresh_from_db()
    assert row.credentials().app_secrets == ("another-secret",)
    assert browser.post(page, {"act": "rename", "name": "Caixa 2"}).status_code == 200
    assert browser.post(page, {"act": "remove"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.credentials().app_secrets, browser.get(page).status_code) == ("Caixa 2", (), 404)
    actions = AuditEntry.objects.of(place).order_by("id").values_list("action", flat=True)
    assert [one.removeprefix("integration.") for one in actions] == [
        "connected", "secret_added", "secret_retired", "renamed", "removed",
    ]  # fmt: skip


def test_two_stores_of_one_kind_are_told_apart_and_strangers_see_none(place: Workspace) -> None:
    browser = browser_of(place)
    for name in ("Norte", "Sul"):
        browser.post("/settings/integrations/new/woocommerce/", {"name": name, "secret": "a-long-secret"})
    rows = Connection.objects.order_by("id")
    assert [row.settings["source"] for row in rows] == ["woocommerce", "woocommerce-2"]
    page = f"/settings/integrations/{rows[0].pk}/"
    assert browser_of(factories.workspace()).get(page).status_code == 404
    assert browser_of(place, Role.AGENT).get(page).status_code == 403
    assert browser.get("/settings/integrations/new/magento/").status_code == 404
