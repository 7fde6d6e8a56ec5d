"""Thin doors for Celery: each says "look in the database" and carries nothing."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from conversations import (
    alerts,
    attention,
    automation,
    budget,
    catalog,
    channel_log,
    erase,
    heed,
    introduce as introducing,
    notices,
    parse,
    pipeline,
    presence,
    promise,
    reconcile as reconciling,
    renew as renewing,
    route as routing,
    search,
    sweep,
    triage,
    typing_sign,
)
from conversations.act import act
from conversations.bots import telling
from conversations.channels.types import Error
from conversations.imports import jobs as imports
from conversations.media import upload
from conversations.models import Conversation, Delivery, FeedEvent, ParkedItem
from conversations.wake import wake
from hub import idempotency
from hub.models import Workspace

DRAIN_SECONDS = 3.0  # then the task ends and says that there is more: a worker that is told to stop is not held up
BESIDE_SECONDS = 0.01  # what another worker parses now can be worked by this one a moment later
RECONCILE_SECONDS = 60.0
PARKED_DAYS = 7
TYPING_SECONDS = 10  # later it would say something wrong


@shared_task(name="conversations.tasks.drain")
def drain(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Parse deliveries and work lanes until nothing waits or time is up; return how many of each."""
    until = time.monotonic() + seconds
    done = {"parsed": 0, "worked": 0}
    while time.monotonic() < until:
        parsed, worked = pipeline.parse_and_work()
        if not worked:
            worked = pipeline.work_pending()
        done["parsed"] += parsed
        done["worked"] += worked
        if parsed or worked:
            if not pipeline.anything_waits():
                break
        elif not parse.somebody_parses():
            break
        else:
            time.sleep(BESIDE_SECONDS)
    else:
        wake("inbound")
    return done


@shared_task(name="conversations.tasks.send", soft_time_limit=90, time_limit=100)
def send(seconds: float = DRAIN_SECONDS, *, in_turn: bool = True) -> dict[str, int]:
    """Hand waiting messages to their providers until none may go now or time is up; what hangs may take a minute longer."""
    return {"sent": pipeline.keep_sending(seconds, in_turn=in_turn)}


@shared_task(name="conversations.tasks.probe", soft_time_limit=110, time_limit=120)
def probe() -> dict[str, int]:
    """Ask the providers of stopped channels whether they work again."""
    return {"resumed": pipeline.probe_stopped()}


@shared_task(name="conversations.tasks.fetch", soft_time_limit=110, time_limit=140)
def fetch(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Fetch files that customers sent until none may be fetched now or time is up; the last batch may take a minute longer."""
    until = time.monotonic() + seconds
    done = {"fetched": 0}
    while time.monotonic() < until and (fetched := pipeline.fetch_pending()):
        done["fetched"] += fetched
    return done


@shared_task(name="conversations.tasks.look_up", soft_time_limit=110, time_limit=140)
def look_up(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Ask providers what was said where their webhooks gave ids only, until all were asked or time is up."""
    until = time.monotonic() + seconds
    done = {"asked": 0}
    while time.monotonic() < until and (asked := pipeline.look_up_pending()):
        done["asked"] += asked
    return done


@shared_task(name="conversations.tasks.typing")
def typing(conversation_id: str) -> None:
    """Show the customer that somebody types: the one task with something to carry, because nothing is lost with it."""
    typing_sign.show(UUID(conversation_id))


def tell_typing(conversation_id: UUID) -> None:
    """Ask a worker to show it, after the commit; a broker that is away is not waited for."""

    def ask() -> None:
        with suppress(OperationalError, OSError):
            typing.apply_async((str(conversation_id),), retry=False, expires=TYPING_SECONDS)

    transaction.on_commit(ask, robust=True)


@shared_task(name="conversations.tasks.list_templates")
def list_templates() -> dict[str, int]:
    """Ask providers for templates that were not listed for hours."""
    until = time.monotonic() + DRAIN_SECONDS  # the rest is due the next time
    done = {"channels": 0, "templates": 0}
    for channel in catalog.due():
        if time.monotonic() > until:
            break
        found = catalog.ask(channel)
        if not isinstance(found, Error):
            kept = act(channel.workspace_id, partial(catalog.keep, channel.workspace, channel.pk, found))
            done["channels"] += 1
            done["templates"] += kept.found
    return done


@shared_task(name="conversations.tasks.reconcile", soft_time_limit=110, time_limit=140)
def reconcile() -> dict[str, int]:
    """Ask providers that do not repeat their webhooks for what was missed, the channels asked longest ago first."""
    done = reconciling.reconcile(RECONCILE_SECONDS)
    return {"channels": done.channels, "found": done.found}


@shared_task(name="conversations.tasks.introduce", soft_time_limit=110, time_limit=140)
def introduce(seconds: float = DRAIN_SECONDS, *, all_day: bool = False) -> dict[str, int]:
    """Ask providers for the names of newcomers until all were asked or time is up; ``all_day`` also asks again about earlier ones."""
    until = time.monotonic() + seconds
    asked = 0
    while strangers := introducing.claim(introducing.ALL if all_day else introducing.FRESH):
        for stranger in strangers:
            answer = introducing.ask(stranger)
            act(stranger.identity.workspace_id, partial(introducing.settle, stranger, answer))
            asked += 1
            if time.monotonic() > until:
                return {"asked": asked}
    return {"asked": asked}


@shared_task(name="conversations.tasks.renew_tokens", soft_time_limit=110, time_limit=140)
def renew_tokens() -> dict[str, int]:
    """Renew access tokens that end by themselves; what was not reached is due again some hours later."""
    until = time.monotonic() + RECONCILE_SECONDS
    return {"renewed": sum(renewing.renew(one) for one in renewing.due() if time.monotonic() < until)}


@shared_task(name="conversations.tasks.tidy")
def tidy() -> dict[str, int]:
    """Apply parked items whose message came by another way, end snoozes that are over and what vanished screens looked at."""
    applied = sweep.apply_parked()
    awoken = 0
    due = Conversation.objects.snoozed_until(timezone.now())
    for workspace in Workspace.objects.filter(conversations__in=due).distinct():
        awoken += act(workspace.pk, partial(triage.awaken, workspace)).count
    for workspace in attention.forgotten():
        act(workspace.pk, partial(attention.forget, workspace))
    return {"applied": applied, "awoken": awoken}


@shared_task(name="conversations.tasks.route")
def route(seconds: float = DRAIN_SECONDS, *, by_clock: bool = False) -> dict[str, int]:
    """Give out what waits in the queues; ``by_clock`` looks first who is no longer there, what lies too long, and passes it on."""
    until = time.monotonic() + seconds
    done = {"given": 0, "back": 0, "gone": 0}
    if by_clock:
        for workspace in presence.watched_workspaces():
            done["gone"] += act(workspace.pk, partial(presence.look, workspace)).count
        for workspace in routing.watched_workspaces():
            for room in (routing.take_back, routing.overflow):
                done["back"] += act(workspace.pk, partial(room, workspace)).count
    for workspace in routing.waiting_workspaces():
        again = True
        while again and time.monotonic() < until:
            given = act(workspace.pk, partial(routing.give, workspace))
            done["given"] += given.count
            again = given.again
    return done


@shared_task(name="conversations.tasks.watch")
def watch() -> dict[str, int]:
    """Look by the clock which promises are at risk or broken, and which alerts hold."""
    done = {"renewed": 0, "told": 0, "opened": 0, "closed": 0}
    for workspace in promise.watched_workspaces():
        done["renewed"] += promise.refresh_where_stale(workspace)
        done["told"] += act(workspace.pk, partial(promise.look, workspace)).count
    for workspace in alerts.watched_workspaces():
        looked = act(workspace.pk, partial(alerts.look, workspace))
        done["opened"] += len(looked.opened)
        done["closed"] += len(looked.closed)
    return done


@shared_task(name="conversations.tasks.push", soft_time_limit=60, time_limit=90)
def push() -> dict[str, int]:
    """Tell members whose browsers are closed what is theirs since the last time."""
    return {"pushed": notices.tell_some()}


@shared_task(name="conversations.tasks.index")
def index(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Let search know what was said and changed, until it knows all or time is up; the next wake-up goes on."""
    until = time.monotonic() + seconds
    done = 0
    while time.monotonic() < until and (some := search.follow()):
        done += some
    return {"looked_at": done}


@shared_task(name="conversations.tasks.purge")
def purge() -> dict[str, int]:
    """Forget what is older than its retention: feed lines, settled deliveries with their items, parked items, old keys, sessions, logs."""
    now = timezone.now()
    feed, _ = FeedEvent.objects.filter(created_at__lt=now - timedelta(days=settings.FEED_RETENTION_DAYS)).delete()
    old = Delivery.objects.filter(received_at__lt=now - timedelta(days=settings.DELIVERY_RETENTION_DAYS))
    deliveries, _ = old.exclude(outcome__in=["pending", "failed"]).delete()
    idempotency.forget()
    SessionStore.clear_expired()
    uploads = upload.forget_unused() + imports.forget()
    parked, _ = ParkedItem.objects.filter(parked_at__lt=now - timedelta(days=PARKED_DAYS)).delete()
    exchanges, _ = channel_log.forget(), budget.forget()
    runs = automation.forget() + telling.forget()
    kept = {"feed": feed, "deliveries": deliveries, "parked": parked, "uploads": uploads}
    return {**kept, "exchanges": exchanges, "runs": runs}


@shared_task(name="conversations.tasks.take_files", soft_time_limit=110, time_limit=140)
def take_files(seconds: float = DRAIN_SECONDS) -> dict[str, bool]:
    """Take in the files of history that wait, until none does or time is up."""
    if more := imports.work(seconds):
        wake("imports")
    return {"more": more}


@shared_task(name="conversations.tasks.erase_traces", soft_time_limit=110, time_limit=140)
def erase_traces(seconds: float = DRAIN_SECONDS) -> dict[str, bool]:
    """Look through journals and storage for what erased people left there, until nothing is left or time is up."""
    until = time.monotonic() + seconds
    while more := erase.look_on():
        if time.monotonic() >= until:
            wake("erasure")
            break
    return {"more": more}


@shared_task(name="conversations.tasks.follow")
def follow(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Let rules, surveys and bots hear what happened until they know all or time is up."""
    passed, more = heed.heed(seconds)
    if more:
        wake("follow")
    return {"passed": passed}


@shared_task(name="conversations.tasks.tell_bots", soft_time_limit=60, time_limit=90)
def tell_bots(seconds: float = DRAIN_SECONDS) -> dict[str, int]:
    """Tell bots what happened until nobody need be told now or time is up; one that hangs may take five seconds more."""
    until, told = time.monotonic() + seconds, 0
    while some := telling.tell_some():
        told += some
        if time.monotonic() >= until:
            wake("bots")
            break
    return {"told": told}
