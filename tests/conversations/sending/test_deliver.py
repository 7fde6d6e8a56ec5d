"""Messages on their way out, against the provider simulator."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from conversations import deliver
from conversations.models import Channel, Conversation, FeedEvent, HistoryEvent, Message, OutboxEntry
from hub.models import User
from simulator import RunningSimulator
from tests.conversations import bodies
from tests.conversations.conftest import Shop, drain, new_shop, store
from tests.conversations.sending.conftest import answer, let_time_pass, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator) -> None:
    message = answer(shop, talk, agent)
    assert message.status == "queued"
    send_all()
    message.refresh_from_db()
    assert message.status == "sent"
    (sent,) = provider.sent
    assert message.provider_id == sent.id
    assert sent.body["biz_opaque_callback_data"] == str(message.pk)
    assert sent.body["text"] == {"body": "Claro!", "preview_url": False}
    assert not OutboxEntry.objects.exclude(state="done").exists()
    assert FeedEvent.objects.order_by("seq").last().kind == "message.updated"  # type: ignore[union-attr]
    assert Channel.objects.get(pk=shop.channel.pk).last_outbound_at is not None


def test_it_quotes_what_is_answered(shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator) -> None:
    answer(shop, talk, agent, reply_to_id=Message.objects.get().pk)
    send_all()
    assert provider.sent[0].body["context"] == {"message_id": "wamid.in.1"}


def test_it_keeps_the_order_of_a_conversation(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    texts = [f"linha {index}" for index in range(8)]
    for text in texts:
        answer(shop, talk, agent, text)

    def work() -> None:
        send_all()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    send_all()
    assert [sent.body["text"]["body"] for sent in provider.sent] == texts


def test_it_keeps_the_text_and_says_why_when_the_provider_refuses(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131047}])
    message = answer(shop, talk, agent)
    send_all()
    message.refresh_from_db()
    assert (message.status, message.text, message.error["code"], message.error["retryable"]) == (
        "failed",
        "Claro!",
        "131047",
        False,
    )
    assert message.error["title"]
    assert HistoryEvent.objects.filter(type="message.failed", message_id=message.pk).count() == 1
    talk.refresh_from_db()
    assert talk.waiting_since == Message.objects.get(provider_id="wamid.in.1").sent_at
    assert Channel.objects.get(pk=shop.channel.pk).last_error == {"code": "131047", "title": message.error["title"]}


def test_it_tries_again_after_a_throttle_without_counting_it(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "throttle", "seconds": 60, "times": 9}])
    message = answer(shop, talk, agent)
    for _round in range(9):
        send_all()
        entry = OutboxEntry.objects.get(pk=message.pk)
        assert (entry.state, entry.attempts) == ("queued", 0)
        assert entry.not_before > timezone.now() + timedelta(seconds=50)
        let_time_pass()
    send_all()
    message.refresh_from_db()
    assert (message.status, message.error) == ("sent", None)
    assert len(provider.sent) == 1


def test_it_gives_up_after_some_transient_errors(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131016}])
    message = answer(shop, talk, agent)
    for _round in range(6):
        send_all()
        let_time_pass()
    message.refresh_from_db()
    assert message.status == "failed"
    assert OutboxEntry.objects.get(pk=message.pk).attempts == 6


def test_it_never_sends_twice_what_may_have_left(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "lost_reply"}])
    message = answer(shop, talk, agent)
    for _round in range(3):
        send_all()
        let_time_pass()
    message.refresh_from_db()
    assert (message.status, len(provider.sent)) == ("unknown", 1)
    store(shop, bodies.statuses((provider.sent[0].id, "delivered"), biz_opaque_callback_data=str(message.pk)))
    drain()
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("delivered", provider.sent[0].id)


def test_it_calls_a_send_unknown_when_its_worker_died(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    message = answer(shop, talk, agent)
    OutboxEntry.objects.filter(pk=message.pk).update(state="sending")
    let_time_pass()
    send_all()
    message.refresh_from_db()
    assert (message.status, provider.sent) == ("unknown", [])


def test_it_lets_a_status_that_was_faster_than_the_answer_win(shop: Shop, talk: Conversation, agent: User) -> None:
    message = answer(shop, talk, agent)
    store(shop, bodies.statuses(("wamid.early", "read"), biz_opaque_callback_data=str(message.pk)))
    drain()
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("read", "wamid.early")


def test_it_does_not_believe_a_status_that_names_a_message_of_another_channel(
    shop: Shop, talk: Conversation, agent: User
) -> None:
    message = answer(shop, talk, agent)
    other = new_shop("other", "555")
    store(
        other,
        bodies.envelope(
            bodies.value(
                "555",
                statuses=[
                    {
                        "id": "wamid.x",
                        "status": "read",
                        "timestamp": "1760000000",
                        "recipient_id": bodies.ANA,
                        "biz_opaque_callback_data": str(message.pk),
                    }
                ],
            )
        ),
    )
    drain()
    message.refresh_from_db()
    assert (message.status, message.provider_id) == ("queued", None)


def test_it_calls_the_provider_outside_of_any_transaction(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(shop, talk, agent)
    worker = connections["default"]
    within: list[bool] = []
    send = deliver._result

    def watched(parcel: deliver.Parcel | deliver.Nod) -> deliver.Result:
        within.append(worker.in_atomic_block)
        return send(parcel)

    monkeypatch.setattr(deliver, "_result", watched)
    send_all()
    assert (within, len(provider.sent)) == ([False], 1)
