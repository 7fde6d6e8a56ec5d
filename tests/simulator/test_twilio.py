"""Twilio from outside: signed forms, statuses by callback, a log that can be listed, files behind a proof, people who write."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from twilio.request_validator import RequestValidator

from simulator import Fault, NotLoopbackError, RunningSimulator, Switches, TwilioNumber, running
from simulator.switches import Control
from simulator.twilio import Twilio
from simulator.twilio_customers import TwilioCustomers
from tests.loops import run as run_coroutine
from tests.simulator.conftest import StandInHub

SID, TOKEN, ANA = "AC1", "token-of-the-account", "+5511961000001"
CALM = Switches(pace=0, duplicates=0, read_share=1)


def number(hub: StandInHub, channel: Any = "whatsapp") -> TwilioNumber:
    return TwilioNumber(account_sid=SID, auth_token=TOKEN, number="+551130040000", webhook_url=hub.url, channel=channel)


def forms(hub: StandInHub) -> list[dict[str, str]]:
    return [dict(parse_qsl(body.decode(), keep_blank_values=True)) for body in hub.bodies]


@cache
def caller() -> httpx2.Client:
    return httpx2.Client(trust_env=False)  # making one takes longer than a call


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    yield
    caller().close()
    caller.cache_clear()


def ask(sim: RunningSimulator, method: str, path: str, token: str = TOKEN, **more: Any) -> httpx2.Response:
    url = path if path.startswith("http") else f"{sim.url}/2010-04-01/Accounts/{SID}/{path}"
    return caller().request(method, url, auth=(SID, token), **more)


@pytest.mark.parametrize(
    ("channel", "words"), [("whatsapp", ["sent", "delivered", "read"]), ("sms", ["sent", "delivered"])]
)
def test_it_works(hub: StandInHub, channel: Any, words: list[str]) -> None:
    shop = number(hub, channel)
    with running(switches=CALM, twilio=[shop]) as sim:
        sid = sim.text(shop, ANA, "Olá ✓")
        assert sim.drain()
        to = f"whatsapp:{ANA}" if channel == "whatsapp" else ANA
        form = {"To": to, "From": shop.address, "Body": "Oi", "StatusCallback": f"{hub.url}status/?uuid=1"}
        answer = ask(sim, "POST", "Messages.json", data=form)
        assert sim.drain()
    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    heard, *statuses = forms(hub)
    assert (heard["MessageSid"], heard["From"], heard["To"], heard["Body"]) == (sid, to, shop.address, "Olá ✓")
    assert {status["MessageStatus"] for status in statuses} == set(words)  # no order is promised
    assert {status["MessageSid"] for status in statuses} == {answer.json()["sid"]}
    validator, urls = RequestValidator(TOKEN), [hub.url, *[f"{hub.url}status/?uuid=1"] * len(words)]
    for form, url, headers in zip(forms(hub), urls, hub.headers, strict=True):
        assert validator.validate(url, form, headers["x-twilio-signature"])


def test_it_tries_once_more_and_then_only_its_log_knows(hub: StandInHub) -> None:
    shop = number(hub)
    hub.answers.extend([503, 503])
    with running(switches=CALM, twilio=[shop]) as sim:
        first = sim.text(shop, ANA, "um")
        assert sim.drain()
        second = sim.text(shop, ANA, "dois", files=[(b"\x89PNG", "image/png")])
        assert sim.drain()
        since = {"To": shop.address, "DateSent>": "2026-01-01T00:00:00Z", "PageSize": "1"}
        page = ask(sim, "GET", "Messages.json", params=since).json()
        rest = ask(sim, "GET", sim.url + page["next_page_uri"]).json()
        (file,) = ask(sim, "GET", f"Messages/{second}/Media.json").json()["media_list"]
        there = ask(sim, "GET", sim.url + file["uri"].removesuffix(".json"))
        closed = ask(sim, "GET", sim.url + file["uri"].removesuffix(".json"), token="wrong")
        shown = caller().get(there.headers["location"])
    assert [form["MessageSid"] for form in forms(hub)] == [first, first, second]
    assert ([one["sid"] for one in page["messages"]], [one["sid"] for one in rest["messages"]]) == ([second], [first])
    assert rest["next_page_uri"] is None
    assert (there.status_code, shown.content, closed.status_code) == (307, b"\x89PNG", 401)


def test_it_refuses_as_twilio_does(hub: StandInHub) -> None:
    shop = number(hub, "sms")
    right = {"To": ANA, "From": shop.address, "Body": "Oi"}
    with running(switches=CALM, twilio=[shop]) as sim:

        def code(token: str = TOKEN, **more: str) -> int:
            answer = ask(sim, "POST", "Messages.json", token=token, data={**right, **more})
            return int(answer.json()["code"] or 0)

        assert code(token="wrong") == 20003
        assert code(To="") == 21604
        assert code(To="Ana") == 21211
        assert code(From="+15550000000") == 21606
        assert code(From="whatsapp:+15550000000") == 63007
        assert code(Body="") == 21602
        assert code(Body="a" * 1601) == 21617
        assert code(ContentSid="HX1") == 21655
        sim.text(shop, ANA, "stop")
        assert code() == 21610
        sim.text(shop, ANA, "start")
        sim.switch(per_second=1)
        assert (ask(sim, "POST", "Messages.json", data=right).status_code, code()) == (201, 20429)
        sim.switch(per_second=0, faults=[Fault(kind="undeliverable", code=30005)])
        ask(sim, "POST", "Messages.json", data={**right, "StatusCallback": hub.url})
        assert sim.drain()
    told = {(form["MessageStatus"], form.get("ErrorCode")) for form in forms(hub) if "MessageStatus" in form}
    assert told == {("sent", None), ("undelivered", "30005")}


def test_it_sends_to_this_machine_alone(hub: StandInHub) -> None:
    with pytest.raises(NotLoopbackError):
        Twilio([TwilioNumber(account_sid=SID, auth_token=TOKEN, number="+1", webhook_url="https://example.com/")])


def test_it_is_steered_by_hand(hub: StandInHub) -> None:
    client = caller()
    with running(switches=CALM, twilio=[number(hub)]) as sim:
        said = client.post(f"{sim.url}/_sim/twilio/say", json={"from": ANA, "text": "oi", "name": "Ana"}).json()
        assert sim.drain()
        assert client.get(f"{sim.url}/_sim/twilio/sent").json() == {"sent": [], "typing": []}
        assert client.post(f"{sim.url}/_sim/twilio/say", json={"number": "+9"}).status_code == 400
    (form,) = forms(hub)
    assert (form["MessageSid"], form["ProfileName"], form["WaId"]) == (said["sid"], "Ana", ANA[1:])


def test_people_write_by_themselves_and_answer(hub: StandInHub) -> None:
    async def live() -> Twilio:
        network = Twilio([number(hub), number(hub, "sms")], control=Control(CALM, seed=3), seed=3)
        people = TwilioCustomers(network, seed=3, rate=60, pace=0.001)
        work = asyncio.create_task(people.run())
        for _ in range(200):
            await asyncio.sleep(0.01)
            for heard in [one for one in network.messages if one.direction == "inbound"]:
                if heard.person not in {one.person for one in network.sent}:
                    network.accept(heard.number, {"To": heard.person, "Body": "Pois não?"})
            if people.talks_begun > 3 and len(network.messages) > 12:
                break
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await network.callbacks.close()
        return network

    network = run_coroutine(live())
    answered = {one.person for one in network.sent}
    spoken = [one.person for one in network.messages if one.direction == "inbound" and one.person in answered]
    assert len(spoken) > len(answered)  # who was answered went on
    assert {one.number.channel for one in network.messages} == {"whatsapp", "sms"}
