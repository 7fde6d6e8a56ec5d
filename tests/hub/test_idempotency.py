"""One answer per Idempotency-Key, also when the same request comes twice at once or after a crash."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.response import Response

from conversations.models import Bot, Channel, HistoryEvent, KioskLink, Message, OutboxEntry
from hub.idempotency import forget
from hub.models import IdempotencyKey, Workspace
from tests import factories

WEBCHAT = {"kind": "webchat", "name": "Site"}


def open_channel(
    plain: str, key: str | None, body: dict[str, Any] | None = None, address: str = "/api/v1/channels"
) -> Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return factories.client(plain).post(address, body or WEBCHAT, "json", headers=headers)


@pytest.fixture
def plain(db: None) -> str:
    """The token of an administrator."""
    return factories.token(factories.workspace())


def test_it_works(plain: str) -> None:
    first, second = open_channel(plain, "k"), open_channel(plain, "k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Channel.objects.count() == 1


def test_it_does_what_has_no_key_every_time(plain: str) -> None:
    open_channel(plain, None)
    open_channel(plain, None)
    assert (Channel.objects.count(), IdempotencyKey.objects.count()) == (2, 0)


def test_it_refuses_the_key_of_another_request(plain: str) -> None:
    open_channel(plain, "k")
    other = open_channel(plain, "k", WEBCHAT | {"name": "Other"})
    assert (other.status_code, other.json()["detail"]) == (
        422,
        "This Idempotency-Key was used for a different request.",
    )
    assert open_channel(plain, "k", address="/api/v1/channels?x=1").status_code == 422
    assert Channel.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_it_refuses_a_key_that_is_none(plain: str, key: str) -> None:
    assert open_channel(plain, key).status_code == 400
    assert Channel.objects.count() == 0


def test_it_does_not_keep_a_refusal(plain: str) -> None:
    assert open_channel(plain, "k", {"kind": "fax"}).status_code == 400
    assert IdempotencyKey.objects.count() == 0
    assert open_channel(plain, "k").status_code == 201


def test_it_keeps_the_keys_of_callers_apart(plain: str) -> None:
    place = Workspace.objects.get()
    open_channel(plain, "k")
    assert "Idempotent-Replayed" not in open_channel(factories.token(place), "k").headers
    assert "Idempotent-Replayed" not in open_channel(factories.token(factories.workspace()), "k").headers
    assert Channel.objects.count() == 3


def test_it_asks_who_comes_before_it_answers_again(plain: str) -> None:
    open_channel(plain, "k")
    assert open_channel("nvl_wrong", "k").status_code == 401


def test_it_does_again_what_a_crash_undid(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("conversations.feed.publish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_channel(plain, "k")
    assert (Channel.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert open_channel(plain, "k").status_code == 201


def test_it_answers_a_secret_again_and_keeps_none_in_the_clear(plain: str, settings: Any) -> None:
    admin, body = (
        factories.client(plain),
        {"name": "Hall", "expires_at": (timezone.now() + timedelta(days=9)).isoformat()},
    )
    first, second = [
        admin.post("/api/v1/kiosk_links", body, "json", headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    bot = {"name": "Robô", "url": "https://bot.example.com/hook"}
    made, again = [admin.post("/api/v1/bots", bot, "json", headers={"Idempotency-Key": "b"}) for _ in range(2)]
    assert (first.json(), made.json()) == (second.json(), again.json())
    assert (made.status_code, KioskLink.objects.count(), Bot.objects.count()) == (201, 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, ' ') FROM hub_idempotencykey AS row")
        (kept,) = cursor.fetchone()
    shown_once = [first.json()["address"].rstrip("/").rpartition("/")[2], made.json()["secret"], made.json()["token"]]
    assert [one for one in [*shown_once, "Hall", "Robô"] if one in kept] == []
    settings.ENCRYPTION_KEYS = [base64.urlsafe_b64encode(bytes(32)).decode()]
    lost = admin.post("/api/v1/bots", bot, "json", headers={"Idempotency-Key": "b"})
    assert (lost.status_code, lost.json()["detail"]) == (409, "This was done, and its answer can no longer be read.")
    assert Bot.objects.count() == 1


def test_it_forgets_old_keys(plain: str) -> None:
    open_channel(plain, "old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=49))
    open_channel(plain, "new")
    assert forget() == 1
    assert IdempotencyKey.objects.get().key == "new"


def at_once(work: Any, times: int = 6) -> list[Any]:
    """Do ``work`` in several threads that start together."""
    start = Barrier(times)

    def one(number: int) -> Any:
        start.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_it_does_once_what_comes_six_times_at_once() -> None:
    plain = factories.token(factories.workspace())
    answers = at_once(lambda _: open_channel(plain, "k"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 5
    assert Channel.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_sends_once_what_comes_six_times_with_one_client_id() -> None:
    place = factories.workspace()
    plain, talk = factories.token(place), factories.conversation(place)
    factories.message(talk, factories.channel(place))
    address = f"/api/v1/conversations/{talk.pk}/messages"
    answers = at_once(lambda _: factories.client(plain).post(address, {"text": "Hi", "client_id": "c"}, "json"))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (OutboxEntry.objects.count(), Message.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_it_lets_one_of_six_take_a_conversation() -> None:
    place = factories.workspace()
    plain, talk = factories.token(place), factories.conversation(place)
    people = [factories.member(place) for _ in range(6)]
    address = f"/api/v1/conversations/{talk.pk}/assign"
    answers = at_once(
        lambda number: factories.client(plain).post(
            address, {"assignee": people[number].email, "expected_assignee": None}, "json"
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    winner = next(answer.json()["assignee"]["email"] for answer in answers if answer.status_code == 200)
    talk.refresh_from_db()
    assert talk.assignee is not None
    assert talk.assignee.email == winner
    assert HistoryEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_resolves_once_for_six() -> None:
    place = factories.workspace()
    plain, talk = factories.token(place), factories.conversation(place)
    answers = at_once(lambda _: factories.client(plain).post(f"/api/v1/conversations/{talk.pk}/resolve"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["resolved_at"] for answer in answers}) == 1
    assert list(HistoryEvent.objects.values_list("type", flat=True)) == ["conversation.resolved"]


def posts(resolver: URLResolver, prefix: str = "") -> list[tuple[str, Any]]:
    """Return every POST of the API: its address and handler."""
    found: list[tuple[str, Any]] = []
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += posts(entry, address)
        elif isinstance(entry, URLPattern) and hasattr(getattr(entry.callback, "cls", None), "post"):
            found.append((address, entry.callback.cls.post))
    return [pair for pair in found if pair[0].startswith("api/v1/") or prefix]


def test_it_holds_for_every_post_of_the_api() -> None:
    handlers = posts(get_resolver())
    assert len(handlers) >= 8
    assert [address for address, handler in handlers if not hasattr(handler, "honors_idempotency_key")] == []
