"""Asking a provider whether a channel works: the one question that changes nothing there. Never inside a transaction."""

from __future__ import annotations

import structlog
from django.utils.translation import gettext_noop

from conversations import channel_log
from conversations.channels.registry import adapter_of
from conversations.channels.types import Checked, Credentials, Error, SendRefused, SendUnknown
from conversations.models import Channel
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

UNREADABLE = gettext_noop("The stored secrets do not open any more. Enter them again.")
NO_ANSWER = gettext_noop("The provider did not answer. Try again in a moment.")


def ask(channel: Channel) -> Checked | Error:
    """Return what the provider says of the channel; needs its connection. Dials: blocks up to the client's timeout."""
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
    except SecretUnreadable:
        return Error(code="secrets", title=UNREADABLE, error_class="channel")
    try:
        with channel_log.keeping(channel):
            return adapter_of(channel.kind).check(channel.address, credentials, channel.settings)
    except SendRefused as refused:
        return refused.error
    except SendUnknown:
        return Error(code="no_answer", title=NO_ANSWER, error_class="transient")
    except Exception as error:
        log.error("a check broke off", channel=str(channel.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return Error(code="no_answer", title=NO_ANSWER, error_class="transient")
