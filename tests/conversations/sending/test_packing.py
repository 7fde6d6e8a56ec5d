"""What an adapter is handed: everything about the message, the person's addresses in order, and never who opted out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from conversations import deliver, outbox, pipeline
from conversations.channels.types import Address, Outbound
from conversations.media.links import outbound_files
from conversations.models import Conversation, Customer, Gesture, Identity, Message, OutboxEntry, Reaction
from hub.models import User
from simulator import RunningSimulator
from tests import factories
from tests.conversations import bodies
from tests.conversations.conftest import Shop
from tests.conversations.sending.conftest import answer, let_time_pass, queue, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def packed() -> list[Outbound]:
    ready, _ = deliver.pack(outbox.claim(deliver.Sending().room), outbound_files)
    return [parcel.outbound for parcel in ready]


def address(customer: Customer, kind: str, value: str, **more: Any) -> Identity:
    return Identity.objects.create(workspace=customer.workspace, customer=customer, kind=kind, value=value, **more)


def test_it_works(shop: Shop, talk: Conversation, agent: User, settings: Settings) -> None:
    shop.channel.settings = {"business_account": "900"}
    shop.channel.save()
    other = factories.customer(shop.workspace, phone="5511900000001", merged_into=talk.customer)
    address(other, "bsuid", "BR.2", channel_kind="whatsapp")
    address(talk.customer, "bsuid", "BR.1", channel_kind="whatsapp")
    address(talk.customer, "wa_id", "5511000000000", replaced_at=timezone.now())
    address(talk.customer, "igsid", "77", scope="elsewhere")
    said = factories.message(
        factories.conversation(shop.workspace, customer=other, status="resolved", resolved_at=timezone.now()),
        shop.channel,
    )
    message = answer(shop, talk, agent)
    (outbound,) = packed()
    assert outbound == Outbound(
        account=shop.channel.address,
        to=(
            Address("wa_id", "5511900000001"),  # wrote last
            Address("bsuid", "BR.2"),
            Address("wa_id", bodies.ANA),
            Address("bsuid", "BR.1"),
        ),
        our_id=str(message.pk),
        text="Claro!",
        heard_at=Message.objects.get(pk=said.pk).shown_at,
        options={"business_account": "900"},
        status_url=f"{settings.PUBLIC_URL}/webhooks/{shop.connection.pk}/status/?uuid={message.pk}",
    )


def test_a_machine_is_no_person(shop: Shop) -> None:
    queue(shop.channel, bulk=True)
    (outbound,) = packed()
    assert (outbound.by_person, outbound.heard_at) == (False, None)


def test_it_never_writes_to_who_opted_out(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    message = answer(shop, talk, agent)
    address(talk.customer, "bsuid", "BR.1", channel_kind="whatsapp")
    Identity.objects.filter(kind="wa_id").update(opted_out_at=timezone.now())
    send_all()
    message.refresh_from_db()
    assert (message.status, message.error["code"], provider.sent) == ("failed", "opted_out", [])


def test_a_throttle_of_one_person_holds_nobody_else(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(pair_limit=False, faults=[{"kind": "error", "code": 131056, "recipient": bodies.ANA, "times": 2}])
    message = answer(shop, talk, agent)
    for least, most in ((4, 6), (16, 24)):
        send_all()
        entry = OutboxEntry.objects.get(pk=message.pk)
        wait = entry.not_before - timezone.now()
        assert timedelta(seconds=least - 2) < wait <= timedelta(seconds=most)
        (other,) = queue(shop.channel)
        send_all()
        other.refresh_from_db()
        assert (other.status, entry.state, entry.attempts) == ("sent", "queued", 0)
        let_time_pass()
    send_all()
    message.refresh_from_db()
    assert (message.status, message.error) == ("sent", None)


def test_a_throttle_of_the_channel_holds_everybody(
    shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator
) -> None:
    provider.switch(faults=[{"kind": "throttle", "seconds": 60, "times": 1}])
    answer(shop, talk, agent)
    send_all()
    (other,) = queue(shop.channel)
    send_all()
    other.refresh_from_db()
    assert (other.status, provider.sent) == ("queued", [])
    wait = outbox.next_in()
    assert wait is not None
    assert 50 < wait <= 60
    let_time_pass()
    send_all()
    assert len(provider.sent) == 2


def test_a_reaction_leaves_and_the_newest_counts(shop: Shop, talk: Conversation, provider: RunningSimulator) -> None:
    api = factories.client(factories.token(shop.workspace, "agent"))
    said = Message.objects.get()
    for emoji in ("👍", "❤️"):
        assert api.post(f"/api/v1/messages/{said.pk}/reactions", {"emoji": emoji}, format="json").status_code == 200
    send_all()
    (sent,) = provider.sent
    assert sent.body["reaction"] == {"message_id": "wamid.in.1", "emoji": "❤️"}
    assert (Gesture.objects.get().state, Reaction.objects.get().emoji) == ("done", "❤️")


def test_a_reaction_that_fails_is_let_be(shop: Shop, talk: Conversation, provider: RunningSimulator) -> None:
    provider.switch(faults=[{"kind": "error", "code": 131016}])
    Gesture.objects.create(workspace=shop.workspace, channel=shop.channel, message=Message.objects.get(), emoji="👍")
    for _ in range(5):
        send_all()
        let_time_pass()
    gesture = Gesture.objects.get()
    assert (gesture.state, gesture.attempts, provider.sent) == ("done", 3, [])


def test_only_so_many_workers_send_at_once(shop: Shop, provider: RunningSimulator, settings: Settings) -> None:
    provider.switch(pair_limit=False)
    queue(shop.channel, 2)
    settings.SENDERS = 0
    assert (pipeline.keep_sending(5.0), len(provider.sent)) == (0, 0)
    assert (pipeline.keep_sending(5.0, in_turn=False), len(provider.sent)) == (2, 2)
    settings.SENDERS = 1
    queue(shop.channel, 2)
    assert pipeline.keep_sending(5.0) == 2
    assert pipeline.keep_sending(5.0) == 0
