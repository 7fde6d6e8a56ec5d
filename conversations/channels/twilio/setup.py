"""How numbers at Twilio are connected: the same account for WhatsApp and for SMS."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels.setup import Field, Setup

NUMBER = r"(?:whatsapp:)?\+[1-9][0-9]{5,14}"
SHORT_CODE = r"[0-9]{3,8}"
NO_NUMBER = gettext_noop("Must be a telephone number like +5511987654321.")

_SECRETS = (
    Field(
        name="account_sid",
        title=gettext_noop("Account SID"),
        help=gettext_noop("Twilio console → Account → API keys & tokens → Live credentials."),
        kind="secret",
        required=True,
        max_length=64,
        pattern=r"AC[0-9A-Za-z_]{1,62}",
        wrong=gettext_noop("The account SID begins with AC."),
        example="AC0123456789abcdef0123456789abcdef",
    ),
    Field(
        name="auth_tokens",
        title=gettext_noop("Auth tokens"),
        help=gettext_noop(
            "The same place. The first one is used for sending; put the secondary one in second place while you rotate."
        ),
        kind="secrets",
        required=True,
        max_length=200,
    ),
)
_SERVICE = Field(
    name="messaging_service",
    title=gettext_noop("Messaging service"),
    help=gettext_noop("Only if the number sends through one: Messaging → Services. Its id begins with MG."),
    max_length=34,
    pattern=r"MG[0-9A-Za-z]{1,32}",
    wrong=gettext_noop("The id of a messaging service begins with MG."),
    example="MG0123456789abcdef0123456789abcdef",
)


def _address(pattern: str, title: str) -> Field:
    return Field(
        name="address",
        title=title,
        help=gettext_noop("As Twilio shows it, with its country."),
        required=True,
        max_length=30,
        pattern=pattern,
        wrong=NO_NUMBER,
        example="+5511987654321",
    )


WHATSAPP = Setup(
    mark=("simple", "whatsapp"),
    summary=gettext_noop("A WhatsApp number at Twilio, also its sandbox."),
    address=_address(NUMBER, gettext_noop("WhatsApp sender")),
    secrets=_SECRETS,
    settings=(_SERVICE,),
    steps=(
        gettext_noop("In the Twilio console, open Messaging → Senders → WhatsApp senders → your number."),
        gettext_noop("Paste the address under “Webhook URL for incoming messages”, method POST, and save."),
        gettext_noop("Add #rc=3&rp=all to it, so that Twilio tries again when a delivery fails."),
    ),
)
SMS = Setup(
    mark=("lucide", "message-square-text"),
    summary=gettext_noop("SMS and MMS by a number or short code at Twilio."),
    address=_address(f"{NUMBER}|{SHORT_CODE}", gettext_noop("Telephone number")),
    secrets=_SECRETS,
    settings=(_SERVICE,),
    steps=(
        gettext_noop("In the Twilio console, open Phone numbers → Active numbers → your number → Messaging."),
        gettext_noop("Under “A message comes in” choose Webhook, paste the address, method POST, and save."),
        gettext_noop("Add #rc=3&rp=all to it, so that Twilio tries again when a delivery fails."),
    ),
)
