"""``/channels``: the addresses people write to."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import check, connect
from conversations.act import act
from conversations.api import connected
from conversations.api.asking import ChannelChange, ChannelInput
from conversations.api.operations import changes, creates, does, lists, removes, shows
from conversations.audited import on_channel
from conversations.channels.types import Checked, Credentials, Error
from conversations.models import Channel
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import checked
from hub.models import Role
from hub.pagination import page

SECRETS = ("app_secrets", "verify_token", "access_token", "account_sid", "auth_tokens", "identity_keys")


def secrets_in(given: dict[str, Any]) -> dict[str, Any]:
    """Return the secrets that a request names, as fields of ``Credentials``."""
    named = {name: given[name] for name in SECRETS if name in given}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in named.items()}


class ChannelList(APIView):
    """All channels; opening one."""

    roles: ClassVar = {"POST": Role.ADMIN}

    @lists("list_channels", connected.ChannelShape)
    def get(self, request: Request) -> Response:
        """List the channels, newest first."""
        rows = Channel.objects.of(caller_of(request).workspace).in_use().for_reading()
        return Response(page(request, rows, {"id": UUID}, connected.channel))

    @creates("open_channel", ChannelInput, connected.ChannelShape, 409)
    @once
    def post(self, request: Request) -> Response:
        """Open a channel on a new connection, or on one that exists (`connection: {"id": …}`)."""
        plan = _plan(checked(ChannelInput, request))
        workspace = caller_of(request).workspace
        opened = on_channel(caller_of(request), "opened", lambda: connect.open_channel(workspace, plan))
        return Response(connected.channel(_channel(request, opened.channel.pk)), status=201)


def _plan(given: dict[str, Any]) -> connect.Plan:
    connection = given.get("connection") or {}
    secrets = secrets_in(connection)
    return connect.Plan(
        kind=given["kind"],
        name=given["name"],
        address=given.get("address") or "",
        connection_id=connection.get("id"),
        provider=connection.get("provider", ""),
        credentials=Credentials(**secrets) if connection and not connection.get("id") else None,
        settings=given.get("settings") or {},
    )


def _changes(given: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what a request changes, for the audit log: the names of secrets, never what they are."""
    renewed = {"renewed": (None, sorted(secrets_in(given.get("connection", {}))))}
    named = {name: (None, given[name]) for name in ("name", "settings") if name in given}
    return named | (renewed if renewed["renewed"][1] else {})


class ChannelDetail(APIView):
    """One channel."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @shows("get_channel", connected.ChannelShape)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """Show a channel with its health."""
        return Response(connected.channel(_channel(request, channel_id)))

    @changes("change_channel", ChannelChange, connected.ChannelShape)
    def patch(self, request: Request, channel_id: UUID) -> Response:
        """Rename a channel, change its settings, or replace secrets of its connection; those not named stay."""
        _channel(request, channel_id)  # somebody else's is not here, whatever the body says
        given = checked(ChannelChange, request)
        workspace = caller_of(request).workspace
        change = partial(
            connect.change_channel,
            workspace,
            channel_id,
            name=given.get("name"),
            settings=given.get("settings"),
            secrets=secrets_in(given.get("connection", {})),
        )
        on_channel(caller_of(request), "changed", change, channel_id, _changes(given))
        return Response(connected.channel(_channel(request, channel_id)))

    @removes("close_channel")
    def delete(self, request: Request, channel_id: UUID) -> Response:
        """Remove a channel from use; what was said on it stays."""
        workspace = caller_of(request).workspace
        close = partial(connect.close_channel, workspace, channel_id)
        on_channel(caller_of(request), "removed", close, channel_id)
        return Response(status=204)


class ChannelCheck(APIView):
    """Asking a channel's provider whether it works."""

    role: ClassVar = Role.ADMIN

    @does("check_channel", None, connected.CheckShape, 404)
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Ask the provider whether the channel works; one that was stopped and works goes on."""
        answer = check.ask(_channel(request, channel_id))  # before any transaction: this dials
        return self._settle(request, channel_id, answer)

    post.honors_idempotency_key = True  # type: ignore[attr-defined]  # what it settles is settled once

    @once
    def _settle(self, request: Request, channel_id: UUID, answer: Checked | Error) -> Response:
        workspace = caller_of(request).workspace
        act(workspace.pk, lambda: connect.settle_check(workspace, channel_id, answer))
        shown = connected.channel(_channel(request, channel_id))
        return Response(connected.check(answer) | {"channel": shown})


def _channel(request: Request, channel_id: UUID) -> Channel:
    return Channel.objects.of(caller_of(request).workspace).in_use().for_reading().get(pk=channel_id)
