"""Channels as they look from outside: how they fare, what their provider said when asked, and every call to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from conversations.api.represent import Shown, failure, identifier, moment
from conversations.api.shapes import CHANNEL_KINDS, Shape
from conversations.channels.registry import adapter_of
from conversations.channels.types import Checked, Error
from conversations.models import Channel, Exchange

ChannelState = Literal["works", "stopped", "silent", "unused"]
SILENT_AFTER = timedelta(days=3)  # longer than a weekend


class TroubleShape(Shape):
    """What a provider said went wrong."""

    code = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)


class HealthShape(Shape):
    """How a channel fares; `waiting` counts messages that have not left yet."""

    state = serializers.ChoiceField(get_args(ChannelState))
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    last_outbound_at = serializers.DateTimeField(allow_null=True)
    last_error_at = serializers.DateTimeField(allow_null=True)
    last_error = TroubleShape(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    stop_reason = TroubleShape(allow_null=True)
    waiting = serializers.IntegerField()
    refused_signatures = serializers.IntegerField()
    refused_at = serializers.DateTimeField(allow_null=True)
    token_set_at = serializers.DateTimeField(allow_null=True)


class ChannelShape(Shape):
    """An address people write to."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(CHANNEL_KINDS)
    name = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    provider = serializers.CharField(allow_null=True)
    connection = serializers.UUIDField(allow_null=True)
    webhook_url = serializers.URLField(allow_null=True)
    settings = serializers.DictField()
    health = HealthShape()
    created_at = serializers.DateTimeField()


class CheckShape(Shape):
    """What a provider said of a channel when asked: `error` when it does not work."""

    works = serializers.BooleanField()
    name = serializers.CharField(allow_blank=True)
    error = TroubleShape(allow_null=True)
    channel = ChannelShape()


class ExchangeShape(Shape):
    """One call to a provider and its answer, secrets removed; `status` null: no answer came."""

    id = serializers.CharField()
    channel = serializers.UUIDField(allow_null=True)
    message = serializers.UUIDField(allow_null=True)
    method = serializers.CharField()
    url = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    request = serializers.CharField(allow_blank=True)
    response = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    milliseconds = serializers.IntegerField()
    at = serializers.DateTimeField()


def channel(row: Channel) -> Shown:
    """Return a channel with its health and without a secret; needs a row of ``for_reading``."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "name": row.name,
        "address": row.address,
        "provider": adapter_of(row.kind).provider or None,
        "connection": identifier(row.connection_id),
        "webhook_url": webhook_url(row),
        "settings": row.settings,
        "health": health(row),
        "created_at": moment(row.created_at),
    }


def webhook_url(row: Channel) -> str | None:
    """Return where the channel's provider delivers; None for a kind without an address, which has a door of its own."""
    if row.connection_id is None or adapter_of(row.kind).setup.address is None:
        return None
    return f"{settings.PUBLIC_URL}/webhooks/{row.connection_id}/"


def channel_state(row: Channel, now: datetime) -> ChannelState:
    """Return in one word how a channel fares: ``silent`` when nothing came in for longer than a weekend."""
    if row.stopped_at is not None:
        return "stopped"
    if row.last_inbound_at is None and row.last_outbound_at is None:
        return "unused"
    return "silent" if now - (row.last_inbound_at or row.created_at) > SILENT_AFTER else "works"


def health(row: Channel) -> Shown:
    """Return how a channel fares; needs a row of ``for_reading``. ``waiting`` counts messages that have not left yet."""
    source, waiting = row.connection, getattr(row, "waiting", 0)
    return {
        "state": channel_state(row, timezone.now()),
        "last_inbound_at": moment(row.last_inbound_at),
        "last_outbound_at": moment(row.last_outbound_at),
        "last_error_at": moment(row.last_error_at),
        "last_error": trouble(row.last_error),
        "stopped_at": moment(row.stopped_at),
        "stop_reason": trouble(row.stop_reason),
        "waiting": waiting,
        "refused_signatures": source.refused_signatures if source else 0,
        "refused_at": moment(source.refused_at) if source else None,
        "token_set_at": moment(source.token_set_at) if source else None,
    }


def trouble(error: Mapping[str, Any] | None) -> Shown | None:
    """Return what a provider said as ``code`` and ``title``, the title in the reader's language."""
    found = failure(error)
    return {"code": found["code"], "title": found["title"]} if found else None


def check(answer: Checked | Error) -> Shown:
    """Return what a provider said of a channel when asked."""
    if isinstance(answer, Error):
        return {"works": False, "name": "", "error": trouble(msgspec.structs.asdict(answer))}
    return {"works": True, "name": answer.name, "error": None}


def exchange(row: Exchange) -> Shown:
    """Return one call to a provider and its answer; needs nothing else."""
    return {
        "id": str(row.pk),
        "channel": identifier(row.channel_id),
        "message": identifier(row.message_id),
        "method": row.method,
        "url": row.url,
        "status": row.status,
        "request": row.request,
        "response": row.response,
        "error": row.error,
        "milliseconds": row.milliseconds,
        "at": moment(row.at),
    }
