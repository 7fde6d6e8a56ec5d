"""How a WhatsApp number of the Cloud API is connected."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels import meta_setup
from conversations.channels.setup import Field, Setup

SETUP = Setup(
    mark=("simple", "whatsapp"),
    summary=gettext_noop("A number on the Cloud API of Meta, without anybody in between."),
    address=Field(
        name="address",
        title=gettext_noop("Phone number id"),
        help=gettext_noop("Your app → WhatsApp → API setup, below the number. It is not the telephone number."),
        required=True,
        max_length=120,
        pattern=r"[0-9]{5,30}",
        wrong=gettext_noop("The id holds digits only, like 106540352242922. It is not the telephone number."),
        example="106540352242922",
    ),
    secrets=meta_setup.SECRETS,
    settings=(
        Field(
            name="display_number",
            title=gettext_noop("Telephone number"),
            help=gettext_noop("As customers dial it, with its country. Testing the channel learns it from WhatsApp."),
            max_length=30,
            pattern=r"\+?[0-9 ().\-]{5,30}",
            wrong=gettext_noop("Must be a telephone number like +55 11 98765-4321."),
            example="+55 11 98765-4321",
        ),
        Field(
            name="business_account",
            title=gettext_noop("WhatsApp Business account id"),
            help=gettext_noop("Your app → WhatsApp → API setup. Templates are read from it."),
            max_length=40,
            pattern=r"[0-9]{5,40}",
            wrong=gettext_noop("The id holds digits only."),
            example="102290129340398",
        ),
    ),
    steps=(
        gettext_noop("At developers.facebook.com, open your app → WhatsApp → Configuration → Webhook → Edit."),
        gettext_noop("Paste the address as callback URL and the verify token, then verify and save."),
        gettext_noop("Press Manage and subscribe to these fields:"),
    ),
    events=(
        "messages",
        "message_template_status_update",
        "message_template_quality_update",
        "phone_number_quality_update",
        "account_update",
        "user_preferences",
        "user_id_update",
        "smb_message_echoes",
        "history",
    ),
)
