"""Who a Twilio form is about: numbers with and without ``whatsapp:``, business-scoped user ids, names, and the lane."""

from __future__ import annotations

import re

from conversations.channels.phone import digits_of, match_key
from conversations.channels.twilio.form import Form
from conversations.channels.types import Address, Person

PREFIX = "whatsapp:"
WHATSAPP_KIND = "twilio_whatsapp"

_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_SENDER_NAME = re.compile(r"[A-Za-z0-9 _&+.\-]{1,30}")  # an alphanumeric sender: a name in place of a number
_SHORT_CODE = 8  # fewer digits are a short code, which has no country
_MAX_NAME = 160
_MAX_LANE = 140


def is_whatsapp(form: Form) -> bool:
    """Whether a form says itself that it is WhatsApp's, by the prefix or by what only WhatsApp has."""
    ends = (form.text("From"), form.text("To"), form.text("ChannelPrefix") + ":")
    return any(end.lower().startswith(PREFIX) for end in ends) or bool(form.text("WaId", "ExternalUserId"))


def kind_of(form: Form) -> str:
    """Return the kind of channel a form is surely for; empty without the prefix, because then the number's channel decides."""
    return WHATSAPP_KIND if is_whatsapp(form) else ""


def bare(value: str) -> str:
    """Return an address without ``whatsapp:``."""
    return value[len(PREFIX) :].strip() if value.lower().startswith(PREFIX) else value.strip()


def account_of(value: str) -> str | None:
    """Return our own end as a channel keeps it: ``+`` and the number, a short code as it is; ``None`` for nothing."""
    text = bare(value)
    digits = digits_of(text)
    if text.startswith("+") or len(digits) < _SHORT_CODE:
        return text or None
    return f"+{digits}"


def person_of(end: str, form: Form, *, whatsapp: bool, sender: bool = True) -> Person | None:
    """Return who is at one ``end`` of a form, ``None`` for nobody; a ``sender`` has a name and further ids beside the number.

    On WhatsApp the number Twilio writes from comes first, because that is the one to answer to.
    """
    text = bare(end)
    digits = digits_of(text)
    if not whatsapp:
        if digits:
            return Person(
                addresses=(Address("phone", digits if len(digits) < _SHORT_CODE and text[0] != "+" else f"+{digits}"),)
            )
        return Person(addresses=(Address("phone", text),), name=text) if _SENDER_NAME.fullmatch(text) else None
    more = (digits_of(form.text("WaId")), bare(form.text("ExternalUserId"))) if sender else ()
    found = [Address("wa_id", one) for one in dict.fromkeys((digits, *more[:1])) if one]
    ids = [_scoped(one) for one in dict.fromkeys((text, *more[1:])) if _BSUID.fullmatch(one)]
    if not found and not ids:
        return None
    # One form names number and id together: Twilio itself says that they are one person.
    name = form.text("ProfileName")[:_MAX_NAME] if sender else ""
    return Person(addresses=(*found, *ids), name=name, proof="provider" if found and ids else "")


def lane_of(person: Person | None, otherwise: str) -> str:
    """Return what keeps this person's items in order, whichever writing of the number came."""
    if person is None:
        return otherwise[:_MAX_LANE] or "account"
    first = person.addresses[0]
    return match_key(first.value) if first.kind in {"wa_id", "phone"} else first.value


def _scoped(value: str) -> Address:
    return Address("parent_bsuid" if value[3:].startswith("ENT.") else "bsuid", value)
