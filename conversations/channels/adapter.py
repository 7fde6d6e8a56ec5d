"""What every kind of channel has unless it says otherwise: a new kind states how it differs and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext as _, gettext_noop

from conversations.channels.limits import Objection, objection
from conversations.channels.setup import Setup
from conversations.channels.types import (
    AccountNotice,
    Address,
    AttachmentRef,
    Checked,
    Credentials,
    Download,
    Error,
    FileRule,
    MessageAnnounced,
    MessageKind,
    MessageReceived,
    Outbound,
    Pace,
    Person,
    ReceivedLater,
    SendRefused,
    Sent,
    TemplateNews,
)

NOT_HERE = gettext_noop("This kind of channel cannot do that.")


class Adapter:
    """One kind of channel: what it is called, who delivers it, whom it reaches, how it sends. Knows no models.

    As it stands it can do nothing. ``reaches`` are the kinds of address it can write to, preferred first;
    ``account_addresses`` those of them that mean a person only on the account they wrote to. After ``reply_window`` since the
    customer's last message only templates may follow, and what a person writes until ``human_window``; ``None`` is no end.
    ``files`` says by kind what it takes, ``setup`` how it is connected. Every method may block up to the client's timeout.
    """

    kind: str = ""
    title: str = ""
    provider: str = ""
    can_send: frozenset[MessageKind] = frozenset()
    text_limit: int = 4096
    text_unit: Literal["characters", "bytes"] = "characters"
    reaches: tuple[str, ...] = ()
    account_addresses: frozenset[str] = frozenset()
    reply_window: timedelta | None = None
    human_window: timedelta | None = None
    referral_window: timedelta | None = None  # after a message that an advertisement brought, if answered in time
    files: ClassVar[Mapping[str, FileRule]] = {}
    files_per_message: int = 1
    setup: ClassVar[Setup] = Setup()
    pace: Pace = Pace()
    can_react: bool = False
    has_templates: bool = False
    token_life: timedelta | None = None  # after this an access token ends unless it was renewed
    can_list: bool = False  # its provider tries a webhook once or twice, and can be asked later what came in

    def address_of(self, given: str) -> str:
        """Return the channel's own address as it is kept. Raises ``ValueError`` with a sentence for one that is none."""
        address = given.strip()
        if not address:
            raise ValueError(_("This kind of channel needs an address."))
        return address

    def length_of(self, text: str) -> int:
        """Return how much of ``text_limit`` a text takes: characters, or bytes of UTF-8 where the channel counts those."""
        return len(text.encode("utf-8", "surrogatepass")) if self.text_unit == "bytes" else len(text)

    def objection(self, outbound: Outbound) -> Objection | None:
        """Return what speaks against sending this here, None when nothing does; asks nobody. ``account`` and ``to`` may be empty."""
        return objection(self, outbound)

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Send one message. Raises ``SendRefused`` (nothing left) or ``SendUnknown`` (it may have)."""
        raise cannot()

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Tell the customer that the message and those before it were read. Raises ``SendRefused``."""

    def react(
        self, account: str, to: tuple[Address, ...], provider_id: str, emoji: str, credentials: Credentials
    ) -> None:
        """Put ``emoji`` under a customer's message, or take it back when empty. Raises ``SendRefused`` or ``SendUnknown``."""
        raise cannot()

    def show_typing(self, account: str, to: tuple[Address, ...], provider_id: str, credentials: Credentials) -> None:
        """Tell the customer that somebody is typing. Raises ``SendRefused``; a channel that cannot does nothing."""

    def locate(self, file: AttachmentRef, account: str, credentials: Credentials) -> Download:
        """Say where a customer's file lies now. Raises ``SendRefused``: its error says whether asking later may help."""
        if not file.url:
            raise cannot()
        return Download(url=file.url)

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask the provider whether account and credentials work. Raises ``SendRefused`` with what it said."""
        return Checked()

    def renewed(self, credentials: Credentials, options: Mapping[str, Any]) -> str | None:
        """Ask for a new access token in place of one that will end; None for one that does not. Raises ``SendRefused``."""
        return None

    def profile(
        self, account: str, address: Address, credentials: Credentials, options: Mapping[str, Any]
    ) -> Person | None:
        """Ask who a customer is whose messages bring no name; None where nobody can tell. Raises ``SendRefused``."""
        return None

    def look_up(
        self, announced: MessageAnnounced, credentials: Credentials, options: Mapping[str, Any]
    ) -> MessageReceived | None:
        """Ask what was said in public where a webhook gave ids only; None for words of the account itself. Raises ``SendRefused``.

        Where the provider gives no more of the author than a name that may be another's tomorrow, the only address is of a kind
        that is not among ``account_addresses``.
        """
        raise cannot()

    def received(
        self, account: str, since: datetime, credentials: Credentials, options: Mapping[str, Any]
    ) -> Iterator[ReceivedLater]:
        """Yield what customers wrote to ``account`` since then, newest first, then what became of what it sent.

        Raises ``SendRefused`` at any step.
        """
        return iter(())

    def templates(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the provider's templates: ``name``, ``language``, ``category``, ``status``, ``components``, ``id`` each."""
        return []

    def template_news(self, notice: AccountNotice) -> TemplateNews | None:
        """Return what a notice says of a template, None for news of anything else."""
        return None


def cannot() -> SendRefused:
    """Return the refusal of what this kind of channel cannot do."""
    return SendRefused(Error(code="unsupported", title=NOT_HERE))
