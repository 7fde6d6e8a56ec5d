"""The API described: the schema and the page of operations."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.test import Client
from drf_spectacular import validation
from drf_spectacular.drainage import GENERATOR_STATS

from conversations.api import connected, deliveries, queue, shapes
from conversations.api.messages import MessageDetailShape
from tests import factories


@cache
def schema() -> Any:
    """Return what the API says of itself, made once: it is the same for everybody."""
    GENERATOR_STATS.reset()
    answer = Client().get("/api/schema/?format=json")
    assert answer.status_code == 200
    return answer.json()


def test_it_works(db: None) -> None:
    said = schema()
    assert said["openapi"] == "3.1.0"
    assert {"/api/v1/channels", "/api/v1/customers/{customer_id}/timeline", "/api/v1/queue"} <= said["paths"].keys()
    assert said["components"]["securitySchemes"]["token"]["name"] == "Authorization"


def test_it_has_no_warnings(db: None) -> None:
    rules = json.loads(Path(validation.__file__).with_name("openapi_3_1_schema.json").read_text())
    assert [error.message for error in jsonschema_rs.validator_for(rules).iter_errors(schema())] == []
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})


def test_it_says_no_secret_comes_back(db: None) -> None:
    assert "app_secrets" not in str(schema()["components"]["schemas"]["Channel"])


def test_every_operation_says_how_it_may_refuse(db: None) -> None:
    problem = {"$ref": "#/components/schemas/Problem"}
    for path, entry in schema()["paths"].items():
        for method, operation in entry.items():
            said = operation["responses"]
            assert {"401", "403"} <= said.keys(), path
            assert "404" in said or "{" not in path, path
            assert {"400", "409", "422"} <= said.keys() or method != "post", path
            assert {"413", "415"} <= said.keys() or "requestBody" not in operation, path
            for status, answer in said.items():
                refused = answer.get("content", {}).get("application/problem+json")
                assert (refused is not None) == (status >= "400"), (path, status)
                assert refused is None or refused["schema"] == problem, (path, status)


def test_the_page_shows_every_operation_and_runs_nothing(db: None) -> None:
    answer = Client().get("/api/docs/")
    page = answer.content.decode()
    for path, entry in schema()["paths"].items():
        for operation in entry.values():
            assert f'id="{operation["operationId"]}"' in page, path
    assert not re.search(r"<script|<style|style=|onclick", page)
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]


def test_the_shapes_say_what_is_answered(db: None) -> None:
    place = factories.workspace()
    line = factories.channel(place)
    talk = factories.conversation(place)
    factories.message(talk, line)
    row = factories.delivery(place)
    api = factories.client(factories.token(place))
    for address, shape in (
        (f"channels/{line.pk}", connected.ChannelShape),
        (f"customers/{talk.customer_id}", shapes.CustomerShape),
        (f"conversations/{talk.pk}", shapes.ConversationShape),
        (f"messages/{talk.last_message_id}", MessageDetailShape),
        (f"deliveries/{row.pk}", deliveries.DeliveryDetailShape),
        ("queue", queue.QueueShape),
    ):
        answered = api.get(f"/api/v1/{address}").json()
        assert set(answered) == set(shape().fields), address
