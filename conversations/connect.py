"""Joining the world: channels and the connections they come through, opened, renamed, rotated and closed."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import connections_hint
from conversations.channels.registry import CHANNELS, PROVIDERS
from conversations.channels.types import Credentials
from conversations.feed import Change
from conversations.models import Channel, Connection
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.models import Workspace
from hub.secrets import SecretUnreadable

# Who delivers what is written on a kind of channel whose adapter is still to come; empty where people write to us directly.
PROVIDER_OF = {
    "instagram": "meta",
    "messenger": "meta",
    "twilio_whatsapp": "twilio",
    "sms": "twilio",
    "webchat": "",
} | {kind: adapter.provider for kind, adapter in CHANNELS.items()}
PROVES = {"twilio": "auth_tokens"} | {name: provider.proves for name, provider in PROVIDERS.items()}
E164 = re.compile(r"\+[1-9][0-9]{5,14}")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A channel to open: on the connection ``connection_id``, or on a new one with ``credentials``."""

    kind: str
    name: str
    address: str = ""
    connection_id: UUID | None = None
    provider: str = ""
    credentials: Credentials | None = None


class Opened(msgspec.Struct, frozen=True):
    """The channel after the change, and what the feed tells of it."""

    channel: Channel
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def open_channel(workspace: Workspace, plan: Plan) -> Opened:
    """Create a channel and, where the plan brings secrets, its connection. Needs a transaction.

    Raises ``Refused`` for an address or connection that does not fit the kind, ``TooLate`` for an address that is taken.
    """
    address = _address(plan)
    connection = _connection(workspace, plan)
    channel = Channel(workspace=workspace, connection=connection, kind=plan.kind, name=plan.name, address=address)
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
    except IntegrityError as error:
        raise TooLate(_("This connection already has a channel with this address.")) from error
    if connection is not None:
        connections_hint.tell(connection.pk)  # a door may remember that there was no such connection
    return _opened(channel)


def _address(plan: Plan) -> str:
    """Return the address as it is kept; ``whatsapp:+55…`` loses what Twilio puts before the number."""
    provider, address = PROVIDER_OF[plan.kind], plan.address.strip()
    if not provider:
        if address:
            raise Refused("address", _("This kind of channel has no address."))
        return ""
    if not address:
        raise Refused("address", _("This kind of channel needs an address."))
    if provider == "twilio":
        address = address.removeprefix("whatsapp:")
        if not E164.fullmatch(address):
            raise Refused("address", _("Must be a telephone number like +5511987654321."))
    return address


def _connection(workspace: Workspace, plan: Plan) -> Connection | None:
    provider = PROVIDER_OF[plan.kind]
    if not provider:
        if plan.connection_id or plan.credentials:
            raise Refused("connection", _("This kind of channel needs no connection."))
        return None
    if plan.provider and plan.provider != provider:
        raise Refused("connection", _("The provider of this kind of channel is %(name)s.") % {"name": provider})
    if plan.connection_id:
        connection = Connection.objects.of(workspace).filter(pk=plan.connection_id).first()
        if connection is None:
            raise Refused("connection", _("There is no such connection."))
        if connection.provider != provider:
            raise Refused("connection", _("The provider of this kind of channel is %(name)s.") % {"name": provider})
        return connection
    if plan.credentials is None:
        raise Refused("connection", _("This kind of channel needs a connection."))
    _prove(provider, plan.credentials)
    connection = Connection(workspace=workspace, provider=provider)
    connection.keep(plan.credentials)
    connection.save(force_insert=True)
    return connection


def _prove(provider: str, credentials: Credentials) -> None:
    """Raise ``Refused`` for a connection that could not prove a single webhook."""
    needed = PROVES[provider]
    if not getattr(credentials, needed):
        raise Refused("connection", _("%(field)s must hold at least one secret.") % {"field": needed})


def _locked(workspace: Workspace, channel_id: UUID) -> Channel:
    rows = Channel.objects.of(workspace).filter(deleted_at=None)
    return rows.select_for_update(no_key=True).get(pk=channel_id)


def change_channel(
    workspace: Workspace, channel_id: UUID, *, name: str | None = None, secrets: dict[str, object] | None = None
) -> Opened:
    """Rename a channel, or replace the given ``secrets`` of its connection (fields of ``Credentials``); others stay.

    Needs a transaction. Raises ``Channel.DoesNotExist``; ``Refused`` where there is no connection or none could prove itself.
    """
    channel = _locked(workspace, channel_id)
    if name is not None:
        channel.name = name
        channel.save(update_fields=["name"])
    if secrets:
        if channel.connection_id is None:
            raise Refused("connection", _("This kind of channel needs no connection."))
        connection = Connection.objects.of(workspace).select_for_update(no_key=True).get(pk=channel.connection_id)
        credentials = msgspec.structs.replace(_known(connection), **secrets)
        _prove(connection.provider, credentials)
        connection.keep(credentials)
        connection.save(update_fields=["sealed_credentials"])
        connections_hint.tell(connection.pk)
    return _opened(channel)


def _known(connection: Connection) -> Credentials:
    """Return the secrets in force; none when no key opens them any more, so that new ones can be put in their place."""
    try:
        return connection.credentials()
    except SecretUnreadable:
        return Credentials()


def close_channel(workspace: Workspace, channel_id: UUID) -> Opened:
    """Remove a channel from use; what was said on it stays. Needs a transaction. Raises ``Channel.DoesNotExist``."""
    channel = _locked(workspace, channel_id)
    channel.deleted_at = timezone.now()
    channel.save(update_fields=["deleted_at"])
    if channel.connection_id:
        connections_hint.tell(channel.connection_id)
    return _opened(channel)


def _opened(channel: Channel) -> Opened:
    return Opened(channel, (Change("channel.updated", channel.pk),))
