"""The network of Instagram and Messenger: accounts, the people who write to them, and what became of what was sent."""

from __future__ import annotations

import hashlib
import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator import social_bodies as bodies
from simulator.chance import seeded
from simulator.media import MediaStore
from simulator.social_bodies import SocialAccount, SocialChange, SocialPerson
from simulator.social_mentions import SocialMention
from simulator.switches import Control
from simulator.webhooks import Notice, WebhookQueue

KEPT = 5000


@dataclass(frozen=True, kw_only=True)
class SocialSent:
    """What the business asked for at ``path``: a message (with its ``id``), a reaction, a sign that it read or types."""

    id: str
    at: float
    path: str
    account: SocialAccount = field(repr=False)
    person: SocialPerson
    body: dict[str, Any]
    read_after: float | None = None


class Social:
    """Carries messages both ways for some accounts. Lives in one event loop; ``base`` is where its files lie."""

    def __init__(
        self,
        accounts: Iterable[SocialAccount] = (),
        *,
        control: Control | None = None,
        seed: int = 1,
        run: str | None = None,
    ) -> None:
        self.control = control or Control(seed=seed)
        self.media = MediaStore(seed=seed)
        self.accounts: tuple[SocialAccount, ...] = ()
        self.people: dict[str, SocialPerson] = {}
        self.comments: dict[str, SocialPerson] = {}
        self.mentions: dict[str, SocialMention] = {}
        self.sent: list[SocialSent] = []
        self.signals: list[SocialSent] = []
        self.listeners: list[Callable[[SocialSent], None]] = []
        self.base = ""
        self._seed = seed
        self._run = run if run is not None else uuid.uuid4().hex
        self._rng = seeded("social", seed)
        self._ids = itertools.count(1)
        self._heard: dict[tuple[str, str], float] = {}
        self._queues: dict[tuple[str, str, str], WebhookQueue] = {}
        self.serve(accounts)

    def serve(self, accounts: Iterable[SocialAccount]) -> None:
        """Play for these accounts from now on. Raises ``NotLoopbackError`` when a hub is not on this machine."""
        self.accounts = tuple(accounts)
        for account in self.accounts:
            self._queue(account)

    def know(self, person: SocialPerson) -> SocialPerson:
        """Put somebody on the network."""
        self.people[person.id] = person
        return person

    def heard(self, account: SocialAccount, person: SocialPerson) -> float:
        """Return when the person last wrote to the account, Unix seconds; 0 for never."""
        return self._heard.get((account.account_id, person.id), 0.0)

    def say(self, account: SocialAccount, person: SocialPerson, text: str = "", **message: Any) -> str:
        """Let somebody write and return the message's id; ``message`` are further keys of it."""
        mid = self._new_id(account)
        said = {"mid": mid} | ({"text": text} if text else {}) | message
        self.happen(account, person, message=said)
        return mid

    def happen(self, account: SocialAccount, person: SocialPerson, *, ours: bool = False, **parts: Any) -> None:
        """Let an event happen: ``parts`` are its keys (``reaction``, ``message_edit``, ``postback`` …)."""
        self.know(person)
        if not ours:
            self._heard[account.account_id, person.id] = time.time()
        self._put(bodies.event(account, person, time.time(), parts, ours=ours), person)

    def comment(
        self, account: SocialAccount, person: SocialPerson, text: str, media_id: str = "18000000000000001"
    ) -> str:
        """Let somebody comment on a post and return the comment's id."""
        comment_id = self._new_number()
        self.comments[comment_id] = self.know(person)
        author = {"id": person.id, "username": person.username}
        media = {"id": media_id, "media_product_type": "FEED"}
        value = {"id": comment_id, "from": author, "text": text, "media": media}
        self._put(SocialChange(account=account, item={"field": "comments", "value": value}, holds="changes"), person)
        return comment_id

    def mention(self, account: SocialAccount, person: SocialPerson, text: str, **about: Any) -> SocialMention:
        """Let somebody name the account under a post, or with ``comment_id=""`` in the caption of their own.

        ``about`` are further fields of ``SocialMention``.
        """
        ids = {"media_id": self._new_number(), "comment_id": self._new_number()}
        facts = {"owner": person, "at": time.time(), **ids, **about}
        mention = SocialMention(person=person, text=text, **facts)
        self.mentions[mention.id] = mention
        value = {"field": "mentions", "value": mention.value()}
        self._put(SocialChange(account=account, item=value, holds="changes"), person)
        return mention

    def picture(self, data: bytes, mime_type: str = "image/png") -> str:
        """Keep a file and return the address it is fetched from without a token, as from Meta's CDN."""
        return f"{self.base}/_cdn/{self.media.add(data, mime_type).id}"

    def accept(self, account: SocialAccount, person: SocialPerson, path: str, body: dict[str, Any]) -> SocialSent:
        """Take a message of the business, echo it, and plan that it is delivered and read."""
        switches = self.control.switches
        steps = (self._rng.uniform(0.1, 0.4), self._rng.uniform(0.3, 1.0), self._rng.uniform(2.0, 12.0))
        at_echo, at_delivered, at_read = (switches.pace * total for total in itertools.accumulate(steps))
        read = switches.statuses and self._rng.random() < switches.read_share
        sent = SocialSent(
            id=self._new_id(account), at=time.time(), path=path, account=account, person=person, body=body,
            read_after=at_read if read else None,
        )  # fmt: skip
        self.sent.append(sent)
        del self.sent[:-KEPT]
        if switches.statuses:
            echoed = bodies.echo(account, sent.id, body["message"])
            self._later(sent, {"message": echoed}, at_echo, ours=True)
            if account.kind == "messenger":
                mark = int((time.time() + at_delivered) * 1000)
                self._later(sent, {"delivery": {"mids": [sent.id], "watermark": mark}}, at_delivered)
            if read:
                mark = int((time.time() + at_read) * 1000)
                seen = {"mid": sent.id} if account.kind == "instagram" else {"watermark": mark}
                self._later(sent, {"read": seen}, at_read)
        for listener in self.listeners:
            listener(sent)
        return sent

    def note(self, sent: SocialSent) -> None:
        """Remember a reaction, a read sign or a typing sign of the business."""
        self.signals.append(sent)
        del self.signals[:-KEPT]

    async def drain(self, seconds: float = 10.0) -> bool:
        """Wait until every webhook was taken, at most so many seconds a queue; return whether they were."""
        return all([await queue.drain(seconds) for queue in self._queues.values()])

    async def reset(self) -> None:
        """Forget what was sent and what waits. The people stay."""
        self.sent.clear()
        self.signals.clear()
        self._heard.clear()
        for queue in self._queues.values():
            await queue.clear()

    async def close(self) -> None:
        """Stop every queue for good."""
        for queue in self._queues.values():
            await queue.close()

    def _later(self, sent: SocialSent, parts: dict[str, Any], after: float, *, ours: bool = False) -> None:
        late = self._rng.uniform(0, self.control.switches.reorder_seconds)
        change = bodies.event(sent.account, sent.person, time.time() + after, parts, ours=ours)
        self._queue(sent.account).put(Notice(change=change), after + late)

    def _put(self, change: SocialChange, person: SocialPerson) -> None:
        lane = f"{change.account.account_id}:{person.id}"
        self._queue(change.account).put(Notice(change=change, lane=lane))

    def _queue(self, account: SocialAccount) -> WebhookQueue:
        key = (account.webhook_url, account.app_secret, account.kind)
        if key not in self._queues:
            self._queues[key] = WebhookQueue(
                *key[:2], switches=lambda: self.control.switches, seed=self._seed, compose=_envelope
            )
        return self._queues[key]

    def _new_number(self) -> str:
        """Return the id of a comment or a post: no other run of the simulator gives it, as no provider does."""
        return str(10**16 + int(self._digest()[:13], 16))

    def _digest(self) -> str:
        return hashlib.sha256(f"{self._run}:{next(self._ids)}".encode()).hexdigest()

    def _new_id(self, account: SocialAccount) -> str:
        digest = self._digest()
        return f"aWdfZAG1f{digest}" if account.kind == "instagram" else f"m_{digest}"


def _envelope(changes: Sequence[Any]) -> dict[str, Any]:
    return bodies.envelope(changes, time.time())
