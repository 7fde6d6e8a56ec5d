"""Twilio's network: numbers of a business, people who write to them by WhatsApp or SMS, and what became of every message."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import quote

from simulator.bodies import MediaRef
from simulator.chance import seeded
from simulator.loopback import loopback_url
from simulator.media import MediaStore
from simulator.switches import Control
from simulator.twilio_webhooks import Callbacks

WINDOW = 24 * 3600.0
KEPT = 5000
VERSION = "2010-04-01"
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}


@dataclass(frozen=True, kw_only=True)
class TwilioNumber:
    """A number of a business at Twilio: ``number`` with its ``+``, ``auth_token`` opens the API and signs the webhooks."""

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    webhook_url: str
    channel: Literal["whatsapp", "sms"] = "whatsapp"
    name: str = "Loja Novelo"

    @property
    def address(self) -> str:
        """The number as Twilio writes it."""
        return f"whatsapp:{self.number}" if self.channel == "whatsapp" else self.number


@dataclass(kw_only=True)
class TwilioMessage:
    """A message as Twilio's log keeps it. ``fields`` are those of the webhook or of the request."""

    sid: str
    at: float
    number: TwilioNumber = field(repr=False)
    person: str
    direction: Literal["inbound", "outbound-api"]
    fields: dict[str, Any]
    status: str
    error_code: int = 0
    files: list[MediaRef] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        ours, theirs = self.number.address, self.person
        inbound = self.direction == "inbound"
        uri = f"/{VERSION}/Accounts/{self.number.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.number.account_sid,
            "messaging_service_sid": self.fields.get("MessagingServiceSid"),
            "from": theirs if inbound else ours,
            "to": ours if inbound else theirs,
            "body": self.fields.get("Body", ""),
            "num_media": str(len(self.files) or len(self.fields.get("MediaUrl", []) if not inbound else [])),
            "num_segments": "1",
            "direction": self.direction,
            "status": self.status,
            "error_code": self.error_code or None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": VERSION,
            "date_created": formatdate(self.at, usegmt=False),
            "date_sent": formatdate(self.at, usegmt=False),
            "date_updated": formatdate(self.at, usegmt=False),
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


class Twilio:
    """Carries messages both ways for some numbers at Twilio. Lives in one event loop."""

    def __init__(
        self,
        numbers: Iterable[TwilioNumber] = (),
        *,
        control: Control | None = None,
        seed: int = 1,
        run: str | None = None,
    ) -> None:
        self.control = control or Control(seed=seed)
        self.media = MediaStore(seed=seed)
        self.numbers: tuple[TwilioNumber, ...] = ()
        self.messages: list[TwilioMessage] = []
        self.typing: list[dict[str, Any]] = []
        self.contents: list[dict[str, Any]] = []
        self.stopped: set[tuple[str, str]] = set()
        self.listeners: list[Callable[[TwilioMessage], None]] = []
        self.callbacks = Callbacks()
        self.base = ""
        self._rng = seeded("twilio", seed)
        self._run = run if run is not None else uuid.uuid4().hex
        self._ids = itertools.count(1)
        self.serve(numbers)

    def serve(self, numbers: Iterable[TwilioNumber]) -> None:
        """Play for these numbers from now on. Raises ``NotLoopbackError`` when a hub is not on this machine."""
        self.numbers = tuple(numbers)
        for number in self.numbers:
            loopback_url(number.webhook_url)

    @property
    def sent(self) -> list[TwilioMessage]:
        """What the business sent and Twilio accepted, oldest first."""
        return [message for message in self.messages if message.direction == "outbound-api"]

    def say(
        self,
        number: TwilioNumber,
        person: str,
        text: str = "",
        *,
        name: str = "",
        files: Iterable[tuple[bytes, str]] = (),
        lost: bool = False,
        **more: str,
    ) -> str:
        """Let somebody (``+`` and digits, or a BSUID) write to the business and return the message's id.

        ``more`` are further fields of the form; ``files`` are (bytes, type). ``lost``: the webhook never leaves, and only
        the log knows the message.
        """
        kept = [self.media.add(data, mime_type) for data, mime_type in files]
        sid = self._new_id("MM" if kept else "SM")
        whatsapp = number.channel == "whatsapp"
        theirs = f"whatsapp:{person}" if whatsapp else person
        fields = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "AccountSid": number.account_sid,
            "From": theirs,
            "To": number.address,
            "Body": text,
            "NumMedia": str(len(kept)),
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": VERSION,
        }
        if whatsapp:
            fields |= {"ProfileName": name or "Cliente", "MessageType": "text", "ReferralNumMedia": "0"}
            fields |= {"WaId": person.removeprefix("+")} if person.startswith("+") else {"ExternalUserId": theirs}
        for index, ref in enumerate(kept):
            path = f"/{VERSION}/Accounts/{number.account_sid}/Messages/{sid}/Media/ME{ref.id}"
            fields |= {f"MediaUrl{index}": f"{self.base}{path}", f"MediaContentType{index}": ref.mime_type}
        fields |= more
        self._note_wish(number, theirs, text)
        message = TwilioMessage(
            sid=sid, at=time.time(), number=number, person=theirs, direction="inbound", fields=fields,
            status="received", files=kept,
        )  # fmt: skip
        self._log(message)
        if not lost:
            self._post(number.webhook_url, fields, number, again=True)
        return sid

    def accept(self, number: TwilioNumber, fields: dict[str, Any], failed: int = 0) -> TwilioMessage:
        """Take a message of the business and plan its statuses. ``failed`` is the code it will fail with."""
        person = str(fields["To"])
        free = not fields.get("ContentSid")
        if self.control.switches.window and number.channel == "whatsapp" and free and not self._heard(number, person):
            failed = failed or 63016
        message = TwilioMessage(
            sid=self._new_id("MM" if fields.get("MediaUrl") else "SM"), at=time.time(), number=number, person=person,
            direction="outbound-api", fields=fields, status="queued", error_code=0,
        )  # fmt: skip
        self._log(message)
        if fields.get("StatusCallback") and self.control.switches.statuses:
            self._plan(message, str(fields["StatusCallback"]), failed)
        for listener in self.listeners:
            listener(message)
        return message

    def _plan(self, message: TwilioMessage, url: str, failed: int) -> None:
        switches = self.control.switches
        words = ["sent", "undelivered"] if failed else ["sent", "delivered"]
        if not failed and message.number.channel == "whatsapp" and self._rng.random() < switches.read_share:
            words.append("read")
        after = 0.0
        for word in words:
            after += self._rng.uniform(0.3, 2.0) * switches.pace
            late = self._rng.uniform(0, switches.reorder_seconds)
            self.callbacks.later(after + late, self._status, message, url, word, failed)

    def _status(self, message: TwilioMessage, url: str, word: str, failed: int) -> None:
        message.status = word
        fields = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": word,
            "SmsStatus": word,
            "AccountSid": message.number.account_sid,
            "From": message.number.address,
            "To": message.person,
            "ApiVersion": VERSION,
        }
        if message.number.channel == "whatsapp":
            fields |= {"ChannelPrefix": "whatsapp", "EventType": word.upper()}
        if word == "undelivered":
            message.error_code = failed
            fields["ErrorCode"] = str(failed)
        self._post(url, fields, message.number, again=False)

    def _post(self, url: str, fields: dict[str, Any], number: TwilioNumber, *, again: bool) -> None:
        switches = self.control.switches
        self.callbacks.post(url, fields, number.auth_token, tries=2)
        if again and self._rng.random() < switches.duplicates:
            wait = self._rng.uniform(0, switches.late_seconds)
            self.callbacks.later(wait, self.callbacks.post, url, fields, number.auth_token, 1)

    def _note_wish(self, number: TwilioNumber, person: str, text: str) -> None:
        word = text.strip().upper()
        if number.channel == "sms" and word in STOP_WORDS:
            self.stopped.add((number.number, person))
        elif word in START_WORDS:
            self.stopped.discard((number.number, person))

    def _heard(self, number: TwilioNumber, person: str) -> bool:
        """Whether this person wrote to this number within 24 hours."""
        since = time.time() - WINDOW
        return any(
            one.direction == "inbound" and one.person == person and one.at > since
            for one in self.messages
            if one.number == number
        )

    def _log(self, message: TwilioMessage) -> None:
        self.messages.append(message)
        del self.messages[:-KEPT]

    def _new_id(self, letters: str) -> str:
        return letters + uuid.uuid5(uuid.NAMESPACE_URL, f"{self._run}:{next(self._ids)}").hex

    async def reset(self) -> None:
        """Forget what was said, what waits, and who stopped."""
        self.messages.clear()
        self.typing.clear()
        self.stopped.clear()
        await self.callbacks.clear()


def uri_of(path: str, **query: str) -> str:
    """Return a path with its query as Twilio writes it into ``next_page_uri``."""
    return path + "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
