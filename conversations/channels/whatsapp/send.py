"""Sends to WhatsApp customers through the Cloud API and tells them that they were read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.adapter import Adapter
from conversations.channels.reading import id_of, mapping, objects
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    MessageKind,
    Outbound,
    SendRefused,
    SendUnknown,
    Sent,
)
from conversations.channels.whatsapp.errors import read_error
from conversations.channels.whatsapp.people import addresses
from conversations.channels.whatsapp.setup import SETUP

TOO_LONG = gettext_noop("The text is longer than WhatsApp takes.")
EMPTY = gettext_noop("The message is empty.")
NO_ADDRESS = gettext_noop("The customer has no address on WhatsApp.")
NOT_A_KIND = gettext_noop("WhatsApp cannot send this kind of message from here.")
NO_ANSWER = gettext_noop("WhatsApp did not answer; it will be tried again.")


class WhatsApp(Adapter):
    """A number on the WhatsApp Cloud API. ``account`` of what it sends is the number's id (``phone_number_id``)."""

    kind = "whatsapp"
    title = "WhatsApp"
    provider = "meta"
    setup = SETUP
    can_send: frozenset[MessageKind] = frozenset({"text"})
    text_limit = 4096
    reaches = ("wa_id", "bsuid", "phone")
    reply_window = timedelta(hours=24)

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Send one text, as a reply where ``reply_to`` says so. Raises ``SendRefused`` or ``SendUnknown``; blocks up to 25 s."""
        body = {**_envelope(outbound, self.can_send), **_text(outbound, self.text_limit)}
        answer = graph.post(_path(outbound.account), body, credentials.access_token, read_error)
        messages = objects(answer.get("messages"))
        provider_id = id_of(messages[0].get("id")) if messages else ""
        if not provider_id:
            raise SendUnknown("answer without a message id")
        return Sent(provider_id=provider_id, learned=_learned(answer, outbound.to))

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Tell the customer that this message and those before it were read.

        Raises ``SendRefused``; a missing answer is transient here, because doing it twice changes nothing.
        """
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        try:
            graph.post(_path(account), body, credentials.access_token, read_error)
        except SendUnknown:
            raise SendRefused(Error(code="no_answer", title=NO_ANSWER, error_class="transient")) from None


def _path(account: str) -> str:
    return f"{graph.segment(account)}/messages"


def _envelope(outbound: Outbound, can_send: frozenset[MessageKind]) -> dict[str, Any]:
    """Everything around what is said. ``to`` wins over ``recipient`` with WhatsApp, so only one of them is given."""
    if outbound.kind not in can_send:
        raise _refused("unsupported_kind", NOT_A_KIND)
    context = {"context": {"message_id": outbound.reply_to}} if outbound.reply_to else {}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(outbound.to),
        "biz_opaque_callback_data": outbound.our_id,
        **context,
    }


def _recipient(to: tuple[Address, ...]) -> Mapping[str, str]:
    """A number WhatsApp gave, else a number from elsewhere with its plus (else a country may be guessed), else the BSUID."""
    values = {one.kind: one.value for one in reversed(to)}
    if "wa_id" in values:
        return {"to": values["wa_id"]}
    if "phone" in values:
        return {"to": f"+{values['phone'].removeprefix('+')}"}
    if "bsuid" in values:
        return {"recipient": values["bsuid"]}
    raise _refused("no_address", NO_ADDRESS)


def _text(outbound: Outbound, limit: int) -> dict[str, Any]:
    if not outbound.text.strip():
        raise _refused("empty_text", EMPTY)
    if len(outbound.text) > limit:
        raise _refused("text_too_long", TOO_LONG)
    return {"type": "text", "text": {"body": outbound.text, "preview_url": False}}


def _learned(answer: Mapping[str, Any], to: tuple[Address, ...]) -> tuple[Address, ...]:
    """The answer may name the same person by another writing of the number, or by a BSUID."""
    contacts = objects(answer.get("contacts"))
    given = mapping(contacts[0]) if contacts else {}
    return tuple(one for one in addresses((given.get("wa_id"), given.get("user_id"))) if one not in to)


def _refused(code: str, title: str) -> SendRefused:
    return SendRefused(Error(code=code, title=title))
