"""The network between customers and the business: who is on it, what was said, what became of what was sent."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator import bodies
from simulator.bodies import Change, Content
from simulator.chance import seeded
from simulator.media import MediaStore
from simulator.parties import BusinessNumber, Person, stranger, wamid
from simulator.refusals import status_error
from simulator.switches import Control
from simulator.templates import TemplateCatalog
from simulator.webhooks import Notice, WebhookQueue

WINDOW = 24 * 3600.0
KEPT = 5000


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """What the business sent and Graph accepted. ``body`` is the request as it came; ``read_after`` in seconds, if ever."""

    id: str
    at: float
    number: BusinessNumber = field(repr=False)
    person: Person
    kind: str
    body: dict[str, Any]
    read_after: float | None = None
    failed: int = 0

    def document(self) -> dict[str, Any]:
        """Return what ``GET /_sim/sent`` shows of it."""
        return {
            "id": self.id,
            "at": self.at,
            "phone_number_id": self.number.phone_number_id,
            "to": self.person.wa_id,
            "user_id": self.person.user_id,
            "type": self.kind,
            "callback_data": self.body.get("biz_opaque_callback_data"),
            "body": self.body,
        }


class WhatsApp:
    """Carries messages both ways for some business numbers. Lives in one event loop.

    ``run`` tells the message ids of this start from those of others with the same seed.
    """

    def __init__(
        self,
        numbers: Iterable[BusinessNumber] = (),
        *,
        control: Control | None = None,
        seed: int = 1,
        run: str | None = None,
    ) -> None:
        self.control = control or Control(seed=seed)
        self.media = MediaStore(seed=seed)
        self.templates = TemplateCatalog()
        self.numbers: tuple[BusinessNumber, ...] = ()
        self.sent: list[SentMessage] = []
        self.receipts: list[dict[str, Any]] = []
        self.listeners: list[Callable[[SentMessage], None]] = []
        self._seed = seed
        self._run = run if run is not None else uuid.uuid4().hex
        self._rng = seeded("whatsapp", seed)
        self._ids = itertools.count(1)
        self._people: dict[str, Person] = {}
        self._heard: dict[tuple[str, str], float] = {}
        self._queues: dict[tuple[str, str], WebhookQueue] = {}
        self.serve(numbers)

    def serve(self, numbers: Iterable[BusinessNumber]) -> None:
        """Play for these numbers from now on. Raises ``NotLoopbackError`` when a hub is not on this machine."""
        self.numbers = tuple(numbers)
        for number in self.numbers:
            self._queue(number)

    @property
    def queues(self) -> list[WebhookQueue]:
        """The queue of every hub and secret that was ever served."""
        return list(self._queues.values())

    def know(self, person: Person) -> Person:
        """Put somebody on the network, so that the number and the BSUID lead to this person."""
        self._people[person.wa_id] = self._people[person.user_id] = person
        return person

    def find(self, address: str) -> Person:
        """Return who has this number or BSUID; Brazilian mobiles with and without the ninth digit are the same person."""
        for form in (address, *_other_forms(address)):
            if form in self._people:
                return self._people[form]
        if address.isdigit():
            return self.know(stranger(address))
        return self.know(Person(wa_id="", name="Cliente", user_id=address, phone_hidden=True))

    def say(
        self,
        number: BusinessNumber,
        person: Person,
        content: Content,
        *,
        reply_to: tuple[str, str] | None = None,
        referral: dict[str, Any] | None = None,
        after: float = 0.0,
    ) -> str:
        """Let a customer send something to the business and return its message id; the webhook leaves ``after`` seconds later."""
        self.know(person)
        message_id = self._new_id(person)
        at = time.time() + after
        self._heard[number.phone_number_id, person.user_id] = at
        item = bodies.message(
            content, message_id=message_id, sender=person, at=at, reply_to=reply_to, referral=referral
        )
        change = Change(number=number, holds="messages", item=item, contact=person.contact())
        self._queue(number).put(Notice(change=change, lane=f"{number.phone_number_id}:{person.lane}"), after)
        return message_id

    def accept(
        self, number: BusinessNumber, person: Person, kind: str, body: dict[str, Any], failed: int = 0
    ) -> SentMessage:
        """Take a message of the business, plan its statuses and tell the listeners. ``failed`` is the code it will fail with."""
        switches = self.control.switches
        heard = self._heard.get((number.phone_number_id, person.user_id), 0.0)
        if switches.window and kind != "template" and heard < time.time() - WINDOW:
            failed = failed or 131047
        steps = [self._rng.uniform(0.2, 0.6), self._rng.uniform(0.3, 1.5), self._rng.uniform(2.0, 15.0)]
        at_sent, at_delivered, at_read = (switches.pace * total for total in itertools.accumulate(steps))
        read = not failed and self._rng.random() < switches.read_share
        sent = SentMessage(
            id=self._new_id(person), at=time.time(), number=number, person=person, kind=kind, body=body,
            read_after=at_read if read else None, failed=failed,
        )  # fmt: skip
        self.sent.append(sent)
        del self.sent[:-KEPT]
        if switches.statuses:
            plan: list[tuple[bodies.StatusWord, float]] = [
                ("sent", at_sent),
                ("delivered", at_delivered),
                ("read", at_read),
            ]
            plan = [("failed", at_sent)] if failed else plan if read else plan[:2]
            for word, after in plan:
                self._plan_status(sent, word, after)
        for listener in self.listeners:
            listener(sent)
        return sent

    def change_template(self, name: str, status: str, language: str = "") -> list[dict[str, Any]]:
        """Let a template have another status, in one language or in all, and tell every hub once; return what changed."""
        changed = self.templates.change(name, status, language)
        hubs = {(number.business_account_id, number.webhook_url): number for number in self.numbers}
        for number in hubs.values():
            for template in changed:
                self._queue(number).put(Notice(change=bodies.template_change(number, template)))
        return changed

    async def drain(self, seconds: float = 10.0) -> bool:
        """Wait until every queue is idle, at most so many seconds each; return whether they are."""
        return all([await queue.drain(seconds) for queue in self.queues])

    async def reset(self) -> None:
        """Forget what was sent, what waits, and every changed switch. The people stay."""
        self.sent.clear()
        self.receipts.clear()
        self._heard.clear()
        self.control.reset()
        for queue in self.queues:
            await queue.clear()

    async def close(self) -> None:
        """Stop every queue for good."""
        for queue in self.queues:
            await queue.close()

    def _plan_status(self, sent: SentMessage, word: bodies.StatusWord, after: float) -> None:
        item = bodies.status(
            word,
            message_id=sent.id,
            recipient=sent.person,
            at=time.time() + after,
            callback_data=sent.body.get("biz_opaque_callback_data"),
            template=sent.kind == "template",
            error=status_error(sent.failed) if word == "failed" else None,
        )
        late = self._rng.uniform(0, self.control.switches.reorder_seconds)
        self._queue(sent.number).put(Notice(change=bodies.status_change(sent.number, item, sent.person)), after + late)

    def _queue(self, number: BusinessNumber) -> WebhookQueue:
        key = (number.webhook_url, number.app_secret)
        if key not in self._queues:
            self._queues[key] = WebhookQueue(*key, switches=lambda: self.control.switches, seed=self._seed)
        return self._queues[key]

    def _new_id(self, person: Person) -> str:
        return wamid(person.wa_id or "0", f"{self._run}:{next(self._ids)}")


def _other_forms(digits: str) -> tuple[str, ...]:
    """Return the Brazilian mobile number with or without its ninth digit, the other way round; else nothing."""
    if not digits.startswith("55"):
        return ()
    if len(digits) == 13 and digits[4] == "9" and digits[5] in "6789":
        return (digits[:4] + digits[5:],)
    if len(digits) == 12 and digits[4] in "6789":
        return (digits[:4] + "9" + digits[4:],)
    return ()
