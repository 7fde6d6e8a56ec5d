"""Sends for a Facebook page through the Messenger Platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from conversations.channels import graph
from conversations.channels.messaging.errors import read_error
from conversations.channels.messaging.send import Messaging
from conversations.channels.messenger.parse import ADDRESS, KIND
from conversations.channels.messenger.setup import SETUP
from conversations.channels.reading import id_of, text_of
from conversations.channels.types import Checked, Credentials, Error, SendRefused

ANOTHER_PAGE = gettext_noop("The access token belongs to another page.")


class Messenger(Messaging):
    """A Facebook page. ``account`` of what it sends is the page's id."""

    kind = KIND
    title = "Messenger"
    setup = SETUP
    text_limit = 2000
    reaches = (ADDRESS,)
    account_addresses = frozenset({ADDRESS})
    profile_fields = "first_name,last_name,name"

    def check(self, account: str, credentials: Credentials, options: Mapping[str, Any]) -> Checked:
        """Ask what the page is called. Raises ``SendRefused``, also where the token is another page's."""
        fields = {"fields": "id,name,username"}
        answer = graph.get("me", fields, credentials.access_token, read_error)
        if (page := id_of(answer.get("id"))) and page != account:
            raise SendRefused(Error(code="another_page", title=ANOTHER_PAGE, error_class="channel"))
        username = text_of(answer.get("username"))
        learned = {"user_id": page} | ({"username": username} if username else {})
        return Checked(name=text_of(answer.get("name")), learned=learned if page else {})
