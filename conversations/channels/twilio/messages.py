"""What a customer said through Twilio: a form read into a message, whichever of its many fields say it."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from conversations.channels.reading import clean
from conversations.channels.twilio.files import attachments, is_card
from conversations.channels.twilio.form import Form
from conversations.channels.twilio.people import account_of, is_whatsapp, kind_of, lane_of, person_of
from conversations.channels.twilio.wishes import consent
from conversations.channels.types import (
    AttachmentRef,
    Invalid,
    MessageKind,
    MessageReceived,
    Parsed,
    Person,
    ReactionChanged,
)

SID = ("MessageSid", "SmsMessageSid", "SmsSid")
# The fields that show a form to be a message at all, whatever else is missing.
_SIGNS = (*SID, "From", "To", "Body", "NumMedia", "MediaUrl0")
_REFERRAL = {
    "ReferralSourceUrl": "source_url",
    "ReferralSourceId": "source_id",
    "ReferralSourceType": "source_type",
    "ReferralHeadline": "headline",
    "ReferralBody": "body",
    "ReferralCtwaClid": "ctwa_clid",
    "ReferralMediaId": "media_id",
    "ReferralMediaContentType": "media_type",
    "ReferralMediaUrl": "media_url",
}
_NOT_TO_BE_SHOWN = {"order", "unsupported", "flow", "request_welcome", "unknown"}  # what a form has no field for
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was said."""

    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}


def read(form: Form) -> Parsed:
    """Return the message of a form: one item, with the reason where it cannot be used."""
    if not form.text(*_SIGNS):
        return Parsed(outcome="invalid", reason="no_message")
    whatsapp = is_whatsapp(form)
    account, kind = account_of(form.text("To")), kind_of(form)
    person = person_of(form.text("From"), form, whatsapp=whatsapp)
    provider_id = form.id(*SID)
    at, lane = _moment(form), lane_of(person, provider_id)
    reason = _missing(provider_id, account, person)
    if reason or person is None:
        invalid = Invalid(account=account, channel_kind=kind, lane=lane, at=at, reason=reason, payload=form.storable())
        return Parsed(items=(invalid,))
    target = form.id("OriginalRepliedMessageSid")
    if form.text("MessageType").lower() == "reaction" and target:
        reaction = ReactionChanged(
            account=account, channel_kind=kind, lane=lane, at=at,
            provider_id=provider_id, target=target, sender=person, emoji=form.text("Body"),
        )  # fmt: skip
        return Parsed(items=(reaction,))
    files = attachments(form, whatsapp=whatsapp)
    said = _content(form, files, whatsapp=whatsapp)
    message = MessageReceived(
        account=account,
        channel_kind=kind,
        lane=lane,
        at=at,
        provider_id=provider_id,
        sender=person,
        kind=said.kind,
        text=said.text,
        payload=said.payload,
        attachments=files,
        reply_to=target or None,
        referral=_referral(form),
        forwarded=_yes(form, "Forwarded") or _yes(form, "FrequentlyForwarded"),
        consent=consent(form, said.text, whatsapp=whatsapp),
    )
    return Parsed(items=(message,))


def _missing(provider_id: str, account: str | None, person: Person | None) -> str:
    """Say what a message cannot do without: an id of its own cannot be guessed, because it tells a repetition."""
    if not provider_id:
        return "missing_message_sid"
    if account is None:
        return "missing_recipient"
    return "" if person else "missing_sender"


def _content(form: Form, files: tuple[AttachmentRef, ...], *, whatsapp: bool) -> Content:
    body = clean(form.get("Body", ""))
    extras: dict[str, Any] = {"frequently_forwarded": True} if _yes(form, "FrequentlyForwarded") else {}
    chosen = _chosen(form)
    place = _place(form)
    if chosen:
        # By SMS there are no buttons: what looks like one is kept beside the words.
        return Content(
            kind="interactive" if whatsapp else "text", text=body or chosen["title"], payload=chosen | extras
        )
    if place:
        return Content(kind="location", text=body, payload=place | extras)
    if files:
        kind: Any = "contacts" if is_card(files[0]) else "document" if files[0].kind == "file" else files[0].kind
        return Content(kind=kind, text=body, payload=extras)
    if not body and form.text("MessageType").lower() in _NOT_TO_BE_SHOWN:
        return Content(kind="unsupported", payload=form.storable())
    if not whatsapp and (plain := _unpacked(body)):
        return Content(text=plain, payload=extras | {"packed": body})
    return Content(text=body, payload=extras)


def _chosen(form: Form) -> dict[str, str]:
    """Return the button or row that was pressed: its id comes back, its title is what people read."""
    if form.text("ListId", "ListTitle"):
        return _choice("list_reply", form.text("ListId"), form.text("ListTitle", "Body"))
    if form.text("ButtonText", "ButtonPayload"):
        word = "template_button" if form.text("MessageType").lower() == "button" else "button_reply"
        return _choice(word, form.text("ButtonPayload"), form.text("ButtonText", "Body"))
    return {}


def _choice(kind: str, chosen: str, title: str) -> dict[str, str]:
    name = "payload" if kind == "template_button" else "id"
    return {"kind": kind, "title": title} | ({name: chosen} if chosen else {})


def _place(form: Form) -> dict[str, Any]:
    try:
        latitude, longitude = float(form.text("Latitude")), float(form.text("Longitude"))
    except ValueError:
        return {}
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # also what is no number
        return {}
    words = {"name": form.text("Label"), "address": form.text("Address")}
    return {"latitude": latitude, "longitude": longitude} | {key: text for key, text in words.items() if text}


def _referral(form: Form) -> dict[str, Any] | None:
    """Return the advertisement a customer came by, in the words that WhatsApp itself uses for it."""
    found = {word: form.text(name) for name, word in _REFERRAL.items() if form.text(name)}
    return found or None


def _yes(form: Form, name: str) -> bool:
    return form.text(name).lower() == "true"


def _unpacked(body: str) -> str:
    """Return the words in a body that is base64 from end to end, as long texts by SMS sometimes come; empty for others.

    The end may be cut within a character. Words of one piece are never taken for it.
    """
    if len(body) % 4 or not _BASE64.fullmatch(body):
        return ""
    try:
        raw = base64.b64decode(body, validate=True)
    except binascii.Error:
        return ""
    for cut in range(4):
        try:
            text = raw[: len(raw) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return text if " " in text and all(one.isprintable() or one in "\n\r\t" for one in text) else ""
    return ""


def _moment(form: Form) -> datetime | None:
    """Return when it was sent, which only messages fetched later say (RFC 2822)."""
    try:
        at = parsedate_to_datetime(form.text("DateSent"))
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
