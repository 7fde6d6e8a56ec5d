"""Sends to visitors: nothing travels, the message is already where the visitor's stream reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext as _, gettext_noop

from conversations.channels.adapter import Adapter
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    FileRule,
    MessageKind,
    Outbound,
    Pace,
    SendRefused,
    Sent,
)
from conversations.channels.webchat import whisper
from conversations.channels.webchat.setup import SETUP

NO_ADDRESS = gettext_noop("The customer has no address on this web chat.")
MEGABYTE = 1024 * 1024


class WebChat(Adapter):
    """The chat on a site. Whoever writes to it reads the answer in the same window, now or when they come back."""

    kind = "webchat"
    title = gettext_noop("Web chat")
    provider = "novelo"
    setup = SETUP
    can_send: frozenset[MessageKind] = frozenset(
        {"text", "image", "audio", "video", "document", "interactive", "location"}
    )
    text_limit = 4000
    reaches = ("visitor",)
    files: ClassVar[Mapping[str, FileRule]] = {
        kind: FileRule(max_bytes=16 * MEGABYTE) for kind in ("image", "audio", "video", "document")
    }
    files_per_message = 5
    pace = Pace(per_second=500.0)

    def address_of(self, given: str) -> str:
        """Return the empty address that every web chat has. Raises ``ValueError`` with a sentence for any other."""
        if given.strip():
            raise ValueError(_("This kind of channel has no address."))
        return ""

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Say where the message lies: under our own id. Raises ``SendRefused`` for somebody who is no visitor."""
        if not visitors(outbound.to):
            raise SendRefused(Error(code="address", title=NO_ADDRESS))
        return Sent(provider_id=outbound.our_id)

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Do nothing: the visitor's stream sees for itself what the team has read."""

    def show_typing(self, account: str, to: tuple[Address, ...], provider_id: str, credentials: Credentials) -> None:
        """Whisper to the visitor's open windows that somebody is typing; lost without harm."""
        for visitor in visitors(to):
            whisper.typing_to(visitor)


def visitors(to: tuple[Address, ...]) -> tuple[str, ...]:
    """Return the visitors among a person's addresses."""
    return tuple(address.value for address in to if address.kind == "visitor")
