"""What Graph accepts as a message: the documented fields and limits of a send, checked from the outside in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simulator.refusals import Refusal

TEXT_LIMIT, CAPTION_LIMIT, CALLBACK_LIMIT = 4096, 1024, 512
MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})

_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_MEGABYTE = 1024 * 1024
_UPLOADS = (
    ({"image/jpeg", "image/png"}, 5 * _MEGABYTE),
    ({"image/webp"}, _MEGABYTE // 2),
    ({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16 * _MEGABYTE),
    ({"video/mp4", "video/3gpp"}, 16 * _MEGABYTE),
)
_DIGITS = re.compile(r"\d{7,15}")


def recipient_of(message: dict[str, Any]) -> str:
    """Return whom a send is for: the digits of ``to``, else the BSUID in ``recipient``. Raises ``Refusal``."""
    to = message.get("to")
    if to is not None and to != "":
        digits = re.sub(r"[\s()+-]", "", to) if isinstance(to, str) else ""
        if not _DIGITS.fullmatch(digits):
            raise Refusal(131009, "to is not a phone number.")
        return digits
    bsuid = message.get("recipient")
    if not bsuid:
        raise Refusal(100, message="(#100) The parameter to is required.")
    if not isinstance(bsuid, str) or not _BSUID.fullmatch(bsuid):
        raise Refusal(131009, "recipient is not a business-scoped user id.")
    return bsuid


def check_product(message: object) -> dict[str, Any]:
    """Return the body of a call as an object that names WhatsApp as its product. Raises ``Refusal``."""
    if not isinstance(message, dict) or "messaging_product" not in message:
        raise Refusal(100, message="(#100) The parameter messaging_product is required.")
    if message["messaging_product"] != "whatsapp":
        raise Refusal(100, message="(#100) Param messaging_product must be one of {WHATSAPP}")
    return message


def check_message(message: dict[str, Any], templates: tuple[str, ...] | None = None) -> str:
    """Check everything but the recipient and return the kind (the word in ``type``). Raises ``Refusal``."""
    kind = message.get("type", "text")
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Refusal(100, message=f"(#100) Param type must be one of {{{', '.join(sorted(_CHECKS)).upper()}}}")
    if kind not in message:
        raise Refusal(131008, f"Parameter '{kind}' is mandatory for type '{kind}'")
    callback = message.get("biz_opaque_callback_data")
    if callback is not None and (not isinstance(callback, str) or len(callback) > CALLBACK_LIMIT):
        raise Refusal(100, f"biz_opaque_callback_data must be a string of at most {CALLBACK_LIMIT} characters.")
    context = message.get("context")
    if context is not None:
        _words(_object(context, "context"), "message_id", "context")
    _CHECKS[kind](message[kind])
    if kind == "template" and templates is not None and message["template"]["name"] not in templates:
        raise Refusal(132001, "Template name does not exist in the translation")
    return kind


def check_upload(mime_type: str, size: int) -> None:
    """Check an upload: a type that WhatsApp has, in a size it takes of it. Raises ``Refusal``."""
    limit = next((limit for types, limit in _UPLOADS if mime_type in types), 100 * _MEGABYTE)
    if not mime_type.startswith(("image/", "audio/", "video/")) and "/" in mime_type:
        limit = 100 * _MEGABYTE
    elif all(mime_type not in types for types, _limit in _UPLOADS):
        raise Refusal(
            100, message=f"(#100) Param file must be a file with one of the following types, was {mime_type}."
        )
    if size > limit:
        raise Refusal(100, message=f"(#100) Param file is too large: {size} bytes, at most {limit}.")


def check_receipt(message: dict[str, Any]) -> str:
    """Check a read receipt, with or without a typing indicator, and return the message id it names. Raises ``Refusal``."""
    if message.get("status") != "read":
        raise Refusal(100, message="(#100) Param status must be one of {READ}")
    message_id = _words(message, "message_id", "")
    if not message_id.startswith("wamid."):
        raise Refusal(131009, "message_id is not the id of a message.")
    typing = message.get("typing_indicator")
    if typing is not None and _object(typing, "typing_indicator").get("type") != "text":
        raise Refusal(100, message="(#100) Param typing_indicator['type'] must be one of {TEXT}")
    return message_id


def _object(found: object, name: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Refusal(100, f"{name} must be an object.")
    return found


def _words(holder: dict[str, Any], key: str, where: str, limit: int | None = None) -> str:
    """Return a text that must be there and not be empty, at most ``limit`` characters."""
    name = f"{where}['{key}']" if where else key
    if key not in holder:
        raise Refusal(131008, f"Parameter {name} is missing.")
    found = holder[key]
    if not isinstance(found, str) or not found:
        raise Refusal(100, f"Param {name} must be a non-empty string.")
    if limit is not None and len(found) > limit:
        raise Refusal(100, message=f"(#100) Param {name} must be at most {limit} characters long.")
    return found


def _list(holder: dict[str, Any], key: str, where: str, limit: int) -> list[dict[str, Any]]:
    found = holder.get(key)
    if not isinstance(found, list) or not found:
        raise Refusal(131008, f"Parameter {where}['{key}'] is missing.")
    if len(found) > limit:
        raise Refusal(131009, f"{where}['{key}'] holds more than {limit} items.")
    return [_object(item, f"{where}['{key}']") for item in found]


def _check_text(found: object) -> None:
    _words(_object(found, "text"), "body", "text", TEXT_LIMIT)


def _media_check(kind: str) -> Callable[[object], None]:
    def check(found: object) -> None:
        media = _object(found, kind)
        sources = [key for key in ("id", "link") if media.get(key)]
        if len(sources) != 1:
            raise Refusal(131008, f"Parameter {kind}['id'] or {kind}['link'] is required, one of them.")
        source = _words(media, sources[0], kind)
        if sources[0] == "link" and not source.startswith(("http://", "https://")):
            raise Refusal(131009, f"{kind}['link'] is not a URL.")
        if "caption" in media:
            if kind in {"audio", "sticker"}:
                raise Refusal(100, f'Unexpected key "caption" on param "{kind}".')
            _words(media, "caption", kind, CAPTION_LIMIT)

    return check


def _check_location(found: object) -> None:
    place = _object(found, "location")
    for key, furthest in (("latitude", 90), ("longitude", 180)):
        if key not in place:
            raise Refusal(131008, f"Parameter location['{key}'] is missing.")
        try:
            inside = abs(float(place[key])) <= furthest
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise Refusal(131009, f"location['{key}'] is out of range.")


def _check_contacts(found: object) -> None:
    for card in _list({"contacts": found}, "contacts", "", 257):
        _words(_object(card.get("name"), "contacts['name']"), "formatted_name", "contacts['name']")


def _check_reaction(found: object) -> None:
    reaction = _object(found, "reaction")
    _words(reaction, "message_id", "reaction")
    if not isinstance(reaction.get("emoji"), str):
        raise Refusal(131008, "Parameter reaction['emoji'] is missing.")


def _check_template(found: object) -> None:
    template = _object(found, "template")
    _words(template, "name", "template", 512)
    _words(_object(template.get("language"), "template['language']"), "code", "template['language']")
    components = template.get("components", [])
    if not isinstance(components, list):
        raise Refusal(100, "template['components'] must be a list.")
    for component in components:
        if _object(component, "template['components']").get("type") not in {"header", "body", "button", "carousel"}:
            raise Refusal(100, "template['components']['type'] must be one of {HEADER, BODY, BUTTON, CAROUSEL}")


def _check_interactive(found: object) -> None:
    interactive = _object(found, "interactive")
    kind = _words(interactive, "type", "interactive")
    for edge in ("header", "footer"):
        if edge in interactive:
            _check_edge(_object(interactive[edge], edge), edge)
    action = _object(interactive.get("action", {}), "interactive['action']")
    if kind in {"button", "list", "cta_url", "location_request_message", "flow"}:
        limit = TEXT_LIMIT if kind == "list" else 1024
        _words(_object(interactive.get("body"), "interactive['body']"), "text", "interactive['body']", limit)
    if kind == "button":
        _check_buttons(action)
    elif kind == "list":
        _check_rows(action)
    elif kind == "location_request_message" and action.get("name") != "send_location":
        raise Refusal(131009, "interactive['action']['name'] must be send_location.")
    elif kind == "cta_url":
        link = _object(action.get("parameters"), "interactive['action']['parameters']")
        _words(link, "display_text", "parameters", 20)
        _words(link, "url", "parameters")


def _check_edge(part: dict[str, Any], name: str) -> None:
    """A footer is a text, a header a text or a file."""
    if name == "footer" or part.get("type") == "text":
        _words(part, "text", name, 60)


def _check_buttons(action: dict[str, Any]) -> None:
    replies = [_object(item.get("reply"), "reply") for item in _list(action, "buttons", "interactive['action']", 3)]
    titles = [_words(reply, "title", "reply", 20) for reply in replies]
    ids = [_words(reply, "id", "reply", 256) for reply in replies]
    if len(set(titles)) < len(titles) or len(set(ids)) < len(ids):
        raise Refusal(131009, "Duplicated button title or id.")


def _check_rows(action: dict[str, Any]) -> None:
    _words(action, "button", "interactive['action']", 20)
    sections = _list(action, "sections", "interactive['action']", 10)
    rows = [row for section in sections for row in _list(section, "rows", "section", 10)]
    if len(rows) > 10:
        raise Refusal(131009, "Total row count exceeds the maximum of 10.")
    for row in rows:
        _words(row, "id", "row", 200)
        _words(row, "title", "row", 24)
        if "description" in row:
            _words(row, "description", "row", 72)
    if len({row["id"] for row in rows}) < len(rows):
        raise Refusal(131009, "Duplicated row id.")


_CHECKS: dict[str, Callable[[object], None]] = {
    "text": _check_text,
    **{kind: _media_check(kind) for kind in sorted(MEDIA_KINDS)},
    "location": _check_location,
    "contacts": _check_contacts,
    "reaction": _check_reaction,
    "template": _check_template,
    "interactive": _check_interactive,
}
