"""A shop with one WhatsApp number, and what it takes to let bodies arrive there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from conversations import pipeline
from conversations.channels.types import Credentials
from conversations.models import Channel, Connection, Delivery
from hub.models import Workspace
from simulator import BusinessNumber, RunningSimulator, running
from tests.conversations.bodies import ACCOUNT

SECRET = "made-up-app-secret"


class Shop(msgspec.Struct, frozen=True):
    """A workspace with a connection and a channel."""

    workspace: Workspace
    connection: Connection
    channel: Channel


def new_shop(slug: str = "aurora", account: str = ACCOUNT) -> Shop:
    """Make a shop whose rows are real."""
    workspace = Workspace.objects.create(slug=slug, name=slug.title())
    source = Connection(workspace=workspace, provider="meta")
    source.keep(Credentials(app_secrets=(SECRET,), verify_token="verify", access_token="access"))
    source.save()
    channel = Channel.objects.create(
        workspace=workspace, connection=source, kind="whatsapp", name="Loja", address=account
    )
    return Shop(workspace, source, channel)


@pytest.fixture
def shop(db: None) -> Shop:
    """The shop of a test."""
    return new_shop()


@pytest.fixture(scope="session")
def graph() -> Iterator[RunningSimulator]:
    """Graph, started once; it takes any pace from us."""
    with running() as simulator:
        yield simulator


@pytest.fixture
def provider(graph: RunningSimulator, shop: Shop, settings: Settings) -> RunningSimulator:
    """Graph, playing for this shop's number; its webhooks are not delivered anywhere."""
    number = BusinessNumber(
        phone_number_id=shop.channel.address,
        access_token="access",
        app_secret=SECRET,
        webhook_url="http://127.0.0.1:9/",
    )
    graph.reset()
    graph.serve([number])
    graph.switch(statuses=False, pair_limit=False)
    settings.GRAPH_API_URL = graph.url
    return graph


def drain() -> None:
    """Work until nothing can be done now."""
    while any(pipeline.parse_and_work()) or pipeline.work_pending():
        pass


def store(shop: Shop, *bodies: bytes) -> list[UUID]:
    """Store bodies as the door does, in this order."""
    rows = [
        Delivery(workspace=shop.workspace, connection=shop.connection, body=body, content_type="application/json")
        for body in bodies
    ]
    return [row.pk for row in Delivery.objects.bulk_create(rows)]


@pytest.fixture
def arrive(shop: Shop) -> Callable[..., list[str]]:
    """Let bodies arrive one after the other and be worked; returns their outcomes."""

    def deliver(*bodies: bytes) -> list[str]:
        ids = []
        for body in bodies:
            ids += store(shop, body)
            drain()
        outcomes = dict(Delivery.objects.filter(id__in=ids).values_list("id", "outcome"))
        return [outcomes[one] for one in ids]

    return deliver


def let_lanes_go() -> None:
    """End every lease and pause at once, as if time had passed."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_lane SET not_before = clock_timestamp() - interval '1 second'")


def rows_of(model: Any, *fields: str) -> list[tuple[Any, ...]]:
    """Return the table's rows in a fixed order, for comparing two worlds."""
    return sorted(model.objects.values_list(*fields), key=repr)
