"""Customers of a shop who write, wait, read, answer what the agents send, thank and stop: the same people for a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

from simulator import bodies, media
from simulator.bodies import Content
from simulator.chance import seeded
from simulator.parties import BusinessNumber, Person, user_id_of
from simulator.sentences import EMOJI, FIRST_NAMES, GREETINGS, LAST_NAMES, THANKS
from simulator.talks import Chatting, Crowd
from simulator.whatsapp import SentMessage, WhatsApp

AT_START, START_WITHIN = 8, 28.0
OPEN_LIMIT = 25
POPULATION = 60
_PLACES = ((-23.5614, -46.6559), (-23.5874, -46.6576), (-23.5329, -46.6395), (-23.5983, -46.6820), (-23.5475, -46.6361))


def population(seed: int, size: int = POPULATION) -> list[Person]:
    """Invent ``size`` people of São Paulo, the same for the same seed.

    Every seventh has an older account without the ninth digit; every tenth a user name, half of them hide the number.
    """
    rng = seeded("people", seed)
    names = rng.sample([f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES], size)
    people = []
    for index, (name, suffix) in enumerate(zip(names, rng.sample(range(1_000_000), size), strict=True)):
        digits = f"55119{61_000_000 + suffix}"
        username = f"{name.split()[0].lower()}.{suffix % 1000}" if index % 10 == 3 else ""
        people.append(
            Person(
                wa_id=digits[:4] + digits[5:] if index % 7 == 5 else digits,
                name=name,
                user_id=user_id_of(digits),
                username=username if username.isascii() else "",
                phone_hidden=index % 20 == 3 and username.isascii(),
            )
        )
    return people


class Customers(Crowd["Talk", SentMessage]):
    """Keeps talks going with the numbers of a ``WhatsApp``, eight at the start."""

    def __init__(
        self, whatsapp: WhatsApp, *, seed: int = 1, rate: float = 2.0, open_limit: int = OPEN_LIMIT, pace: float = 1.0
    ) -> None:
        super().__init__(
            whatsapp.listeners, seeded("customers", seed), seed=seed, rate=rate, open_limit=open_limit, pace=pace
        )
        self._whatsapp = whatsapp
        self._people = population(seed)
        for person in self._people:
            whatsapp.know(person)

    async def _start(self) -> None:
        waits = sorted(self._rng.uniform(0.5, START_WITHIN) for _ in range(AT_START))
        for wait, before in zip(waits, [0.0, *waits], strict=False):
            await asyncio.sleep((wait - before) * self._pace)
            self._begin()

    def _begin(self) -> None:
        free = [person for person in self._people if person.user_id not in self._talks]
        if not self._whatsapp.numbers or not free or len(self._talks) >= self._open_limit:
            return
        number = self._whatsapp.numbers[self.talks_begun % len(self._whatsapp.numbers)]
        person = self._rng.choice(free)
        talk = Talk(self._whatsapp, number, person, seeded("talk", self._seed, self.talks_begun), self._pace)
        self._talks.begin(person.user_id, talk)

    def _heard(self, sent: SentMessage) -> None:
        talk = self._talks.of(sent.person.user_id)
        if talk is not None and sent.kind != "reaction" and not sent.failed:
            talk.heard.put_nowait(sent)


class Talk(Chatting[SentMessage]):
    """One person's errand with one number, from the first word to the last."""

    def __init__(
        self, whatsapp: WhatsApp, number: BusinessNumber, person: Person, rng: random.Random, pace: float = 1.0
    ) -> None:
        super().__init__(rng, pace)
        self._whatsapp = whatsapp
        self._number = number
        self._person = person

    async def _open(self) -> None:
        lines = list(self._rng.choice(self.topic.openings))
        lines[0] = f"{self._rng.choice(GREETINGS)} {lines[0]}" if self._rng.random() < 0.4 else lines[0]
        if self._rng.random() < 0.3:
            lines.insert(0, self._rng.choice(GREETINGS))
        referral = None
        if self._rng.random() < 0.1:
            referral = bodies.ad_referral(
                str(self._rng.randrange(10**14, 10**15)), "Coleção de verão", "Fale com a gente"
            )
        for index, line in enumerate(lines):
            if index:
                await self._wait(2, 9)
            self._say(bodies.text(line), referral=referral if index == 0 else None)
        if self.topic.shows:
            await self._wait(4, 12)
            self._say(self._shown())

    def _shown(self) -> Content:
        store = self._whatsapp.media
        match self.topic.shows:
            case "photo":
                ref = store.add(media.picture(self._rng), "image/png")
                return bodies.image(ref, self._rng.choice(["", "olha como está", "é esse aqui"]))
            case "invoice":
                name = "comprovante.pdf"
                return bodies.document(store.add(media.invoice("Comprovante de pagamento"), "application/pdf", name))
            case "place":
                return bodies.location(*self._rng.choice(_PLACES))
            case _:
                note = media.voice_note(self._rng.uniform(2, 8))
                return bodies.audio(store.add(note, "audio/ogg; codecs=opus"))

    async def _answer(self, sent: SentMessage, variants: tuple[str, ...]) -> None:
        pressed = next(_choices(sent.body), None) if self._rng.random() < 0.8 else None
        context = (self._number.display_phone_number, sent.id)
        if pressed is not None:
            self._say(pressed, reply_to=context)
            return
        if self._rng.random() < 0.15:
            self._say(bodies.reaction(sent.id, self._rng.choice(EMOJI)))
            await self._wait(2, 6)
        line = self._rng.choice(variants)
        first = self._say(bodies.text(line), reply_to=context if self._rng.random() < 0.15 else None)
        if self._rng.random() < 0.05:
            await self._wait(5, 15)
            self._say(bodies.edit(first, bodies.text(f"{line}, por favor")))

    def _part(self, last: SentMessage) -> None:
        mood = self._rng.random()
        if mood < 0.65:
            self._say(bodies.text(self._rng.choice(THANKS)))
        elif mood < 0.85:
            self._say(bodies.reaction(last.id, self._rng.choice(EMOJI[:3])))

    def _remind(self, words: str) -> None:
        self._say(bodies.text(words))

    def _say(self, content: Content, **more: Any) -> str:
        return self._whatsapp.say(self._number, self._person, content, **more)


def _choices(body: dict[str, Any]) -> Iterator[Content]:
    """Yield what a customer may press in a message of the shop, in its order."""
    action = body.get("interactive", {}).get("action", {})
    for offered in action.get("buttons", []):
        yield bodies.button_reply(offered["reply"]["id"], offered["reply"]["title"])
    for section in action.get("sections", []):
        for row in section["rows"]:
            yield bodies.list_reply(row["id"], row["title"], row.get("description", ""))
