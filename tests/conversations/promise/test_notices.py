"""Notices: pushed encrypted to a browser that a real push service stands for, by the member's wishes, never what was said."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from pytest_django.fixtures import Settings

from conversations import notices, tasks, triage
from conversations.act import act
from conversations.history import Actor
from conversations.models import AlertRule, Conversation, PushSubscription
from conversations.refusal import Refused
from hub import vapid
from hub.models import Membership, Role, User
from hub.notices import Wishes
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, new_shop, store

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = b"sixteen bytes it"


class Browser:
    """A browser and its push service: what it decrypted, and what the service answers."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.heard: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.claims: list[dict[str, Any]] = []
        self.status, self.url = 201, ""

    @property
    def p256dh(self) -> str:
        """Its public key as it gives it."""
        point = serialization.PublicFormat.UncompressedPoint
        return _coded(self.key.public_key().public_bytes(serialization.Encoding.X962, point))

    def take(self, body: bytes, proof: str) -> None:
        """Decrypt what came and read whose it is."""
        self.raw.append(body)
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=SECRET, version="aes128gcm")
        self.heard.append(json.loads(plain))
        token, _, public = proof.removeprefix("vapid t=").partition(", k=")
        point = base64.urlsafe_b64decode(public + "=")
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        self.claims.append(jwt.decode(token, known, ["ES256"], audience=self.url.removesuffix("/push")))


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    found = Browser()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a push."""
            found.take(self.rfile.read(int(self.headers["Content-Length"])), self.headers["Authorization"])
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/push"
    settings.SIMULATOR_URL = found.url.removesuffix("/push")
    Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop() -> Shop:
    return new_shop()


@pytest.fixture
def bia(shop: Shop, browser: Browser, client: Client) -> User:
    """A supervisor whose browser is subscribed."""
    user = factories.member(shop.workspace, Role.SUPERVISOR, name="Bia", language="en")
    client.force_login(user)
    keys = {"p256dh": browser.p256dh, "auth": _coded(SECRET)}
    made = client.post(
        "/api/v1/me/push_subscriptions", {"endpoint": browser.url, "keys": keys}, content_type="application/json"
    )
    assert made.status_code == 201, made.content
    assert tasks.push() == {"pushed": 0}  # what happened before is nobody's news
    return user


def writes(shop: Shop, wamid: str) -> Conversation:
    store(shop, bodies.text(wamid, body="Meu CPF é 123"))
    drain()
    return Conversation.objects.get()


def test_it_works(shop: Shop, bia: User, browser: Browser) -> None:
    talk = writes(shop, "w1")
    assert tasks.push() == {"pushed": 0}  # nobody's yet
    giver = factories.member(shop.workspace)
    act(
        shop.workspace.pk,
        lambda: triage.assign(shop.workspace, talk.pk, Actor(user=giver), triage.Assignment(assignee=bia)),
    )
    assert tasks.push() == {"pushed": 1}
    writes(shop, "w2")
    AlertRule.objects.create(workspace=shop.workspace, kind="breach", threshold=1)
    assert [tasks.push()["pushed"] for _ in range(2)] == [1, 0]
    assert [(one["title"], one["body"]) for one in browser.heard] == [
        ("A conversation is yours", "Ana Souza"),
        ("New message", "Ana Souza"),
    ]
    assert browser.heard[1]["address"] == f"/inbox/{talk.pk}/"
    assert "CPF" not in json.dumps(browser.heard)
    assert not [raw for raw in browser.raw if b"Ana" in raw]
    assert {one["sub"] for one in browser.claims} != set()
    assert vapid.public_key() == vapid.public_key()

    browser.status = 410
    writes(shop, "w3")
    assert tasks.push() == {"pushed": 1}
    assert not PushSubscription.objects.exists()


def test_wishes_and_quiet_hours_hold(shop: Shop, bia: User, browser: Browser, client: Client) -> None:
    usual = {"sound": ["assigned"], "push": ["incident"], "zone": "America/Sao_Paulo"}
    page = client.post("/me/notifications/", usual | {"quiet_from": "22:00"}).content.decode()
    assert "Quiet hours need a beginning and an end." in page
    assert (
        "There is no time zone of this name"
        in client.post("/me/notifications/", usual | {"zone": "Nowhere"}).content.decode()
    )
    assert "notices" not in Membership.objects.get(user=bia).settings
    assert "Saved." in client.post("/me/notifications/", usual).content.decode()
    talk = writes(shop, "w1")
    Conversation.objects.filter(pk=talk.pk).update(assignee=bia)
    writes(shop, "w2")
    assert tasks.push() == {"pushed": 0}
    AlertRule.objects.create(workspace=shop.workspace, kind="oldest_wait", threshold=1)
    Conversation.objects.update(assignee=None, queued_at=datetime.now(UTC) - timedelta(minutes=1))
    assert tasks.watch()["opened"] == 1
    assert tasks.push() == {"pushed": 1}
    assert (browser.heard[0]["title"], browser.heard[0]["address"]) == ("An alert holds", "/wallboard/")

    night = Wishes(quiet_from=time(22), quiet_to=time(7), zone="America/Sao_Paulo")
    clocks = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (0, 1, 9, 10, 12)]
    assert [night.is_quiet(at) for at in clocks] == [False, True, True, False, False]


def test_an_address_inside_is_refused_and_nothing_is_kept(shop: Shop, browser: Browser) -> None:
    user = factories.member(shop.workspace)
    for endpoint in ("http://push.example.com/a", "https://push.example.com:8080/a", "nonsense"):
        with pytest.raises(Refused, match="begins with https") as refused:
            notices.subscribe(shop.workspace, user, endpoint, browser.p256dh, _coded(SECRET))
        assert refused.value.field == "endpoint"
    with pytest.raises(Refused, match="This is no key"):
        notices.subscribe(shop.workspace, user, "https://push.example.com/a", "short", _coded(SECRET))
    assert not PushSubscription.objects.exists()
