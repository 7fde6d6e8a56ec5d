"""Channels whose provider refuses the channel itself: nothing is burnt, and all goes on when it works again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import connect, pipeline
from conversations.act import act
from conversations.models import Channel, Conversation, FeedEvent, HistoryEvent, Message, OutboxEntry
from hub.models import Role, User
from simulator import RunningSimulator
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import SECRET, Shop, drain, store
from tests.conversations.sending.conftest import answer, let_time_pass, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def set_token(shop: Shop, token: str) -> None:
    act(
        shop.workspace.pk,
        lambda: connect.change_channel(shop.workspace, shop.channel.pk, secrets={"access_token": token}),
    )


def put_off(row: Message) -> None:
    """Let it wait an hour; ``let_time_pass`` is longer."""
    OutboxEntry.objects.filter(pk=row.pk).update(not_before=timezone.now() + timedelta(hours=1))


def stand(*rows: Message) -> list[str]:
    return [row.status for row in Message.objects.filter(pk__in=[row.pk for row in rows]).order_by("seq")]


def test_it_works(shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator) -> None:
    set_token(shop, "revoked")
    first, second = answer(shop, talk, agent, "um"), answer(shop, talk, agent, "dois")
    send_all()
    channel = Channel.objects.get(pk=shop.channel.pk)
    assert channel.stopped_at is not None
    assert channel.stop_reason is not None
    assert channel.stop_reason["code"] == "190"
    assert (stand(first, second), provider.sent) == (["queued", "queued"], [])
    assert [entry.attempts for entry in OutboxEntry.objects.all()] == [0, 0]
    assert FeedEvent.objects.filter(kind="channel.updated", subject_id=channel.pk).count() == 2
    set_token(shop, "access")
    send_all()
    assert [sent.body["text"]["body"] for sent in provider.sent] == ["um", "dois"]
    channel.refresh_from_db()
    assert (channel.stopped_at, channel.stop_reason) == (None, None)
    told = HistoryEvent.objects.filter(type__startswith="channel.").order_by("id")
    assert [(event.type, event.data) for event in told] == [
        ("channel.stopped", {"code": "190", "by": "system"}),
        ("channel.resumed", {"by": "system"}),
    ]
    assert not HistoryEvent.objects.filter(type="message.failed").exists()


def test_it_asks_now_and_then_whether_it_works_again(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "error", "code": 190, "times": 2}])
    message = answer(shop, talk, agent)
    send_all()
    assert pipeline.probe_stopped() == 1
    send_all()
    assert (stand(message), pipeline.probe_stopped()) == (["queued"], 0)
    let_time_pass()
    assert pipeline.probe_stopped() == 1
    send_all()
    assert (stand(message), len(provider.sent)) == (["sent"], 1)


def test_it_blames_a_message_when_others_leave(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131030, "recipient": bodies.ANA}])
    store(shop, bodies.text("wamid.in.2", sender=bodies.BRUNO))
    drain()
    other = answer(shop, Conversation.objects.exclude(pk=talk.pk).get(), agent, "Oi, Bruno")
    blamed = answer(shop, talk, agent)
    put_off(other)
    send_all()
    assert Channel.objects.get(pk=shop.channel.pk).stopped_at is not None
    let_time_pass()
    put_off(blamed)
    assert pipeline.probe_stopped() == 1
    send_all()
    assert (stand(other), stand(blamed)) == (["sent"], ["queued"])
    let_time_pass()
    send_all()
    assert (stand(blamed), Channel.objects.get(pk=shop.channel.pk).stopped_at) == (["failed"], None)


def test_it_stops_when_the_secrets_do_not_open(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    message = answer(shop, talk, agent)
    shop.connection.sealed_credentials = b"0" * 40
    shop.connection.save()
    send_all()
    assert (stand(message), pipeline.probe_stopped(), provider.sent) == (["queued"], 0, [])
    secrets = {"app_secrets": (SECRET,), "access_token": "access"}
    act(shop.workspace.pk, lambda: connect.change_channel(shop.workspace, shop.channel.pk, secrets=secrets))
    send_all()
    assert stand(message) == ["sent"]


def test_a_removed_channel_sends_nothing_any_more(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    message = answer(shop, talk, agent)
    act(shop.workspace.pk, lambda: connect.close_channel(shop.workspace, shop.channel.pk))
    send_all()
    message.refresh_from_db()
    assert (message.status, message.error["title"], provider.sent) == (
        "failed",
        "The channel is not connected any more.",
        [],
    )


def test_an_administrator_stops_and_resumes_it(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    api = factories.client(factories.token(shop.workspace))
    low = factories.client(factories.token(shop.workspace, Role.SUPERVISOR))
    path = f"/api/v1/channels/{shop.channel.pk}"
    assert low.post(f"{path}/stop").status_code == 403
    health = api.post(f"{path}/stop").json()["health"]
    assert (health["state"], health["stop_reason"]) == (
        "stopped",
        {"code": "by_hand", "title": "An administrator has stopped this channel."},
    )
    message = Message.objects.create(
        workspace=shop.workspace, conversation=talk, customer=talk.customer, channel=shop.channel,
        identity=talk.customer.identities.first(), direction="outbound", author_kind="agent", kind="text", text="Já vai",
        sent_at=talk.opened_at, seq=2, status="queued",
    )  # fmt: skip
    OutboxEntry.objects.create(
        message=message, workspace=shop.workspace, channel=shop.channel, conversation_id=talk.pk, position=2
    )
    set_token(shop, "another")
    set_token(shop, "access")
    assert pipeline.probe_stopped() == 0
    send_all()
    assert (stand(message), low.post(f"{path}/resume").status_code) == (["queued"], 403)
    assert api.post(f"{path}/resume").json()["health"]["state"] != "stopped"
    send_all()
    assert stand(message) == ["sent"]
