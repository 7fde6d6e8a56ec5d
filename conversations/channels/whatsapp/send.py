"""Sends to WhatsApp customers through the Cloud API: whatever can be said there, reactions, read receipts, typing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.adapter import Adapter
from conversations.channels.limits import Objection
from conversations.channels.reading import id_of, mapping, objects, text_of
from conversations.channels.types import (
    AccountNotice,
    Address,
    AttachmentRef,
    Checked,
    Credentials,
    Download,
    Error,
    MessageKind,
    Outbound,
    OutboundFile,
    Pace,
    SendRefused,
    SendUnknown,
    Sent,
    TemplateNews,
)
from conversations.channels.whatsapp import limits, media_out, templates, wording
from conversations.channels.whatsapp.errors import read_error
from conversations.channels.whatsapp.people import addresses
from conversations.channels.whatsapp.setup import SETUP

NO_ADDRESS = gettext_noop("The customer has no address on WhatsApp.")
NO_ANSWER = gettext_noop("WhatsApp did not answer; it will be tried again.")


class WhatsApp(Adapter):
    """A number on the WhatsApp Cloud API. ``account`` of what it sends is the number's id (``phone_number_id``)."""

    kind = "whatsapp"
    title = "WhatsApp"
    provider = "meta"
    setup = SETUP
    can_send: frozenset[MessageKind] = frozenset({
        "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive", "template",
    })  # fmt: skip
    text_limit = 4096
    reaches = ("wa_id", "bsuid", "phone")
    reply_window = timedelta(hours=24)
    referral_window = timedelta(hours=72)
    files = limits.FILES
    pace = Pace(per_second=80, pair_seconds=6, pair_burst=45, pair_errors=frozenset({"131056"}))
    can_react = True
    has_templates = True

    def objection(self, outbound: Outbound) -> Objection | None:
        """Return what speaks against sending this, in the parts that only WhatsApp has too."""
        return super().objection(outbound) or limits.objection(outbound)

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Send one message, as a reply where ``reply_to`` says so; its file is brought to WhatsApp first.

        Raises ``SendRefused`` or ``SendUnknown``; blocks up to 25 s a call.
        """
        if (against := self.objection(outbound)) is not None:
            raise SendRefused(against.error)
        envelope = _envelope(outbound)

        def source(file: OutboundFile) -> Mapping[str, str]:
            return media_out.source(file, outbound.account, credentials)

        return _sent(
            graph.post(
                _path(outbound.account),
                envelope | wording.message(outbound, source),
                credentials.access_token,
                read_error,
            ),
            outbound.to,
        )

    def react(
        self, account: str, to: tuple[Address, ...], provider_id: str, emoji: str, credentials: Credentials
    ) -> None:
        """Put ``emoji`` under a message of the customer's; an empty one takes it back. Raises as ``send`` does."""
        reaction = {"message_id": provider_id, "emoji": emoji}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(to)}
        graph.post(
            _path(account), body | {"type": "reaction", "reaction": reaction}, credentials.access_token, read_error
        )

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Tell the customer that this message and those before it were read.

        Raises ``SendRefused``; a missing answer is transient here, because doing it twice changes nothing.
        """
        _tell(account, {"status": "read", "message_id": provider_id}, credentials)

    def show_typing(self, account: str, to: tuple[Address, ...], provider_id: str, credentials: Credentials) -> None:
        """Show for up to 25 s, or until the answer, that somebody is typing; it marks as read too. Raises ``SendRefused``."""
        shown = {"status": "read", "message_id": provider_id, "typing_indicator": {"type": "text"}}
        _tell(account, shown, credentials)

    def locate(self, file: AttachmentRef, account: str, credentials: Credentials) -> Download:
        """Say where a customer's file lies now. Raises ``SendRefused``."""
        return media_out.locate(file, account, credentials)

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask who this number is. Raises ``SendRefused``."""
        wanted = {"fields": "verified_name,display_phone_number,quality_rating"}
        found = graph.get(graph.segment(account), wanted, credentials.access_token, read_error)
        number = text_of(found.get("display_phone_number"))
        return Checked(name=text_of(found.get("verified_name")), learned={"display_number": number} if number else {})

    def templates(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the templates of ``options["business_account"]``. Raises ``SendRefused``."""
        return templates.listed(credentials, options)

    def template_news(self, notice: AccountNotice) -> TemplateNews | None:
        """Return what a notice says of a template, None for news of anything else."""
        return templates.news(notice)


def _path(account: str) -> str:
    return f"{graph.segment(account)}/messages"


def _tell(account: str, body: Mapping[str, Any], credentials: Credentials) -> None:
    try:
        graph.post(_path(account), {"messaging_product": "whatsapp", **body}, credentials.access_token, read_error)
    except SendUnknown:
        raise SendRefused(Error(code="no_answer", title=NO_ANSWER, error_class="transient")) from None


def _sent(answer: Mapping[str, Any], to: tuple[Address, ...]) -> Sent:
    messages = objects(answer.get("messages"))
    provider_id = id_of(messages[0].get("id")) if messages else ""
    if not provider_id:
        raise SendUnknown("answer without a message id")
    return Sent(provider_id=provider_id, learned=_learned(answer, to))


def _envelope(outbound: Outbound) -> dict[str, Any]:
    """Everything around what is said. ``to`` wins over ``recipient`` with WhatsApp, so only one of them is given."""
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
    raise SendRefused(Error(code="no_address", title=NO_ADDRESS))


def _learned(answer: Mapping[str, Any], to: tuple[Address, ...]) -> tuple[Address, ...]:
    """The answer may name the same person by another writing of the number, or by a BSUID."""
    contacts = objects(answer.get("contacts"))
    given = mapping(contacts[0]) if contacts else {}
    return tuple(one for one in addresses((given.get("wa_id"), given.get("user_id"))) if one not in to)
