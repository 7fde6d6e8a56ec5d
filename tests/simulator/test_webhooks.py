"""Webhooks arrive signed, until taken, in each customer's order, now and then twice or in batches."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from simulator import BusinessNumber, NotLoopbackError, Switches, bodies
from simulator.parties import Person, stranger
from simulator.webhooks import Notice, Patience, WebhookQueue, encode, sign
from tests.loops import run as run_coroutine
from tests.simulator.conftest import SECRET, StandInHub

PLAIN = Switches(duplicates=0, batches=0)
SOON = Patience(first_retry=0.01, longest_retry=0.05)


def notice(number: BusinessNumber, person: Person, index: int) -> Notice:
    item = bodies.message(
        bodies.text(f"n\u00ba {index}"), message_id=f"wamid.{person.wa_id}.{index}", sender=person, at=1
    )
    change = bodies.Change(number=number, holds="messages", item=item, contact=person.contact())
    return Notice(change=change, lane=person.lane)


def deliver(hub: StandInHub, switches: Switches, notices: list[Notice], **more: object) -> WebhookQueue:
    """Put everything in at once and wait until it is taken."""

    async def main() -> WebhookQueue:
        queue = WebhookQueue(hub.url, SECRET, switches=lambda: switches, patience=SOON, **more)  # type: ignore[arg-type]
        for item in notices:
            queue.put(item)
        assert await queue.drain(10)
        await queue.close()
        return queue

    return run_coroutine(main())


def test_it_works(hub: StandInHub, number: BusinessNumber) -> None:
    deliver(hub, PLAIN, [notice(number, stranger("5511961000001"), 0)])
    assert [item["text"]["body"] for item in hub.items("messages")] == ["n\u00ba 0"]


def test_it_signs_the_raw_bytes(hub: StandInHub, number: BusinessNumber) -> None:
    deliver(hub, PLAIN, [notice(number, stranger("5511961000001"), 0)])
    digest = hmac.new(SECRET.encode(), hub.bodies[0], hashlib.sha256).hexdigest()
    assert hub.headers[0]["x-hub-signature-256"] == f"sha256={digest}"
    assert len(hub.headers[0]["x-hub-signature-256"]) == 71


def test_it_escapes_as_meta_does() -> None:
    body = encode({"text": "Olá 😊 a/b"})
    assert body == b'{"text":"Ol\\u00e1 \\ud83d\\ude0a a\\/b"}'
    assert json.loads(body) == {"text": "Olá 😊 a/b"}
    assert sign(b"{}", "s") != sign(encode({}) + b" ", "s")


def test_it_tries_again_with_the_same_bytes_until_a_2xx(hub: StandInHub, number: BusinessNumber) -> None:
    hub.answers.extend([500, 503, 401, 302])
    queue = deliver(hub, PLAIN, [notice(number, stranger("5511961000001"), 0)])
    assert len(hub.bodies) == 5
    assert len(set(hub.bodies)) == 1
    assert queue.counts.answers == {500: 1, 503: 1, 401: 1, 302: 1, 200: 1}
    assert queue.counts.retries == 4
    assert hub.times[2] - hub.times[1] > 0.01


def test_it_keeps_the_next_message_of_a_customer_until_the_ack(hub: StandInHub, number: BusinessNumber) -> None:
    ana, bia = stranger("5511961000001"), stranger("5511961000002")
    hub.answers.extend([500, 500, 500])
    hub.delay = 0.01
    deliver(hub, PLAIN, [notice(number, person, index) for index in range(10) for person in (ana, bia)])
    for person in (ana, bia):
        ids = [item["id"] for item in hub.items("messages") if item["from"] == person.wa_id]
        assert list(dict.fromkeys(ids)) == [f"wamid.{person.wa_id}.{index}" for index in range(10)]


def test_it_reports_acks_in_the_order_of_each_customer(hub: StandInHub, number: BusinessNumber) -> None:
    people = [stranger(f"551196100000{index}") for index in range(4)]
    acked: list[str] = []
    note: Callable[[Notice], None] = lambda taken: acked.append(taken.change.item["id"])  # noqa: E731
    notices = [notice(number, person, index) for index in range(8) for person in people]
    deliver(hub, Switches(batches=0.5, duplicates=0.5, late_seconds=0.1), notices, on_acked=note)
    assert len(acked) == 32
    for person in people:
        mine = [message_id for message_id in acked if f".{person.wa_id}." in message_id]
        assert mine == [f"wamid.{person.wa_id}.{index}" for index in range(8)]


def test_it_sends_everything_twice_if_told_so(hub: StandInHub, number: BusinessNumber) -> None:
    queue = deliver(
        hub, Switches(duplicates=1, late_seconds=0.2, batches=0), [notice(number, stranger("5511961000001"), 0)]
    )
    assert len(hub.bodies) == 2
    assert hub.bodies[0] == hub.bodies[1]
    assert queue.counts.duplicates == 1


def test_it_batches_two_to_five_over_values_and_entries(hub: StandInHub, number: BusinessNumber) -> None:
    notices = [notice(number, stranger(f"55119610{index:05d}"), 0) for index in range(60)]
    deliver(hub, Switches(batches=1, duplicates=0, batch_hold=0.05), notices)
    sizes = [len(json.dumps(json.loads(body)).split('"wamid.')) - 1 for body in hub.bodies]
    assert sum(sizes) == 60
    assert set(sizes) - {1} == {2, 3, 4, 5}
    assert sizes.count(1) <= 1  # what was left at the end
    documents = [json.loads(body) for body in hub.bodies]
    assert any(len(document["entry"]) > 1 for document in documents)
    assert any(len(entry["changes"]) > 1 for document in documents for entry in document["entry"])
    values = [change["value"] for document in documents for entry in document["entry"] for change in entry["changes"]]
    assert any(len(value["messages"]) > 1 for value in values)
    assert all(len(value["contacts"]) == len({m["from"] for m in value["messages"]}) for value in values)


def test_it_waits_for_a_hub_that_is_away(number: BusinessNumber) -> None:
    hub = StandInHub()
    hub.close()  # nobody listens any more

    async def main() -> WebhookQueue:
        queue = WebhookQueue(hub.url, SECRET, switches=lambda: PLAIN, patience=SOON)
        queue.put(notice(number, stranger("5511961000001"), 0))
        assert not await queue.drain(0.2)
        await queue.close()
        return queue

    queue = run_coroutine(main())
    assert queue.counts.answers[0] >= 2
    assert queue.counts.acked_bodies == 0


@pytest.mark.parametrize(
    "url",
    ["http://example.com/webhooks/1/", "https://127.0.0.1/", "http://10.0.0.1/", "http://a@127.0.0.1/", "http://127.0.0.1.example.com/"],
)  # fmt: skip
def test_it_refuses_to_send_anywhere_else(url: str) -> None:
    with pytest.raises(NotLoopbackError, match=r"only sends to 127\.0\.0\.1"):
        WebhookQueue(url, SECRET, switches=lambda: PLAIN)


def test_it_takes_localhost_for_this_machine() -> None:
    assert (
        WebhookQueue("http://localhost:8000/x/", SECRET, switches=lambda: PLAIN).webhook_url
        == "http://127.0.0.1:8000/x/"
    )
