"""Customers who write to Instagram accounts and pages: stories, posts and pictures, answers, reactions, second thoughts."""

from __future__ import annotations

import asyncio
import hashlib
import random
from typing import Any

from simulator import media, social_bodies as bodies
from simulator.chance import seeded
from simulator.sentences import EMOJI, FIRST_NAMES, GREETINGS, LAST_NAMES, THANKS
from simulator.social import Social, SocialSent
from simulator.social_bodies import SocialAccount, SocialPerson
from simulator.talks import Chatting, Crowd

AT_START, START_WITHIN = 3, 25.0
OPEN_LIMIT = 12
POPULATION = 30


def population(account: SocialAccount, seed: int, size: int = POPULATION) -> list[SocialPerson]:
    """Invent ``size`` people who write to one account, the same for the same seed; their ids mean nobody elsewhere."""
    rng = seeded("social people", seed)
    names = rng.sample([f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES], size)
    people = []
    for name in names:
        digest = hashlib.sha256(f"{account.account_id}:{name}".encode()).digest()
        letters = "".join(one for one in name.lower().replace(" ", ".") if one.isascii())
        scoped = str(10**16 + int.from_bytes(digest[:6], "big"))
        people.append(SocialPerson(id=scoped, name=name, username=letters if account.kind == "instagram" else ""))
    return people


class SocialCustomers(Crowd["SocialTalk", SocialSent]):
    """Keeps talks going with the accounts of a ``Social``, three at the start."""

    def __init__(
        self, social: Social, *, seed: int = 1, rate: float = 1.0, open_limit: int = OPEN_LIMIT, pace: float = 1.0
    ) -> None:
        super().__init__(
            social.listeners, seeded("social customers", seed), seed=seed, rate=rate, open_limit=open_limit, pace=pace
        )
        self._social = social

    async def _start(self) -> None:
        while not self._social.accounts:  # noqa: ASYNC110 - somebody connects one when they like
            await asyncio.sleep(1.0)
        await self._begin_some(AT_START, START_WITHIN)

    def _begin(self) -> None:
        if not self._social.accounts or len(self._talks) >= self._open_limit:
            return
        account = self._social.accounts[self.talks_begun % len(self._social.accounts)]
        free = [person for person in population(account, self._seed) if person.id not in self._talks]
        if not free:
            return
        person = self._rng.choice(free)
        talk = SocialTalk(
            self._social, account, person, seeded("social talk", self._seed, self.talks_begun), self._pace
        )
        self._talks.begin(person.id, talk)

    def _heard(self, sent: SocialSent) -> None:
        talk = self._talks.of(sent.person.id)
        if talk is not None:
            talk.heard.put_nowait(sent)


class SocialTalk(Chatting[SocialSent]):
    """One person's errand with one account, from the first word to the last."""

    def __init__(
        self, social: Social, account: SocialAccount, person: SocialPerson, rng: random.Random, pace: float = 1.0
    ) -> None:
        super().__init__(rng, pace)
        self._social = social
        self._account = account
        self._person = person

    async def _open(self) -> None:
        lines = list(self._rng.choice(self.topic.openings))
        lines[0] = f"{self._rng.choice(GREETINGS)} {lines[0]}"
        for index, line in enumerate(lines):
            if index:
                await self._wait(2, 9)
            self._say(line, **(self._beginning() if index == 0 else {}))
        if self.topic.shows == "photo" or self._rng.random() < 0.2:
            await self._wait(3, 10)
            self._say(attachments=[bodies.attachment("image", self._social.picture(media.picture(self._rng)))])

    def _beginning(self) -> dict[str, Any]:
        """Return how somebody came to write: now and then through a story or an advertisement."""
        mood = self._rng.random()
        if mood < 0.15 and self._account.kind == "instagram":
            url = self._social.picture(media.picture(self._rng))
            return {"reply_to": {"story": {"id": str(self._rng.randrange(10**16, 10**17)), "url": url}}}
        if mood < 0.25:
            ad = {
                "ref": "verao",
                "ad_id": str(self._rng.randrange(10**14, 10**15)),
                "source": "ADS",
                "type": "OPEN_THREAD",
            }
            return {"referral": {**ad, "ads_context_data": {"ad_title": "Coleção de verão"}}}
        return {}

    async def _answer(self, sent: SocialSent, variants: tuple[str, ...]) -> None:
        offered = sent.body["message"].get("quick_replies", [])
        if offered and self._rng.random() < 0.8:
            self._say(offered[0]["title"], quick_reply={"payload": offered[0]["payload"]})
            return
        if self._rng.random() < 0.2:
            self._react(sent, self._rng.choice(EMOJI))
            await self._wait(2, 6)
        line = self._rng.choice(variants)
        first = self._say(line)
        mood = self._rng.random()
        if mood < 0.06:
            await self._wait(4, 10)
            edit = {"mid": first, "text": f"{line}, por favor", "num_edit": 1}
            self._social.happen(self._account, self._person, message_edit=edit)
        elif mood < 0.1:
            await self._wait(4, 10)
            self._social.happen(self._account, self._person, message={"mid": first, "is_deleted": True})
            self._say(line)

    def _part(self, last: SocialSent) -> None:
        if self._rng.random() < 0.7:
            self._say(self._rng.choice(THANKS))
        else:
            self._react(last, self._rng.choice(EMOJI[:3]))

    def _remind(self, words: str) -> None:
        self._say(words)

    def _react(self, sent: SocialSent, emoji: str) -> None:
        reaction = {"mid": sent.id, "action": "react", "reaction": "love" if emoji == "❤️" else "other", "emoji": emoji}
        self._social.happen(self._account, self._person, reaction=reaction)

    def _say(self, text: str = "", **more: Any) -> str:
        return self._social.say(self._account, self._person, text, **more)
