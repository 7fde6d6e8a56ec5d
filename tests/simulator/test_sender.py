"""The load for drills and benches: bounded, repeatable, and exact about what was acknowledged."""

from __future__ import annotations

import pytest

from simulator import NotLoopbackError, Sender
from tests.loops import run as run_coroutine
from tests.simulator.conftest import NUMBER_ID, SECRET, StandInHub


def sender(hub: StandInHub, **more: object) -> Sender:
    settings: dict[str, object] = {"customers": 5, "rate": 400.0, "messages": 100, "late_seconds": 0.2, **more}
    return Sender(webhook_url=hub.url, app_secret=SECRET, phone_number_id=NUMBER_ID, **settings)  # type: ignore[arg-type]


def test_it_works(hub: StandInHub) -> None:
    load = sender(hub)
    report = run_coroutine(load.run())
    assert report.complete
    assert (report.offered, report.acked) == (100, 100)
    assert report.duplicates > 0
    assert report.batches > 0
    assert len(hub.bodies) == report.requests
    assert 0 < report.p50 <= report.p99


def test_it_keeps_what_was_acked_in_the_order_of_each_customer(hub: StandInHub) -> None:
    hub.answers.extend([500, 200, 503] * 10)
    load = sender(hub)
    report = run_coroutine(load.run())
    assert report.retries > 0
    assert load.acked == load.offered
    for wa_id, said in load.acked.items():
        assert [one.index for one in said] == list(range(len(said)))
        arrived = dict.fromkeys(item["id"] for item in hub.items("messages") if item["from"] == wa_id)
        assert list(arrived) == [one.message_id for one in said]


def test_it_says_the_same_for_the_same_seed(hub: StandInHub) -> None:
    first, second, other = sender(hub), sender(hub), sender(hub, seed=2)
    for load in (first, second, other):
        run_coroutine(load.run())
    assert first.offered == second.offered
    assert first.offered.keys().isdisjoint(other.offered.keys())


def test_it_shuffles_within_a_window(hub: StandInHub) -> None:
    load = sender(hub, customers=1, messages=30, shuffle=10)
    run_coroutine(load.run())
    [said] = load.acked.values()
    indexes = [one.index for one in said]
    assert indexes != sorted(indexes)
    assert [sorted(indexes[start : start + 10]) for start in (0, 10, 20)] == [
        list(range(10)), list(range(10, 20)), list(range(20, 30)),
    ]  # fmt: skip


def test_it_stops_by_itself_when_the_hub_never_takes_anything() -> None:
    hub = StandInHub()
    hub.close()
    report = run_coroutine(sender(hub, messages=20, settle=0.3).run())
    assert (report.offered, report.acked, report.complete) == (20, 0, False)


def test_it_refuses_any_other_machine() -> None:
    with pytest.raises(NotLoopbackError, match=r"http://192\.0\.2\.1"):
        Sender(webhook_url="http://192.0.2.1/x", app_secret=SECRET, phone_number_id=NUMBER_ID)
