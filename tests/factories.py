"""Real rows for tests: each function makes one, with everything it stands on, and takes what the test is about."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection, Conversation, Customer, Delivery, Identity, Message
from hub.models import ApiToken, Membership, Role, Team, User, Workspace

PASSWORD = "a-long-test-password"
_numbers = count(1)


def workspace(**fields: Any) -> Workspace:
    """A tenant."""
    number = next(_numbers)
    return Workspace.objects.create(**{"slug": f"shop-{number}", "name": f"Shop {number}"} | fields)


def person(email: str | None = None, **fields: Any) -> User:
    """Somebody without a place; signs in with ``PASSWORD``."""
    return User.objects.create_user(
        email or f"person-{next(_numbers)}@example.com", fields.pop("password", PASSWORD), **fields
    )


def member(place: Workspace, role: str = Role.AGENT, **fields: Any) -> User:
    """A person with a role in ``place``."""
    user = person(**fields)
    Membership.objects.create(workspace=place, user=user, role=role)
    return user


def team(place: Workspace, name: str = "Support") -> Team:
    """A team without members."""
    return Team.objects.create(workspace=place, name=name)


def token(place: Workspace, role: str = Role.ADMIN, name: str = "tests") -> str:
    """A token's secret."""
    return ApiToken.issue(place, name, role)[1]


def client(plain: str) -> APIClient:
    """A program that comes with a token, and reads English."""
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {plain}", HTTP_ACCEPT_LANGUAGE="en")
    return api


def connection(place: Workspace, provider: str = "meta", **secrets: Any) -> Connection:
    """An account with a provider."""
    row = Connection(workspace=place, provider=provider)
    known: dict[str, dict[str, Any]] = {
        "meta": {"app_secrets": ("an-app-secret",), "verify_token": "verify", "access_token": "access"},
        "twilio": {"account_sid": "AC1", "auth_tokens": ("an-auth-token",)},
    }
    row.keep(Credentials(**(known.get(provider, {}) | secrets)))
    row.save()
    return row


def channel(place: Workspace, kind: str = "whatsapp", **fields: Any) -> Channel:
    """A channel on a connection of its own."""
    number = next(_numbers)
    if "connection" not in fields and kind != "webchat":
        fields["connection"] = connection(place, "twilio" if kind in {"sms", "twilio_whatsapp"} else "meta")
    address = "" if kind == "webchat" else f"10{number:06d}"
    return Channel.objects.create(
        **{"workspace": place, "kind": kind, "name": f"{kind} {number}", "address": address} | fields
    )


def customer(place: Workspace, *, phone: str | None = None, **fields: Any) -> Customer:
    """A person with one WhatsApp number."""
    number = next(_numbers)
    row = Customer.objects.create(**{"workspace": place, "name": f"Customer {number}"} | fields)
    value = phone or f"5511{900000000 + number}"
    Identity.objects.create(
        workspace=place, customer=row, kind="wa_id", value=value, channel_kind="whatsapp", verified=True
    )
    return row


def conversation(place: Workspace, **fields: Any) -> Conversation:
    """An episode in which nobody has said anything yet; ``message`` says something."""
    fields.setdefault("customer", None)
    fields["customer"] = fields["customer"] or customer(place)
    return Conversation.objects.create(**{"workspace": place, "opened_at": timezone.now()} | fields)


def message(
    talk: Conversation, line: Channel, text: str = "Hello", *, minutes_ago: float = 0, **fields: Any
) -> Message:
    """Something the customer said (``direction="outbound"``: the house), with the conversation moved on as the pipeline does."""
    at = fields.pop("sent_at", None) or timezone.now() - timedelta(minutes=minutes_ago)
    inbound = fields.get("direction", "inbound") == "inbound"
    talk.last_seq += 1
    usual = {
        "direction": "inbound",
        "author_kind": "customer" if inbound else "agent",
        "kind": "text",
        "text": text,
        "status": "delivered" if inbound else "sent",
        "provider_id": f"wamid.{next(_numbers)}",
        "identity": talk.customer.identities.first() if inbound else None,
    }
    row = Message.objects.create(
        **usual | fields,
        workspace=talk.workspace,
        conversation=talk,
        customer=talk.customer,
        channel=line,
        sent_at=at,
        seq=talk.last_seq,
    )
    if inbound:
        talk.last_inbound_at, talk.unread = at, talk.unread + 1
        talk.waiting_since = talk.waiting_since or at
    talk.last_message, talk.last_message_at, talk.last_channel = row, at, line
    if line.pk not in talk.channel_ids:
        talk.channel_ids = [*talk.channel_ids, line.pk]
    talk.save()
    return row


def delivery(place: Workspace, source: Connection | None = None, **fields: Any) -> Delivery:
    """A webhook as received."""
    usual = {
        "workspace": place,
        "connection": source or connection(place),
        "body": b"{}",
        "content_type": "application/json",
    }
    return Delivery.objects.create(**usual | fields)
