"""Lanes: who brings items does not wait for who works them, and nothing that was brought is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from conversations import lanes
from conversations.models import Item, Lane
from tests.conversations import bodies
from tests.conversations.conftest import drain, new_shop, store

KEY_SHARE = "SELECT has_work FROM conversations_lane WHERE key = %s FOR KEY SHARE"


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    """Another worker's connection, which waits for no lock longer than a second."""
    url = psycopg.conninfo.make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(url, options="-c lock_timeout=1000") as one:
        yield one
        one.rollback()


def arrived() -> str:
    """Let one message come and be worked; return its lane."""
    store(new_shop(), bodies.text("wamid.1"))
    drain()
    return str(Lane.objects.get().key)


@pytest.mark.django_db(transaction=True)
def test_it_works(other: psycopg.Connection) -> None:
    key = arrived()
    assert not Lane.objects.get().has_work
    with transaction.atomic():
        lanes.waken([(key, Lane.objects.get().workspace_id)])
    token, claimed = lanes.claim(5, suspect=False)
    assert list(claimed) == [key]
    with transaction.atomic():
        assert lanes.lock(token, [key]) == [key]
        lanes.release([key])
    assert not Lane.objects.get().has_work


@pytest.mark.django_db(transaction=True)
def test_bringing_does_not_wait_for_working(other: psycopg.Connection) -> None:
    key = arrived()
    lanes.waken([(key, Lane.objects.get().workspace_id)])
    token, _ = lanes.claim(5, suspect=False)
    with transaction.atomic():
        lanes.lock(token, [key])
        assert other.execute(KEY_SHARE, [key]).fetchone() == (True,)


@pytest.mark.django_db(transaction=True)
def test_a_lane_to_which_somebody_brings_items_keeps_its_work(other: psycopg.Connection) -> None:
    key = arrived()
    lanes.waken([(key, Lane.objects.get().workspace_id)])
    token, _ = lanes.claim(5, suspect=False)
    with transaction.atomic():
        lanes.lock(token, [key])
        other.execute(KEY_SHARE, [key])
        lanes.release([key])
    other.rollback()
    assert Lane.objects.get().has_work
    assert Item.objects.filter(state="pending").count() == 0


@pytest.mark.django_db(transaction=True)
def test_who_brings_waits_for_a_lane_that_is_just_found_empty(other: psycopg.Connection) -> None:
    key = arrived()
    lanes.waken([(key, Lane.objects.get().workspace_id)])
    token, _ = lanes.claim(5, suspect=False)
    with transaction.atomic():
        lanes.lock(token, [key])
        lanes.release([key])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(KEY_SHARE, [key])
    assert not Lane.objects.get().has_work
