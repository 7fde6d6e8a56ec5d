"""A shop with a web chat on its site, and visitors who come through the door as their browsers do."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import jwt
import msgspec
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client

from conversations.act import act
from conversations.connect import Plan, open_channel
from conversations.intake import Intake
from conversations.models import Channel
from conversations.visit import place
from conversations.visit.application import Visits
from hub.models import Workspace
from tests import factories
from tests.loops import run

ORIGIN = "https://hub.example"
SITE = "https://www.loja.example"


class Shop(msgspec.Struct, frozen=True):
    """A workspace with a web chat."""

    workspace: Workspace
    channel: Channel
    key: str

    def token(self, key: str = "", **claims: Any) -> str:
        """What the shop's server signs: Maria, for five minutes, for this chat; ``None`` leaves a claim out."""
        usual = {"sub": "cliente-7", "aud": str(self.channel.pk), "exp": int(time.time()) + 300, "name": "Maria Lima"}
        return jwt.encode({k: v for k, v in (usual | claims).items() if v is not None}, key or self.key, "HS256")


def new_shop(**said: Any) -> Shop:
    """Open a web chat with these settings in a workspace of its own."""
    workspace = factories.workspace()
    given = {"title": "Casa Aurora", "origins": [SITE]} | said
    plan = Plan(kind="webchat", name="Site", settings=given)
    channel = act(workspace.pk, lambda: open_channel(workspace, plan)).channel
    assert channel.connection is not None
    return Shop(workspace, channel, channel.connection.credentials().identity_keys[0])


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    """The shop of a test."""
    return new_shop()


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> Iterator[None]:
    """Nobody has asked anything yet, and nothing is remembered of another test's chats."""
    settings.PUBLIC_URL = ORIGIN
    settings.ALLOWED_HOSTS = ["hub.example"]
    _forget_limits()
    place._kept.clear()
    yield
    place._kept.clear()


def _forget_limits() -> None:
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    for key in valkey.scan_iter("novelo:limit:*"):
        valkey.delete(key)
    valkey.close()


class Browser:
    """A visitor's browser: what it asks Django for, and what it sends through the door."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.pages = Client(headers={"Origin": ORIGIN, "Host": "hub.example", "Accept-Language": "en"})
        self.token = self.name = ""

    def ask(self, path: str, body: Any = None, **headers: str) -> Any:
        """Ask Django for ``path`` of the chat; a POST with a JSON body, a GET without."""
        given = {"Authorization": f"Visitor {self.token}"} if self.token else {}
        address = f"/chat/{self.shop.channel.pk}/{path}"
        if body is None:
            return self.pages.get(address, headers=given | headers)
        if isinstance(body, bytes):
            kind = headers.pop("Content-Type", "application/octet-stream")
            return self.pages.post(address, body, content_type=kind, headers=given | headers)
        return self.pages.post(address, body, content_type="application/json", headers=given | headers)

    def begin(self, identity: str = "") -> Any:
        """Begin a session, or say who it is."""
        answer = self.ask("session", {"identity": identity})
        if answer.status_code == 200:
            self.token, self.name = answer.json()["token"], answer.json()["visitor"]
        return answer

    def history(self) -> list[dict[str, Any]]:
        """What the visitor sees."""
        found: list[dict[str, Any]] = self.ask("history").json()["messages"]
        return found

    def send(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        """Send a body through the door before Django."""
        given = {"Origin": ORIGIN, "Accept-Language": "en", "Authorization": f"Visitor {self.token}"} | headers
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        address = f"/chat/{self.shop.channel.pk}/{path}"
        wanted = {name: value for name, value in given.items() if value}
        return at_the_door(lambda client: client.post(address, content=content, headers=wanted))

    def say(self, text: str = "Olá", client_id: str = "message-1", **more: Any) -> httpx2.Response:
        """Say something."""
        return self.send("messages", {"client_id": client_id, "text": text, **more})


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    """A visitor who has opened the chat."""
    found = Browser(shop)
    assert found.begin().status_code == 200
    return found


def at_the_door(talk: Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]) -> httpx2.Response:
    """Open the door, send, close it."""
    s = connection.settings_dict
    url = f"postgresql://{quote(s['USER'])}:{quote(s['PASSWORD'])}@{s['HOST']}:{s['PORT']}/{s['NAME']}"

    async def go() -> httpx2.Response:
        intake = Intake(url, ORIGIN, 4 * 1024 * 1024)
        visits = Visits(intake.writer)
        try:
            transport = httpx2.ASGITransport(app=visits)
            async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await talk(client)
        finally:
            await visits.close()
            await intake.close()

    return run(go())
