"""The calls under ``/_sim/``: what was sent, how the provider behaves, and a customer's words put in by hand."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from simulator.bodies import Content
from simulator.limits import RateLimits
from simulator.parties import Person, user_id_of
from simulator.switches import BadSwitchError
from simulator.whatsapp import WhatsApp

USAGE = (
    "GET sent | GET behaviour | POST behaviour {switches} | GET webhooks | POST reset | POST template {name, status, language?}"
    " | POST say {from?, name?, text | type + its keys, reply_to?, referral?, phone_number_id?}"
)


async def steer(
    whatsapp: WhatsApp, limits: RateLimits, method: str, path: tuple[str, ...], body: bytes
) -> dict[str, Any]:
    """Answer one call under ``/_sim/`` with a JSON object. Raises ``BadSwitchError`` with a sentence when it makes no sense."""
    match method, path:
        case "GET", ("sent",):
            return {"sent": [sent.document() for sent in whatsapp.sent], "receipts": list(whatsapp.receipts)}
        case "GET", ("behaviour",):
            return _switches(whatsapp)
        case "POST", ("behaviour",):
            whatsapp.control.change(_document(body))
            return _switches(whatsapp)
        case "GET", ("webhooks",):
            return {"queues": [_counts(queue.counts) for queue in whatsapp.queues]}
        case "POST", ("reset",):
            await whatsapp.reset()
            limits.clear()
            return {"reset": True}
        case "POST", ("say" | "template" as verb,):
            return {"say": _say, "template": _change_template}[verb](whatsapp, _document(body))
    message = f"No such call. {USAGE}"
    raise BadSwitchError(message)


def _switches(whatsapp: WhatsApp) -> dict[str, Any]:
    return dict(msgspec.to_builtins(whatsapp.control.switches))


def _counts(counts: Any) -> dict[str, Any]:
    shown = ("requests", "acked_bodies", "acked_items", "batches", "duplicates", "retries")
    return {name: getattr(counts, name) for name in shown} | {"answers": {str(k): v for k, v in counts.answers.items()}}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        message = "Send a JSON object."
        raise BadSwitchError(message)
    return document


def _change_template(whatsapp: WhatsApp, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a template have another status, in one language or in all."""
    return {"templates": whatsapp.change_template(*(str(asked.get(key, "")) for key in ("name", "status", "language")))}


def _say(whatsapp: WhatsApp, said: dict[str, Any]) -> dict[str, Any]:
    """Let a customer say something now; the keys are those of a documented message, ``text`` may be plain words."""
    asked = said.pop("phone_number_id", None)
    number = next((number for number in whatsapp.numbers if asked in {None, number.phone_number_id}), None)
    if number is None:
        message = "No such number is served."
        raise BadSwitchError(message)
    sender, name = str(said.pop("from", "5511960000000")), str(said.pop("name", ""))
    known = whatsapp.find(sender)
    person = known if not name else Person(wa_id=known.wa_id, name=name, user_id=known.user_id or user_id_of(sender))
    reply_to, referral = said.pop("reply_to", None), said.pop("referral", None)
    if isinstance(said.get("text"), str):
        said["text"] = {"body": said["text"]}
    kind = str(said.pop("type", "text"))
    context = (number.display_phone_number, str(reply_to)) if reply_to else None
    message_id = whatsapp.say(number, person, Content(kind, said), reply_to=context, referral=referral)
    return {"id": message_id, "from": person.wa_id, "user_id": person.user_id}
