"""Customers write, wait, answer, thank and stop; the same people say the same for a seed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

from simulator import BusinessNumber, Switches
from simulator.chance import seeded
from simulator.customers import Customers, population
from simulator.media import picture, voice_note
from simulator.switches import Control
from simulator.whatsapp import WhatsApp
from tests.loops import run as run_coroutine
from tests.simulator.conftest import StandInHub

CALM = Switches(pace=0.01, duplicates=0, batches=0)


def live(
    number: BusinessNumber, act: Callable[[WhatsApp, Customers], Awaitable[None]], *, pace: float = 0.01, **more: float
) -> Customers:
    """Let customers live while ``act`` runs."""

    async def main() -> Customers:
        whatsapp = WhatsApp([number], control=Control(CALM), run="test")
        customers = Customers(whatsapp, seed=7, pace=pace, **more)  # type: ignore[arg-type]
        living = asyncio.create_task(customers.run())
        try:
            await act(whatsapp, customers)
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await whatsapp.close()
        return customers

    return run_coroutine(main())


async def until(met: Callable[[], object], seconds: float = 60) -> None:
    """Wait until ``met`` holds; the machine may be slow, the test may not be impatient."""
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:  # noqa: ASYNC110 - what is met is on the other side of a socket
        await asyncio.sleep(0.05)


def test_it_works(number: BusinessNumber, hub: StandInHub) -> None:
    async def act(_: WhatsApp, customers: Customers) -> None:
        await until(lambda: len({item["from_user_id"] for item in hub.items("messages")}) == 8)
        assert customers.open_talks == 8

    live(number, act, rate=0.001)
    assert len({item["from_user_id"] for item in hub.items("messages")}) == 8


def test_it_answers_the_agent_reads_first_and_comes_to_an_end(number: BusinessNumber, hub: StandInHub) -> None:
    async def act(whatsapp: WhatsApp, customers: Customers) -> None:
        until = time.monotonic() + 60
        while (customers.talks_begun < 8 or customers.open_talks) and time.monotonic() < until:
            await asyncio.sleep(0.5)
            for person in [talk._person for talk in customers._talks.values()]:
                whatsapp.accept(number, person, "text", {"text": {"body": "Já vejo"}})
        assert await whatsapp.drain()

    customers = live(number, act, rate=0.001)
    assert customers.talks_begun == 8
    assert customers.open_talks == 0
    assert len(hub.items("messages")) > 20
    assert any(item["type"] != "text" for item in hub.items("messages"))


def test_it_keeps_no_more_talks_open_than_allowed(number: BusinessNumber) -> None:
    async def act(_: WhatsApp, customers: Customers) -> None:
        await until(lambda: customers.open_talks == 3)
        await asyncio.sleep(0.3)
        assert customers.open_talks == customers.talks_begun == 3

    live(number, act, rate=600, open_limit=3)


def test_it_presses_what_it_is_offered(number: BusinessNumber, hub: StandInHub) -> None:
    buttons = [{"type": "reply", "reply": {"id": "yes", "title": "Sim"}}]
    offer = {"interactive": {"type": "button", "body": {"text": "Ajudei?"}, "action": {"buttons": buttons}}}

    async def act(whatsapp: WhatsApp, customers: Customers) -> None:
        await until(lambda: customers.open_talks == 8)
        for talk in list(customers._talks.values()):
            whatsapp.accept(number, talk._person, "interactive", offer)
        await until(lambda: any(item["type"] == "interactive" for item in hub.items("messages")))

    live(number, act, rate=0.001)
    pressed = [item for item in hub.items("messages") if item["type"] == "interactive"]
    assert pressed
    assert pressed[0]["interactive"] == {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}}
    assert pressed[0]["context"]["from"] == number.display_phone_number


def test_it_says_the_same_for_the_same_seed(number: BusinessNumber, hub: StandInHub) -> None:
    async def act(whatsapp: WhatsApp, customers: Customers) -> None:
        await until(lambda: len({item["from_user_id"] for item in hub.items("messages")}) == 8)
        await whatsapp.drain()

    runs = []
    for _ in range(2):
        hub.bodies.clear()
        live(number, act, rate=0.001)
        said: dict[str, Counter[str]] = defaultdict(Counter)
        for item in hub.items("messages"):
            said[item["from_user_id"]][item.get("text", {}).get("body", item["type"])] += 1
        runs.append(said)
    assert len(runs[0]) == 8
    assert runs[0].keys() == runs[1].keys()
    for person, words in runs[0].items():  # one run may have been stopped a word earlier than the other
        assert words <= runs[1][person] or words >= runs[1][person]


def test_it_invents_brazilians_with_every_kind_of_address() -> None:
    people = population(1)
    assert people == population(1)
    assert people != population(2)
    assert len({person.user_id for person in people}) == len({person.wa_id for person in people}) == 60
    assert {len(person.wa_id) for person in people} == {12, 13}
    assert all(person.wa_id.startswith("5511") for person in people)
    assert any(person.username and not person.phone_hidden for person in people)
    assert any(person.phone_hidden for person in people)


def test_it_draws_files_that_are_what_they_say() -> None:
    drawn = picture(seeded("test"))
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(drawn) < 200_000
    note = voice_note(2)
    assert note.startswith(b"OggS")
    assert b"OpusHead" in note[:64]
