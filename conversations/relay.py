"""From NOTIFY to Celery: wakes the workers, and drains by itself when the broker is away or nobody comes.

Handlers never run in this process: a message that kills whoever works it must not kill the relay too. Nor does it load
them, or Django's applications, before somebody must drain here for the first time: it would hold twice the memory for nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import select
import signal
import time
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Any

import django
import psycopg
import structlog
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError
from kombu.utils.uuid import uuid

from conversations.waits import BACKLOG
from conversations.wake import CHANNEL
from hub import logs
from hub.celery import app

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
COALESCE_SECONDS = 0.02  # the first of a burst of notices wakes at once, the rest together after this
CHILD_SECONDS = 8.0
CHILD_KILL_SECONDS = {
    "inbound": 10.0,
    "outbound": 70.0,
    "media": 140.0,
    "route": 20.0,
}  # longer than the longest send or fetch may take
BROKER_SECONDS = 0.5
BROKER_REST_SECONDS = 1.0  # after a failure the broker is left alone this long
SETTLE_SECONDS = 1.0  # figures follow messages by this much
FOLLOW_SECONDS = 0.2  # rules, surveys and bots by this much
TASKS = {
    "inbound": "conversations.tasks.drain",
    "outbound": "conversations.tasks.send",
    "media": "conversations.tasks.fetch",
    "metrics": "metrics.tasks.derive",
    "names": "conversations.tasks.introduce",
    "lookups": "conversations.tasks.look_up",
    "route": "conversations.tasks.route",
    "search": "conversations.tasks.index",
    "follow": "conversations.tasks.follow",
    "bots": "conversations.tasks.tell_bots",
    "imports": "conversations.tasks.take_files",
    "erasure": "conversations.tasks.erase_traces",
}
QUEUES = {
    "inbound": "interactive",
    "outbound": "interactive",
    "media": "media",
    "metrics": "metrics",
    "names": "media",
    "lookups": "media",
    "search": "bulk",
    "route": "interactive",
    "follow": "interactive",
    "bots": "media",
    "imports": "bulk",
    "erasure": "bulk",
}
DRAINED = {
    "inbound": "drain",
    "outbound": "send",
    "media": "fetch",
    "route": "route",
}  # by the relay itself when nobody comes, as this task


class Relay:
    """Listens, polls each second, and publishes wake-ups without data."""

    def __init__(self) -> None:
        self.running = True
        self.broker_rests_until = 0.0
        self.broker: Connection | None = None
        self.messages: dict[str, Any] = {}  # what each sort of work is told to Celery with
        self.due: dict[str, float] = {}
        self.woken: dict[str, float] = {}
        self.children: dict[str, tuple[ForkProcess, float]] = {}

    def stop(self, _: int = 0, __: FrameType | None = None) -> None:
        """End after the present round."""
        self.running = False

    def run(self) -> None:
        """Work until stopped; reconnect to PostgreSQL for as long as it takes."""
        app.conf.broker_transport_options = {
            **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            "socket_connect_timeout": BROKER_SECONDS,
            "socket_timeout": BROKER_SECONDS,
            "max_retries": 0,  # else each failure to connect sleeps for seconds inside, and nobody drains meanwhile
        }
        while self.running:
            try:
                with psycopg.connect(settings.DATABASE_URL, autocommit=True, connect_timeout=3) as listener:
                    listener.execute(f"LISTEN {CHANNEL}")
                    self._follow(listener)
            except (psycopg.Error, OSError) as error:
                log.warning("the relay lost its database and comes back", error=type(error).__name__)
                time.sleep(0.5)
        for child, _ in self.children.values():
            child.kill()

    def _follow(self, listener: psycopg.Connection) -> None:
        next_poll = 0.0
        while self.running:
            wait = max(0.0, min([next_poll, *self.due.values()]) - time.monotonic())
            if wait and select.select([listener.fileno()], [], [], wait)[0]:
                for notice in listener.notifies(timeout=0):
                    if notice.payload in TASKS:
                        self.due.setdefault(notice.payload, self._when(notice.payload))
            now = time.monotonic()
            for work in [work for work, at in self.due.items() if at <= now]:
                del self.due[work]
                self._wake(work)
            if now >= next_poll:
                next_poll = now + POLL_SECONDS
                self._poll(listener)

    def _when(self, work: str) -> float:
        """Return when to wake for a notice: at once, unless the last wake-up was just now."""
        now = time.monotonic()
        if work == "metrics":
            self.due.setdefault("follow", now + FOLLOW_SECONDS)
            return now + SETTLE_SECONDS
        return max(now, self.woken.get(work, 0.0) + COALESCE_SECONDS)

    def _poll(self, listener: psycopg.Connection) -> None:
        """Look for what waits: wake the workers for it, and drain in a child when it has waited too long."""
        row = listener.execute(BACKLOG).fetchone()
        assert row is not None
        delivery_age, lane_age, outbox_age, file_age = (float(age) if age is not None else None for age in row)
        inbound = max(filter(None, (delivery_age, lane_age)), default=None)
        ages = {"inbound": inbound, "outbound": outbox_age, "media": file_age}
        for work, age in ages.items():
            self._reap(work)
            if age is None:
                continue
            if age > POLL_SECONDS:
                self._wake(work)
            if self._broker_is_away() or age > settings.BACKLOG_SECONDS:
                self._drain_in_child(work)

    def _broker_is_away(self) -> bool:
        return time.monotonic() < self.broker_rests_until

    def _wake(self, work: str) -> None:
        """Publish one wake-up. A broker that does not answer is left alone for a while; a child does the work meanwhile."""
        if self._broker_is_away():
            if work in DRAINED:
                self._drain_in_child(work)
            return
        self.woken[work] = time.monotonic()
        try:
            self._publish(work)
            if work == "inbound":
                self.due.setdefault("metrics", time.monotonic() + SETTLE_SECONDS)
            if work == "inbound":
                self.due.setdefault("follow", time.monotonic() + FOLLOW_SECONDS)
            if work in {"inbound", "outbound"}:
                self.due.setdefault("search", time.monotonic() + SETTLE_SECONDS)
        except (BrokerError, OSError) as error:
            log.warning("the broker is away", error=type(error).__name__)
            self.broker_rests_until = time.monotonic() + BROKER_REST_SECONDS
            self._hang_up()
            if work in DRAINED:
                self._drain_in_child(work)

    def _publish(self, work: str) -> None:
        """Publish over the relay's own connection: Celery's pool, once closed by force, never gives one out again.

        What Celery would send is put together once a task: doing that anew for each costs as much as sending it.
        """
        if self.broker is None:
            self.broker = app.connection_for_write()
        if work not in self.messages:
            self.messages[work] = app.amqp.as_task_v2("", TASKS[work], ignore_result=True)
        message, task_id = self.messages[work], uuid()
        try:
            app.amqp.Producer(self.broker, auto_declare=False).publish(
                message.body,
                exchange="",  # straight to the queue
                routing_key=QUEUES[work],
                serializer="json",
                delivery_mode=2,
                retry=False,
                headers={**message.headers, "id": task_id, "root_id": task_id},
                correlation_id=task_id,
                reply_to=message.properties["reply_to"],
            )
        except (*self.broker.connection_errors, *self.broker.channel_errors) as error:
            raise BrokerError from error

    def _hang_up(self) -> None:
        """Forget the broker's connection; the next wake-up opens another."""
        broken, self.broker = self.broker, None
        if broken is not None:
            with contextlib.suppress(Exception):
                broken.release()

    def _drain_in_child(self, work: str) -> None:
        self._reap(work)
        if work in self.children:
            return
        _load()
        child = multiprocessing.get_context("fork").Process(target=_drain, args=(work,), daemon=True)
        child.start()
        self.children[work] = (child, time.monotonic())

    def _reap(self, work: str) -> None:
        if work not in self.children:
            return
        child, started = self.children[work]
        if child.is_alive() and time.monotonic() - started > CHILD_KILL_SECONDS[work]:
            child.kill()
            child.join(1)
        if not child.is_alive():
            child.join()
            del self.children[work]


def _load() -> None:
    """Load once what children need: they share it, and begin at once."""
    django.setup()
    importlib.import_module("conversations.tasks")


def _drain(work: str) -> None:
    """Do what a worker would have done, in a child that may die of it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from conversations import tasks

    try:
        options = {"in_turn": False} if work == "outbound" else {}  # whoever has the turn may hang
        getattr(tasks, DRAINED[work])(CHILD_SECONDS, **options)
    except Exception as error:
        log.warning("the relay's own drain broke off", work=work, error=type(error).__name__)
    finally:
        os._exit(0)  # no finalizers: they would close what belongs to the parent


def main() -> None:
    """Run the relay until SIGTERM or SIGINT."""
    logs.configure(settings.LOGGING)
    relay = Relay()
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    relay.run()


if __name__ == "__main__":
    main()
