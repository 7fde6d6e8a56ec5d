"""What a WhatsApp message says, by its ``type``: the text a person would read, the kind's own data, the files.

A type nobody knows, or a known one without its part, is ``unsupported``: shown as a placeholder, kept raw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from conversations.channels.reading import NotReadableError, decode, id_of, mapping, objects, text_of
from conversations.channels.types import AttachmentRef, MessageKind
from conversations.channels.whatsapp.errors import read_error

Raw = Mapping[str, Any]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, whoever said it: the fields that every kind of message item shares."""

    kind: MessageKind = "text"
    text: str = ""
    payload: dict[str, Any] = {}
    attachments: tuple[AttachmentRef, ...] = ()


def content(message: Raw) -> Content:
    """Return what ``message`` says; its raw form as ``unsupported`` when that cannot be told."""
    word = word_of(message)
    reader = READERS.get(word)
    said = reader(message, word) if reader else None
    if said is None:
        return Content(kind="unsupported", payload=dict(message))
    context = mapping(message.get("context"))
    extras = {key: context[key] for key in ("referred_product", "frequently_forwarded") if context.get(key)}
    return msgspec.structs.replace(said, payload=said.payload | extras) if extras else said


def word_of(message: Raw) -> str:
    """Return the ``type`` of a message, or the name of the part it has when the type is missing."""
    word = text_of(message.get("type"))
    return word or next((key for key in (*READERS, "reaction", "system", "edit", "revoke") if key in message), "")


def _text(message: Raw, word: str) -> Content | None:
    body = mapping(message.get(word)).get("body")
    return Content(text=text_of(body)) if _scalar(body) else None


def _media(message: Raw, word: str) -> Content | None:
    part, errors = mapping(message.get(word)), objects(message.get("errors"))
    if not part and not errors:
        return None
    kind: Any = "audio" if word == "voice" else word
    reference, url = id_of(part.get("id")), text_of(part.get("url"))
    unavailable = read_error(errors[0]).code if errors else "" if reference or url else "missing"
    attachment = AttachmentRef(
        kind=kind,
        provider_ref=reference,
        url=url,
        mime_type=text_of(part.get("mime_type"))[:255],
        filename=text_of(part.get("filename")),
        size=_whole(part.get("file_size")),
        sha256=text_of(part.get("sha256"))[:64],
        voice=word == "voice" or part.get("voice") is True,
        unavailable=unavailable,
    )
    animated = {"animated": True} if part.get("animated") is True else {}
    return Content(kind=kind, text=text_of(part.get("caption")), payload=animated, attachments=(attachment,))


def _location(message: Raw, word: str) -> Content | None:
    part = mapping(message.get(word))
    place = {key: part[key] for key in ("latitude", "longitude", "name", "address", "url") if _scalar(part.get(key))}
    if "latitude" not in place or "longitude" not in place:
        return None
    return Content(kind="location", payload=place | {"live": not place.get("name")})


def _contacts(message: Raw, word: str) -> Content | None:
    if not isinstance(message.get(word), list):
        return None
    cards = objects(message[word])
    origin = next((text_of(card["origin"]) for card in cards if text_of(card.get("origin"))), "")
    return Content(kind="contacts", payload={"contacts": cards} | ({"origin": origin} if origin else {}))


def _template_button(message: Raw, word: str) -> Content | None:
    part = mapping(message.get(word))
    if not part:
        return None
    title = text_of(part.get("text"))
    payload = {"kind": "template_button", "title": title, "payload": text_of(part.get("payload"))}
    return Content(kind="interactive", text=title, payload=payload)


def _interactive(message: Raw, word: str) -> Content | None:
    part = mapping(message.get(word))
    kind = text_of(part.get("type")) or next((key for key in INTERACTIVE if key in part), "")
    reader = INTERACTIVE.get(kind)
    reply = part.get(kind)
    if reader is None or not isinstance(reply, dict):
        return None
    said = reader(reply)
    return Content(kind="interactive", text=said.text, payload={"kind": kind} | said.payload)


def _choice(reply: Raw) -> Content:
    chosen = {key: text_of(reply[key]) for key in ("id", "title", "description") if text_of(reply.get(key))}
    return Content(text=chosen.get("title", ""), payload=chosen)


def _form(reply: Raw) -> Content:
    """A filled-in flow or address form. Its answers are JSON in a string; what is no JSON is kept as the string it is."""
    response = reply.get("response_json")
    if isinstance(response, str):
        with suppress(NotReadableError):
            response = decode(response)
    body = text_of(reply.get("body"))
    return Content(text=body, payload={"name": text_of(reply.get("name")), "body": body, "response": response})


def _as_given(reply: Raw) -> Content:
    return Content(payload={key: value for key, value in reply.items() if key != "kind"})


def _order(message: Raw, word: str) -> Content | None:
    part = mapping(message.get(word))
    if not part:
        return None
    payload = {"catalog_id": text_of(part.get("catalog_id")), "items": objects(part.get("product_items"))}
    return Content(kind="order", text=text_of(part.get("text")), payload=payload)


def _template(message: Raw, word: str) -> Content | None:
    part = mapping(message.get(word))
    return Content(kind="template", payload=part) if part else None


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


INTERACTIVE: Mapping[str, Callable[[Raw], Content]] = {
    "button_reply": _choice,
    "list_reply": _choice,
    "nfm_reply": _form,
    "call_permission_reply": _as_given,
    "payment_method": _as_given,
    "payment_notification": _as_given,
}

READERS: Mapping[str, Callable[[Raw, str], Content | None]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "audio": _media,
    "voice": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "button": _template_button,
    "interactive": _interactive,
    "order": _order,
    "template": _template,
}
