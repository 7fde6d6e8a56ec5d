"""The API described: the schema and the page of operations."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from conversations.api import shapes
from conversations.api.messages import MessageDetailShape
from tests import factories


def test_it_works(db: None) -> None:
    answer = Client().get("/api/schema/?format=json")
    assert answer.status_code == 200
    schema = answer.json()
    assert schema["openapi"] == "3.1.0"
    assert {"/api/v1/channels", "/api/v1/customers/{customer_id}/timeline", "/api/v1/queue"} <= schema["paths"].keys()
    assert schema["components"]["securitySchemes"]["token"]["name"] == "Authorization"


def test_it_has_no_warnings(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    GENERATOR_STATS.reset()
    validate_schema(SchemaGenerator().get_schema(request=None, public=True))
    assert not GENERATOR_STATS, capsys.readouterr().err


def test_it_says_no_secret_comes_back(db: None) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert "app_secrets" not in str(schema["components"]["schemas"]["Channel"])


def test_the_page_shows_every_operation_and_runs_nothing(db: None) -> None:
    answer = Client().get("/api/docs/")
    page = answer.content.decode()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, entry in schema["paths"].items():
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
        (f"channels/{line.pk}", shapes.ChannelShape),
        (f"customers/{talk.customer_id}", shapes.CustomerShape),
        (f"conversations/{talk.pk}", shapes.ConversationShape),
        (f"messages/{talk.last_message_id}", MessageDetailShape),
        (f"deliveries/{row.pk}", shapes.DeliveryDetailShape),
        ("queue", shapes.QueueShape),
    ):
        answered = api.get(f"/api/v1/{address}").json()
        assert set(answered) == set(shape().fields), address
