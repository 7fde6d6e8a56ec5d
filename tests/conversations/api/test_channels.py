"""Opening, changing and closing channels over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.connections_hint import CHANNEL
from conversations.models import Channel, Connection, Exchange, FeedEvent, OutboxEntry
from hub.models import Role
from tests import factories
from tests.conversations.api.conftest import Shop

API = "/api/v1/channels"
SECRETS = {"provider": "meta", "app_secrets": ["s3cret-one"], "verify_token": "v3rify", "access_token": "acc3ss"}
WHATSAPP = {"kind": "whatsapp", "name": "Sales", "address": "1060000001", "connection": SECRETS}


def counts() -> tuple[int, int, int]:
    return Channel.objects.count(), Connection.objects.count(), FeedEvent.objects.count()


def test_it_works(shop: Shop) -> None:
    answer = shop.api.post(API, WHATSAPP, "json")
    assert answer.status_code == 201
    opened = answer.json()
    row = Channel.objects.for_reading().get(pk=opened["id"])
    assert row.connection is not None
    assert row.connection.token_set_at is not None
    assert opened == {
        "id": str(row.pk),
        "kind": "whatsapp",
        "name": "Sales",
        "address": "1060000001",
        "provider": "meta",
        "connection": str(row.connection_id),
        "webhook_url": f"{settings.PUBLIC_URL}/webhooks/{row.connection_id}/",
        "settings": {},
        "health": {
            "state": "unused",
            "last_inbound_at": None,
            "last_outbound_at": None,
            "last_error_at": None,
            "last_error": None,
            "stopped_at": None,
            "stop_reason": None,
            "waiting": 0,
            "refused_signatures": 0,
            "refused_at": None,
            "token_set_at": row.connection.token_set_at.isoformat(),
        },
        "created_at": row.created_at.isoformat(),
    }
    assert shop.api.get(f"{API}/{row.pk}").json() == opened
    assert list(FeedEvent.objects.values_list("kind", "subject_id")) == [("channel.updated", row.pk)]


def test_it_never_gives_a_secret_back(shop: Shop) -> None:
    opened = shop.api.post(API, WHATSAPP, "json")
    detail, listed = shop.api.get(f"{API}/{opened.json()['id']}"), shop.api.get(API)
    changed = shop.api.patch(f"{API}/{opened.json()['id']}", {"connection": {"access_token": "acc3ss-two"}}, "json")
    for answer in (opened, detail, listed, changed):
        assert not any(secret in answer.content for secret in (b"s3cret", b"v3rify", b"acc3ss"))
    sealed = bytes(Connection.objects.order_by("-id")[0].sealed_credentials)
    assert b"s3cret" not in sealed


@pytest.mark.parametrize(
    ("kind", "provider", "address", "secrets"),
    [
        ("whatsapp", "meta", "1060000002", {"app_secrets": ["a"]}),
        ("instagram", "meta", "178414", {"app_secrets": ["a", "b"]}),
        ("messenger", "meta", "7700", {"app_secrets": ["a"]}),
        ("twilio_whatsapp", "twilio", "+5511987654321", {"auth_tokens": ["t"], "account_sid": "AC1"}),
        ("sms", "twilio", "+15005550006", {"auth_tokens": ["t"]}),
    ],
)
def test_it_opens_every_kind(shop: Shop, kind: str, provider: str, address: str, secrets: dict[str, Any]) -> None:
    answer = shop.api.post(API, {"kind": kind, "name": kind, "address": address, "connection": secrets}, "json")
    assert (answer.status_code, answer.json()["provider"], answer.json()["address"]) == (201, provider, address)


def test_it_opens_a_web_chat_with_nothing_but_a_name(shop: Shop) -> None:
    opened = shop.api.post(API, {"kind": "webchat", "name": "Site", "address": ""}, "json").json()
    assert (opened["address"], opened["provider"], opened["webhook_url"]) == ("", "novelo", None)
    made = Connection.objects.get(pk=opened["connection"]).credentials().identity_keys
    assert [len(key) for key in made] == [43]
    on_it = {"kind": "webchat", "name": "Other", "connection": {"id": opened["connection"]}}
    refused = shop.api.post(API, on_it, "json").json()
    assert refused["errors"] == {"connection": "This kind of channel has a connection of its own."}


def test_it_puts_another_channel_on_a_connection(shop: Shop) -> None:
    first = shop.api.post(API, WHATSAPP, "json").json()
    second = shop.api.post(
        API, WHATSAPP | {"address": "1060000009", "connection": {"id": first["connection"]}}, "json"
    ).json()
    assert (second["connection"], second["webhook_url"]) == (first["connection"], first["webhook_url"])


def test_it_keeps_an_address_once_per_connection(shop: Shop) -> None:
    first = shop.api.post(API, WHATSAPP, "json").json()
    before = counts()
    again = shop.api.post(API, WHATSAPP | {"connection": {"id": first["connection"]}}, "json")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "This connection already has a channel with this address.",
    )
    assert counts() == before
    assert shop.api.post(API, WHATSAPP, "json").status_code == 201  # the same address on another connection


REFUSED = [
    ({"kind": "fax"}, "kind", "Must be one of: instagram, messenger, sms, twilio_whatsapp, webchat, whatsapp."),
    ({"kind": ["whatsapp"]}, "kind", "Must be one of: instagram, messenger, sms, twilio_whatsapp, webchat, whatsapp."),
    ({"kind": None}, "kind", "This field may not be null."),
    ({"name": ""}, "name", "This field may not be blank."),
    ({"name": 5}, "name", "Not a valid string."),
    ({"name": "x" * 121}, "name", "Ensure this field has no more than 120 characters."),
    ({"address": 1060000001}, "address", "Not a valid string."),
    ({"address": ""}, "address", "This kind of channel needs an address."),
    ({"address": "1\x000"}, "address", "Holds characters that cannot be kept."),
    (
        {"kind": "sms", "connection": {"auth_tokens": ["t"]}},
        "address",
        "Must be a telephone number like +5511987654321.",
    ),
    ({"kind": "webchat", "connection": None}, "address", "This kind of channel has no address."),
    ({"kind": "webchat", "address": ""}, "connection", "The provider of this kind of channel is novelo."),
    ({"connection": None}, "connection", "This kind of channel needs a connection."),
    ({"connection": {}}, "connection", "This kind of channel needs a connection."),
    (
        {"connection": {"provider": "twilio", "auth_tokens": ["t"]}},
        "connection",
        "The provider of this kind of channel is meta.",
    ),
    ({"connection": {"access_token": "a"}}, "connection", "app_secrets must hold at least one secret."),
    ({"connection": {"app_secrets": []}}, "connection", "app_secrets must hold at least one secret."),
    ({"connection": {"id": str(uuid4())}}, "connection", "There is no such connection."),
]


@pytest.mark.parametrize(("change", "field", "sentence"), REFUSED)
def test_it_refuses_a_channel_that_could_not_work(
    shop: Shop, change: dict[str, Any], field: str, sentence: str
) -> None:
    before = counts()
    answer = shop.api.post(API, WHATSAPP | change, "json")
    assert answer.status_code == 400
    said = answer.json()["errors"][field]
    assert (said if isinstance(said, str) else said[0]) == sentence
    assert counts() == before


@pytest.mark.parametrize(
    "secrets",
    [
        {"app_secrets": "one"},
        {"app_secrets": [1]},
        {"app_secrets": {"a": 1}},
        {"verify_token": []},
        {"id": 5},
        {"provider": "x"},
        [],
    ],
)
def test_it_refuses_a_connection_of_the_wrong_type(shop: Shop, secrets: Any) -> None:
    before = counts()
    connection_input = SECRETS | secrets if isinstance(secrets, dict) else secrets
    answer = shop.api.post(API, WHATSAPP | {"connection": connection_input}, "json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["connection"])
    assert counts() == before


def test_it_replaces_the_named_secrets_and_keeps_the_others(shop: Shop) -> None:
    opened = shop.api.post(API, WHATSAPP, "json").json()
    changed = shop.api.patch(
        f"{API}/{opened['id']}", {"name": "Care", "connection": {"app_secrets": ["two", "one"]}}, "json"
    )
    assert (changed.status_code, changed.json()["name"]) == (200, "Care")
    kept = Connection.objects.get(pk=opened["connection"]).credentials()
    assert (kept.app_secrets, kept.verify_token, kept.access_token) == (("two", "one"), "v3rify", "acc3ss")


def test_it_takes_new_secrets_where_the_old_ones_do_not_open(shop: Shop) -> None:
    Connection.objects.update(sealed_credentials=b"sealed with a key that is lost")
    refused = shop.api.patch(f"{API}/{shop.line.pk}", {"connection": {"access_token": "a"}}, "json")
    assert refused.json()["errors"] == {"connection": "app_secrets must hold at least one secret."}
    assert shop.api.patch(f"{API}/{shop.line.pk}", {"connection": {"app_secrets": ["a"]}}, "json").status_code == 200
    assert Connection.objects.get().credentials().app_secrets == ("a",)


WEBCHAT = {
    "title": "Fale com a gente",
    "greeting": " Olá!\nComo podemos ajudar? ",
    "hours_text": "Seg. a sex., 9h às 18h",
    "origins": ["https://Loja.example/carrinho?x=1", "https://loja.example:443", "http://localhost:3000"],
    "fields": ["name", "email"],
    "color": "#4F46E5",
}


def test_it_keeps_the_settings_of_a_kind(shop: Shop) -> None:
    opened = shop.api.post(API, {"kind": "webchat", "name": "Site", "settings": WEBCHAT}, "json").json()
    assert opened["settings"] == WEBCHAT | {
        "greeting": "Olá!\nComo podemos ajudar?",
        "origins": ["https://loja.example", "http://localhost:3000"],
        "color": "#4f46e5",
    }
    change = {"settings": {"title": "Oi", "greeting": None, "fields": []}}
    changed = shop.api.patch(f"{API}/{opened['id']}", change, "json").json()["settings"]
    assert (changed.pop("title"), sorted(changed)) == ("Oi", ["color", "hours_text", "origins"])


@pytest.mark.parametrize(
    ("settings_given", "name", "sentence"),
    [
        ({"fax": "1"}, "fax", "This kind of channel has no such setting."),
        ({"color": "blue"}, "color", "Must be a color like #4f46e5."),
        ({"color": 5}, "color", "Must be text."),
        ({"title": "x" * 61}, "title", "May hold at most 60 characters."),
        ({"fields": ["shoe size"]}, "fields", "Must be one of: name, email."),
        ({"fields": "name"}, "fields", "Must be a list of at most 50 texts."),
        (
            {"origins": ["javascript:alert(1)"]},
            "origins",
            "Must be the address of a site, like https://www.example.com.",
        ),
        ({"origins": ["https://"]}, "origins", "Must be the address of a site, like https://www.example.com."),
        ({"origins": ["http://[::1"]}, "origins", "Must be the address of a site, like https://www.example.com."),
    ],
)
def test_it_refuses_a_setting_that_does_not_fit(shop: Shop, settings_given: Any, name: str, sentence: str) -> None:
    line = factories.channel(shop.place, "webchat", settings={"title": "Chat"})
    before = counts()
    created = shop.api.post(API, {"kind": "webchat", "name": "Site", "settings": settings_given}, "json")
    changed = shop.api.patch(f"{API}/{line.pk}", {"name": "New", "settings": settings_given}, "json")
    for answer in (created, changed):
        assert (answer.status_code, answer.json()["errors"]) == (400, {"settings": {name: sentence}})
    line.refresh_from_db()
    assert (line.settings, line.name != "New", counts()) == ({"title": "Chat"}, True, before)


def test_it_lets_a_stopped_channel_go_on_with_a_new_token(shop: Shop) -> None:
    source = shop.line.connection
    assert source is not None
    assert source.token_set_at is None
    stop = {"code": "190", "title": "The access token is invalid or has expired."}
    Channel.objects.update(stopped_at=timezone.now(), stop_reason=stop, last_error=stop)
    beside = factories.channel(shop.place, connection=source, stopped_at=timezone.now(), stop_reason=stop)
    other = factories.channel(shop.place, stopped_at=timezone.now(), stop_reason=stop)
    stopped = shop.api.get(f"{API}/{shop.line.pk}").json()["health"]
    assert (stopped["state"], stopped["stop_reason"]) == ("stopped", stop)
    shop.api.patch(f"{API}/{shop.line.pk}", {"connection": {"app_secrets": ["a", "b"]}}, "json")
    assert shop.api.get(f"{API}/{shop.line.pk}").json()["health"] == stopped
    shop.api.patch(f"{API}/{shop.line.pk}", {"connection": {"access_token": "new"}}, "json")
    mended = shop.api.get(f"{API}/{shop.line.pk}").json()["health"]
    assert (mended["stopped_at"], mended["stop_reason"], mended["token_set_at"] is None) == (None, None, False)
    assert list(Channel.objects.exclude(stopped_at=None)) == [other]
    told = FeedEvent.objects.filter(kind="channel.updated").order_by("-seq").values_list("subject_id", flat=True)
    assert set(told[:2]) == {shop.line.pk, beside.pk}


@pytest.mark.parametrize(
    ("days_ago", "state"),
    [({}, "unused"), ({"inbound": 1}, "works"), ({"inbound": 4}, "silent"), ({"outbound": 9}, "works")],
)
def test_it_says_how_a_channel_fares(shop: Shop, days_ago: dict[str, int], state: str) -> None:
    now = timezone.now()
    for way, days in days_ago.items():
        setattr(shop.line, f"last_{way}_at", now - timedelta(days=days))
    shop.line.save()
    queued = factories.message(shop.talk, shop.line, direction="outbound", status="queued")
    for position, message in enumerate((queued, shop.talk.messages.order_by("seq")[0])):  # the other one is a receipt
        OutboxEntry.objects.create(
            message=message, workspace=shop.place, channel=shop.line, conversation_id=shop.talk.pk, position=position
        )
    found = shop.api.get(f"{API}/{shop.line.pk}").json()["health"]
    assert (found["state"], found["waiting"]) == (state, 1)


def test_it_shows_the_channel_log(shop: Shop) -> None:
    asked = {"workspace": shop.place, "channel": shop.line, "connection": shop.line.connection, "method": "POST"}
    fine = Exchange.objects.create(**asked, url="https://graph.example/1", status=200, message_id=uuid4())
    refused = Exchange.objects.create(**asked, url="https://graph.example/2", status=401, response="{}")
    silent = Exchange.objects.create(**asked, url="https://graph.example/3", error="ReadTimeout")
    log = f"/api/v1/exchanges?channel={shop.line.pk}"
    assert [row["id"] for row in shop.api.get(log).json()["results"]] == [
        str(row.pk) for row in (silent, refused, fine)
    ]
    assert [row["status"] for row in shop.api.get(f"{log}&outcome=failed").json()["results"]] == [None, 401]
    assert [row["url"] for row in shop.api.get(f"{log}&message={fine.message_id}").json()["results"]] == [fine.url]
    agent = factories.client(factories.token(shop.place, Role.SUPERVISOR))
    assert agent.get(log).status_code == agent.post(f"{API}/{shop.line.pk}/check").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_it_tells_the_doors_of_changed_secrets() -> None:
    place = factories.workspace()
    line = factories.channel(place)
    with redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True) as ear:
        ear.subscribe(CHANNEL)
        ear.get_message(timeout=60)
        api = factories.client(factories.token(place))
        assert api.patch(f"{API}/{line.pk}", {"connection": {"app_secrets": ["new"]}}, "json").status_code == 200
        heard = ear.get_message(timeout=60)
    assert heard is not None
    assert heard["data"] == str(line.connection_id).encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "sms"}, "kind"),
        ({"address": "1"}, "address"),
        ({"connection": {"app_secrets": []}}, "connection"),
        ({"connection": {"id": str(uuid4())}}, "connection"),
        ({"name": None}, "name"),
    ],
)
def test_it_refuses_to_make_it_another_channel(shop: Shop, body: dict[str, Any], field: str) -> None:
    before = shop.api.get(f"{API}/{shop.line.pk}").json()
    answer = shop.api.patch(f"{API}/{shop.line.pk}", body, "json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert shop.api.get(f"{API}/{shop.line.pk}").json() == before


def test_it_leaves_what_is_not_its_to_change(shop: Shop) -> None:
    before = shop.api.get(f"{API}/{shop.line.pk}").json()
    other = factories.workspace()
    forced = {
        "workspace": str(other.pk),
        "id": str(uuid4()),
        "deleted_at": "2026-01-01T00:00:00Z",
        "last_error": {},
        "webhook_url": "x",
    }
    assert shop.api.patch(f"{API}/{shop.line.pk}", forced, "json").json() == before


def test_it_closes_a_channel_and_keeps_what_was_said(shop: Shop) -> None:
    assert shop.api.delete(f"{API}/{shop.line.pk}").status_code == 204
    assert shop.api.get(f"{API}/{shop.line.pk}").status_code == 404
    assert shop.api.delete(f"{API}/{shop.line.pk}").status_code == 404
    assert shop.api.get(API).json()["results"] == []
    assert shop.api.get("/api/v1/messages").json()["results"][0]["channel"] == str(shop.line.pk)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_it_lets_only_administrators_change_channels(shop: Shop, role: str) -> None:
    api = factories.client(factories.token(shop.place, role))
    assert api.get(f"{API}/{shop.line.pk}").status_code == 200
    before = counts()
    assert api.post(API, WHATSAPP, "json").status_code == 403
    assert api.patch(f"{API}/{shop.line.pk}", {"name": "x"}, "json").status_code == 403
    assert api.delete(f"{API}/{shop.line.pk}").status_code == 403
    assert counts() == before
    shop.line.refresh_from_db()
    assert (shop.line.name, shop.line.deleted_at) != ("x", None)


def test_it_lists_any_number_of_channels_with_two_queries(shop: Shop) -> None:
    for _ in range(3):
        factories.channel(shop.place)
    with CaptureQueriesContext(connection) as queries:
        assert len(shop.api.get(API).json()["results"]) == 4
    assert len([entry for entry in queries if entry["sql"].startswith("SELECT")]) == 2
