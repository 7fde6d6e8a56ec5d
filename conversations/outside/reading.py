"""Understanding one event from outside: every type and field of the contract, each refusal with its field and reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext as _, gettext_noop

from conversations.channels.phone import digits_of
from conversations.channels.types import Address
from conversations.models.message import KINDS
from conversations.outside import fields
from conversations.outside.fields import Reader
from conversations.outside.shapes import Told
from conversations.refusal import Refused

OURS = "novelo"  # what happens here is told by nobody else
ID_LENGTH, SOURCE_LENGTH, NAME_LENGTH, VALUE_LENGTH, TEXT_LENGTH = 255, 40, 160, 200, 65_536
DATA_BYTES = 64 * 1024
CHANNEL = fields.pattern(r"[a-z_]{1,20}", gettext_noop("Must be 1 to 20 small letters, like whatsapp or store."))
NUMBER = re.compile(r"[1-9][0-9]{6,14}")
USERNAME = re.compile(r"[a-z0-9._]{1,64}")
SAID_KINDS = [kind for kind in KINDS if kind != "note"]

SHORT, WORDS = fields.text(80), fields.text(200)
TEXT = fields.text(TEXT_LENGTH)
KIND = fields.word(*SAID_KINDS)
SURVEYS: dict[Any, Reader] = {"csat": fields.score(1, 5), "nps": fields.score(0, 10)}


class Field(NamedTuple):
    """One field of a type's data."""

    name: str
    read: Reader
    required: bool = False


VALUE, CURRENCY = Field("value", fields.money), Field("currency", fields.currency)
PAID = (Field("value", fields.money, required=True), Field("currency", fields.currency, required=True))
AGENT = Field("agent", fields.email)
TURN = (AGENT, Field("team", SHORT), Field("by", fields.word("agent", "bot", "rule")))
SURVEY = (
    Field("survey", fields.word(*SURVEYS), required=True), Field("touchpoint", WORDS), Field("comment", fields.text(10_000)), AGENT,
)  # fmt: skip
OPPORTUNITY = (
    Field("opportunity", WORDS, required=True), Field("stage", WORDS), VALUE, CURRENCY, Field("owner", WORDS), Field("reason", fields.text(2_000)),
)  # fmt: skip
ORDER = (
    Field("order", WORDS, required=True), Field("items", fields.items), Field("coupon", WORDS), Field("pickup", fields.yes_no), Field("store", WORDS),
    Field("promised_at", fields.moment_text),
)  # fmt: skip
PLACE = (
    Field("store", WORDS),
    Field("url", fields.text(2_000)),
    Field("campaign", WORDS),
    Field("cost", fields.money),
    CURRENCY,
)
ITEMS = Field("items", fields.items)
TYPES: dict[str, tuple[Field, ...]] = {
    "message.received": (Field("text", TEXT), Field("kind", KIND)),
    "message.sent": (
        Field("author", fields.word("agent", "bot", "campaign", "system"), required=True), AGENT, Field("text", TEXT), Field("kind", KIND),
    ),
    **{f"conversation.{turn}": TURN for turn in ("assigned", "resolved", "handoff")},
    "conversation.snoozed": (*TURN, Field("until", fields.moment_text)),
    "survey.sent": SURVEY,
    "survey.answered": SURVEY,
    **{f"opportunity.{step}": OPPORTUNITY for step in ("opened", "stage_changed", "won", "lost")},
    **{f"order.{step}": (*ORDER, *PAID) for step in ("placed", "paid", "refunded")},
    **{
        f"order.{step}": (*ORDER, VALUE, CURRENCY)
        for step in ("cancelled", "ready_for_pickup", "picked_up", "shipped", "delivered")
    },
    "cart.updated": (Field("cart", WORDS, required=True), *PAID, ITEMS),
    "payment_link.sent": (Field("link", WORDS, required=True), *PAID, ITEMS),
    "payment_link.opened": (Field("link", WORDS, required=True), VALUE, CURRENCY, ITEMS),
    "payment_link.paid": (Field("link", WORDS, required=True), VALUE, CURRENCY, ITEMS),
    "benefit.exposed": (Field("benefit", WORDS, required=True), Field("eligible", fields.yes_no, required=True), Field("order", WORDS)),
    "benefit.used": (Field("benefit", WORDS, required=True), Field("eligible", fields.yes_no), Field("order", WORDS)),
    "customer.updated": (),  # its identities are one person's, and this is their name
    "store.visit": PLACE,
    "web.visit": PLACE,
    "ad.clicked": PLACE,
    "cost.recorded": (
        Field("kind", fields.word("media", "salaries", "messages", "tools", "other"), required=True),
        Field("amount", fields.money, required=True), Field("currency", fields.currency, required=True),
        Field("from", fields.day_or_moment, required=True), Field("to", fields.day_or_moment, required=True),
    ),
}  # fmt: skip


def read(raw: Any) -> Told:
    """Return one event as it is understood. Raises ``Refused`` with the field at fault and a sentence."""
    if not isinstance(raw, Mapping):
        raise Refused("event", _("Must be an object."))
    fields.storable("", raw)
    kind = _one(raw, "type", fields.text(40))
    if kind not in TYPES:
        raise Refused("type", _("There is no such type of event."))
    key = _one(raw, "id", fields.text(ID_LENGTH))
    source = _one(raw, "source", fields.text(SOURCE_LENGTH))
    if source.lower() == OURS:
        raise Refused("source", _("“novelo” is reserved for what happens here."))
    at: datetime = _one(raw, "at", fields.moment)
    said = kind.startswith("message.")
    channel = _one(raw, "channel", CHANNEL) if said or raw.get("channel") else ""
    given = raw.get("data")
    if given is not None and not isinstance(given, Mapping):
        raise Refused("data", _("Must be an object."))
    data = _data(kind, given or {})
    text = data.pop("text", "") if said else ""
    nobody = kind == "cost.recorded"
    person = {} if nobody else _person(raw.get("customer"), source)
    return Told(id=key, source=source, type=kind, at=at, channel=channel, data=data, text=text, **person)


def _one(raw: Mapping[str, Any], name: str, reader: Reader) -> Any:
    if raw.get(name) is None:
        raise Refused(name, _("Must be given."))
    return reader(name, raw[name])


def _data(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Read what the type names; what it does not name is kept for types that are no part of a conversation."""
    if kind == "message.sent" and given.get("author") is None and given.get("agent") is not None:
        given = {**given, "author": "agent"}
    known = {field.name for field in TYPES[kind]} | {"score"}
    closed = kind.startswith(("message.", "conversation."))
    data = {} if closed else {name: value for name, value in given.items() if name not in known}
    for field in TYPES[kind]:
        value = given.get(field.name)
        if value is None or (field.name == "text" and value == ""):
            if field.required:
                raise Refused(f"data.{field.name}", _("Must be given."))
            continue
        data[field.name] = field.read(f"data.{field.name}", value)
    if kind.startswith("conversation."):
        data.setdefault("by", "agent")
    if kind.startswith("survey."):
        _score(kind, given, data)
    if kind == "cost.recorded" and fields.begins(data["from"]) > fields.begins(data["to"]):
        raise Refused("data.to", _("Must not be before “from”."))
    if len(msgspec.json.encode(data, enc_hook=str)) > DATA_BYTES:
        raise Refused("data", _("Is too large."))
    return data


def _score(kind: str, given: Mapping[str, Any], data: dict[str, Any]) -> None:
    score = given.get("score")
    if score is not None:
        data["score"] = SURVEYS[data["survey"]]("data.score", score)
    elif kind == "survey.answered":
        raise Refused("data.score", _("Must be given."))


def _person(given: Any, source: str) -> dict[str, Any]:
    """Read who it is about: every address, the strongest first."""
    if given is None:
        raise Refused("customer", _("Must be given."))
    if not isinstance(given, Mapping):
        raise Refused("customer", _("Must be an object."))
    found = []
    for name, kind, reader in (
        ("whatsapp", "wa_id", _number),
        ("phone", "phone", _phone),
        ("email", "email", fields.email),
        ("external_id", "external_id", fields.text(VALUE_LENGTH)),
        ("instagram", "instagram", _instagram),
    ):
        if given.get(name) is None or given[name] == "":
            continue
        value = reader(f"customer.{name}", given[name])
        found.append(Address(kind, value))
    if not found:
        raise Refused("customer", _("Needs one of: external_id, phone, email, whatsapp, instagram."))
    called = given.get("name")
    if called is not None and not isinstance(called, str):
        raise Refused("customer.name", _("Must be text."))
    return {"addresses": tuple(found), "name": " ".join((called or "").split())[:NAME_LENGTH]}


def _number(name: str, value: Any) -> str:
    """Read a telephone number across borders, in any writing; return its digits."""
    digits = digits_of(value) if isinstance(value, str) else ""
    if not NUMBER.fullmatch(digits):
        raise Refused(name, _("Must be a telephone number with its country, like +5511987654321."))
    return digits


def _phone(name: str, value: Any) -> str:
    """Read a telephone number that says with its plus that it holds its country."""
    if not isinstance(value, str) or not value.strip().startswith("+"):
        raise Refused(name, _("Must be a telephone number with its country, like +5511987654321."))
    return f"+{_number(name, value)}"


def _instagram(name: str, value: Any) -> str:
    """Read the name of an account, or its number."""
    found = value.strip().removeprefix("@").lower() if isinstance(value, str) else ""
    if not USERNAME.fullmatch(found):
        raise Refused(name, _("Must be the name of an Instagram account."))
    return found
