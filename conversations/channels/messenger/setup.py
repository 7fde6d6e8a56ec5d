"""How a Facebook page is connected."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels import meta_setup
from conversations.channels.setup import Field, Setup

SETUP = Setup(
    mark=("simple", "messenger"),
    summary=gettext_noop("What people write to a Facebook page."),
    address=Field(
        name="address",
        title=gettext_noop("Facebook page id"),
        help=gettext_noop("Your page → About → Page transparency. It is a number, not the page's name."),
        required=True,
        max_length=120,
        pattern=r"[0-9]{5,30}",
        wrong=gettext_noop("The id holds digits only, like 101234567890123. It is not the page's name."),
        example="101234567890123",
    ),
    secrets=meta_setup.SECRETS,
    steps=(
        gettext_noop("At developers.facebook.com, open your app → Messenger → API settings → Configure webhooks."),
        gettext_noop("Paste the address as callback URL and the verify token, then verify and save."),
        gettext_noop("Below, connect the page and subscribe it to these fields:"),
    ),
    events=(
        "messages",
        "messaging_postbacks",
        "messaging_optins",
        "messaging_referrals",
        "messaging_handovers",
        "message_deliveries",
        "message_reads",
        "message_echoes",
        "message_reactions",
        "message_edits",
        "standby",
        "feed",
    ),
)
