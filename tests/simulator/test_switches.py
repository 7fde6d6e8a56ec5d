"""Bad days by switch: late, lost, refused, throttled, without statuses, out of order."""

from __future__ import annotations

import time

import httpx2
import pytest

from simulator import BadSwitchError, RunningSimulator
from tests.simulator.conftest import Caller, StandInHub

TEXT = {"type": "text", "text": {"body": "Bom dia"}}


def fault(sim: RunningSimulator, kind: str, **more: object) -> None:
    sim.switch(faults=[{"kind": kind, **more}])


def code(answer: httpx2.Response) -> int:
    return int(answer.json()["error"]["code"])


def test_it_answers_late_and_the_statuses_overtake_the_answer(
    sim: RunningSimulator, graph: Caller, hub: StandInHub
) -> None:
    fault(sim, "delay", seconds=1)
    begun = time.monotonic()
    assert graph.send(**TEXT).status_code == 200
    answered = time.monotonic()
    assert answered - begun >= 1
    assert hub.times[0] < answered


def test_it_accepts_and_loses_the_reply(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    fault(sim, "lost_reply", times=1)
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
        graph.send(**TEXT, biz_opaque_callback_data="our-1")
    assert sim.drain()
    assert len(sim.sent) == 1
    assert {item["biz_opaque_callback_data"] for item in hub.items("statuses")} == {"our-1"}
    assert graph.send(**TEXT).status_code == 200


def test_it_accepts_and_never_answers(sim: RunningSimulator, graph: Caller) -> None:
    fault(sim, "hang")
    with pytest.raises(httpx2.ReadTimeout):
        graph.send(**TEXT, wait=0.3)
    assert len(sim.sent) == 1


def test_it_refuses_the_next_two_with_a_code(sim: RunningSimulator, graph: Caller) -> None:
    fault(sim, "error", code=131026, times=2)
    assert [graph.send(**TEXT).status_code for _ in range(3)] == [400, 400, 200]
    assert len(sim.sent) == 1


def test_it_refuses_only_one_person(sim: RunningSimulator, graph: Caller) -> None:
    fault(sim, "error", code=131026, recipient="5511961000002")
    assert graph.send(**TEXT).status_code == 200
    assert code(graph.send(**TEXT, to="+55 11 96100-0002")) == 131026


def test_it_refuses_a_share_of_the_sends(sim: RunningSimulator, graph: Caller) -> None:
    fault(sim, "error", code=131000, probability=0.5)
    answers = {graph.send(**TEXT).status_code for _ in range(20)}
    assert answers == {200, 500}


def test_it_throttles_and_says_for_how_long(sim: RunningSimulator, graph: Caller) -> None:
    fault(sim, "throttle", seconds=7)
    answer = graph.send(**TEXT)
    assert (answer.status_code, answer.headers["retry-after"], code(answer)) == (429, "7", 130429)


@pytest.mark.parametrize("body", [True, False])
def test_it_breaks_down_with_and_without_a_body(sim: RunningSimulator, graph: Caller, body: bool) -> None:
    fault(sim, "server_error", status=503, body=body)
    answer = graph.send(**TEXT)
    assert answer.status_code == 503
    assert bool(answer.content) is body
    assert sim.sent == []


def test_it_accepts_and_fails_later(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    fault(sim, "undeliverable", code=131047)
    assert graph.send(**TEXT).status_code == 200
    assert sim.drain()
    [status] = hub.items("statuses")
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert "pricing" not in status


def test_it_limits_a_number_per_second(sim: RunningSimulator, graph: Caller) -> None:
    sim.switch(per_second=2)
    answers = [graph.send(**TEXT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert code(answers[2]) == 130429


def test_it_limits_a_pair_after_a_burst_of_45(sim: RunningSimulator, graph: Caller) -> None:
    answers = [graph.send(**TEXT).status_code for _ in range(46)]
    assert answers == [200] * 45 + [429]
    assert code(graph.send(**TEXT)) == 131056
    assert graph.send(**TEXT, to="5511961000002").status_code == 200


def test_it_knows_only_the_templates_it_was_given(sim: RunningSimulator, graph: Caller) -> None:
    sim.switch(templates=["order_ready"])
    template = {"name": "order_ready", "language": {"code": "pt_BR"}}
    assert graph.send(type="template", template=template).json()["messages"][0]["message_status"] == "accepted"
    answer = graph.send(type="template", template={**template, "name": "other"})
    assert (answer.status_code, code(answer)) == (404, 132001)


def test_it_fails_free_words_outside_the_window(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    sim.switch(window=True)
    graph.send(**TEXT)
    assert sim.drain()
    assert [(item["status"], item["errors"][0]["code"]) for item in hub.items("statuses")] == [("failed", 131047)]


def test_it_sends_no_statuses_when_they_are_off(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    sim.switch(statuses=False)
    assert graph.send(**TEXT).status_code == 200
    assert sim.drain()
    assert hub.bodies == []


def test_it_mixes_up_statuses_but_not_their_times(sim: RunningSimulator, graph: Caller, hub: StandInHub) -> None:
    sim.switch(reorder_seconds=0.5)
    for _ in range(10):
        graph.send(**TEXT)
    assert sim.drain()
    orders: dict[str, list[str]] = {}
    for item in hub.items("statuses"):
        orders.setdefault(item["id"], []).append(item["status"])
    assert len(orders) == 10
    assert any(order != ["sent", "delivered", "read"] for order in orders.values())
    assert all(sorted(order) == ["delivered", "read", "sent"] for order in orders.values())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"duplicates": 2}, r"<= 1"),
        ({"speed": 1}, "unknown field `speed`"),
        ({"faults": [{"kind": "smoke"}]}, "smoke"),
        ([], "JSON object"),
    ],
)
def test_it_refuses_a_switch_it_does_not_know_and_changes_nothing(
    sim: RunningSimulator, graph: Caller, document: object, words: str
) -> None:
    before = graph.get("/_sim/behaviour").json()
    answer = graph.post("/_sim/behaviour", document)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert graph.get("/_sim/behaviour").json() == before
    with pytest.raises(BadSwitchError):
        sim.switch(speed=1)


def test_it_tells_what_the_webhooks_came_to(sim: RunningSimulator, graph: Caller) -> None:
    graph.send(**TEXT)
    assert sim.drain()
    [counts] = graph.get("/_sim/webhooks").json()["queues"]
    assert (counts["acked_items"], counts["answers"]) == (3, {"200": 3})
