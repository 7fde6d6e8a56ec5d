"""The channel log: every call is there, with its message, and no secret ever is."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations import channel_log, check, pipeline
from conversations.channels.exchange import Exchange as Said
from conversations.channels.registry import CHANNELS
from conversations.channels.types import Credentials
from conversations.models import Channel, Connection, Conversation, Exchange
from hub.models import AuditEntry, Role, User
from simulator import RunningSimulator
from tests import factories
from tests.conversations.conftest import Shop
from tests.conversations.sending.conftest import answer, send_all

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = Credentials(
    app_secrets=("geheim+1/ä", 'zwei"te'),
    verify_token="verify-me-please",
    access_token="access",
    account_sid="AC0000000000000000000000000000000f",
    auth_tokens=("auth token & more",),
    identity_keys=("schlüssel-42",),
)
PLAIN = [*SECRETS.app_secrets, SECRETS.verify_token, SECRETS.access_token, *SECRETS.auth_tokens, *SECRETS.identity_keys]


def everything() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(e::text, ' '), '') FROM conversations_exchange e")
        return str(cursor.fetchone()[0])


def test_it_works(shop: Shop, talk: Conversation, agent: User, provider: RunningSimulator) -> None:
    first = answer(shop, talk, agent, "Claro!")
    send_all()
    provider.switch(faults=[{"kind": "lost_reply"}])
    answer(shop, talk, agent, "access denied?")
    send_all()
    shop.channel.refresh_from_db()
    check.ask(shop.channel)
    calls = [(row.method, row.status, row.error, row.message_id is not None) for row in Exchange.objects.order_by("id")]
    assert calls[0] == ("POST", 200, "", True)
    assert calls[1][:2] == ("POST", None)
    assert calls[1][2]
    assert calls[2] == ("GET", 200, "", False)
    assert "access" not in everything()

    admin = factories.client(factories.token(shop.workspace))
    (shown,) = admin.get(f"/api/v1/messages/{first.pk}/exchanges").json()["results"]
    assert (shown["method"], shown["status"], shown["message"]) == ("POST", 200, str(first.pk))
    assert '"body":"Claro!"' in shown["request"].replace(": ", ":")
    assert len(admin.get(f"/api/v1/exchanges?channel={shop.channel.pk}").json()["results"]) == 3
    assert len(admin.get(f"/api/v1/exchanges?message={first.pk}").json()["results"]) == 1
    looked = AuditEntry.objects.of(shop.workspace).filter(action="channel_log.read").order_by("id")
    known = [("message", str(first.pk)), ("channel", str(shop.channel.pk)), ("channel", "")]
    assert list(looked.values_list("subject_kind", "subject_id")) == known
    agent_token = factories.client(factories.token(shop.workspace, Role.SUPERVISOR))
    assert agent_token.get("/api/v1/exchanges").status_code == 403
    assert agent_token.get(f"/api/v1/messages/{first.pk}/exchanges").status_code == 403
    stranger = factories.client(factories.token(factories.workspace()))
    assert stranger.get("/api/v1/exchanges").json()["results"] == []
    assert stranger.get(f"/api/v1/messages/{first.pk}/exchanges").status_code == 404


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_it_holds_no_secret_of_any_kind_of_channel(kind: str, settings: Any) -> None:
    """Whatever an adapter says in a call, and however it writes its secrets there."""
    settings.GRAPH_API_URL = settings.GRAPH_INSTAGRAM_URL = settings.TWILIO_API_URL = "http://127.0.0.1:9"
    place = factories.workspace()
    source = Connection(workspace=place, provider=CHANNELS[kind].provider or "meta")
    source.keep(SECRETS)
    source.save()
    line = Channel.objects.create(workspace=place, connection=source, kind=kind, name="Loja", address="5511400000000")
    check.ask(line)
    pair = base64.b64encode(f"{SECRETS.account_sid}:{SECRETS.auth_tokens[0]}".encode()).decode()
    nasty = " ".join(channel_log.writings(SECRETS)) + f" Basic {pair} geheim%2B1%2F%C3%A4 auth+token+%26+more"
    said = Said(
        method="POST",
        url=f"https://x/?k={nasty}",
        status=200,
        request=nasty,
        response=nasty,
        error=nasty,
        milliseconds=1,
    )
    channel_log.write([channel_log.Kept(line, said)])
    stored = everything()
    for secret in [*PLAIN, *channel_log.writings(SECRETS), pair]:
        assert secret not in stored, kind


def test_it_is_forgotten_after_a_fortnight_and_never_in_the_way(shop: Shop) -> None:
    said = Said(method="GET", url="https://x/", status=200, request="", response="", error="", milliseconds=1)
    channel_log.write([channel_log.Kept(shop.channel, said), channel_log.Kept(shop.channel, said)])
    Exchange.objects.filter(pk=Exchange.objects.latest("id").pk).update(at=timezone.now() - timedelta(days=14, hours=1))
    assert channel_log.forget() == 1
    assert Exchange.objects.count() == 1
    gone = Channel(workspace=shop.workspace, name="gone", kind="whatsapp")

    def break_off() -> None:
        with channel_log.keeping(gone) as kept:
            kept.append(said)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert Exchange.objects.count() == 1
    assert pipeline.probe_stopped() == 0
