"""Renewing access tokens that end by themselves, long before they do; what could not be renewed is said on the channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from conversations import channel_log, connect
from conversations.act import act
from conversations.channels.registry import CHANNELS, adapter_of
from conversations.channels.types import Error, SendRefused
from conversations.models import Channel
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

ENDS = gettext_noop("The access token could not be renewed and will end. Put in a new one.")
DUE = 0.5  # share of its life after which it is renewed: half is left for trying again
URGENT = 0.8  # from here on also a provider that does not answer is worth a warning


def due() -> Sequence[Channel]:
    """Return the channels in use whose access token is in its second half of life."""
    lives = {kind: life for kind in CHANNELS if (life := adapter_of(kind).token_life) is not None}
    old = Q(pk__in=[])
    for kind, life in lives.items():
        old |= Q(kind=kind, connection__token_set_at__lt=timezone.now() - life * DUE)
    rows = Channel.objects.in_use().filter(old, connection__deleted_at=None)
    return list(rows.select_related("connection", "workspace").order_by("pk"))


def renew(channel: Channel) -> bool:
    """Ask for a new token and keep it; whether there was one. Dials: call it outside a transaction."""
    assert channel.connection is not None
    adapter = adapter_of(channel.kind)
    try:
        credentials = channel.connection.credentials()
        with channel_log.keeping(channel):
            token = adapter.renewed(credentials, channel.settings)
    except (SendRefused, SecretUnreadable) as refused:
        code, lasting = (
            (refused.error.code, refused.error.error_class != "transient")
            if isinstance(refused, SendRefused)
            else ("secrets", True)
        )
        log.warning("a token was not renewed", channel=str(channel.pk), code=code)
        if lasting or _age(channel) > (adapter.token_life or timedelta.max) * URGENT:
            error = Error(code=code, title=ENDS, error_class="channel")
            act(channel.workspace_id, partial(connect.settle_check, channel.workspace, channel.pk, error))
        return False
    if not token:
        return False
    secrets = {"access_token": token}
    act(channel.workspace_id, partial(connect.change_channel, channel.workspace, channel.pk, secrets=secrets))
    return True


def _age(channel: Channel) -> timedelta:
    assert channel.connection is not None
    return timezone.now() - (channel.connection.token_set_at or timezone.now())
