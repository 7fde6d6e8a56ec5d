"""People whose messages bring no name are asked about, a few times at most, and shown by it from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from conversations import tasks
from conversations.channels import http
from conversations.introduce import MOST_TRIES
from conversations.models import Customer, Exchange, FeedEvent, Identity
from simulator import Fault, RunningSimulator, SocialAccount, SocialPerson, running
from tests.conversations import social
from tests.conversations.conftest import Shop

pytestmark = pytest.mark.django_db

TOKEN = "IGAAmadeUpToken"
ACCOUNT = SocialAccount(
    kind="instagram", account_id=social.ACCOUNTS["instagram"], access_token=TOKEN, app_secret="s",
    webhook_url="http://127.0.0.1:9/webhooks/0b4f/",
)  # fmt: skip
ANA = SocialPerson(id=social.ANA, name="Ana Souza", username="ana.souza")
Arrive = Callable[..., list[str]]


@pytest.fixture
def shop() -> Shop:
    return social.social_shop("instagram", token=TOKEN)


@pytest.fixture
def sim(settings: Any) -> Iterator[RunningSimulator]:
    with running(social=[ACCOUNT]) as simulator:
        settings.GRAPH_INSTAGRAM_URL = simulator.url
        simulator.write(ACCOUNT, ANA, "oi")
        yield simulator
        http.close_all()


def later() -> None:
    """Let every pause between two tries be over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_customer SET attributes = jsonb_set(attributes, '{introduction,after}', '\"2020-01-01Z\"') "
            "WHERE attributes ? 'introduction'"
        )


def test_it_works(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    arrive(social.text("instagram", "m1"))
    before = FeedEvent.objects.count()
    assert tasks.introduce() == {"asked": 1}
    customer = Customer.objects.get()
    assert (customer.name, customer.attributes) == ("Ana Souza", {})
    assert Identity.objects.get().username == "ana.souza"
    told = list(FeedEvent.objects.order_by("seq")[before:].values_list("kind", "subject_id"))
    assert told[0] == ("customer.updated", customer.pk)
    assert [kind for kind, _ in told] == ["customer.updated", "conversation.updated"]
    exchange = Exchange.objects.get()
    assert (exchange.status, TOKEN in exchange.url + exchange.request + exchange.response) == (200, False)
    assert tasks.introduce() == {"asked": 0}


def test_who_has_a_name_is_not_asked_about(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    arrive(social.text("instagram", "m1"))
    Customer.objects.update(name="Aninha")
    assert tasks.introduce() == {"asked": 0}
    assert Customer.objects.get().name == "Aninha"


def test_a_provider_in_trouble_is_asked_again_later_and_not_for_ever(shop: Shop, arrive: Arrive, settings: Any) -> None:
    settings.GRAPH_INSTAGRAM_URL = "http://127.0.0.1:1"
    arrive(social.text("instagram", "m1"))
    assert tasks.introduce() == {"asked": 1}
    assert tasks.introduce(all_day=True) == {"asked": 0}
    for _ in range(MOST_TRIES):
        later()
        tasks.introduce(all_day=True)
    later()
    assert tasks.introduce(all_day=True) == {"asked": 0}
    assert Customer.objects.get().attributes["introduction"]["tries"] == MOST_TRIES
    assert Customer.objects.get().name == ""


def test_what_the_provider_never_says_is_not_asked_twice(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    stranger = SocialPerson(id=social.BRUNO, name="")
    sim.write(ACCOUNT, stranger, "oi")
    arrive(social.text("instagram", "m1", who=social.BRUNO))
    assert tasks.introduce() == {"asked": 1}
    later()
    assert tasks.introduce(all_day=True) == {"asked": 0}
    assert Customer.objects.get().name == ""


def test_faults_of_one_channel_do_not_name_anybody(shop: Shop, arrive: Arrive, sim: RunningSimulator) -> None:
    sim.switch(faults=[Fault(kind="error", code=190)])
    shop.connection.keep(shop.connection.credentials().__class__(access_token="another"))
    shop.connection.save()
    arrive(social.text("instagram", "m1"))
    assert tasks.introduce() == {"asked": 1}
    assert Customer.objects.get().name == ""
