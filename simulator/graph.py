"""The part of Graph that a hub calls, as an ASGI application, and beside it ``/_sim/`` to steer and look inside."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any, Protocol
from urllib.parse import parse_qs

from simulator import validation
from simulator.chance import seeded
from simulator.limits import RateLimits
from simulator.parties import BusinessNumber
from simulator.refusals import Refusal
from simulator.steering import steer
from simulator.switches import BadSwitchError, Fault
from simulator.whatsapp import SentMessage, WhatsApp

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CLOSE_EXTENSION = "simulator.close"
HANG_LIMIT = 120.0
_VERSION = re.compile(r"v\d+\.\d+")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as the routes see it."""

    method: str
    path: tuple[str, ...]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    base: str
    query: str = ""

    @property
    def token(self) -> str:
        """The bearer token, empty when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> Any:
        """Return the body as JSON. Raises ``Refusal`` when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refusal(100, "The body is not JSON.") from None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back: or nothing, when ``silence`` says how the answer gets lost."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    silence: str = ""


class Neighbor(Protocol):
    """Another provider's API on the same port."""

    def owns(self, path: tuple[str, ...]) -> bool:
        """Whether a path is this provider's."""

    async def answer(self, call: Call) -> Answer:
        """Answer one call to such a path."""


class Graph:
    """Answers for the numbers of a ``WhatsApp``, and lets ``neighbors`` answer for their paths."""

    def __init__(self, whatsapp: WhatsApp, *, seed: int = 1, neighbors: Sequence[Neighbor] = ()) -> None:
        self.whatsapp = whatsapp
        self._neighbors = tuple(neighbors)
        self._limits = RateLimits()
        self._rng = seeded("graph", seed)
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
        call = Call(
            method=scope["method"],
            path=tuple(part for part in scope["path"].split("/") if part),
            headers=headers,
            body=await _read(receive),
            base=f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}",
            query=scope.get("query_string", b"").decode("latin-1"),
        )
        answer = await self._answer(call)
        if answer.silence:
            await self._stay_silent(answer.silence, scope, receive)
            return
        names = [("content-type", answer.content_type), ("content-length", str(len(answer.body))), *answer.headers]
        start = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in names]
        await send({"type": "http.response.start", "status": answer.status, "headers": start})
        await send({"type": "http.response.body", "body": answer.body})

    def close(self) -> None:
        """Let every call go that is kept hanging."""
        self._closing.set()

    async def _answer(self, call: Call) -> Answer:
        try:
            for neighbor in self._neighbors:
                if neighbor.owns(call.path):
                    return await neighbor.answer(call)
            if call.path[:1] == ("_sim",):
                return _json(await steer(self.whatsapp, self._limits, call.method, call.path[1:], call.body))
            if call.path[:1] == ("_media",):
                return self._file(call)
            return await self._node(call)
        except Refusal as refusal:
            retry = () if refusal.retry_after is None else (("retry-after", f"{refusal.retry_after:g}"),)
            return Answer(status=refusal.status, body=refusal.answer_body(self._rng), headers=retry)
        except BadSwitchError as problem:
            return _json({"error": str(problem)}, status=400)

    async def _node(self, call: Call) -> Answer:
        path = call.path[1:] if call.path and _VERSION.fullmatch(call.path[0]) else call.path
        mine = self._authorized(call)
        node, edge = (*path, "", "")[:2]
        number = next((number for number in mine if number.phone_number_id == node), None)
        if edge == "messages" and call.method == "POST" and number:
            return await self._send(number, call)
        if edge == "media" and call.method == "POST" and number:
            return self._upload(call)
        if edge == "register" and call.method == "POST" and number:
            return _json({"success": True})
        if edge == "" and call.method == "GET" and number:
            return _json(_described(number))
        if edge == "" and call.method == "GET" and (stored := self.whatsapp.media.get(node)):
            url = f"{call.base}/_media/{self.whatsapp.media.address(node)}"
            about = {"mime_type": stored.ref.mime_type, "sha256": stored.ref.sha256, "file_size": len(stored.data)}
            return _json({"messaging_product": "whatsapp", "url": url, **about, "id": node})
        if any(one.business_account_id == node for one in mine):
            return self._account(node, edge, call)
        raise _unsupported(call.method, node)

    def _account(self, node: str, edge: str, call: Call) -> Answer:
        """Answer for a business account: its templates, and the apps that hear of it."""
        if edge == "message_templates" and call.method == "GET":
            asked = {name: values[0] for name, values in parse_qs(call.query).items()}
            return _json(self.whatsapp.templates.page(asked.get("limit", ""), asked.get("after", "")))
        if edge == "subscribed_apps":
            app = {
                "whatsapp_business_api_data": {"id": "670000000000001", "name": "Novelo", "link": "https://example.com"}
            }
            return _json({"data": [app]} if call.method == "GET" else {"success": True})
        raise _unsupported(call.method, node)

    def _authorized(self, call: Call) -> list[BusinessNumber]:
        mine = [number for number in self.whatsapp.numbers if number.access_token == call.token] if call.token else []
        if not mine:
            raise Refusal(190, message="Invalid OAuth access token - Cannot parse access token")
        return mine

    async def _send(self, number: BusinessNumber, call: Call) -> Answer:
        message = validation.check_product(call.json())
        if "status" in message:
            message_id = validation.check_receipt(message)
            typing = "typing_indicator" in message
            self.whatsapp.receipts.append(
                {"phone_number_id": number.phone_number_id, "message_id": message_id, "typing": typing}
            )
            return _json({"success": True})
        address = validation.recipient_of(message)
        kind = validation.check_message(message, self.whatsapp.control.switches.templates)
        if kind == "template":
            self.whatsapp.templates.check(message["template"])
        person = self.whatsapp.find(address)
        faults = self.whatsapp.control.faults_for(frozenset({address, person.wa_id, person.user_id}))
        late = sum(fault.seconds for fault in faults if fault.kind == "delay")
        end = next((fault for fault in faults if fault.kind not in {"delay", "undeliverable"}), None)
        failed = next((fault.code or 131026 for fault in faults if fault.kind == "undeliverable"), 0)
        switches = self.whatsapp.control.switches
        if end is not None and end.kind in {"error", "throttle", "server_error"}:
            await asyncio.sleep(late)
            return self._refuse(end)
        self._limits.take(
            number.phone_number_id, person.user_id, per_second=switches.per_second, pair=switches.pair_limit
        )
        sent = self.whatsapp.accept(number, person, kind, message, failed)
        await asyncio.sleep(late)
        return Answer(silence=end.kind) if end is not None else _json(_accepted(sent, address))

    def _refuse(self, fault: Fault) -> Answer:
        if fault.kind == "error":
            raise Refusal(fault.code, "The simulator was told to refuse this.")
        if fault.kind == "throttle":
            raise Refusal(fault.code or 130429, "Too many messages.", status=429, retry_after=fault.seconds)
        if fault.body:
            raise Refusal(fault.code or 131000, "Message failed to send due to an unknown error.", status=fault.status)
        return Answer(status=fault.status, content_type="text/html")

    def _upload(self, call: Call) -> Answer:
        head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode("latin-1")
        parts = message_from_bytes(head + call.body)
        found = {str(part.get_param("name", header="content-disposition")): part for part in parts.walk()}
        if "messaging_product" not in found:
            raise Refusal(100, message="(#100) The parameter messaging_product is required.")
        part = found.get("file")
        data = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(data, bytes):
            raise Refusal(100, message="(#100) The parameter file is required.")
        validation.check_upload(part.get_content_type(), len(data))
        ref = self.whatsapp.media.add(data, part.get_content_type(), part.get_filename() or "")
        return _json({"id": ref.id})

    def _file(self, call: Call) -> Answer:
        self._authorized(call)
        stored = self.whatsapp.media.open(call.path[1]) if len(call.path) == 2 else None
        if stored is None:
            return Answer(status=404, content_type="text/html")
        return Answer(body=stored.data, content_type=stored.ref.mime_type)

    async def _stay_silent(self, kind: str, scope: Scope, receive: Receive) -> None:
        """Lose the answer: close the connection at once, or keep it open until the caller gives up."""
        if kind == "hang":
            waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(self._closing.wait())]
            await asyncio.wait(waits, timeout=HANG_LIMIT, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        close = scope.get("extensions", {}).get(CLOSE_EXTENSION)
        if close is not None:
            close()
            await receive()


def _unsupported(method: str, node: str) -> Refusal:
    return Refusal(
        100,
        message=f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to"
        " missing permissions, or does not support this operation.",
        subcode=33,
    )


def _accepted(sent: SentMessage, address: str) -> dict[str, Any]:
    contact: dict[str, Any] = {"input": sent.body.get("to") or address}
    if not sent.person.phone_hidden:
        contact["wa_id"] = sent.person.wa_id
    contact["user_id"] = sent.person.user_id
    message = {"id": sent.id} | ({"message_status": "accepted"} if sent.kind == "template" else {})
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def _described(number: BusinessNumber) -> dict[str, Any]:
    return {
        "verified_name": number.verified_name,
        "code_verification_status": "VERIFIED",
        "display_phone_number": number.display_phone_number,
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "id": number.phone_number_id,
    }


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode(), content_type="application/json; charset=UTF-8")


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            return bytes(body)
