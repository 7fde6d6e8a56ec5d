"""Sends through Twilio, to WhatsApp and by SMS: text, files by link, places, templates; and shows that somebody is typing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _, gettext_noop

from conversations.channels import content
from conversations.channels.adapter import Adapter, cannot
from conversations.channels.limits import MEGABYTE, Objection
from conversations.channels.phone import digits_of, match_key
from conversations.channels.reading import id_of, text_of
from conversations.channels.setup import Setup
from conversations.channels.twilio import contents, listing, setup
from conversations.channels.twilio.errors import SUSPENDED
from conversations.channels.types import (
    Address,
    AttachmentRef,
    Checked,
    Credentials,
    Download,
    Error,
    FileRule,
    MessageKind,
    Outbound,
    Pace,
    ReceivedLater,
    SendRefused,
    SendUnknown,
    Sent,
)

NO_ADDRESS = gettext_noop("The customer has no address on this kind of channel.")
NO_PAYLOAD = gettext_noop("The message does not say what it holds.")
NO_LINK = gettext_noop("Twilio fetches files by a link, and this file has none.")
NOT_THERE = gettext_noop("The file's address cannot be used.")
NO_SUCH_NUMBER = gettext_noop("The account at Twilio has no such number.")
TEXT_LIMIT = 1600
_IMAGES, _SOUNDS = ("image/jpeg", "image/png"), ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr")
_LABEL_LENGTH = 256


class Twilio(Adapter):
    """A number at Twilio. ``account`` is the number with its ``+``, or a short code."""

    provider = "twilio"
    text_limit = TEXT_LIMIT
    can_list = True
    prefix = ""

    def address_of(self, given: str) -> str:
        """Return the number as it is kept: ``whatsapp:`` and spaces fall away. Raises ``ValueError`` for what is none."""
        address = re.sub(r"[\s().-]", "", given.strip().removeprefix("whatsapp:"))
        pattern = self.setup.address.pattern if self.setup.address else setup.NUMBER
        if not re.fullmatch(pattern, address):
            raise ValueError(_(setup.NO_NUMBER))
        return address

    def objection(self, outbound: Outbound) -> Objection | None:
        """Return what speaks against sending this: beside what every channel asks, files need a link and places their degrees."""
        if outbound.kind in content.KINDS and outbound.kind in self.can_send:
            try:
                content.read(outbound.kind, outbound.payload)
            except msgspec.ValidationError:
                return Objection(field=outbound.kind, code="no_payload", title=NO_PAYLOAD)
        return super().objection(outbound)

    def recipient(self, to: tuple[Address, ...]) -> str:
        """Return whom to write to as Twilio writes it. Raises ``SendRefused`` for nobody, as here: each kind says whom it reaches."""
        raise cannot()

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Send one message; its statuses come to ``outbound.status_url``. Raises ``SendRefused`` or ``SendUnknown``; up to 25 s."""
        if (against := self.objection(outbound)) is not None:
            raise SendRefused(against.error)
        links = [file.link for file in outbound.attachments]
        if not all(links):
            raise SendRefused(Error(code="no_link", title=NO_LINK))
        fields = {"to": self.recipient(outbound.to), "from_": f"{self.prefix}{outbound.account}"}
        if service := text_of(outbound.options.get("messaging_service")):
            fields["messaging_service_sid"] = service
        if outbound.status_url:
            fields["status_callback"] = outbound.status_url
        said = _said(outbound, links, credentials)
        return Sent(provider_id=_create(credentials, {**fields, **said}, links))

    def locate(self, file: AttachmentRef, account: str, credentials: Credentials) -> Download:
        """Say where a customer's file lies: the account's name and token are shown to Twilio's own hosts only."""
        parts = urlsplit(file.url)
        own = urlsplit(settings.TWILIO_API_URL)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SendRefused(Error(code="no_address", title=NOT_THERE))
        at_twilio = parts.scheme == "https" and parts.hostname.endswith(".twilio.com")
        trusted = at_twilio or parts[:2] == own[:2]
        token = next(filter(None, credentials.auth_tokens), "")
        if not trusted or not token:
            return Download(url=file.url, sha256=file.sha256)
        proof = base64.b64encode(f"{credentials.account_sid}:{token}".encode()).decode()
        return Download(
            url=file.url, headers={"Authorization": f"Basic {proof}"}, hosts=(parts.hostname,), sha256=file.sha256
        )

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask whether the account is in use. Raises ``SendRefused``."""
        from conversations.channels.twilio.client import client  # loaded by who calls

        found = client(credentials, harmless=True).api.accounts(credentials.account_sid).fetch()
        if text_of(found.status) != "active":
            raise SendRefused(Error(code=text_of(found.status) or "account", title=SUSPENDED, error_class="channel"))
        return Checked(name=text_of(found.friendly_name))

    def received(
        self, account: str, since: datetime, credentials: Credentials, options: Mapping[str, Any]
    ) -> Iterator[ReceivedLater]:
        """Yield what was written to ``account`` and what became of what it sent since then, page by page. Raises ``SendRefused``."""
        return listing.received(f"{self.prefix}{account}", since, credentials)


class TwilioWhatsApp(Twilio):
    """A WhatsApp number at Twilio."""

    kind = "twilio_whatsapp"
    title = "WhatsApp (Twilio)"
    setup: ClassVar[Setup] = setup.WHATSAPP
    can_send: frozenset[MessageKind] = frozenset({
        "text", "image", "audio", "video", "document", "sticker", "location", "template",
    })  # fmt: skip
    reaches = ("wa_id", "bsuid", "phone")
    reply_window = timedelta(hours=24)
    files: ClassVar[Mapping[str, FileRule]] = {
        "image": FileRule(max_bytes=5 * MEGABYTE, mime_types=_IMAGES),
        "audio": FileRule(max_bytes=16 * MEGABYTE, mime_types=_SOUNDS, caption=False),
        "video": FileRule(max_bytes=16 * MEGABYTE, mime_types=("video/mp4",)),
        "document": FileRule(max_bytes=16 * MEGABYTE),
        "sticker": FileRule(max_bytes=100 * 1024, mime_types=("image/webp",), caption=False),
    }
    pace = Pace(per_second=80)
    has_templates = True
    prefix = "whatsapp:"

    def recipient(self, to: tuple[Address, ...]) -> str:
        """Return a number WhatsApp gave, else one from elsewhere, else the business-scoped id."""
        values = {one.kind: one.value for one in reversed(to)}
        if number := digits_of(values.get("wa_id") or values.get("phone", "")):
            return f"{self.prefix}+{number}"
        if "bsuid" in values:
            return f"{self.prefix}{values['bsuid']}"
        raise SendRefused(Error(code="no_address", title=NO_ADDRESS))

    def show_typing(self, account: str, to: tuple[Address, ...], provider_id: str, credentials: Credentials) -> None:
        """Show for up to 25 s that somebody is typing; it marks as read too. Raises ``SendRefused``."""
        from conversations.channels.twilio.client import client  # loaded by who calls

        indicators = client(credentials, harmless=True).messaging.v3.typing_indicator
        wanted = indicators.TypingIndicatorRequest({"channel": "WHATSAPP", "messageId": provider_id})
        indicators.create(typing_indicator_request=wanted)

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Tell the customer that this message and those before it were read: Twilio can only with the sign of typing."""
        self.show_typing(account, to, provider_id, credentials)

    def templates(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the account's contents as templates. Raises ``SendRefused``."""
        return contents.listed(credentials)


class Sms(Twilio):
    """A number or short code that takes SMS and MMS at Twilio."""

    kind = "sms"
    title = "SMS"
    setup: ClassVar[Setup] = setup.SMS
    can_send: frozenset[MessageKind] = frozenset({"text", "image", "audio", "video", "document"})
    reaches = ("phone", "wa_id")
    files: ClassVar[Mapping[str, FileRule]] = {
        kind: FileRule(max_bytes=5 * MEGABYTE) for kind in ("image", "audio", "video", "document")
    }
    files_per_message = 10
    pace = Pace(per_second=1)

    def recipient(self, to: tuple[Address, ...]) -> str:
        """Return a telephone number, else WhatsApp's as it is dialed: a Brazilian mobile with its ninth digit."""
        values = {one.kind: one.value for one in reversed(to)}
        if number := digits_of(values.get("phone", "")):
            return f"+{number}" if len(number) > 7 else number
        if number := digits_of(values.get("wa_id", "")):
            return f"+{match_key(number)}"
        raise SendRefused(Error(code="no_address", title=NO_ADDRESS))

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask whether the account is in use and has the number; a short code is taken on trust. Raises ``SendRefused``."""
        from conversations.channels.twilio.client import client  # loaded by who calls

        found = super().check(account, credentials, options)
        if not account.startswith("+"):
            return found
        numbers = client(credentials, harmless=True).incoming_phone_numbers.list(phone_number=account, limit=1)
        if not numbers:
            raise SendRefused(Error(code="no_number", title=NO_SUCH_NUMBER, error_class="channel"))
        return Checked(name=text_of(numbers[0].friendly_name) or found.name)


def _said(outbound: Outbound, links: list[str], credentials: Credentials) -> dict[str, Any]:
    """Return what is said, in the words of the library's ``create``."""
    if outbound.kind == "template":
        sid, variables = contents.variables(outbound.payload, credentials, next(iter(links), ""))
        return {"content_sid": sid} | ({"content_variables": variables} if variables else {})
    if outbound.kind == "location":
        place: content.Location = content.read("location", outbound.payload)
        label = ", ".join(filter(None, (place.name, place.address)))[:_LABEL_LENGTH]
        where = f"geo:{place.latitude},{place.longitude}"
        return {
            "persistent_action": [f"{where}|{label}" if label else where],
            "body": outbound.text or label or f"{place.latitude}, {place.longitude}",
        }
    said: dict[str, Any] = {"body": outbound.text} if outbound.text else {}
    return said | ({"media_url": links} if links else {})


def _create(credentials: Credentials, fields: dict[str, Any], links: list[str]) -> str:
    """Hand a message to Twilio and return its id. Who has a file's link has the file, so links stay out of the record."""
    from conversations.channels.twilio.client import client  # loaded by who calls

    try:
        made = client(credentials, secrets=links).messages.create(**fields)
    except (ValueError, TypeError, AttributeError):  # a 2xx that is not Twilio's JSON
        raise SendUnknown("answer without a message id") from None
    if not (provider_id := id_of(made.sid)):
        raise SendUnknown("answer without a message id")
    return provider_id
