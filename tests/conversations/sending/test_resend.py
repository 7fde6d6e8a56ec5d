"""Sending once more, when a person asks for it: the same message, one new try a click."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.models import Conversation, HistoryEvent, Message, OutboxEntry
from hub.models import User
from simulator import RunningSimulator
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, store
from tests.conversations.sending.conftest import answer, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def resend(shop: Shop, message: Message, key: str | None = None, **body: Any) -> Any:
    api = factories.client(factories.token(shop.workspace, "agent"))
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(f"/api/v1/messages/{message.pk}/resend", body, format="json", headers=headers)


def test_it_works(shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131026, "times": 1}])
    message = answer(shop, talk, agent)
    send_all()
    talk.refresh_from_db()
    assert talk.waiting_since is not None
    asked = resend(shop, message, "one click")
    assert (asked.status_code, asked.json()["id"], asked.json()["status"]) == (200, str(message.pk), "queued")
    talk.refresh_from_db()
    assert talk.waiting_since is None
    again = resend(shop, message)
    assert (again.status_code, again.json()["detail"]) == (409, "This message is on its way already.")
    send_all()
    message.refresh_from_db()
    assert (message.status, message.error, len(provider.sent)) == ("sent", None, 1)
    assert [event.type for event in HistoryEvent.objects.filter(message_id=message.pk).order_by("id")] == [
        "message.sent", "message.failed", "message.recovered",
    ]  # fmt: skip
    assert resend(shop, message).json()["detail"] == "This message has left already."


def test_a_click_that_comes_twice_is_one(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131026}])
    message = answer(shop, talk, agent)
    send_all()
    api = factories.client(factories.token(shop.workspace, "agent"))
    for _ in range(2):
        api.post(f"/api/v1/messages/{message.pk}/resend", {}, format="json", headers={"Idempotency-Key": "click"})
        send_all()
    assert OutboxEntry.objects.get(pk=message.pk).attempts == 1
    assert HistoryEvent.objects.filter(type="message.failed").count() == 2


def test_it_asks_before_it_says_something_twice(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "lost_reply", "times": 1}])
    message = answer(shop, talk, agent)
    send_all()
    refused = resend(shop, message)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "Nobody knows whether this message has left: sent again, the customer may get it twice.",
    )
    send_all()
    assert len(provider.sent) == 1
    assert resend(shop, message, even_if_unknown=True).status_code == 200
    send_all()
    first, second = provider.sent
    assert first.body == second.body
    # The first try turns out to have failed: that says nothing of the second.
    store(shop, bodies.statuses((first.id, "failed"), biz_opaque_callback_data=str(message.pk)))
    drain()
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("sent", second.id)


def test_an_old_failure_says_nothing_of_the_new_try(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    message = answer(shop, talk, agent)
    send_all()
    failed = bodies.statuses((provider.sent[0].id, "failed"), biz_opaque_callback_data=str(message.pk))
    store(shop, failed)
    drain()
    assert resend(shop, message).status_code == 200
    store(shop, failed)
    drain()
    message.refresh_from_db()
    assert message.status == "queued"
    send_all()
    store(shop, failed)
    drain()
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("sent", provider.sent[1].id)


def test_it_refuses_what_was_never_meant_to_leave(shop: Shop, talk: Conversation, agent: User) -> None:
    note = answer(shop, talk, agent, "só nós", private=True)
    for row in (Message.objects.get(direction="inbound"), note):
        refused = resend(shop, row)
        assert (refused.status_code, refused.json()["errors"]) == (
            400,
            {"message": "Only messages that were written here for a customer can be sent again."},
        )
    stranger = factories.client(factories.token(factories.workspace()))
    assert stranger.post(f"/api/v1/messages/{note.pk}/resend").status_code == 404
    assert not OutboxEntry.objects.exists()
