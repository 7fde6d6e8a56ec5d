"""Access tokens of Instagram are renewed before they end; one that is not warns on the channel and stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations import renew, tasks
from conversations.channels import http
from conversations.models import Connection, Exchange, FeedEvent
from tests.conversations import social
from tests.conversations.channels.provider_server import Answer, ProviderServer, serving
from tests.conversations.conftest import Shop

pytestmark = pytest.mark.django_db

OLD, NEW = "IGAAmadeUpOldToken", "IGAAmadeUpNewToken"


@pytest.fixture
def graph(settings: Any) -> Iterator[ProviderServer]:
    with serving() as server:
        settings.GRAPH_INSTAGRAM_URL = server.url
        yield server
        http.close_all()


def shop_with(token: str, days: int) -> Shop:
    shop = social.social_shop("instagram", f"shop-{days}-{len(token)}", token)
    Connection.objects.filter(pk=shop.connection.pk).update(token_set_at=timezone.now() - timedelta(days=days))
    return shop


def token_of(shop: Shop) -> str:
    return Connection.objects.get(pk=shop.connection.pk).credentials().access_token


def test_it_works(graph: ProviderServer) -> None:
    shop, young, page = shop_with(OLD, 31), shop_with(OLD, 29), shop_with("EAAmadeUpPageToken", 90)
    graph.answer = Answer(body={"access_token": NEW, "token_type": "bearer", "expires_in": 5_183_944})
    assert tasks.renew_tokens() == {"renewed": 1}
    (asked,) = graph.asked
    assert asked.path.endswith(f"/refresh_access_token?grant_type=ig_refresh_token&access_token={OLD}")
    assert [token_of(one) for one in (shop, young, page)] == [NEW, OLD, "EAAmadeUpPageToken"]
    kept = Exchange.objects.get()
    assert (kept.channel_id, kept.status) == (shop.channel.pk, 200)
    assert not any(token in f"{kept.url}{kept.request}{kept.response}" for token in (OLD, NEW))
    assert tasks.renew_tokens() == {"renewed": 0}  # it is young again
    assert len(graph.asked) == 1


def test_a_refusal_warns_on_the_channel_and_keeps_the_token(graph: ProviderServer) -> None:
    shop = shop_with(OLD, 31)
    graph.answer = Answer(status=400, body={"error": {"code": 190, "message": "Expired", "type": "OAuthException"}})
    assert tasks.renew_tokens() == {"renewed": 0}
    shop.channel.refresh_from_db()
    assert (shop.channel.last_error, shop.channel.stopped_at) == ({"code": "190", "title": renew.ENDS}, None)
    assert token_of(shop) == OLD
    assert FeedEvent.objects.filter(kind="channel.updated", subject_id=shop.channel.pk).exists()


@pytest.mark.parametrize(("days", "warned"), [(31, False), (50, True)])
def test_a_provider_that_is_away_is_asked_again_and_warns_only_late(
    graph: ProviderServer, days: int, *, warned: bool
) -> None:
    shop = shop_with(OLD, days)
    graph.answer = Answer(status=503)
    assert tasks.renew_tokens() == {"renewed": 0}
    shop.channel.refresh_from_db()
    assert (shop.channel.last_error is not None, token_of(shop)) == (warned, OLD)
