"""What is said, in the words of WhatsApp's messages endpoint: one object a kind of message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conversations.channels import content
from conversations.channels.content import (
    Buttons,
    Contact,
    Contacts,
    Header,
    Link,
    Location,
    LocationRequest,
    Menu,
    Template,
    TemplateButton,
    Value,
)
from conversations.channels.types import Outbound, OutboundFile

Part = dict[str, Any]
FileSource = Callable[[OutboundFile], Mapping[str, str]]  # {"id": …} of an uploaded file, or {"link": …}


def message(outbound: Outbound, source: FileSource) -> Part:
    """Return ``type`` and the part it names; ``source`` brings a file to WhatsApp and says where it lies."""
    kind = outbound.kind
    if kind == "text":
        return {"type": "text", "text": {"body": outbound.text, "preview_url": False}}
    if kind == "template":
        said = content.read(kind, outbound.payload)
        return {"type": kind, kind: _template(said, outbound.attachments, source)}
    if kind in content.KINDS:
        return {"type": kind, kind: _said(content.read(kind, outbound.payload), outbound.text)}
    return {"type": kind, kind: _media(kind, outbound, source)}


def _said(said: Any, text: str) -> Any:
    if isinstance(said, Location):
        return _location(said)
    if isinstance(said, Contacts):
        return [_card(card) for card in said.contacts]
    return _interactive(said, text)


def _media(kind: str, outbound: Outbound, source: FileSource) -> Part:
    file = outbound.attachments[0]
    part: Part = dict(source(file))
    if outbound.text and kind not in {"audio", "sticker"}:
        part["caption"] = outbound.text
    if kind == "document":
        part["filename"] = file.filename or "document"
    if kind == "audio" and file.voice and file.mime_type.startswith("audio/ogg"):
        part["voice"] = True
    return part


def _location(said: Location) -> Part:
    place: Part = {"latitude": said.latitude, "longitude": said.longitude}
    return place | {key: text for key, text in (("name", said.name), ("address", said.address)) if text}


def _card(card: Contact) -> Part:
    first, _, rest = card.name.partition(" ")
    name = {"formatted_name": card.name, "first_name": first} | ({"last_name": rest} if rest else {})
    phones = [{"phone": one.phone, "type": (one.type or "CELL").upper()} for one in card.phones]
    parts: Part = {"name": name}
    if phones:
        parts["phones"] = phones
    if card.emails:
        parts["emails"] = [{"email": email, "type": "WORK"} for email in card.emails]
    if card.organization:
        parts["org"] = {"company": card.organization}
    return parts


def _interactive(said: content.Interactive, text: str) -> Part:
    kind, action = _ACTIONS[type(said)](said)
    part: Part = {"type": kind, "body": {"text": text}, "action": action}
    if isinstance(said, LocationRequest):
        return part
    if said.header:
        part["header"] = {"type": "text", "text": said.header}
    if said.footer:
        part["footer"] = {"text": said.footer}
    return part


def _buttons(said: Buttons) -> tuple[str, Part]:
    replies = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in said.choices]
    return "button", {"buttons": replies}


def _menu(said: Menu) -> tuple[str, Part]:
    sections = []
    for section in said.sections:
        rows = [
            {"id": row.id, "title": row.title} | ({"description": row.description} if row.description else {})
            for row in section.rows
        ]
        sections.append(({"title": section.title} if section.title else {}) | {"rows": rows})
    return "list", {"button": said.button, "sections": sections}


def _link(said: Link) -> tuple[str, Part]:
    return "cta_url", {"name": "cta_url", "parameters": {"display_text": said.title, "url": said.url}}


def _request(_said: LocationRequest) -> tuple[str, Part]:
    return "location_request_message", {"name": "send_location"}


_ACTIONS: Mapping[type, Callable[[Any], tuple[str, Part]]] = {
    Buttons: _buttons,
    Menu: _menu,
    Link: _link,
    LocationRequest: _request,
}


def _template(said: Template, files: tuple[OutboundFile, ...], source: FileSource) -> Part:
    components = []
    if files:
        components.append(_component("header", [_file_parameter(files[0].kind, files[0], source)]))
    elif said.header is not None and (parameters := _header(said.header)):
        components.append(_component("header", parameters))
    if said.values:
        components.append(_component("body", [_value(value) for value in said.values]))
    components += [
        part for index, button in enumerate(said.buttons) if (part := _button(str(index), button)) is not None
    ]
    template: Part = {"name": said.name, "language": {"code": said.language}}
    return template | ({"components": components} if components else {})


def _component(kind: str, parameters: list[Part]) -> Part:
    return {"type": kind, "parameters": parameters}


def _value(value: Value) -> Part:
    """A blank with a name of its own is filled by name, one that is only numbered by its place."""
    named = {} if value.name.isdecimal() else {"parameter_name": value.name}
    return {"type": "text", **named, "text": value.text}


def _file_parameter(kind: str, file: OutboundFile, source: FileSource) -> Part:
    kind = kind if kind in {"image", "video"} else "document"
    about: Part = dict(source(file))
    if kind == "document" and file.filename:
        about["filename"] = file.filename
    return {"type": kind, kind: about}


def _header(header: Header) -> list[Part]:
    if header.link:
        return [{"type": header.kind, header.kind: {"link": header.link}}]
    if header.location is not None:
        return [{"type": "location", "location": _location(header.location)}]
    return [_value(value) for value in header.values]


def _button(index: str, button: TemplateButton) -> Part | None:
    """A button needs a part only where it has a value: what fills its address, its code, or what it says when pressed."""
    if not button.value:
        return None
    parameters: Mapping[str, Part] = {
        "url": {"type": "text", "text": button.value},
        "quick_reply": {"type": "payload", "payload": button.value},
        "copy_code": {"type": "coupon_code", "coupon_code": button.value},
        "flow": {"type": "action", "action": {"flow_token": button.value}},
    }
    if button.kind not in parameters:
        return None
    return {"type": "button", "sub_type": button.kind, "index": index, "parameters": [parameters[button.kind]]}
