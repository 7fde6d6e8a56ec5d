"""Celery's way to Valkey keeps its client, for as long as the connections it goes by."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import ConnectionError as LostConnection

from hub.broker import Transport
from hub.celery import app


def test_it_works() -> None:
    with app.connection_for_write() as connection, connection.SimpleQueue("tests.broker") as queue:
        assert isinstance(connection.transport, Transport)
        for said in ("one", "two"):
            queue.put(said)
        assert [queue.get(timeout=60).payload for _ in range(2)] == ["one", "two"]
        queue.clear()


def test_it_makes_another_client_when_its_connections_were_given_up() -> None:
    with app.connection_for_write() as connection:
        channel: Any = connection.channel()
        kept = channel._create_client()
        assert channel._create_client() is kept
        channel._disconnect_pools()
        assert channel._create_client() is not kept
        assert channel._create_client().ping()


def test_a_worker_survives_that_it_closes_twice_what_it_lost() -> None:
    """As Celery does when Valkey dies while tasks are under way: it collects the connection, then closes it."""
    with app.connection_for_write() as connection, connection.SimpleQueue("tests.lost") as queue:
        queue.put("one")
        queue.get(timeout=60)  # and is not acknowledged
        lost: Any = connection.default_channel
        lost._disconnect_pools()
        connection.transport.client = None
        connection.maybe_close_channel(lost)
        with pytest.raises(LostConnection):
            lost._create_client()
