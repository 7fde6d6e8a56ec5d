"""Customers who write to numbers at Twilio, by WhatsApp and SMS: the same people as on WhatsApp, some of whom ask for peace."""

from __future__ import annotations

import random

from simulator import media
from simulator.chance import seeded
from simulator.customers import population
from simulator.parties import Person
from simulator.sentences import GREETINGS, NUDGES, THANKS
from simulator.talks import Crowd, Waiting
from simulator.twilio import Twilio, TwilioMessage, TwilioNumber

AT_START, START_WITHIN = 2, 25.0
OPEN_LIMIT = 10
STOP_SHARE = 0.06


class TwilioCustomers(Crowd["TwilioTalk", TwilioMessage]):
    """Keeps talks going with the numbers of a ``Twilio``, two at the start."""

    def __init__(
        self, network: Twilio, *, seed: int = 1, rate: float = 1.0, open_limit: int = OPEN_LIMIT, pace: float = 1.0
    ) -> None:
        super().__init__(
            network.listeners, seeded("twilio customers", seed), seed=seed, rate=rate, open_limit=open_limit, pace=pace
        )
        self._network = network
        self._people = population(seed)

    async def _start(self) -> None:
        await self._begin_some(AT_START, START_WITHIN)

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


class TwilioTalk(Waiting[TwilioMessage]):
    """One person's errand with one number, from the first word to the last."""

    def __init__(
        self, network: Twilio, number: TwilioNumber, person: Person, rng: random.Random, pace: float = 1.0
    ) -> None:
        super().__init__(rng, pace)
        self._network = network
        self._number = number
        self._person = person

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
        if await self._next(self._rng.uniform(240, 480)) is None:
            self._say(self._rng.choice(NUDGES))
            if await self._next(self._rng.uniform(1200, 2400)) is None:
                return False
        await self._wait(6, 30)
        while not self.heard.empty():
            self.heard.get_nowait()
        return True

    def _say(self, text: str) -> None:
        self._network.say(self._number, f"+{self._person.wa_id}", text, name=self._person.name)
