"""Sends for an Instagram account: directly with Instagram Login, or through the Facebook page it is linked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.instagram import mentions
from conversations.channels.instagram.parse import ADDRESS, KIND
from conversations.channels.instagram.setup import SETUP
from conversations.channels.messaging.compose import late
from conversations.channels.messaging.errors import read_error
from conversations.channels.messaging.send import Messaging
from conversations.channels.reading import id_of, text_of
from conversations.channels.types import (
    Checked,
    Credentials,
    Error,
    MessageAnnounced,
    MessageReceived,
    Outbound,
    SendRefused,
)

NO_NEW_TOKEN = gettext_noop("Instagram gave no new access token.")
ANOTHER_ACCOUNT = gettext_noop("The access token belongs to another Instagram account.")


class Instagram(Messaging):
    """An Instagram professional account. ``account`` of what it sends is the account's id.

    The setting ``login`` says how it was connected: ``instagram`` or ``page``. Without it the token tells: those of pages
    begin with EAA.
    """

    kind = KIND
    title = "Instagram"
    setup = SETUP
    text_limit = 1000
    text_unit = "bytes"
    reaches = (ADDRESS,)
    account_addresses = frozenset({ADDRESS})
    profile_fields = "name,username"
    token_life = timedelta(days=60)

    def base(self, options: Mapping[str, Any], credentials: Credentials) -> str:
        """Return Instagram's own Graph, or Facebook's for an account behind a page."""
        return "" if through_page(options, credentials) else settings.GRAPH_INSTAGRAM_URL

    def node(self, account: str, options: Mapping[str, Any], credentials: Credentials) -> str:
        """Return the account, or the page it is linked to: ``me`` is the page whose token is used."""
        if through_page(options, credentials):
            return graph.segment(text_of(options.get("page_id")) or "me")
        return graph.segment(account)

    def permission(self, outbound: Outbound, credentials: Credentials) -> dict[str, str]:
        """Return why a message may be sent now; with Instagram Login only the exception is said."""
        if not through_page(outbound.options, credentials) and not late(outbound):
            return {}
        return super().permission(outbound, credentials)

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask whose token it is. Raises ``SendRefused``, also where the token is another account's."""
        page = through_page(options, credentials)
        path, fields = (graph.segment(account), "id,name,username") if page else ("me", "id,user_id,name,username")
        answer = graph.get(
            path, {"fields": fields}, credentials.access_token, read_error, host=self.base(options, credentials)
        )
        known = {id_of(answer.get("user_id")), id_of(answer.get("id"))} - {""}
        if known and account not in known:
            raise SendRefused(Error(code="another_account", title=ANOTHER_ACCOUNT, error_class="channel"))
        username = text_of(answer.get("username"))
        learned = {
            "login": "page" if page else "instagram",
            "username": username,
            "user_id": id_of(answer.get("user_id")) or id_of(answer.get("id")),
        }
        return Checked(
            name=text_of(answer.get("name")) or username, learned={key: one for key, one in learned.items() if one}
        )

    def look_up(
        self, announced: MessageAnnounced, credentials: Credentials, options: Mapping[str, Any]
    ) -> MessageReceived | None:
        """Ask what somebody said who named the account. Raises ``SendRefused``."""
        username = text_of(options.get("username"))
        return mentions.Asking(self.base(options, credentials), credentials.access_token, username).read(announced)

    def renewed(self, credentials: Credentials, options: Mapping[str, Any]) -> str | None:
        """Return the token of another sixty days; those of pages do not end. Raises ``SendRefused``."""
        if through_page(options, credentials):
            return None
        asked = {"grant_type": "ig_refresh_token", "access_token": credentials.access_token}
        host = self.base(options, credentials)
        answer = graph.get("refresh_access_token", asked, credentials.access_token, read_error, host=host)
        if not (token := text_of(answer.get("access_token"))):
            raise SendRefused(Error(code="no_token", title=NO_NEW_TOKEN, error_class="channel"))
        return token


def through_page(options: Mapping[str, Any], credentials: Credentials) -> bool:
    """Whether the account is reached through its Facebook page."""
    login = options.get("login")
    return login == "page" if login in {"instagram", "page"} else credentials.access_token.startswith("EAA")
