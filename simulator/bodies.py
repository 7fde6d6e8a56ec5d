"""What Meta writes: the documented shapes of WhatsApp webhooks as of 2026, from one message to a whole envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.parties import BusinessNumber, Person

StatusWord = Literal["sent", "delivered", "read", "played", "failed"]


@dataclass(frozen=True)
class Content:
    """What a message says: the word in ``type``, and the keys that come with it."""

    kind: str
    keys: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MediaRef:
    """A file that waits at Graph: its id, type and digest (hex), and the name a document carries."""

    id: str
    mime_type: str
    sha256: str
    filename: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One item of a webhook: a message or a status of a number, with the person it is about; of another ``field`` the value itself."""

    number: BusinessNumber
    holds: Literal["messages", "statuses"]
    item: dict[str, Any]
    contact: dict[str, Any] | None = None
    field: str = "messages"


def text(body: str) -> Content:
    """Plain text."""
    return Content("text", {"text": {"body": body}})


def image(media: MediaRef, caption: str = "") -> Content:
    """A picture, with or without a caption."""
    return Content("image", {"image": _media(media, caption)})


def video(media: MediaRef, caption: str = "") -> Content:
    """A video, with or without a caption."""
    return Content("video", {"video": _media(media, caption)})


def audio(media: MediaRef, *, voice: bool = True) -> Content:
    """A sound file; ``voice`` is a voice note."""
    return Content("audio", {"audio": {**_media(media), "voice": voice}})


def document(media: MediaRef, caption: str = "") -> Content:
    """A file with its name."""
    return Content("document", {"document": {**_media(media, caption), "filename": media.filename}})


def sticker(media: MediaRef, *, animated: bool = False) -> Content:
    """A sticker."""
    return Content("sticker", {"sticker": {**_media(media), "animated": animated}})


def location(latitude: float, longitude: float, *, name: str = "", address: str = "") -> Content:
    """A place; without a name it is where the person is now."""
    place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    return Content("location", {"location": {key: value for key, value in place.items() if value != ""}})


def button(label: str, payload: str) -> Content:
    """The pressed quick reply of a template."""
    return Content("button", {"button": {"text": label, "payload": payload}})


def button_reply(reply_id: str, title: str) -> Content:
    """The pressed reply button of an interactive message."""
    return Content(
        "interactive", {"interactive": {"type": "button_reply", "button_reply": {"id": reply_id, "title": title}}}
    )


def list_reply(row_id: str, title: str, description: str = "") -> Content:
    """The chosen row of a list."""
    row = {"id": row_id, "title": title} | ({"description": description} if description else {})
    return Content("interactive", {"interactive": {"type": "list_reply", "list_reply": row}})


def reaction(message_id: str, emoji: str) -> Content:
    """A reaction to a message; without an emoji the reaction is taken back and the key is absent, as documented."""
    return Content("reaction", {"reaction": {"message_id": message_id} | ({"emoji": emoji} if emoji else {})})


def order(catalog_id: str, items: Sequence[tuple[str, int, float]], note: str = "") -> Content:
    """A cart sent from the catalog: (retailer id, quantity, price) of each product, in BRL."""
    products = [
        {"product_retailer_id": retailer_id, "quantity": quantity, "item_price": price, "currency": "BRL"}
        for retailer_id, quantity, price in items
    ]
    return Content("order", {"order": {"catalog_id": catalog_id, "text": note, "product_items": products}})


def edit(original_id: str, new: Content) -> Content:
    """A changed message: the whole new content, in the context the documentation gives it."""
    return Content(
        "edit",
        {
            "edit": {
                "original_message_id": original_id,
                "message": {"context": {"id": "M0"}, "type": new.kind, **new.keys},
            }
        },
    )


def revoke(original_id: str) -> Content:
    """A message taken back by its sender."""
    return Content("revoke", {"revoke": {"original_message_id": original_id}})


def unsupported(word: str = "poll_creation") -> Content:
    """Something WhatsApp has and the API has not."""
    problem = {
        "code": 131051,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }
    return Content("unsupported", {"errors": [problem], "unsupported": {"type": word}})


def ad_referral(source_id: str, headline: str, body: str) -> dict[str, Any]:
    """The ``referral`` of the first message after a click on an ad that leads to WhatsApp."""
    return {
        "source_url": f"https://fb.me/{source_id}",
        "source_id": source_id,
        "source_type": "ad",
        "headline": headline,
        "body": body,
        "media_type": "image",
        "image_url": f"https://scontent.example/{source_id}.jpg",
        "ctwa_clid": f"ARA{source_id}",
    }


def message(
    content: Content,
    *,
    message_id: str,
    sender: Person,
    at: float,
    reply_to: tuple[str, str] | None = None,
    forwarded: bool = False,
    referral: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one ``messages[]`` item. ``at`` in Unix seconds; ``reply_to`` is (its sender's number, its message id)."""
    phone = {} if sender.phone_hidden else {"from": sender.wa_id}
    head = {**phone, "from_user_id": sender.user_id, "id": message_id, "timestamp": str(int(at)), "type": content.kind}
    context: dict[str, Any] = {"from": reply_to[0], "id": reply_to[1]} if reply_to else {}
    if forwarded:
        context["forwarded"] = True
    return (
        head | content.keys | ({"context": context} if context else {}) | ({"referral": referral} if referral else {})
    )


def status(
    word: StatusWord,
    *,
    message_id: str,
    recipient: Person,
    at: float,
    callback_data: str | None = None,
    template: bool = False,
    error: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one ``statuses[]`` item as v24.0 and later write it: no conversation; prices with ``sent`` and ``delivered``."""
    phone = {} if recipient.phone_hidden else {"recipient_id": recipient.wa_id}
    item: dict[str, Any] = {"id": message_id, "status": word, "timestamp": str(int(at)), **phone}
    item["recipient_user_id"] = recipient.user_id
    if callback_data is not None:
        item["biz_opaque_callback_data"] = callback_data
    if word in {"sent", "delivered"}:
        item["pricing"] = {
            "billable": template,
            "pricing_model": "PMP",
            "type": "regular" if template else "free_customer_service",
            "category": "utility" if template else "service",
        }
    if error is not None:
        item["errors"] = [error]
    return item


def status_change(number: BusinessNumber, item: dict[str, Any], recipient: Person) -> Change:
    """Return a status as a change: the user name only with ``delivered`` and ``read``, no contact at all with ``failed``."""
    if item["status"] == "failed":
        return Change(number=number, holds="statuses", item=item)
    contact = recipient.contact(with_username=item["status"] in {"delivered", "read", "played"})
    return Change(number=number, holds="statuses", item=item, contact=contact)


def template_change(number: BusinessNumber, template: dict[str, Any]) -> Change:
    """Return the news that a template has another status, as Graph lists the template."""
    said = {
        "event": template["status"],
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": "NONE",
        "message_template_category": template["category"],
    }
    return Change(number=number, holds="messages", item=said, field="message_template_status_update")


def value(changes: Sequence[Change]) -> dict[str, Any]:
    """Return the ``value`` that holds these changes of one number, in their order."""
    if changes[0].field != "messages":
        return changes[0].item
    number = changes[0].number
    made: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.display_phone_number, "phone_number_id": number.phone_number_id},
    }
    contacts = {str(change.contact["user_id"]): change.contact for change in changes if change.contact}
    if contacts:
        made["contacts"] = list(contacts.values())
    for change in changes:
        made.setdefault(change.holds, []).append(change.item)
    return made


def envelope(entries: Sequence[Sequence[Sequence[Change]]]) -> dict[str, Any]:
    """Return a whole body: entries of values of changes; each entry is of one business account, each value of one number."""
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": values[0][0].number.business_account_id,
                "changes": [{"value": value(changes), "field": changes[0].field} for changes in values],
            }
            for values in entries
        ],
    }


def _media(media: MediaRef, caption: str = "") -> dict[str, Any]:
    described = {"id": media.id, "mime_type": media.mime_type, "sha256": media.sha256}
    return described | ({"caption": caption} if caption else {})
