"""The live feed over real HTTP: in order, without gaps, only to whom it may concern."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from conversations import feed
from conversations.channels.webchat import whisper
from conversations.feed import Change
from conversations.live import Live, application, reader
from conversations.models import Customer, FeedEvent
from hub.models import ApiToken, Membership, Workspace
from tests import factories
from tests.conversations.test_intake import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url() -> Iterator[str]:
    """The feed, served by a real server in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        live = Live(database_url())

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            await live(scope, receive, send)

        config = uvicorn.Config(serve, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(_serve(server, listener, live)), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/feed"
        server.should_exit = True
        thread.join(10)


async def _serve(server: uvicorn.Server, listener: socket.socket, live: Live) -> None:
    closing = asyncio.create_task(_close_first(server, live))
    await server.serve(sockets=[listener])
    await closing


async def _close_first(server: uvicorn.Server, live: Live) -> None:
    while not server.should_exit:  # noqa: ASYNC110  uvicorn only has a flag
        await asyncio.sleep(0.02)
    await live.close()


class Listener:
    """A program that follows the feed in a thread."""

    def __init__(self, url: str, token: str, **headers: str) -> None:
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.ended = threading.Event()
        self.opened = threading.Event()
        given = {"Authorization": f"Token {token}", **headers} if token else headers
        self.thread = threading.Thread(target=self._follow, args=(url, given), daemon=True)
        self.thread.start()
        assert self.opened.wait(60)

    def _follow(self, url: str, headers: dict[str, str]) -> None:
        with contextlib.suppress(httpx2.HTTPError), httpx2.stream("GET", url, headers=headers, timeout=60) as answer:
            self.status = answer.status_code
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                self.opened.set()
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    self.events.append((int(fields.get("id", 0)), fields["event"], json.loads(fields["data"])))
                    fields = {}
        self.opened.set()
        self.ended.set()

    def seqs(self) -> list[int]:
        """The numbers heard so far."""
        return [seq for seq, _, _ in self.events]


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def say(place: Workspace, *customers: Customer) -> None:
    """Append one line a customer."""
    with transaction.atomic():
        feed.publish(place.pk, [Change("customer.updated", one.pk) for one in customers])


def test_it_works(url: str) -> None:
    place = factories.workspace()
    ana = factories.customer(place, name="Ana")
    listener = Listener(url, factories.token(place))
    say(place, ana)
    assert until(lambda: len(listener.events) == 1)
    seq, kind, data = listener.events[0]
    assert (seq, kind, data["id"], data["name"]) == (1, "customer.updated", str(ana.pk), "Ana")


def test_it_gives_what_was_missed_and_then_what_comes(url: str) -> None:
    place = factories.workspace()
    people = [factories.customer(place) for _ in range(5)]
    for one in people:
        say(place, one)
    token = factories.token(place)
    by_query = Listener(f"{url}?after=2", token)
    by_header = Listener(f"{url}?after=0", token, **{"Last-Event-ID": "3"})
    say(place, people[0])
    assert until(lambda: by_query.seqs() == [3, 4, 5, 6] and by_header.seqs() == [4, 5, 6])


def test_it_loses_and_repeats_nothing_while_many_write(url: str) -> None:
    place = factories.workspace()
    people = [factories.customer(place) for _ in range(4)]
    token = factories.token(place)
    listeners = [Listener(f"{url}?after=0", token) for _ in range(3)]

    def write() -> None:
        for _round in range(25):
            say(place, *people)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    late = Listener(f"{url}?after=0", token)
    for thread in threads:
        thread.join(60)
    for listener in (*listeners, late):
        assert until(lambda one=listener: len(one.events) == 300)
        assert listener.seqs() == list(range(1, 301))


def test_it_tells_nothing_of_another_workspace(url: str) -> None:
    place, other = factories.workspace(), factories.workspace()
    listener = Listener(url, factories.token(place))
    say(other, factories.customer(other))
    say(place, factories.customer(place))
    assert until(lambda: len(listener.events) == 1)
    time.sleep(0.2)
    assert listener.seqs() == [1]


@pytest.mark.parametrize("after", ["99", "1"])
def test_it_says_resync_when_the_cursor_is_ahead_or_older_than_what_is_kept(url: str, after: str) -> None:
    place = factories.workspace()
    for _round in range(6):
        say(place, factories.customer(place))
    FeedEvent.objects.filter(seq__lt=4).delete()
    listener = Listener(f"{url}?after={after}", factories.token(place))
    say(place, factories.customer(place))
    assert until(lambda: [kind for _, kind, _ in listener.events] == ["resync", "customer.updated"])
    assert listener.seqs() == [6, 7]


@pytest.mark.parametrize("token", ["", "nvl_wrong"])
def test_it_refuses_a_stranger_with_a_sentence(url: str, token: str) -> None:
    headers = {"Authorization": f"Token {token}"} if token else {}
    answer = httpx2.get(url, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["detail"] == "Sign in, or send a valid token."


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 30, "²"])
def test_it_refuses_a_cursor_that_is_none(url: str, after: str) -> None:
    place = factories.workspace()
    answer = httpx2.get(url, params={"after": after}, headers={"Authorization": f"Token {factories.token(place)}"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "`after` must be a sequence number of the feed.")


def _session(place: Workspace) -> tuple[Any, str]:
    user = factories.member(place)
    client = Client()
    client.force_login(user)
    return user, f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"


def test_a_member_hears_it_from_our_own_pages_only(url: str) -> None:
    place = factories.workspace()
    _, cookie = _session(place)
    listener = Listener(url, "", Cookie=cookie)
    say(place, factories.customer(place))
    assert until(lambda: len(listener.events) == 1)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx2.get(url, headers={"Cookie": cookie, **headers})
        assert (answer.status_code, answer.json()["detail"]) == (403, "The feed is not read from other sites.")


def test_it_ends_when_the_right_ends(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "RIGHTS_SECONDS", 0.1)
    place = factories.workspace()
    user, cookie = _session(place)
    by_session, by_token = Listener(url, "", Cookie=cookie), Listener(url, factories.token(place))
    stays = Listener(url, factories.token(place, name="stays"))
    Membership.objects.filter(user=user).delete()
    ApiToken.objects.filter(name="tests").update(revoked_at="2026-01-01T00:00:00Z")
    assert by_session.ended.wait(60)
    assert by_token.ended.wait(60)
    assert not stays.ended.is_set()


def test_it_beats_when_nothing_happens(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "HEARTBEAT_SECONDS", 0.1)
    place = factories.workspace()
    say(place, factories.customer(place))
    listener = Listener(url, factories.token(place))
    assert until(lambda: bool(listener.events))
    assert listener.events[0][1:] == ("heartbeat", {"head": 1})


def test_it_needs_no_hint(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "hint", lambda _: None)
    place = factories.workspace()
    listener = Listener(url, factories.token(place))
    say(place, factories.customer(place))
    assert until(lambda: listener.seqs() == [1])


def test_it_passes_on_that_a_customer_types(url: str) -> None:
    place = factories.workspace()
    other = factories.workspace()
    mine, theirs = Listener(url, factories.token(place)), Listener(url, factories.token(other))
    talk = factories.conversation(place)

    def heard() -> bool:
        whisper.typing_in(str(place.pk), str(talk.pk))  # nobody may listen to hints yet: it is lost then
        return bool(mine.events)

    assert until(heard)
    assert mine.events[0][1:] == ("customer.typing", {"conversation": str(talk.pk)})
    assert theirs.events == []
