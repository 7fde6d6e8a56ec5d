"""Sends to the customers of Instagram and Messenger, reacts, shows that it was read, and asks who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.adapter import Adapter
from conversations.channels.limits import MEGABYTE, Objection
from conversations.channels.messaging import compose
from conversations.channels.messaging.compose import late, message_of, person_of, recipient_of, reply_of
from conversations.channels.messaging.errors import read_error
from conversations.channels.reading import id_of, text_of
from conversations.channels.types import (
    Address,
    Credentials,
    Error,
    FileRule,
    MessageKind,
    Outbound,
    Pace,
    Person,
    SendRefused,
    SendUnknown,
    Sent,
)

NO_ANSWER = gettext_noop("The provider did not answer; it will be tried again.")
# What these reactions are called; any other goes as the emoji it is.
REACTIONS: Mapping[str, str] = {
    "❤": "love", "❤️": "love", "👍": "like", "👎": "dislike", "😆": "smile", "😂": "smile", "😮": "wow", "😢": "sad", "😠": "angry",
}  # fmt: skip


class Messaging(Adapter):
    """What both channels do alike. A subclass says where Graph is and which path is the account's."""

    provider = "meta"
    can_send: frozenset[MessageKind] = frozenset(
        {"text", "image", "audio", "video", "document", "sticker", "interactive"}
    )
    reply_window = timedelta(hours=24)
    human_window = timedelta(days=7)
    files: ClassVar[Mapping[str, FileRule]] = {
        "image": FileRule(max_bytes=8 * MEGABYTE, caption=False),
        "audio": FileRule(max_bytes=25 * MEGABYTE, caption=False),
        "video": FileRule(max_bytes=25 * MEGABYTE, caption=False),
        "document": FileRule(max_bytes=25 * MEGABYTE, caption=False),
        "sticker": FileRule(max_bytes=8 * MEGABYTE, caption=False),
    }
    pace = Pace(per_second=100.0)
    can_react = True
    profile_fields = "name"

    def base(self, options: Mapping[str, Any], credentials: Credentials) -> str:
        """Return the base URL of the API; empty for Graph's own."""
        return ""

    def node(self, account: str, options: Mapping[str, Any], credentials: Credentials) -> str:
        """Return the path under which the account sends."""
        return graph.segment(account)

    def permission(self, outbound: Outbound, credentials: Credentials) -> dict[str, str]:
        """Return why a message may be sent now: as a response, or by a person after the customer's window."""
        if late(outbound):
            return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return {"messaging_type": "RESPONSE"}

    def objection(self, outbound: Outbound) -> Objection | None:
        """Return what speaks against sending this, in its question too."""
        return super().objection(outbound) or compose.objection(outbound)

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Send one message. Raises ``SendRefused`` or ``SendUnknown``; blocks up to 25 s.

        One call carries a text or a file, never both. An error that may follow a sent message counts as unknown.
        """
        if (against := self.objection(outbound)) is not None:
            raise SendRefused(against.error)
        body = {
            "recipient": recipient_of(outbound, self.reaches),
            **self.permission(outbound, credentials),
            "message": message_of(outbound),
            **reply_of(outbound),
        }
        answer = self._post(outbound.account, body, credentials, outbound.options)
        provider_id = id_of(answer.get("message_id"))
        if not provider_id:
            raise SendUnknown("answer without a message id")
        return Sent(provider_id=provider_id)

    def mark_read(self, account: str, provider_id: str, credentials: Credentials, to: tuple[Address, ...] = ()) -> None:
        """Tell the customer that everything was read. Raises ``SendRefused``; without an answer it is asked again."""
        self._signal(account, to, "mark_seen", credentials)

    def show_typing(self, account: str, to: tuple[Address, ...], provider_id: str, credentials: Credentials) -> None:
        """Tell the customer for up to 20 s that somebody is typing. Raises ``SendRefused``."""
        self._signal(account, to, "typing_on", credentials)

    def react(
        self, account: str, to: tuple[Address, ...], provider_id: str, emoji: str, credentials: Credentials
    ) -> None:
        """Put ``emoji`` under a customer's message, or take it back when empty. Raises ``SendRefused`` or ``SendUnknown``."""
        reaction = {"reaction": REACTIONS.get(emoji, emoji)} if emoji else {}
        body = {
            "recipient": person_of(to, self.reaches),
            "sender_action": "react" if emoji else "unreact",
            "payload": {"message_id": provider_id, **reaction},
        }
        self._post(account, body, credentials, {})

    def profile(
        self, account: str, address: Address, credentials: Credentials, options: Mapping[str, Any]
    ) -> Person | None:
        """Return who a customer is, by name and user name; the provider tells only after they wrote. Raises ``SendRefused``."""
        answer = graph.get(
            graph.segment(address.value),
            {"fields": self.profile_fields},
            credentials.access_token,
            read_error,
            host=self.base(options, credentials),
        )
        name = text_of(answer.get("name")).strip()
        parts = (text_of(answer.get("first_name")).strip(), text_of(answer.get("last_name")).strip())
        username = text_of(answer.get("username")).strip().removeprefix("@")
        return Person(addresses=(address,), name=name or " ".join(filter(None, parts)), username=username)

    def _signal(self, account: str, to: tuple[Address, ...], action: str, credentials: Credentials) -> None:
        body = {"recipient": person_of(to, self.reaches), "sender_action": action}
        try:
            self._post(account, body, credentials, {})
        except SendUnknown:
            raise SendRefused(Error(code="no_answer", title=NO_ANSWER, error_class="transient")) from None

    def _post(
        self, account: str, body: Mapping[str, Any], credentials: Credentials, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        path = f"{self.node(account, options, credentials)}/messages"
        try:
            return graph.post(path, body, credentials.access_token, read_error, host=self.base(options, credentials))
        except SendRefused as refusal:
            if refusal.error.error_class == "unknown":
                raise SendUnknown(refusal.error.code) from None
            raise
