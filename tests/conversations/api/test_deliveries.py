"""The journal of webhooks over the API."""

from __future__ import annotations

import base64
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.models import Delivery, Item
from hub.models import Role
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1/deliveries"


def test_it_works(shop: Shop) -> None:
    source = shop.line.connection
    row = factories.delivery(shop.place, source, body='{"a": "é"}'.encode(), outcome="invalid", reason="No sender.")
    Item.objects.create(
        workspace=shop.place,
        delivery=row,
        channel=shop.line,
        body={"type": "Invalid"},
        state="done",
        outcome="invalid",
        reason="Why",
    )
    listed = shop.api.get(API).json()["results"]
    assert [(entry["id"], entry["outcome"], entry["reason"], entry["size"]) for entry in listed] == [
        (str(row.pk), "invalid", "No sender.", 11)
    ]
    shown = shop.api.get(f"{API}/{row.pk}").json()
    assert (shown["body"], shown["body_encoding"]) == ('{"a": "é"}', "utf-8")
    assert [(item["type"], item["outcome"], item["reason"], item["channel"]) for item in shown["items"]] == [
        ("Invalid", "invalid", "Why", str(shop.line.pk))
    ]


def test_it_shows_bytes_that_are_no_text(shop: Shop) -> None:
    row = factories.delivery(shop.place, body=b"\xff\x00")
    shown = shop.api.get(f"{API}/{row.pk}").json()
    assert (base64.b64decode(shown["body"]), shown["body_encoding"]) == (b"\xff\x00", "base64")


def test_it_filters(shop: Shop) -> None:
    failed = factories.delivery(shop.place, outcome="failed")
    factories.delivery(shop.place, outcome="processed")
    assert [row["id"] for row in shop.api.get(f"{API}?outcome=failed").json()["results"]] == [str(failed.pk)]
    assert len(shop.api.get(f"{API}?outcome=failed,processed").json()["results"]) == 2
    assert shop.api.get(f"{API}?connection={uuid4()}").json()["results"] == []
    answer = shop.api.get(f"{API}?outcome=lost")
    assert answer.json()["errors"]["outcome"].startswith("Must be one of: pending, processed, duplicate,")


def test_it_sends_one_through_again(shop: Shop) -> None:
    row = factories.delivery(shop.place, outcome="failed", parsed=True, reason="x")
    other = factories.delivery(shop.place, outcome="failed", parsed=True)
    answer = shop.api.post(f"{API}/{row.pk}/replay")
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (200, "pending", "")
    assert list(Delivery.objects.filter(parsed=False)) == [row]
    other.refresh_from_db()
    assert other.outcome == "failed"


def test_the_command_sends_all_through_again_and_those_that_are_chosen(shop: Shop) -> None:
    failed = factories.delivery(shop.place, outcome="failed", parsed=True)
    factories.delivery(shop.place, outcome="invalid", parsed=True)
    for words, count in (({"outcome": "failed"}, 1), ({}, 1), ({}, 0)):
        out = StringIO()
        call_command("replay", stdout=out, **words)
        assert out.getvalue() == f"{count} deliveries go through the pipeline again.\n"
    with pytest.raises(CommandError, match="no such delivery that has ended"):
        call_command("replay", delivery=[failed.pk])


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_it_is_for_administrators(shop: Shop, role: str) -> None:
    row = factories.delivery(shop.place, outcome="failed", parsed=True)
    api = factories.client(factories.token(shop.place, role))
    assert api.get(API).status_code == api.get(f"{API}/{row.pk}").status_code == 403
    assert api.post(f"{API}/{row.pk}/replay").status_code == 403
    row.refresh_from_db()
    assert row.outcome == "failed"


def test_it_lists_any_number_with_two_queries_and_no_body(shop: Shop) -> None:
    for _ in range(3):
        factories.delivery(shop.place)
    with CaptureQueriesContext(connection) as queries:
        assert len(shop.api.get(API).json()["results"]) == 3
    reads = [entry["sql"] for entry in queries if entry["sql"].startswith("SELECT")]
    assert len(reads) == 2
    assert '"body",' not in reads[1]
