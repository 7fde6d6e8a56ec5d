"""What a visitor's window hears: what is theirs, in order, from where it left off, and who is typing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

from conversations import feed, pipeline
from conversations.act import act
from conversations.channels.types import Address, Credentials
from conversations.channels.webchat.send import WebChat
from conversations.history import Actor
from conversations.intake import Intake
from conversations.models import Conversation
from conversations.reply import Words, reply
from conversations.triage import mark_seen
from conversations.visit.application import Visits
from tests.conversations.conftest import drain
from tests.conversations.visit.conftest import ORIGIN, Browser, Shop
from tests.loops import run


class Window:
    """A stream as its browser reads it."""

    def __init__(self, visits: Visits, visitor: Browser, after: int | str = "") -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.last = 0
        self.status = 0
        self.news, self.opened = asyncio.Event(), asyncio.Event()
        self.gone = asyncio.Event()
        headers = {"authorization": f"Visitor {visitor.token}", "sec-fetch-site": "same-origin", "host": "hub.example"}
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/chat/{visitor.shop.channel.pk}/stream",
            "query_string": f"after={after}".encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
        }
        self.task = asyncio.create_task(visits(scope, self._receive, self._send))

    async def _receive(self) -> MutableMapping[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        for part in message.get("body", b"").decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in part.split("\n") if ": " in line and not line.startswith(":"))
            if "event" in fields:
                self.last = int(fields.get("id", self.last))
                self.heard.append((fields["event"], json.loads(fields["data"])))
        if "status" in message:
            self.opened.set()
        self.news.set()

    async def hear(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many events of a kind came; return them."""
        async with asyncio.timeout(15):
            while True:
                found = [data for event, data in self.heard if event == kind]
                if len(found) >= count:
                    return found
                self.news.clear()
                await self.news.wait()

    async def close(self) -> None:
        """Go away."""
        self.gone.set()
        await self.task


def listening(talk: Callable[[Visits], Awaitable[None]]) -> None:
    """Let windows be opened while ``talk`` runs."""
    s = connection.settings_dict
    url = f"postgresql://{quote(s['USER'])}:{quote(s['PASSWORD'])}@{s['HOST']}:{s['PORT']}/{s['NAME']}"

    async def go() -> None:
        intake = Intake(url, ORIGIN, 4 * 1024 * 1024)
        visits = Visits(intake.writer)
        try:
            await talk(visits)
        finally:
            await visits.close()
            await intake.close()

    run(go())


async def do(what: Callable[[], Any]) -> Any:
    """Do something with the database from inside a loop."""

    def done() -> Any:
        close_old_connections()
        try:
            return what()
        finally:
            connection.close()

    return await sync_to_async(done, thread_sensitive=False)()


def answer(shop: Shop, text: str, **more: Any) -> None:
    """Answer as an agent does."""
    talk = Conversation.objects.of(shop.workspace).get()
    words = Words(client_id=text, text=text, **more)
    act(shop.workspace.pk, lambda: reply(shop.workspace, talk.pk, Actor(name="Júlia"), words))
    while pipeline.send_pending():
        pass


def test_it_works(visitor: Browser, shop: Shop) -> None:
    stranger = Browser(shop)
    stranger.begin()
    visitor.say("Olá")
    drain()
    seq = visitor.ask("history").json()["seq"]

    async def talk(visits: Visits) -> None:
        mine, theirs = Window(visits, visitor, seq), Window(visits, stranger, seq)
        await do(lambda: answer(shop, "Só para a equipe", private=True))
        await do(lambda: answer(shop, "Oi! Como posso ajudar?"))
        said = await mine.hear("message")
        assert {(one["text"], one["mine"], one["status"]) for one in said} == {
            ("Oi! Como posso ajudar?", False, "sent")
        }
        to = (Address("visitor", visitor.name),)
        await do(lambda: WebChat().show_typing("", to, "", Credentials()))
        await mine.hear("typing")
        talks = Conversation.objects.of(shop.workspace)
        key = await do(lambda: talks.get().pk)
        await do(lambda: act(shop.workspace.pk, lambda: mark_seen(shop.workspace, key)))
        await mine.hear("seen")
        assert theirs.heard == []
        left_at = mine.last
        await mine.close()

        await do(lambda: answer(shop, "Ainda está aí?"))
        back = Window(visits, visitor, left_at)
        assert {one["text"] for one in await back.hear("message")} == {"Ainda está aí?"}
        await back.close()
        await theirs.close()

    listening(talk)


def test_it_lets_who_was_away_for_long_read_anew(visitor: Browser, shop: Shop) -> None:
    async def talk(visits: Visits) -> None:
        ahead = Window(visits, visitor, 999_999)
        await ahead.hear("resync")
        assert ahead.last == await do(lambda: feed.head(shop.workspace.pk))
        await ahead.close()

    listening(talk)


def test_it_opens_only_so_many_windows(visitor: Browser) -> None:
    async def talk(visits: Visits) -> None:
        windows = [Window(visits, visitor) for _ in range(5)]
        async with asyncio.timeout(15):
            await asyncio.gather(*(window.opened.wait() for window in windows))
        assert sorted(window.status for window in windows) == [200, 200, 200, 200, 429]
        for window in windows:
            await window.close()
        assert not visits.open_of

    listening(talk)
