"""Every kind of channel and every provider of webhooks, in one place each."""

from __future__ import annotations

from conversations.channels.meta import Meta
from conversations.channels.types import Channel, Provider
from conversations.channels.whatsapp import parse as whatsapp
from conversations.channels.whatsapp.send import WhatsApp

CHANNELS: dict[str, Channel] = {
    "whatsapp": WhatsApp(),
}

PROVIDERS: dict[str, Provider] = {
    "meta": Meta(readers={"whatsapp_business_account": whatsapp.read_entries}),
}
