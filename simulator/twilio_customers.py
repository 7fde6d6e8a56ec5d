"""Customers who write to numbers at Twilio, by WhatsApp and SMS: the same people as on WhatsApp, some of whom ask for peace."""

from __future__ import annotations

import asyncio
import contextlib
import random

from simulator import media
from simulator.chance import seeded
from simulator.customers import population
from simulator.parties import Person
from simulator.sentences import GREETINGS, NUDGES, THANKS, TOPICS, Topic
from simulator.talks import Talks
from simulator.twilio import Twilio, TwilioMessage, TwilioNumber

AT_START, START_WITHIN = 2, 25.0
OPEN_LIMIT = 10
STOP_SHARE = 0.06


class TwilioCustomers:
    """Keeps talks going with the numbers of a ``Twilio``: ``rate`` new ones a minute, at most ``open_limit`` at once.

    ``pace`` stretches every wait (0.01 for tests). What is said and by whom depends on the seed alone.
    """

    def __init__(
        self, network: Twilio, *, seed: int = 1, rate: float = 1.0, open_limit: int = OPEN_LIMIT, pace: float = 1.0
    ) -> None:
        self._network = network
        self._seed = seed
        self._rate = rate
        self._open_limit = open_limit
        self._pace = pace
        self._rng = seeded("twilio customers", seed)
        self._people = population(seed)
        self._talks: Talks[TwilioTalk] = Talks()

    @property
    def talks_begun(self) -> int:
        """How many talks there were."""
        return self._talks.begun

    @property
    def open_talks(self) -> int:
        """How many people are in a talk now."""
        return len(self._talks)

    async def run(self) -> None:
        """Begin talks until cancelled, whenever there is a number to write to."""
        self._network.listeners.append(self._heard)
        try:
            for _ in range(AT_START):
                await asyncio.sleep(self._rng.uniform(0.2, START_WITHIN / AT_START) * self._pace)
                self._begin()
            while True:
                await asyncio.sleep(self._rng.uniform(40, 80) / self._rate * self._pace)
                self._begin()
        finally:
            self._network.listeners.remove(self._heard)
            await self._talks.end()

    def _begin(self) -> None:
        numbers = self._network.numbers
        free = [person for person in self._people if f"+{person.wa_id}" not in self._talks]
        if not numbers or not free or len(self._talks) >= self._open_limit:
            return
        person, number = self._rng.choice(free), numbers[self.talks_begun % len(numbers)]
        rng = seeded("twilio talk", self._seed, self.talks_begun)
        self._talks.begin(f"+{person.wa_id}", TwilioTalk(self._network, number, person, rng, self._pace))

    def _heard(self, sent: TwilioMessage) -> None:
        talk = self._talks.of(sent.person.removeprefix("whatsapp:"))
        if talk is not None:
            talk.heard.put_nowait(sent)


class TwilioTalk:
    """One person's errand with one number, from the first word to the last."""

    def __init__(
        self, network: Twilio, number: TwilioNumber, person: Person, rng: random.Random, pace: float = 1.0
    ) -> None:
        self.heard: asyncio.Queue[TwilioMessage] = asyncio.Queue()
        self.topic: Topic = rng.choice(TOPICS)
        self._network = network
        self._number = number
        self._person = person
        self._rng = rng
        self._pace = pace

    async def run(self) -> None:
        """Open, answer each time the shop has written, thank and stop; now and then ask by SMS to be left alone."""
        await self._open()
        for variants in self.topic.answers:
            if not await self._answered():
                return
            self._say(self._rng.choice(variants))
        if not await self._answered():
            return
        self._say(self._rng.choice(THANKS))
        if self._number.channel == "sms" and self._rng.random() < STOP_SHARE:
            await self._wait(20, 60)
            self._say("STOP")

    async def _open(self) -> None:
        lines = list(self._rng.choice(self.topic.openings))
        self._say(f"{self._rng.choice(GREETINGS)} {lines[0]}")
        for line in lines[1:]:
            await self._wait(2, 9)
            self._say(line)
        if self.topic.shows == "photo":
            await self._wait(3, 10)
            drawn = media.picture(self._rng)
            self._network.say(
                self._number, f"+{self._person.wa_id}", name=self._person.name, files=[(drawn, "image/png")]
            )

    async def _answered(self) -> bool:
        """Wait for the shop, reminding it once; whether it wrote before patience was lost."""
        if not await self._next(self._rng.uniform(240, 480)):
            self._say(self._rng.choice(NUDGES))
            if not await self._next(self._rng.uniform(1200, 2400)):
                return False
        await self._wait(6, 30)
        while not self.heard.empty():
            self.heard.get_nowait()
        return True

    async def _next(self, patience: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.heard.get(), patience * self._pace)
            return True
        return False

    def _say(self, text: str) -> None:
        self._network.say(self._number, f"+{self._person.wa_id}", text, name=self._person.name)

    async def _wait(self, shortest: float, longest: float) -> None:
        await asyncio.sleep(self._rng.uniform(shortest, longest) * self._pace)
