"""Instagram and Messenger from outside: signed events, echoes and receipts for what was sent, people who write by themselves."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx2
import pytest

from simulator import Fault, SocialAccount, SocialPerson, Switches, running
from simulator.social import Social
from simulator.social_customers import SocialCustomers, population
from simulator.switches import Control
from simulator.webhooks import sign
from tests.loops import run as run_coroutine
from tests.simulator.conftest import SECRET, TOKEN, StandInHub

ANA = SocialPerson(id="1784500000000777", name="Ana Souza", username="ana.souza")
CALM = Switches(pace=0, duplicates=0, batches=0, read_share=1)


def account(hub: StandInHub, kind: Any = "instagram") -> SocialAccount:
    return SocialAccount(
        kind=kind, account_id="17841400000000321", access_token=TOKEN, app_secret=SECRET, webhook_url=hub.url
    )


def events(hub: StandInHub) -> list[dict[str, Any]]:
    return [event for body in hub.bodies for entry in json.loads(body)["entry"] for event in entry.get("messaging", [])]


@pytest.mark.parametrize(
    ("kind", "words", "receipts"),
    [("instagram", "instagram", [{"read"}]), ("messenger", "page", [{"delivery"}, {"read"}])],
)
def test_it_works(hub: StandInHub, kind: Any, words: str, receipts: list[set[str]]) -> None:
    shop = account(hub, kind)
    with running(switches=CALM, social=[shop]) as sim, httpx2.Client(trust_env=False) as client:
        mid = sim.write(shop, ANA, "oi")
        assert sim.drain()
        body = {"recipient": {"id": ANA.id}, "messaging_type": "RESPONSE", "message": {"text": "Olá"}}
        url = f"{sim.url}/v26.0/{shop.account_id}/messages"
        answer = client.post(url, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
        assert sim.drain()
    assert answer.json() == {"recipient_id": ANA.id, "message_id": sim.social.sent[0].id}
    assert {json.loads(one)["object"] for one in hub.bodies} == {words}
    assert [one["x-hub-signature-256"] for one in hub.headers] == [sign(one, SECRET) for one in hub.bodies]
    heard, *after = events(hub)
    assert heard["message"] == {"mid": mid, "text": "oi"}
    (echo,) = [event for event in after if "message" in event]
    assert (echo["sender"]["id"], echo["message"]["is_echo"], echo["message"]["mid"]) == (
        shop.account_id, True, sim.social.sent[0].id,
    )  # fmt: skip
    told = [event.keys() & {"read", "delivery"} for event in after if "message" not in event]
    assert sorted(told, key=sorted) == receipts


def test_a_picture_is_fetched_without_a_token(hub: StandInHub) -> None:
    with running(switches=CALM, social=[account(hub)]) as sim, httpx2.Client(trust_env=False) as client:
        url = sim.social.picture(b"a picture")
        assert client.get(url).content == b"a picture"
        assert client.get(f"{sim.url}/_cdn/1").status_code == 404


def test_who_names_the_account_is_told_by_ids_and_read_by_the_account_alone(hub: StandInHub) -> None:
    shop = account(hub)
    with running(switches=CALM, social=[shop]) as sim, httpx2.Client(trust_env=False) as client:

        def ask(fields: str, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
            url, proof = f"{sim.url}/v26.0/{shop.account_id}", {"Authorization": f"Bearer {token}"}
            answer = client.get(url, params={"fields": fields}, headers=proof)
            return answer.status_code, answer.json()

        named = sim.mention(shop, ANA, "@loja tem azul?", media_id="5", comment_id="7", caption="Foto de @ana", at=0)
        sim.mention(shop, ANA, "Com @loja", media_id="6", comment_id="", shy=True)
        assert sim.drain()
        changes = [change for body in hub.bodies for entry in json.loads(body)["entry"] for change in entry["changes"]]
        assert changes == [
            {"field": "mentions", "value": {"media_id": "5", "comment_id": "7"}},
            {"field": "mentions", "value": {"media_id": "6"}},
        ]
        comment = "mentioned_comment.comment_id(7){id,text,timestamp,username,media{caption,media_url}}"
        assert ask(comment) == (200, {"id": shop.account_id, "mentioned_comment": {
            "id": "7", "text": "@loja tem azul?", "timestamp": "1970-01-01T00:00:00+0000", "username": "ana.souza",
            "media": {"caption": "Foto de ana", "id": "5"},
        }})  # fmt: skip
        post = ask("mentioned_media.media_id(6){caption,username}")[1]["mentioned_media"]
        assert post == {"caption": "Com loja", "username": "ana.souza", "id": "6"}
        wrong = [
            "mentioned_media.media_id(7){id}",
            "mentioned_comment.comment_id(8){id}",
            "mentioned_comment.comment_id(7){x}",
        ]
        codes = [(status, said["error"]["code"]) for status, said in map(ask, wrong)]
        assert (codes, ask(comment, "another")[0]) == ([(400, 100)] * 3, 401)
        sim.switch(faults=[Fault(kind="throttle", seconds=9, recipient=named.id, times=1)])
        assert [ask(comment)[0] for _ in range(2)] == [429, 200]


def test_people_write_answer_and_stop_by_themselves(hub: StandInHub) -> None:
    shop = account(hub)

    async def main() -> None:
        social = Social([shop], control=Control(CALM), run="test")
        social.base = "http://127.0.0.1:9"
        customers = SocialCustomers(social, seed=7, rate=0.001, pace=0.005)
        living = asyncio.create_task(customers.run())
        try:
            deadline = time.monotonic() + 60
            while (customers.talks_begun < 3 or customers.open_talks) and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
                for talk in list(customers._talks.values()):
                    social.accept(shop, talk._person, "", {"message": {"text": "Já vejo"}})
            assert customers.open_talks == 0
            assert await social.drain()
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await social.close()

    run_coroutine(main())
    senders = {event["sender"]["id"] for event in events(hub)} - {shop.account_id}
    assert len(senders) == 3
    assert senders <= {person.id for person in population(shop, 7)}


def test_the_same_person_has_another_number_elsewhere(hub: StandInHub) -> None:
    here, there = (population(one, 1) for one in (account(hub), account(hub, "messenger")))
    assert [one.name for one in here] == [one.name for one in there]
    other = SocialAccount(kind="instagram", account_id="1", access_token="t", app_secret="s", webhook_url=hub.url)
    assert not {one.id for one in here} & {one.id for one in population(other, 1)}
