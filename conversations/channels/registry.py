"""Every kind of channel and every provider of webhooks, in one place each."""

from __future__ import annotations

from conversations.channels.adapter import Adapter
from conversations.channels.instagram import parse as instagram
from conversations.channels.instagram.send import Instagram
from conversations.channels.messenger import parse as messenger
from conversations.channels.messenger.send import Messenger
from conversations.channels.meta import Meta
from conversations.channels.stores.program import Program
from conversations.channels.stores.shopify import Shopify
from conversations.channels.stores.woocommerce import WooCommerce
from conversations.channels.twilio.provider import Twilio
from conversations.channels.twilio.send import Sms, TwilioWhatsApp
from conversations.channels.types import Provider
from conversations.channels.webchat.parse import Novelo
from conversations.channels.webchat.send import WebChat
from conversations.channels.whatsapp import parse as whatsapp
from conversations.channels.whatsapp.send import WhatsApp

CHANNELS: dict[str, Adapter] = {
    "webchat": WebChat(),
    "whatsapp": WhatsApp(),
    "instagram": Instagram(),
    "messenger": Messenger(),
    "twilio_whatsapp": TwilioWhatsApp(),
    "sms": Sms(),
}

PROVIDERS: dict[str, Provider] = {
    "twilio": Twilio(),
    "novelo": Novelo(),
    "meta": Meta(
        readers={
            "whatsapp_business_account": whatsapp.read_entries,
            "instagram": instagram.read_entries,
            "page": messenger.read_entries,
        }
    ),
    "shopify": Shopify(),
    "woocommerce": WooCommerce(),
    "program": Program(),
}


def adapter_of(kind: str) -> Adapter:
    """Return the adapter of a kind; of one that is no more, the adapter that can do nothing."""
    return CHANNELS.get(kind) or Adapter()
