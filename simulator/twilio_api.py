"""The part of Twilio's API that a hub calls, beside Graph on the same port; and ``/_sim/twilio/`` to steer and look inside."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from simulator.graph import Answer, Call
from simulator.limits import RateLimits
from simulator.refusals import Refusal
from simulator.switches import BadSwitchError, Fault
from simulator.twilio import VERSION, Twilio, TwilioMessage, TwilioNumber, uri_of

TEXT_LIMIT = 1600
_PERSON = re.compile(r"(?:whatsapp:)?\+[1-9][0-9]{4,14}|whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}|[0-9]{3,8}")
_MESSAGES: dict[int, tuple[int, str]] = {
    20003: (401, "Authentication Error - invalid username"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21211: (400, "Invalid 'To' Phone Number"),
    21602: (400, "Message body is required"),
    21604: (400, "'To' phone number is required"),
    21606: (400, "The 'From' phone number is not a valid, SMS-capable Twilio phone number"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21655: (400, "The ContentSid is invalid"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}


class TwilioRefusal(Exception):
    """Twilio says no: ``code`` of its own, with the HTTP status and words that belong to it."""

    def __init__(self, code: int, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(code)
        known = _MESSAGES.get(code, (400, "The simulator was told to refuse this."))
        self.code, self.status, self.words = code, status or known[0], known[1]
        self.retry_after = retry_after


class TwilioApi:
    """Answers for the numbers of a ``Twilio``."""

    def __init__(self, network: Twilio) -> None:
        self.network = network
        self._limits = RateLimits()

    def owns(self, path: tuple[str, ...]) -> bool:
        """Whether a path is Twilio's."""
        return path[:1] in {(VERSION,), ("_twilio",)} or path[:2] in {
            ("v3", "Indicators"), ("v1", "ContentAndApprovals"), ("_sim", "twilio"),
        }  # fmt: skip

    async def answer(self, call: Call) -> Answer:
        """Answer one call."""
        self.network.base = self.network.base or call.base
        try:
            return await self._route(call)
        except TwilioRefusal as refusal:
            about = {"code": refusal.code, "message": refusal.words, "status": refusal.status}
            about["more_info"] = f"https://www.twilio.com/docs/errors/{refusal.code}"
            wait = () if refusal.retry_after is None else (("retry-after", f"{refusal.retry_after:g}"),)
            return Answer(status=refusal.status, body=json.dumps(about).encode(), headers=wait)

    async def _route(self, call: Call) -> Answer:
        if call.path[:2] == ("_sim", "twilio"):
            return _json(self._steer(call, call.path[2:]))
        if call.path[:1] == ("_twilio",):
            stored = self.network.media.open(call.path[-1])
            return Answer(body=stored.data, content_type=stored.ref.mime_type) if stored else Answer(status=404)
        mine = self._authorized(call)
        if call.method == "POST" and call.path[3:] == ("Messages.json",):
            return await self._send(mine, call)
        if call.method == "GET" and call.path[5:6] == ("Media",):
            return self._redirect(self._found(mine, call.path[4]), call.path[6])
        return _json(self._told(mine, call))

    def _told(self, mine: list[TwilioNumber], call: Call) -> dict[str, Any]:
        """Return what a call that sends nothing is told. Raises ``TwilioRefusal`` 20404 for one nobody knows."""
        told: dict[str, Any] | None = None
        match call.method, call.path:
            case "GET", (_, "Accounts", _, "Messages.json"):
                told = self._listed(mine, call)
            case "GET", (_, "Accounts", _, "Messages", sid, "Media.json"):
                told = self._files(self._found(mine, sid))
            case "GET", (_, "Accounts", _, "IncomingPhoneNumbers.json"):
                told = _page("incoming_phone_numbers", self._numbers(mine, call))
            case "GET", (_, "Accounts", _):
                told = {"sid": mine[0].account_sid, "friendly_name": mine[0].name, "status": "active", "type": "Full"}
            case "POST", ("v3", "Indicators", "Typing.json"):
                self.network.typing.append(json.loads(call.body))
                told = {"success": True}
            case "GET", ("v1", "ContentAndApprovals"):
                told = {"contents": self.network.contents, "meta": {"next_page_url": None, "key": "contents"}}
        if told is None:
            raise TwilioRefusal(20404)
        return told

    def _authorized(self, call: Call) -> list[TwilioNumber]:
        """Return the numbers of the account that proves itself. Raises ``TwilioRefusal`` 20003."""
        _, _, proof = call.headers.get("authorization", "").partition(" ")
        try:
            name, _, token = base64.b64decode(proof).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, token = "", ""
        mine = [one for one in self.network.numbers if (one.account_sid, one.auth_token) == (name, token)]
        if not mine or (call.path[1:2] == ("Accounts",) and call.path[2].removesuffix(".json") != name):
            raise TwilioRefusal(20003)
        return mine

    async def _send(self, mine: list[TwilioNumber], call: Call) -> Answer:
        fields = {
            name: values if name in {"MediaUrl", "PersistentAction"} else values[0]
            for name, values in _form(call).items()
        }
        number = self._checked(mine, fields)
        person = str(fields["To"])
        faults = self.network.control.faults_for(frozenset({person, person.removeprefix("whatsapp:")}))
        late = sum(fault.seconds for fault in faults if fault.kind == "delay")
        end = next((fault for fault in faults if fault.kind not in {"delay", "undeliverable"}), None)
        failed = next((fault.code or 30008 for fault in faults if fault.kind == "undeliverable"), 0)
        if end is not None and end.kind in {"error", "throttle", "server_error"}:
            await asyncio.sleep(late)
            return self._refuse(end)
        try:
            self._limits.take(number.address, person, per_second=self.network.control.switches.per_second, pair=False)
        except Refusal:
            raise TwilioRefusal(20429, retry_after=1) from None
        message = self.network.accept(number, fields, failed)
        await asyncio.sleep(late)
        return Answer(silence=end.kind) if end is not None else _json(message.document(), status=201)

    def _checked(self, mine: list[TwilioNumber], fields: dict[str, Any]) -> TwilioNumber:
        """Return who sends. Raises ``TwilioRefusal`` as Twilio does for what is missing or wrong."""
        to, sender = str(fields.get("To", "")), str(fields.get("From", ""))
        if not to:
            raise TwilioRefusal(21604)
        number = next((one for one in mine if one.address == sender), None)
        if number is None:
            raise TwilioRefusal(63007 if sender.startswith("whatsapp:") else 21606)
        if not _PERSON.fullmatch(to) or to.startswith("whatsapp:") is not (number.channel == "whatsapp"):
            raise TwilioRefusal(21211)
        if not any(fields.get(name) for name in ("Body", "MediaUrl", "ContentSid")):
            raise TwilioRefusal(21602)
        if len(str(fields.get("Body", ""))) > TEXT_LIMIT:
            raise TwilioRefusal(21617)
        if fields.get("ContentSid") and fields["ContentSid"] not in {one["sid"] for one in self.network.contents}:
            raise TwilioRefusal(21655)
        if (number.number, to) in self.network.stopped:
            raise TwilioRefusal(21610)
        return number

    def _refuse(self, fault: Fault) -> Answer:
        if fault.kind == "server_error":
            body = b'{"code": 20500, "message": "An internal server error has occurred"}' if fault.body else b""
            return Answer(status=fault.status, body=body)
        if fault.kind == "throttle":
            raise TwilioRefusal(fault.code or 20429, status=429, retry_after=fault.seconds)
        raise TwilioRefusal(fault.code)

    def _listed(self, mine: list[TwilioNumber], call: Call) -> dict[str, Any]:
        """Return a page of the log, newest first, as ``To``, ``From`` and ``DateSent>`` ask."""
        query = {name: values[0] for name, values in parse_qs(call.query).items()}
        since = datetime.fromisoformat(query["DateSent>"]).timestamp() if "DateSent>" in query else 0.0
        found = [
            document
            for message in reversed(self.network.messages)
            if message.number in mine and int(message.at) >= int(since)
            for document in [message.document()]
            if query.get("To") in {None, document["to"]} and query.get("From") in {None, document["from"]}
        ]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        shown, more = found[page * size : (page + 1) * size], len(found) > (page + 1) * size
        path = "/" + "/".join(call.path)
        following = uri_of(path, **{**query, "Page": str(page + 1)}) if more else None
        return _page("messages", shown) | {"next_page_uri": following, "page": page, "page_size": size}

    def _found(self, mine: list[TwilioNumber], sid: str) -> TwilioMessage:
        found = next((one for one in self.network.messages if one.sid == sid and one.number in mine), None)
        if found is None:
            raise TwilioRefusal(20404)
        return found

    def _files(self, message: TwilioMessage) -> dict[str, Any]:
        path = f"/{VERSION}/Accounts/{message.number.account_sid}/Messages/{message.sid}/Media"
        return _page(
            "media_list",
            [
                {"sid": f"ME{ref.id}", "content_type": ref.mime_type, "uri": f"{path}/ME{ref.id}.json"}
                for ref in message.files
            ],
        )

    def _redirect(self, message: TwilioMessage, media: str) -> Answer:
        """Send whoever proved themselves on to where the file lies, where nobody asks for a proof."""
        if media not in {f"ME{ref.id}" for ref in message.files}:
            raise TwilioRefusal(20404)
        token = self.network.media.address(media.removeprefix("ME"))
        return Answer(status=307, headers=(("location", f"{self.network.base}/_twilio/{token}"),))

    def _numbers(self, mine: list[TwilioNumber], call: Call) -> list[dict[str, Any]]:
        wanted = parse_qs(call.query).get("PhoneNumber", [""])[0]
        return [
            {"sid": f"PN{index:032d}", "phone_number": one.number, "friendly_name": one.name}
            for index, one in enumerate(mine)
            if one.number == wanted
        ]

    def _steer(self, call: Call, path: tuple[str, ...]) -> dict[str, Any]:
        """Look inside or let somebody write: ``GET sent``, ``POST say {from?, number?, text?, …}``."""
        if (call.method, path) == ("GET", ("sent",)):
            return {"sent": [message.document() for message in self.network.sent], "typing": self.network.typing}
        if (call.method, path) != ("POST", ("say",)):
            message = "No such call. GET sent | POST say {from?, number?, text?, name?, lost? + fields of the form}"
            raise BadSwitchError(message)
        said = json.loads(call.body)
        asked = said.pop("number", None)
        number = next((one for one in self.network.numbers if asked in {None, one.number, one.address}), None)
        if number is None:
            message = "No such number is served."
            raise BadSwitchError(message)
        sender, text = str(said.pop("from", "+5511960000000")), str(said.pop("text", ""))
        return {"sid": self.network.say(number, sender, text, **said), "from": sender}


def _form(call: Call) -> dict[str, list[str]]:
    return parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def _page(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: rows, "page": 0, "page_size": 50, "next_page_uri": None}


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode())
