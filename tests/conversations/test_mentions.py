"""Somebody names the account in public: the webhook gives ids only, the rest is asked for and becomes one message, whatever happens."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from conversations import parse, pipeline, tasks
from conversations.channels import http
from conversations.channels.types import Credentials
from conversations.models import (
    Attachment,
    Channel,
    Conversation,
    Customer,
    Delivery,
    Exchange,
    HistoryEvent,
    Identity,
    Item,
    Message,
    Suggestion,
)
from conversations.reasons import in_words
from conversations.ways import ways_of
from simulator import Fault, RunningSimulator, SocialAccount, SocialPerson, running
from simulator.media import picture
from simulator.social_mentions import SocialMention
from tests.conversations import social
from tests.conversations.conftest import Shop, drain, store

pytestmark = pytest.mark.django_db

TOKEN = "IGAAmadeUpToken"
ACCOUNT = SocialAccount(
    kind="instagram", account_id=social.ACCOUNTS["instagram"], access_token=TOKEN, app_secret="s",
    webhook_url="http://127.0.0.1:9/webhooks/0b4f/",
)  # fmt: skip
ANA = SocialPerson(id=social.ANA, name="Ana Souza", username="Ana.Souza")
CARLA = SocialPerson(id="1784500000000999", name="Carla Reis", username="carla.posta")
AT = datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC).timestamp()
ASKED = "What was said there is being asked for."
GONE = "The comment or post is gone, or its author has closed it: Instagram does not show it any more."
REVOKED = "The channel's access token has expired or was revoked; an administrator must renew it."
Arrive = Callable[..., list[str]]


@pytest.fixture
def shop() -> Shop:
    return social.social_shop("instagram", token=TOKEN)


@pytest.fixture
def sim(settings: Any, tmp_path: Any) -> Iterator[RunningSimulator]:
    settings.MEDIA_ROOT = str(tmp_path)
    with running(social=[ACCOUNT]) as simulator:
        settings.GRAPH_INSTAGRAM_URL = settings.SIMULATOR_URL = simulator.url
        yield simulator
        http.close_all()


def told(mention: SocialMention, account: str = ACCOUNT.account_id, *more: dict[str, Any]) -> bytes:
    """The webhook of a mention, with other events of its delivery."""
    changes = {"id": account, "time": int(mention.at), "changes": [{"field": "mentions", "value": mention.value()}]}
    return json.dumps({"object": "instagram", "entry": [changes, *more]}).encode()


def in_comment(
    sim: RunningSimulator, person: SocialPerson = ANA, text: str = "@loja.novelo tem azul?", **about: Any
) -> SocialMention:
    url = sim.social.picture(picture(random.Random(1), 60, 40))
    return sim.mention(ACCOUNT, person, text, **{"owner": CARLA, "caption": "Achados", "url": url, "at": AT, **about})


def look_up() -> int:
    """Ask about all that waits, and work what came of it."""
    asked = tasks.look_up()["asked"]
    drain()
    return asked


def later(**by: int) -> None:
    """Let every pause be over; with ``by`` as if all had come so much earlier."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_item SET body = body - 'again_after' WHERE state = 'pending'")
    if by:
        Delivery.objects.update(received_at=timezone.now() - timedelta(**by))


def end() -> tuple[str, str, str]:
    """How the only delivery stands, and its only item."""
    return (
        *Delivery.objects.values_list("outcome", "reason").get(),
        Item.objects.values_list("state", flat=True).get(),
    )


def test_it_works(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    mention = in_comment(sim)
    assert arrive(told(mention)) == ["processed"]
    assert (*end(), Message.objects.count()) == ("processed", ASKED, "pending", 0)
    assert look_up() == 1
    said = Message.objects.select_related("customer", "identity", "channel").get()
    assert (said.provider_id, said.kind, said.text, said.direction) == (
        mention.comment_id, "share", "@loja.novelo tem azul?", "inbound",
    )  # fmt: skip
    assert said.sent_at.timestamp() == AT
    link = f"https://www.instagram.com/p/{mention.media_id}/"
    assert said.payload == {
        "origin": "mention", "media_id": mention.media_id, "comment_id": mention.comment_id, "title": "Achados",
        "permalink": link,
        "media": {
            "id": mention.media_id, "media_type": "IMAGE", "permalink": link, "username": "carla.posta",
            "timestamp": "2026-11-20T15:04:05+0000",
        },
    }  # fmt: skip
    assert (said.customer.name, said.identity and (said.identity.kind, said.identity.value, said.identity.scope)) == (
        "Ana.Souza", ("instagram", "ana.souza", ""),
    )  # fmt: skip
    assert end() == ("processed", "", "done")
    exchange = Exchange.objects.get()
    assert (exchange.status, exchange.channel_id, TOKEN in exchange.url + exchange.request + exchange.response) == (
        200, shop.channel.pk, False,
    )  # fmt: skip
    assert pipeline.fetch_pending() == 1
    file = Attachment.objects.get()
    assert (file.kind, file.state, file.width) == ("image", "stored", 60)
    assert list(HistoryEvent.objects.order_by("id").values_list("type", flat=True)) == [
        "conversation.opened", "message.received",
    ]  # fmt: skip
    assert look_up() == 0


def test_a_caption_that_names_the_account_is_a_share_of_the_post_at_the_time_it_was_told(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    shown = in_comment(
        sim, text="Meu look da @loja.novelo", comment_id="", owner=ANA, url="", media_type="CAROUSEL_ALBUM"
    )
    arrive(told(shown))
    look_up()
    said = Message.objects.get()
    assert (said.provider_id, said.kind, said.text) == (shown.media_id, "share", "Meu look da loja.novelo")
    assert said.payload["media"]["media_type"] == "CAROUSEL_ALBUM"
    assert (said.payload["permalink"], "comment_id" in said.payload, "title" in said.payload) == (
        f"https://www.instagram.com/p/{shown.media_id}/", False, False,
    )  # fmt: skip
    assert (said.sent_at.timestamp(), Attachment.objects.count()) == (int(AT), 0)


def test_who_writes_here_under_that_name_is_the_same_person_while_instagram_says_so(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    sim.write(ACCOUNT, ANA, "oi")
    arrive(social.text("instagram", "m1"))
    tasks.introduce()
    arrive(told(in_comment(sim)))
    look_up()
    assert list(Message.objects.order_by("id").values_list("kind", "identity__kind")) == [
        ("text", "igsid"),
        ("share", "igsid"),
    ]
    assert (Customer.objects.count(), Conversation.objects.count()) == (1, 1)
    # The name has gone to somebody else since: it is no proof, and the two are kept apart.
    sim.social.know(SocialPerson(id=ANA.id, name="Ana Souza", username="ana.de.verdade"))
    arrive(told(in_comment(sim, text="E eu, @loja.novelo?")))
    look_up()
    stranger = Message.objects.order_by("id").last()
    assert stranger is not None
    assert (Customer.objects.count(), stranger.identity and stranger.identity.kind) == (2, "instagram")


def test_who_was_a_name_alone_is_suggested_to_be_who_writes_under_it(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    arrive(told(in_comment(sim)))
    look_up()
    sim.write(ACCOUNT, ANA, "oi")
    arrive(social.text("instagram", "m1"))
    tasks.introduce()
    arrive(told(in_comment(sim, text="@loja.novelo, e aí?")))
    look_up()
    older, younger = Customer.objects.order_by("id")
    assert list(Suggestion.objects.values_list("customer", "other", "state")) == [(older.pk, younger.pk, "open")]
    assert list(Message.objects.order_by("id").values_list("customer", flat=True)) == [older.pk, younger.pk, younger.pk]


def test_an_author_who_is_not_named_is_somebody_all_the_same(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    mention = in_comment(sim, shy=True)
    arrive(told(mention))
    look_up()
    assert Message.objects.get().text == "@loja.novelo tem azul?"
    assert Identity.objects.values_list("kind", "value").get() == ("ig_comment", mention.comment_id)
    assert [row.status for row in Exchange.objects.order_by("id")] == [400, 200]


def test_to_name_the_account_opens_no_way_to_write(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    def way() -> tuple[bool, str]:
        (found,) = ways_of(shop.workspace, Conversation.objects.order_by("id").last())  # type: ignore[arg-type]
        return found.open, found.closed

    arrive(told(in_comment(sim, at=time.time())))
    look_up()
    assert way() == (False, "address")
    sim.write(ACCOUNT, CARLA, "oi")
    arrive(social.text("instagram", "m1", who=CARLA.id, at=time.time() - 10 * 86_400))
    tasks.introduce()
    arrive(told(in_comment(sim, CARLA, at=time.time())))
    look_up()
    assert way() == (False, "window")
    assert Message.objects.order_by("id").last().identity.kind == "igsid"  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_told_twice_backwards_and_from_eight_threads_it_is_one_message(shop: Shop, sim: RunningSimulator) -> None:
    mentions = [in_comment(sim, text=f"@loja.novelo {n}", at=AT + n) for n in range(3)]
    for bodies in (mentions, mentions[::-1]):
        store(shop, *map(told, bodies))

    def work(_: int) -> None:
        try:
            drain()
            look_up()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    later()
    look_up()
    assert list(Message.objects.order_by("sent_at").values_list("text", flat=True)) == [
        f"@loja.novelo {n}" for n in range(3)
    ]
    assert (Customer.objects.count(), Conversation.objects.count()) == (1, 1)
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"processed", "duplicate"}
    assert not Item.objects.exclude(state="done").exists()


def test_a_provider_that_is_busy_is_asked_when_it_said(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    arrive(told(in_comment(sim)))
    sim.switch(faults=[Fault(kind="throttle", seconds=60, times=1), Fault(kind="server_error", times=1)])
    assert (look_up(), look_up()) == (1, 0)
    row = Item.objects.get()
    wait = datetime.fromisoformat(row.body["again_after"]) - timezone.now()
    assert timedelta(seconds=50) < wait < timedelta(seconds=95)
    assert end() == ("processed", "Too many requests in a short time; it will be tried again more slowly.", "pending")
    later()
    assert (look_up(), Message.objects.count()) == (1, 0)
    later()
    assert (look_up(), Message.objects.count(), end()) == (1, 1, ("processed", "", "done"))


def test_a_revoked_token_is_said_and_the_message_comes_with_the_next(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    shop.connection.keep(Credentials(access_token="IGAArevokedToken"))
    shop.connection.save()
    arrive(told(in_comment(sim)))
    look_up()
    assert (end(), Message.objects.count()) == (("processed", REVOKED, "pending"), 0)
    error = Channel.objects.get().last_error
    assert error is not None
    assert error["title"] == REVOKED
    shop.connection.keep(Credentials(access_token=TOKEN))
    shop.connection.save()
    later()
    look_up()
    assert (end(), Message.objects.count()) == (("processed", "", "done"), 1)


def test_what_could_not_be_asked_for_a_week_is_set_aside_with_the_reason_and_can_be_sent_through_again(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    sim.switch(faults=[Fault(kind="error", code=190)])
    arrive(told(in_comment(sim)))
    later(days=8)
    look_up()
    assert (end(), Message.objects.count()) == (("failed", REVOKED, "quarantined"), 0)
    sim.switch(faults=[])
    parse.replay(Delivery.objects.values_list("pk", flat=True))
    drain()
    look_up()
    assert (end(), Message.objects.count()) == (("processed", "", "done"), 1)


def test_while_its_channel_is_stopped_nothing_is_asked(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    arrive(told(in_comment(sim)))
    Channel.objects.update(stopped_at=timezone.now())
    assert (look_up(), end()) == (0, ("processed", ASKED, "pending"))
    Channel.objects.update(stopped_at=None)
    assert (look_up(), Message.objects.count()) == (1, 1)


def test_what_is_gone_is_given_up_at_once_and_its_neighbors_are_not(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    mention = in_comment(sim)
    del sim.social.mentions[mention.id]
    written = {
        "id": ACCOUNT.account_id,
        "time": int(AT),
        "messaging": [social.event("instagram", message={"mid": "m1", "text": "oi"})],
    }
    assert arrive(told(mention, ACCOUNT.account_id, written)) == ["processed"]
    assert look_up() == 1
    assert Delivery.objects.values_list("outcome", "reason").get() == ("failed", GONE)
    assert in_words(GONE) != ""
    assert sorted(Item.objects.values_list("state", "outcome")) == [("done", "processed"), ("quarantined", "failed")]
    assert Message.objects.get().text == "oi"
    later()
    assert look_up() == 0


def test_the_accounts_own_words_are_no_message(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    Channel.objects.update(settings={"username": "loja.novelo"})
    arrive(told(in_comment(sim, SocialPerson(id="1", name="Loja", username="Loja.Novelo"))))
    assert (look_up(), end(), Customer.objects.count()) == (1, ("processed", "The account itself wrote it.", "done"), 0)


def test_one_of_an_account_that_is_connected_later_is_asked_about_then(
    shop: Shop, arrive: Arrive, sim: RunningSimulator
) -> None:
    Channel.objects.update(address="17841499999999999")
    assert arrive(told(in_comment(sim))) == ["unroutable"]
    assert look_up() == 0
    Channel.objects.update(address=ACCOUNT.account_id)
    assert parse.replay_lost(Delivery.objects.values_list("pk", flat=True)) == 1
    assert end() == ("processed", ASKED, "pending")
    assert (look_up(), Message.objects.count(), end()) == (1, 1, ("processed", "", "done"))


def test_an_answer_nobody_understands_is_set_aside_after_a_few_tries(
    shop: Shop, arrive: Arrive, sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    arrive(told(in_comment(sim)))
    monkeypatch.setattr("conversations.channels.instagram.mentions.Asking.read", broken)
    for _ in range(3):
        later()
        assert look_up() == 1
    assert end() == ("failed", "The answer could not be understood.", "quarantined")
