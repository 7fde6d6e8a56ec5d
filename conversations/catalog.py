"""The templates of a channel, kept as its provider tells them: listed anew, and marked by what webhooks say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_noop

from conversations import channel_log
from conversations.channels.reading import text_of
from conversations.channels.registry import CHANNELS
from conversations.channels.types import AccountNotice, Credentials, Error, SendRefused, TemplateNews
from conversations.feed import Change
from conversations.models import Channel, Template
from conversations.wake import Work
from hub.models import Workspace
from hub.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=6)  # how long a list is good for; webhooks tell what changes meanwhile
UNREADABLE = gettext_noop("The stored secrets do not open any more. Enter them again.")
BROKEN = gettext_noop("The templates could not be read. Try again in a moment.")
KEPT = ("category", "status", "reason", "components", "provider_id")

Listed = list[dict[str, Any]]


def no_templates() -> str:
    """Say that a kind of channel has none."""
    return _("This kind of channel has no templates.")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How many templates there are now, how many of them are new or changed, and how many went; the feed is told nothing."""

    found: int = 0
    changed: int = 0
    gone: int = 0
    changes: tuple[Change, ...] = ()
    work: tuple[Work, ...] = ()


def ask(channel: Channel) -> Listed | Error:
    """Return the provider's templates; needs the channel's connection. Dials: never inside a transaction."""
    try:
        credentials = channel.connection.credentials() if channel.connection else Credentials()
    except SecretUnreadable:
        return Error(code="secrets", title=UNREADABLE, error_class="channel")
    try:
        with channel_log.keeping(channel):
            return CHANNELS[channel.kind].templates(channel.address, credentials, channel.settings)
    except SendRefused as refused:
        return refused.error
    except Exception as error:
        log.error("listing templates broke off", channel=str(channel.pk), error=type(error).__name__)  # noqa: TRY400  traces may quote the request
        return Error(code="broken", title=BROKEN, error_class="transient")


def keep(workspace: Workspace, channel_id: UUID, listed: Sequence[Mapping[str, Any]]) -> Kept:
    """Let the channel have exactly the templates in ``listed``; one that is no longer there is marked and kept."""
    Channel.objects.of(workspace).select_for_update(no_key=True).get(pk=channel_id)
    now = timezone.now()
    known = {(row.name, row.language): row for row in Template.objects.of(workspace).filter(channel=channel_id)}
    found = {(one["name"], one["language"]): _fields(one) for one in listed if one.get("name")}
    fresh, changed, same = [], [], []
    for key, fields in found.items():
        row = known.get(key)
        if row is None:
            named = {"name": key[0], "language": key[1]}
            fresh.append(Template(workspace=workspace, channel_id=channel_id, synced_at=now, **named, **fields))
        elif row.gone_at is None and all(getattr(row, name) == fields[name] for name in KEPT):
            same.append(row.pk)
        else:
            for name in KEPT:
                setattr(row, name, fields[name])
            row.synced_at, row.gone_at = now, None
            changed.append(row)
    Template.objects.bulk_create(fresh)
    Template.objects.bulk_update(changed, [*KEPT, "synced_at", "gone_at"])
    Template.objects.filter(pk__in=same).update(synced_at=now)
    missing = [row.pk for key, row in known.items() if key not in found and row.gone_at is None]
    Template.objects.filter(pk__in=missing).update(gone_at=now)
    return Kept(found=len(found), changed=len(fresh) + len(changed), gone=len(missing))


def _fields(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "category": text_of(one.get("category"))[:40],
        "status": text_of(one.get("status"))[:40],
        "reason": text_of(one.get("reason")),
        "components": one.get("components") or [],
        "provider_id": text_of(one.get("id"))[:255],
    }


def due() -> QuerySet[Channel]:
    """Return the channels of all workspaces whose templates were not listed for a while, or never."""
    kinds = [kind for kind, adapter in CHANNELS.items() if adapter.has_templates]
    late = timezone.now() - FRESH
    listed = Template.objects.filter(synced_at__gte=late).values("channel")
    used = Channel.objects.filter(kind__in=kinds, deleted_at=None, stopped_at=None).exclude(connection=None)
    return used.exclude(pk__in=listed).select_related("connection", "workspace").order_by("id")


def heed(connection_id: UUID, notices: Iterable[AccountNotice]) -> int:
    """Mark templates by what the provider's webhooks say of them; return how many rows changed.

    News names the business account above the channel, so every channel of the connection on that account hears it.
    """
    news = [(notice, said) for notice in notices if (said := _news(notice)) is not None]
    done = 0
    for notice, said in news:
        meant = Q(name=said.name, language=said.language)
        if not (said.name and said.language):
            meant = Q(provider_id=said.provider_id) & ~Q(provider_id="")
        channels = Channel.objects.filter(connection=connection_id, deleted_at=None).filter(
            Q(settings__business_account=notice.business_account) | ~Q(settings__has_key="business_account")
        )
        rows = Template.objects.filter(meant, channel__in=channels).exclude(status=said.status)
        done += rows.update(status=said.status, reason=said.reason)
    return done


def _news(notice: AccountNotice) -> TemplateNews | None:
    return next(filter(None, (adapter.template_news(notice) for adapter in CHANNELS.values())), None)
