"""Joining the world: channels and the connections they come through, opened, renamed, set, rotated and closed.

What a kind of channel needs is said by its adapter and its provider, found in the registry; nothing here knows one by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from conversations import connections_hint, stopping
from conversations.channels.adapter import Adapter
from conversations.channels.registry import PROVIDERS, adapter_of
from conversations.channels.setup import Unfit, settled
from conversations.channels.types import Checked, Credentials, Error
from conversations.feed import Change
from conversations.models import Channel, Connection
from conversations.refusal import Refused, TooLate
from conversations.wake import Work
from hub.models import Workspace
from hub.secrets import SecretUnreadable

TOKENS = ("access_token", "auth_tokens")  # what a provider lets us in with
MOST_SECRETS = 10


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A channel to open: on the connection ``connection_id``, or on a new one with ``credentials``."""

    kind: str
    name: str
    address: str = ""
    connection_id: UUID | None = None
    provider: str = ""
    credentials: Credentials | None = None
    settings: Mapping[str, Any] = {}


class Opened(msgspec.Struct, frozen=True):
    """The channel after the change, and what the feed tells of it."""

    channel: Channel
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def open_channel(workspace: Workspace, plan: Plan) -> Opened:
    """Create a channel and, where the plan brings secrets, its connection. Needs a transaction.

    Raises ``Refused`` for an address, setting or connection that does not fit the kind, ``TooLate`` for an address that is taken.
    """
    channel = Channel(workspace=workspace, kind=plan.kind, name=plan.name)
    try:
        channel.address = adapter_of(plan.kind).address_of(plan.address)
    except ValueError as error:
        raise Refused("address", _(str(error))) from error
    channel.settings = _settled(channel, plan.settings)
    channel.connection = _connection(workspace, plan)
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
    except IntegrityError as error:
        raise TooLate(_("This connection already has a channel with this address.")) from error
    if channel.connection is not None:
        connections_hint.tell(channel.connection.pk)  # a door may remember that there was no such connection
    return _opened(channel)


def _settled(channel: Channel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the channel's settings with what is given. Raises ``Refused`` for ``settings.<name>``."""
    try:
        return settled(adapter_of(channel.kind).setup.settings, given, channel.settings)
    except Unfit as error:
        raise Refused(f"settings.{error.field}", error.sentence) from error


def _connection(workspace: Workspace, plan: Plan) -> Connection | None:
    adapter = adapter_of(plan.kind)
    if not adapter.provider:
        if plan.connection_id or plan.credentials:
            raise Refused("connection", _("This kind of channel needs no connection."))
        return None
    if plan.provider and plan.provider != adapter.provider:
        raise Refused("connection", _("The provider of this kind of channel is %(name)s.") % {"name": adapter.provider})
    if plan.connection_id:
        return _shared(workspace, adapter, plan.connection_id)
    credentials = _with_made(adapter, plan.credentials)
    if credentials is None:
        raise Refused("connection", _("This kind of channel needs a connection."))
    _prove(adapter.provider, credentials)
    connection = Connection(workspace=workspace, provider=adapter.provider)
    _keep(connection, Credentials(), credentials)
    connection.save(force_insert=True)
    return connection


def _shared(workspace: Workspace, adapter: Adapter, connection_id: UUID) -> Connection:
    """Return the connection that another channel may come through as well. Raises ``Refused``."""
    if adapter.setup.address is None:
        raise Refused("connection", _("This kind of channel has a connection of its own."))
    connection = Connection.objects.of(workspace).filter(pk=connection_id).first()
    if connection is None:
        raise Refused("connection", _("There is no such connection."))
    if connection.provider != adapter.provider:
        raise Refused("connection", _("The provider of this kind of channel is %(name)s.") % {"name": adapter.provider})
    return connection


def _with_made(adapter: Adapter, credentials: Credentials | None) -> Credentials | None:
    """Return the secrets with the one that webhooks are proved with, made up here where the kind says that it may be."""
    needed = PROVIDERS[adapter.provider].proves
    is_made = any(field.made and field.name == needed for field in adapter.setup.secrets)
    if not is_made or (credentials and getattr(credentials, needed)):
        return credentials
    return msgspec.structs.replace(credentials or Credentials(), **{needed: (new_secret(),)})


def new_secret() -> str:
    """Return a secret nobody can guess: 43 characters, 256 bits."""
    return token_urlsafe(32)


def _prove(provider: str, credentials: Credentials) -> None:
    """Raise ``Refused`` for a connection that could not prove a single webhook."""
    needed = PROVIDERS[provider].proves
    if needed and not getattr(credentials, needed):
        raise Refused("connection", _("%(field)s must hold at least one secret.") % {"field": needed})


def _keep(connection: Connection, before: Credentials, now: Credentials) -> bool:
    """Seal ``now`` into the row, which the caller saves; return whether what lets us in is another than before."""
    renewed = any(getattr(before, name) != getattr(now, name) for name in TOKENS)
    if renewed:
        connection.token_set_at = timezone.now()
    connection.keep(now)
    return renewed


def _locked(workspace: Workspace, channel_id: UUID) -> Channel:
    return Channel.objects.of(workspace).in_use().select_for_update(no_key=True).get(pk=channel_id)


def _locked_connection(workspace: Workspace, channel: Channel) -> Connection:
    if channel.connection_id is None:
        raise Refused("connection", _("This kind of channel needs no connection."))
    return Connection.objects.of(workspace).select_for_update(no_key=True).get(pk=channel.connection_id)


def change_channel(
    workspace: Workspace,
    channel_id: UUID,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
) -> Opened:
    """Rename a channel, set what is given in ``settings``, replace the given ``secrets`` of its connection; others stay.

    A new token lets a stopped channel try again. Needs a transaction. Raises ``Channel.DoesNotExist``; ``Refused`` for a
    setting that does not fit, and where there is no connection or it could prove nothing.
    """
    channel = _locked(workspace, channel_id)
    if name is not None:
        channel.name = name
    if settings:
        channel.settings = _settled(channel, settings)
    channel.save(update_fields=["name", "settings"])
    if not secrets:
        return _opened(channel)
    connection = _locked_connection(workspace, channel)
    return _replaced(workspace, channel, connection, secrets)


def _replaced(workspace: Workspace, channel: Channel, connection: Connection, secrets: Mapping[str, Any]) -> Opened:
    before = _known(connection)
    credentials = msgspec.structs.replace(before, **secrets)
    _prove(connection.provider, credentials)
    renewed = _keep(connection, before, credentials)
    connection.save(update_fields=["sealed_credentials", "token_set_at"])
    connections_hint.tell(connection.pk)
    return _resumed(workspace, channel) if renewed else _opened(channel)


def _resumed(workspace: Workspace, channel: Channel) -> Opened:
    """Let the stopped channels of the connection go on: what stopped them may be mended. One stopped by hand stays so."""
    beside = Channel.objects.of(workspace).in_use().filter(pk=channel.pk)
    if channel.connection_id:
        beside = Channel.objects.of(workspace).in_use().filter(connection=channel.connection_id)
    resumed = stopping.resume(workspace, beside.values_list("pk", flat=True))
    own = Change("channel.updated", channel.pk)
    return Opened(channel, tuple(dict.fromkeys((own, *resumed))), ("outbound",) if resumed else ())


def add_secret(workspace: Workspace, channel_id: UUID, field: str, secret: str) -> Opened:
    """Put a secret before those of the same field, which stay valid. Needs a transaction.

    Raises ``Channel.DoesNotExist``, ``Refused`` for one that is there already or too many.
    """
    channel = _locked(workspace, channel_id)
    connection = _locked_connection(workspace, channel)
    held: tuple[str, ...] = getattr(_known(connection), field)
    if secret in held:
        raise Refused(field, _("This secret is in use already."))
    if len(held) >= MOST_SECRETS:
        raise Refused(field, _("There are too many: retire an old one first."))
    return _replaced(workspace, channel, connection, {field: (secret, *held)})


def retire_secret(workspace: Workspace, channel_id: UUID, field: str, mark: str) -> Opened:
    """Forget the secret with this ``mark``. Needs a transaction.

    Raises ``Channel.DoesNotExist``, ``Refused`` for the last one that webhooks can be proved with.
    """
    channel = _locked(workspace, channel_id)
    connection = _locked_connection(workspace, channel)
    held: tuple[str, ...] = getattr(_known(connection), field)
    left = tuple(secret for secret in held if mark_of(connection, secret) != mark)
    return _replaced(workspace, channel, connection, {field: left})


def mark_of(connection: Connection, secret: str) -> str:
    """Return what tells a secret from its neighbours and betrays nothing of it: six characters only we can make."""
    return salted_hmac(f"conversations.connect.{connection.pk}", secret, algorithm="sha256").hexdigest()[:6]


def marks(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return the marks of all secrets a connection holds, by field of ``Credentials``; none where they do not open."""
    held = msgspec.structs.asdict(_known(connection))
    listed = {name: value if isinstance(value, tuple) else (value,) for name, value in held.items() if value}
    return {name: tuple(mark_of(connection, one) for one in value if one) for name, value in listed.items()}


def _known(connection: Connection) -> Credentials:
    """Return the secrets in force; none when no key opens them any more, so that new ones can be put in their place."""
    try:
        return connection.credentials()
    except SecretUnreadable:
        return Credentials()


def settle_check(workspace: Workspace, channel_id: UUID, answer: Checked | Error) -> Opened:
    """Write down what the provider said of a channel when asked: one that works goes on and keeps what was learned.

    Needs a transaction. Raises ``Channel.DoesNotExist``.
    """
    channel = _locked(workspace, channel_id)
    if isinstance(answer, Error):
        channel.last_error_at = timezone.now()
        channel.last_error = {"code": answer.code, "title": answer.title}
        channel.save(update_fields=["last_error_at", "last_error"])
        return _opened(channel)
    channel.settings = {**channel.settings, **answer.learned}
    channel.save(update_fields=["settings"])
    return _resumed(workspace, channel)


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
