"""How an Instagram account is connected."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels import meta_setup
from conversations.channels.setup import Field, Setup

SETUP = Setup(
    mark=("simple", "instagram"),
    summary=gettext_noop("Direct messages, comments and mentions of a professional account."),
    address=Field(
        name="address",
        title=gettext_noop("Instagram account id"),
        help=gettext_noop("Your app → Instagram → API setup, beside the account. It is a number, not the user name."),
        required=True,
        max_length=120,
        pattern=r"[0-9]{5,30}",
        wrong=gettext_noop("The id holds digits only, like 17841400000000001. It is not the user name."),
        example="17841400000000001",
    ),
    secrets=meta_setup.SECRETS,
    settings=(
        Field(
            name="login",
            title=gettext_noop("Connected through"),
            help=gettext_noop("How the access token was made. Left empty, the token itself tells."),
            kind="choice",
            choices=(
                ("instagram", gettext_noop("Instagram Login")),
                ("page", gettext_noop("A Facebook page")),
            ),
        ),
        Field(
            name="page_id",
            title=gettext_noop("Facebook page id"),
            help=gettext_noop("Only for an account connected through its page."),
            max_length=40,
            pattern=r"[0-9]{5,40}",
            wrong=gettext_noop("The id holds digits only."),
            example="101234567890123",
        ),
    ),
    steps=(
        gettext_noop("At developers.facebook.com, open your app → Instagram → API setup → Configure webhooks."),
        gettext_noop("Paste the address as callback URL and the verify token, then verify and save."),
        gettext_noop(
            "In the Instagram app of the account: Settings → Messages → Connected tools → Allow access to messages."
        ),
        gettext_noop("Subscribe to these fields:"),
    ),
    events=(
        "messages",
        "messaging_postbacks",
        "messaging_seen",
        "message_reactions",
        "messaging_referral",
        "messaging_handover",
        "standby",
        "message_edit",
        "comments",
        "live_comments",
        "mentions",
    ),
)
