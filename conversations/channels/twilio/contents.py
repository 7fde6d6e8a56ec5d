"""Templates at Twilio are contents: listed in the shape of the house, found by name, their blanks filled as Twilio asks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from conversations.channels import content
from conversations.channels.reading import id_of, mapping, objects, text_of
from conversations.channels.types import Credentials, Error, SendRefused

NO_SUCH_TEMPLATE = gettext_noop("There is no such template at Twilio.")
SID = re.compile(r"HX[0-9a-fA-F]{32}")
MOST = 1000
KEPT_SECONDS = 300.0
_BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
_listed: dict[tuple[str, str], tuple[float, list[dict[str, Any]]]] = {}  # by API and account, of this process
_BUTTONS = {"URL": "URL", "PHONE_NUMBER": "PHONE_NUMBER", "QUICK_REPLY": "QUICK_REPLY", "COPY_CODE": "COPY_CODE"}


def listed(credentials: Credentials) -> list[dict[str, Any]]:
    """Return the account's contents as templates. Raises ``SendRefused``."""
    return [_template(one) for one in _all(credentials) if one.get("friendly_name")]


def variables(outbound_payload: Mapping[str, Any], credentials: Credentials, link: str = "") -> tuple[str, str]:
    """Return the id of the content that a message's template names and its variables as JSON, empty without any.

    Asks Twilio only where the template is not named by its id or has blanks outside its text. Raises ``SendRefused``.
    """
    template = content.read("template", dict(outbound_payload))
    values = {value.name: value.text for value in template.values}
    pressed = [button.value for button in template.buttons]
    header = template.header
    if SID.fullmatch(template.name) and not any(pressed) and header is None:
        return template.name, _json(values)
    found = _find(template.name, template.language, credentials)
    if header is not None:
        values |= {value.name: value.text for value in header.values}
        if shown := link or header.link:
            values |= dict.fromkeys(_names(_media(found)), _from_blank(_media(found), shown))
    for action, value in zip(_actions(found), pressed, strict=False):
        values |= dict.fromkeys(_names(text_of(action.get("url")) or text_of(action.get("id"))), value)
    return text_of(found.get("sid")), _json({name: text for name, text in values.items() if text})


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""


def _find(name: str, language: str, credentials: Credentials) -> Mapping[str, Any]:
    """Return a content by its id or name, from a list of minutes ago where it is on it: a campaign asks for one thousands of times."""
    key = (settings.TWILIO_API_URL, credentials.account_sid)
    for fresh in (False, True):
        at, found = _listed.get(key, (float("-inf"), []))
        if fresh or time.monotonic() - at > KEPT_SECONDS:
            found = list(_all(credentials))
            _listed[key] = time.monotonic(), found
        for one in found:
            if one["sid"] == name or (one["friendly_name"] == name and language in {"", one["language"]}):
                return one
    raise SendRefused(Error(code="21655", title=NO_SUCH_TEMPLATE, error_class="template"))


def _all(credentials: Credentials) -> Iterator[dict[str, Any]]:
    from conversations.channels.twilio.client import client  # loaded by who calls

    listing = client(credentials, harmless=True).content.v1.content_and_approvals.stream(limit=MOST, page_size=100)
    for one in listing:
        yield {
            "sid": id_of(one.sid),
            "friendly_name": text_of(one.friendly_name),
            "language": text_of(one.language),
            "types": mapping(one.types),
            "approval": mapping(one.approval_requests),
            "variables": mapping(one.variables),
        }


def _template(one: Mapping[str, Any]) -> dict[str, Any]:
    approval = one["approval"]
    return {
        "id": one["sid"],
        "name": one["friendly_name"][:512],
        "language": one["language"][:20],
        "category": text_of(approval.get("category")).lower()[:40],
        "status": (text_of(approval.get("status")) or "unsubmitted").lower()[:40],
        "reason": text_of(approval.get("rejection_reason")),
        "components": list(_components(one)),
    }


def _components(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Bring a content into the shape in which the house keeps every template."""
    part = _part(one)
    if media := _media(one):
        yield {"type": "HEADER", "format": _format(media)}
    examples = one["variables"]
    body = text_of(part.get("body"))
    names = list(dict.fromkeys(_names(body)))
    yield {"type": "BODY", "text": body, "example": {"body_text": [[text_of(examples.get(name)) for name in names]]}}
    if footer := text_of(part.get("footer") or part.get("subtitle")):
        yield {"type": "FOOTER", "text": footer}
    if actions := _actions(one):
        yield {"type": "BUTTONS", "buttons": [_button(action) for action in actions]}


def _part(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the richest of a content's types: the plain text is what others fall back to."""
    types = one["types"]
    return mapping(next((types[name] for name in types if name != "twilio/text"), None) or types.get("twilio/text"))


def _actions(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects(_part(one).get("actions"))


def _media(one: Mapping[str, Any]) -> str:
    media = _part(one).get("media")
    return text_of(media[0]) if isinstance(media, list) and media else ""


def _format(media: str) -> str:
    bare = media.partition("?")[0].lower()
    if bare.endswith(".pdf"):
        return "DOCUMENT"
    return "VIDEO" if bare.endswith((".mp4", ".3gp")) else "IMAGE"


def _button(action: Mapping[str, Any]) -> dict[str, Any]:
    kind = _BUTTONS.get(text_of(action.get("type")).upper(), "QUICK_REPLY")
    found = {"type": kind, "text": text_of(action.get("title"))}
    return found | ({"url": text_of(action.get("url"))} if kind == "URL" else {})


def _names(text: str) -> list[str]:
    return _BLANK.findall(text)


def _from_blank(pattern: str, link: str) -> str:
    """Return what stands in the blank of an address: Twilio keeps the part before it fixed."""
    return link.removeprefix(_BLANK.split(pattern)[0])
