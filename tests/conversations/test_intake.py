"""The providers' door: what it answers, and what is stored when it does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest
from django.db import connection

from conversations.channels.types import Credentials
from conversations.intake import Intake
from conversations.models import Delivery
from tests.conversations import bodies
from tests.conversations.conftest import SECRET, Shop, drain, new_shop
from tests.loops import run as run_coroutine

pytestmark = pytest.mark.django_db(transaction=True)
BODY = bodies.text("wamid.1", at=1_760_000_000)  # fixed: it names tests


def signature(body: bytes, secret: str = SECRET) -> str:
    """What Meta puts into X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def database_url() -> str:
    """The address of the test's own database."""
    s = connection.settings_dict
    return f"postgresql://{quote(s['USER'])}:{quote(s['PASSWORD'])}@{s['HOST']}:{s['PORT']}/{s['NAME']}"


def at_the_door(talk: Callable[[httpx2.AsyncClient, Intake], Awaitable[Any]], url: str | None = None) -> Any:
    """Open the door, talk to it, close it."""

    async def run() -> Any:
        intake = Intake(url or database_url(), "https://hub.example", 4 * 1024 * 1024)
        await intake.open()
        try:
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=intake), base_url="https://hub.example"
            ) as client:
                return await talk(client, intake)
        finally:
            await intake.close()

    return run_coroutine(run())


def post(shop: Shop, body: bytes = BODY, signed: str | None = None, **headers: str) -> httpx2.Response:
    """Post one body; signed rightly unless told otherwise."""
    given = {"X-Hub-Signature-256": signature(body) if signed is None else signed, **headers}
    path = f"/webhooks/{shop.connection.pk}/"
    return at_the_door(
        lambda client, _: client.post(path, content=body, headers={k: v.encode() for k, v in given.items() if v})
    )


@pytest.fixture
def shop() -> Shop:
    return new_shop()


def test_it_works(shop: Shop) -> None:
    answer = post(shop)
    assert (answer.status_code, answer.content) == (200, b"")
    row = Delivery.objects.get()
    assert (bytes(row.body), row.outcome, row.connection, row.workspace) == (
        BODY,
        "pending",
        shop.connection,
        shop.workspace,
    )
    drain()
    row.refresh_from_db()
    assert row.outcome == "processed"


def test_it_hashes_the_bytes_as_received(shop: Shop) -> None:
    body = b'{ "object":"whatsapp_business_account", "x": "\\u00e4\\/" ,"entry":[] }'
    assert post(shop, body).status_code == 200
    assert bytes(Delivery.objects.get().body) == body


def test_it_stores_what_it_will_not_understand(shop: Shop) -> None:
    for body in (b"", b"\xff\xfe", b"[]", b"{" * 5000):
        assert post(shop, body).status_code == 200
    drain()
    assert list(Delivery.objects.values_list("outcome", flat=True).distinct()) == ["invalid"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(BODY)[:-1],
        signature(BODY).replace("sha256", "sha1"),
        signature(BODY, "other"),
        signature(BODY, ""),
        "sha256=ä",
    ],
)
def test_it_refuses_a_wrong_signature_and_stores_only_a_counter(shop: Shop, given: str) -> None:
    answer = post(shop, signed=given)
    assert (answer.status_code, answer.text) == (401, "The signature is missing or wrong.")
    assert Delivery.objects.count() == 0


def test_it_counts_refusals(shop: Shop) -> None:
    async def talk(client: httpx2.AsyncClient, intake: Intake) -> None:
        for _round in range(3):
            await client.post(f"/webhooks/{shop.connection.pk}/", content=BODY)
        async with asyncio.timeout(60):
            while intake.store.refused or intake.store.lock.locked():  # noqa: ASYNC110 - written a moment after the answer
                await asyncio.sleep(0.01)

    at_the_door(talk)
    shop.connection.refresh_from_db()
    assert shop.connection.refused_signatures == 3


def test_it_refuses_the_secret_of_another_connection(shop: Shop) -> None:
    other = new_shop("other", "1")
    other.connection.keep(Credentials(app_secrets=("different",)))
    other.connection.save()
    assert post(shop, signed=signature(BODY, "different")).status_code == 401
    assert post(other).status_code == 401


def test_it_verifies_nothing_without_a_secret(shop: Shop) -> None:
    for secrets in ((), ("",)):
        shop.connection.keep(Credentials(app_secrets=secrets))
        shop.connection.save()
        assert post(shop, signed=signature(BODY, "")).status_code == 401
    assert Delivery.objects.count() == 0


def test_it_accepts_each_secret_during_a_rotation(shop: Shop) -> None:
    shop.connection.keep(Credentials(app_secrets=("new", SECRET)))
    shop.connection.save()
    assert post(shop).status_code == 200
    assert post(shop, signed=signature(BODY, "new")).status_code == 200


def test_it_forgets_an_old_secret_when_told(shop: Shop) -> None:
    path = f"/webhooks/{shop.connection.pk}/"

    async def talk(client: httpx2.AsyncClient, intake: Intake) -> list[int]:
        headers = {"X-Hub-Signature-256": signature(BODY)}
        first = await client.post(path, content=BODY, headers=headers)
        await asyncio.to_thread(rotate)
        intake.forget(shop.connection.pk)
        second = await client.post(path, content=BODY, headers=headers)
        return [first.status_code, second.status_code]

    def rotate() -> None:
        shop.connection.keep(Credentials(app_secrets=("new",)))
        shop.connection.save()
        connection.close()

    assert at_the_door(talk) == [200, 401]


def test_it_knows_no_other_connection(shop: Shop) -> None:
    for path in (f"/webhooks/{uuid4()}/", "/webhooks/1/", "/webhooks//", f"/webhooks/{shop.connection.pk}/else/"):
        answer = at_the_door(
            lambda client, _, path=path: client.post(
                path, content=BODY, headers={"X-Hub-Signature-256": signature(BODY)}
            )
        )
        assert (answer.status_code, answer.text) == (404, "There is no such connection.")
    assert Delivery.objects.count() == 0


def test_it_refuses_a_body_above_4_mb(shop: Shop) -> None:
    large = b'{"x":"' + b"a" * (4 * 1024 * 1024) + b'"}'
    answer = post(shop, large)
    assert (answer.status_code, answer.text) == (413, "A webhook may hold 4 MB.")

    async def drip() -> Any:
        for _chunk in range(5):
            yield b"a" * 1024 * 1024

    chunked = at_the_door(lambda client, _: client.post(f"/webhooks/{shop.connection.pk}/", content=drip()))
    assert chunked.status_code == 413
    assert Delivery.objects.count() == 0


def test_it_takes_a_body_of_3_mb(shop: Shop) -> None:
    assert post(shop, b'{"x":"' + b"a" * (3 * 1024 * 1024) + b'"}').status_code == 200


def test_it_shakes_hands(shop: Shop) -> None:
    path = f"/webhooks/{shop.connection.pk}/"

    def ask(token: str, mode: str = "subscribe", challenge: str = "<script>1</script>") -> httpx2.Response:
        query = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": challenge}
        return at_the_door(lambda client, _: client.get(path, params=query))

    right = ask("verify")
    assert (right.status_code, right.text, right.headers["content-type"]) == (
        200,
        "<script>1</script>",
        "text/plain; charset=utf-8",
    )
    for wrong in (ask("wrong"), ask(""), ask("verify", mode="unsubscribe")):
        assert (wrong.status_code, wrong.text) == (403, "The verify token does not match.")


def test_it_says_503_when_it_cannot_store(shop: Shop) -> None:
    path = f"/webhooks/{shop.connection.pk}/"
    answer = at_the_door(lambda client, _: client.post(path, content=BODY), "postgresql://nobody@127.0.0.1:1/none")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert Delivery.objects.count() == 0


def test_it_stores_a_burst_in_order(shop: Shop) -> None:
    sent = [bodies.text(f"wamid.{index}") for index in range(200)]

    async def talk(client: httpx2.AsyncClient, _: Intake) -> list[int]:
        path = f"/webhooks/{shop.connection.pk}/"
        posts = [client.post(path, content=body, headers={"X-Hub-Signature-256": signature(body)}) for body in sent]
        return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert at_the_door(talk) == [200] * 200
    assert [bytes(row.body) for row in Delivery.objects.order_by("id")] == sent
