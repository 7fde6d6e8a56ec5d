"""The demo company: a Brazilian shop with its people, a channel of every kind and what it works with. Never for production."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from conversations.act import act
from conversations.channels.types import Credentials
from conversations.connect import Plan, open_channel
from conversations.management.demo_shop import furnish
from conversations.models import Channel
from hub.access import Caller
from hub.models import Membership, Role, Team, User, Workspace

SLUG, NAME = "demo", "Loja Aurora"
PASSWORD = "novelo-demo-2026"  # noqa: S105  printed on the first page: demo only
PEOPLE = (
    ("ana@demo.novelo", "Ana Ribeiro", Role.AGENT),
    ("bruno@demo.novelo", "Bruno Costa", Role.AGENT),
    ("carla@demo.novelo", "Carla Mendes", Role.SUPERVISOR),
    ("diego@demo.novelo", "Diego Santos", Role.AGENT),
    ("elisa@demo.novelo", "Elisa Moura", Role.AGENT),
    ("admin@demo.novelo", "Dora Lima", Role.ADMIN),
)
TEAM = "Atendimento"
PHONE_NUMBER_ID = "106540352242922"
BUSINESS_ACCOUNT = "208000000000001"  # the one the simulator lists templates of
PHONE_NUMBER = "+55 11 4000-0000"
GRAM, PAGE, SECOND_NUMBER = "17841400000000001", "101234567890123", "+551140000001"
CHAT = {
    "title": NAME,
    "greeting": "Oi! Como podemos ajudar?",
    "hours_text": "Segunda a sexta, das 9h às 18h",
    "fields": ["name"],
}


class Command(BaseCommand):
    """Create what is missing of the demo company."""

    help = "Create the demo company (workspace demo) and print its logins. Running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing in one transaction and print who can sign in. Raises ``CommandError`` in production."""
        if settings.PRODUCTION:
            raise CommandError("The demo company has a password that everybody knows: not in production.")
        with transaction.atomic():
            workspace, fresh = Workspace.objects.get_or_create(slug=SLUG, defaults={"name": NAME})
            members = [_member(workspace, email, name, role) for email, name, role in PEOPLE]
            team, _ = Team.objects.get_or_create(workspace=workspace, name=TEAM)
            team.members.add(*[member for member in members if member.role == Role.AGENT])
            channel, chat = _channels(workspace)
            if fresh:  # what somebody has changed or removed since stays so
                furnish(Caller(workspace, Role.ADMIN, user=members[-1].user), team)
        if options["json"]:
            self.stdout.write(json.dumps(_facts(workspace, channel, chat)))
            return
        for email, name, role in PEOPLE:
            self.stdout.write(f"{role.value:<10} {email:<20} {PASSWORD}   {name}")
        self.stdout.write(f"{'visitor':<10} {_address(chat)}")


def _member(workspace: Workspace, email: str, name: str, role: Role) -> Membership:
    """Return a person's membership; somebody who changed their password or role keeps both."""
    user = User.objects.filter(email=email).first() or User.objects.create(
        email=email, password=_hashed(), name=name, language="pt-br"
    )
    return Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})[0]


@cache
def _hashed() -> str:
    """Return the hash of everybody's password, made once: it is slow on purpose."""
    return make_password(PASSWORD)


def _channel(workspace: Workspace, kind: str, secret: Callable[[], Credentials], **plan: Any) -> Channel:
    """Return the shop's channel of a kind, opened unless it is there."""
    known = Channel.objects.of(workspace).filter(kind=kind, deleted_at=None).order_by("id").first()
    if known is not None:
        return known
    made = Plan(kind=kind, credentials=None if plan.get("connection_id") or kind == "webchat" else secret(), **plan)
    return act(workspace.pk, lambda: open_channel(workspace, made)).channel


def _channels(workspace: Workspace) -> tuple[Channel, Channel]:
    """Open every channel of the shop; return its WhatsApp number and the chat on its site.

    Their secrets are random, since nobody outside this machine needs them. One app at Meta has three of them, one account at
    Twilio two.
    """
    whatsapp = _channel(
        workspace, "whatsapp", _at_meta, name=f"WhatsApp {NAME}", address=PHONE_NUMBER_ID,
        settings={"display_number": PHONE_NUMBER, "business_account": BUSINESS_ACCOUNT},
    )  # fmt: skip
    meta = whatsapp.connection_id
    _channel(workspace, "instagram", _at_meta, name="@lojaaurora", address=GRAM, connection_id=meta)
    _channel(workspace, "messenger", _at_meta, name=f"Messenger {NAME}", address=PAGE, connection_id=meta)
    second = _channel(workspace, "twilio_whatsapp", _at_twilio, name="WhatsApp Atacado", address=SECOND_NUMBER)
    _channel(workspace, "sms", _at_twilio, name="SMS", address=SECOND_NUMBER, connection_id=second.connection_id)
    return whatsapp, _channel(workspace, "webchat", Credentials, name="Chat do site", settings=CHAT)


def _at_meta() -> Credentials:
    return Credentials(
        app_secrets=(secrets.token_hex(16),),
        verify_token=secrets.token_urlsafe(16),
        access_token=secrets.token_urlsafe(32),
    )


def _at_twilio() -> Credentials:
    return Credentials(account_sid=f"AC{secrets.token_hex(16)}", auth_tokens=(secrets.token_hex(16),))


def _address(chat: Channel) -> str:
    return f"{settings.PUBLIC_URL}/chat/{chat.pk}/"


def _facts(workspace: Workspace, channel: Channel, chat: Channel) -> dict[str, Any]:
    return {
        "workspace": workspace.slug,
        "name": workspace.name,
        "password": PASSWORD,
        "people": [{"email": email, "name": name, "role": role.value} for email, name, role in PEOPLE],
        "channel": {
            "id": str(channel.pk),
            "kind": channel.kind,
            "address": channel.address,
            "connection": str(channel.connection_id),
            "webhook_url": f"{settings.PUBLIC_URL}/webhooks/{channel.connection_id}/",
        },
        "chat": {"id": str(chat.pk), "kind": chat.kind, "url": _address(chat)},
    }
