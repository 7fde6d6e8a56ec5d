"""The settings of channels: connecting one step by step, its test, its secrets and their rotation, its log, its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations import connect
from conversations.channels.registry import CHANNELS
from conversations.models import Channel, Connection, Exchange, Message
from hub.models import Role, Workspace
from tests import factories
from tests.conversations.channels.provider_server import Answer, serving
from tests.pages import browser_of, part, text

NEW = "/settings/channels/new/whatsapp/"
TYPED = {
    "name": "Vendas",
    "address": "106540352242922",
    "app_secrets": "an-app-secret",
    "access_token": "EAAtoken-one",
    "set_business_account": "102290129340398",
}


@pytest.fixture
def place(db: None) -> Workspace:
    """A workspace without channels."""
    return factories.workspace()


@pytest.fixture
def admin(place: Workspace) -> Client:
    """Its administrator in a browser, who reads English."""
    return browser_of(place)


def test_it_works(admin: Client, place: Workspace) -> None:
    empty = text(admin.get("/settings/channels/"))
    assert all(word in empty for word in ("No channel yet", "WhatsApp", "Instagram", "Messenger", "Web chat"))
    assert "Phone number id" in text(admin.get(NEW))
    done = admin.post(NEW, TYPED)
    row = Channel.objects.for_reading().get()
    assert done.headers["location"] == reverse("settings_connected", args=[row.pk])
    assert (row.workspace, row.name, row.address) == (place, "Vendas", "106540352242922")
    assert row.settings == {"business_account": "102290129340398"}
    assert row.connection is not None
    kept = row.connection.credentials()
    assert (kept.app_secrets, kept.access_token, len(kept.verify_token)) == (("an-app-secret",), "EAAtoken-one", 43)
    finish = admin.get(done.headers["location"])
    assert f"{settings.PUBLIC_URL}/webhooks/{row.connection_id}/" in finish.content.decode()
    assert kept.verify_token in finish.content.decode()
    assert finish.headers["cache-control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    again = admin.get(done.headers["location"]).content.decode()
    for page in (again, *(admin.get(path).content.decode() for path in ("/settings/channels/", page_of(row)))):
        assert not any(secret in page for secret in (kept.verify_token, "an-app-secret", "EAAtoken"))
    assert "Not used yet" in text(admin.get("/settings/channels/"))


def page_of(row: Channel) -> str:
    """Return the address of a channel's page."""
    return reverse("settings_channel", args=[row.pk])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"address": ""}, "This field is needed."),
        (
            {"address": "+55 11 98765-4321"},
            "The id holds digits only, like 106540352242922. It is not the telephone number.",
        ),
        ({"app_secrets": " "}, "This field is needed."),
        ({"access_token": "x" * 2001}, "May hold at most 2000 characters."),
        ({"set_business_account": "mine"}, "The id holds digits only."),
    ],
)
def test_it_loses_nothing_typed(admin: Client, change: dict[str, str], sentence: str) -> None:
    answer = admin.post(NEW, TYPED | change)
    assert answer.status_code == 200
    assert sentence in text(answer)
    page = unescape(answer.content.decode())
    assert all(f'value="{value}"' in page for value in (TYPED | change).values() if value.strip())
    assert (Channel.objects.count(), Connection.objects.count()) == (0, 0)


def test_it_takes_a_connection_that_is_there(admin: Client, place: Workspace) -> None:
    factories.channel(factories.workspace())  # somebody else's is not offered
    first = factories.channel(place, name="Vendas")
    factories.connection(place, "twilio")
    offered = admin.get(NEW).context["form"].fields["connection"].choices
    assert offered == [("", "A new one"), (str(first.connection_id), "Vendas")]
    second = {"name": "Suporte", "address": "106540352242923", "connection": str(first.connection_id)}
    assert admin.post(NEW, second).status_code == 302
    assert Channel.objects.get(name="Suporte").connection == first.connection
    taken = admin.post(NEW, second)
    assert "This connection already has a channel with this address." in text(taken)
    forged = admin.post(NEW, second | {"address": "106540352242929", "connection": str(uuid4())})
    assert "Select a valid choice." in text(forged)
    assert Channel.objects.of(place).count() == 2


def test_it_puts_a_web_chat_on_a_site(admin: Client) -> None:
    typed = {
        "name": "Site",
        "set_origins": "https://loja.example/\nhttps://www.loja.example",
        "set_fields": ["name"],
        "set_color": "#0B7A53",
    }
    done = admin.post("/settings/channels/new/webchat/", typed)
    row = Channel.objects.for_reading().get()
    assert row.settings == {
        "origins": ["https://loja.example", "https://www.loja.example"], "fields": ["name"], "color": "#0b7a53",
    }  # fmt: skip
    assert row.connection is not None
    (key,) = row.connection.credentials().identity_keys
    page = admin.get(done.headers["location"])
    finish = text(page)
    assert f'<script src="{settings.PUBLIC_URL}/widget.js" data-channel="{row.pk}" async></script>' in finish
    assert f'"aud": "{row.pk}"' in finish
    assert key in page.content.decode()
    assert key not in admin.get(done.headers["location"]).content.decode()


def change(browser: Client, row: Channel, **given: Any) -> Any:
    """Send one part of a channel's page, as htmx does."""
    return browser.post(page_of(row), given, headers={"hx-request": "true"})


def test_it_renames_and_sets(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    saved = change(admin, row, act="change", name=" Loja 2 ", set_display_number="+55 11 98765-4321")
    assert (part(saved), "Saved." in text(saved)) == (True, True)
    row.refresh_from_db()
    assert (row.name, row.settings) == ("Loja 2", {"display_number": "+55 11 98765-4321"})
    for wrong, sentence in (
        ({"name": ""}, "A channel needs a name."),
        ({"name": "x" * 121}, "May hold at most 120 characters."),
        ({"name": "y", "set_business_account": "?"}, "The id holds digits only."),
    ):
        assert sentence in text(change(admin, row, act="change", **wrong))
    row.refresh_from_db()
    assert (row.name, row.settings) == ("Loja 2", {"display_number": "+55 11 98765-4321"})
    whole = admin.post(page_of(row), {"act": "change", "name": "Loja 3"})  # a browser without scripts
    assert (part(whole), "Loja 3" in text(whole)) == (False, True)
    row.refresh_from_db()
    assert row.settings == {}
    assert change(admin, row, act="explode").status_code == 400


def test_it_rotates_a_secret_without_refusing_anything(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    source = row.connection
    assert source is not None

    def held() -> tuple[str, ...]:
        source.refresh_from_db()
        return source.credentials().app_secrets

    old = connect.mark_of(source, "an-app-secret")
    added = change(admin, row, act="add", field="app_secrets", secret="the-new-secret")
    assert held() == ("the-new-secret", "an-app-secret")
    page = text(added)
    assert (part(added), old in page, connect.mark_of(source, "the-new-secret") in page) == (True, True, True)
    assert "secret" not in page.replace("App secret", "").replace("Secrets", "").replace("a secret", "").lower()
    assert "This secret is in use already." in text(
        change(admin, row, act="add", field="app_secrets", secret="the-new-secret")
    )
    assert "This field is needed." in text(change(admin, row, act="add", field="app_secrets", secret=" "))
    change(admin, row, act="retire", field="app_secrets", mark=old)
    assert held() == ("the-new-secret",)
    last = change(admin, row, act="retire", field="app_secrets", mark=connect.mark_of(source, "the-new-secret"))
    assert "The last one stays: nothing could be believed without it." in text(last)
    change(admin, row, act="add", field="nonsense", secret="x")
    assert held() == ("the-new-secret",)


def test_it_shows_a_made_secret_once(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    answer = change(admin, row, act="add", field="verify_token", secret="")
    assert row.connection is not None
    row.connection.refresh_from_db()
    made = row.connection.credentials().verify_token
    assert (len(made), made in answer.content.decode()) == (43, True)
    assert made not in admin.get(page_of(row)).content.decode()


def test_it_asks_the_provider(admin: Client, place: Workspace, settings: Any) -> None:
    row = factories.channel(
        place,
        stopped_at=timezone.now(),
        stop_reason={"code": "190", "title": "The access token is invalid or has expired."},
    )
    with serving() as server:
        settings.GRAPH_API_URL = server.url
        wrong = {"error": {"code": 190, "message": "Error validating access token: access", "type": "OAuthException"}}
        server.answer = Answer(status=401, body=wrong)
        answer = change_test(admin, row)
        assert part(answer)
        assert re.search(r"access token .*\(190\)", text(answer))
        assert "Let it go on" in text(answer)
        row.refresh_from_db()
        assert (row.stopped_at is None, (row.last_error or {})["code"]) == (False, "190")
        server.answer = Answer(
            body={"verified_name": "Casa Aurora", "display_phone_number": "+55 11 3333-4444", "id": row.address}
        )
        answer = change_test(admin, row)
    assert "It works. The provider calls it “Casa Aurora”." in text(answer)
    assert ("Let it go on" in text(answer), "Stop sending" in text(answer)) == (False, True)
    row.refresh_from_db()
    assert (row.stopped_at, row.stop_reason, row.settings) == (None, None, {"display_number": "+55 11 3333-4444"})
    said = Exchange.objects.order_by("id")
    assert [(one.status, one.channel) for one in said] == [(401, row), (200, row)]
    assert not any("access" in one.request + one.url for one in said)


def test_it_stops_by_hand_and_goes_on(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    stopped = change(admin, row, act="stop")
    assert (part(stopped), "An administrator has stopped this channel." in text(stopped)) == (True, True)
    connect.change_channel(place, row.pk, secrets={"access_token": "another"})
    assert Channel.objects.exclude(stopped_at=None).count() == 1  # a new token is no reason: somebody wanted it so
    assert "Stop sending" in text(change(admin, row, act="resume"))
    assert Channel.objects.filter(stopped_at=None, stop_reason__isnull=True).count() == 1


def change_test(browser: Client, row: Channel) -> Any:
    """Press the button that tests a channel."""
    pressed = {"renew": "1"}  # on the channel's own page, which shows how it fares
    return browser.post(reverse("settings_test", args=[row.pk]), pressed, headers={"hx-request": "true"})


def test_it_shows_the_log_of_a_channel(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    message = factories.message(factories.conversation(place), row)
    said = {"workspace": place, "channel": row, "connection": row.connection, "method": "POST"}
    Exchange.objects.create(
        **said, url="https://graph.example/v1/messages", status=200, request='{"a":{"b":1}}', message_id=message.pk
    )
    Exchange.objects.create(**said, url="https://graph.example/v1/refused", status=400, response="<b>no</b>")
    Exchange.objects.bulk_create(
        Exchange(**said, url=f"https://graph.example/{number}", status=200) for number in range(50)
    )
    log = reverse("settings_log", args=[row.pk])
    first = admin.get(log)
    assert ("/0 " in text(first), "/v1/refused" in text(first)) == (True, False)
    older = admin.get(log + first.context["next"])
    assert "/v1/refused" in text(older)
    assert '{ "a": { "b": 1 } }' in text(older)
    assert "&lt;b&gt;no" in older.content.decode()
    assert [one["said"].status for one in admin.get(f"{log}?outcome=failed").context["rows"]] == [400]
    led = admin.get(reverse("settings_message_log", args=[message.pk]))
    one = admin.get(led.headers["location"])
    assert [found["message"] for found in one.context["rows"]] == [message]
    for strange in ("?before=x", "?before=99999999999999999999", "?message=x", "?before=²"):
        assert admin.get(log + strange).status_code == 200


def test_it_removes_a_channel_and_says_what_stays(admin: Client, place: Workspace) -> None:
    row = factories.channel(place)
    factories.message(factories.conversation(place), row)
    way = reverse("settings_remove", args=[row.pk])
    assert "Every conversation, with its customer and its files." in text(admin.get(way))
    row.refresh_from_db()
    assert row.deleted_at is None
    assert admin.post(way).headers["location"] == "/settings/channels/"
    row.refresh_from_db()
    assert (row.deleted_at is not None, Message.objects.count()) == (True, 1)
    assert admin.get(page_of(row)).status_code == 404


Asked = Callable[[Client, str], Any]


def test_it_is_for_administrators_of_the_workspace(place: Workspace) -> None:
    row = factories.channel(place)
    delivery = factories.delivery(place, row.connection)
    stranger, supervisor = Client(), Client()
    stranger.force_login(factories.member(factories.workspace(), Role.ADMIN))
    supervisor.force_login(factories.member(place, Role.SUPERVISOR))
    ways = [
        *(reverse(f"settings_{name}", args=[row.pk]) for name in ("channel", "connected", "remove", "log")),
        reverse("settings_delivery", args=[delivery.pk]),
    ]
    acts = [page_of(row), *(reverse(f"settings_{name}", args=[row.pk]) for name in ("test", "remove"))]
    acts.append(reverse("settings_replay", args=[delivery.pk]))
    for way in ways:
        assert (stranger.get(way).status_code, supervisor.get(way).status_code) == (404, 403), way
    for way in acts:
        given = {"act": "change", "name": "Taken"}
        assert (stranger.post(way, given).status_code, supervisor.post(way, given).status_code) == (404, 403), way
    for way in ("channels/", "channels/new/", "channels/new/whatsapp/", "unrouted/", "deliveries/"):
        assert supervisor.get(f"/settings/{way}").status_code == 403
    assert supervisor.post("/settings/unrouted/replay/", {"all": 1}).status_code == 403
    row.refresh_from_db()
    delivery.refresh_from_db()
    assert (row.name == "Taken", row.deleted_at, delivery.outcome) == (False, None, "pending")


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_it_asks_every_kind_for_what_it_needs(admin: Client, kind: str) -> None:
    page = text(admin.get(f"/settings/channels/new/{kind}/"))
    for field in (*CHANNELS[kind].setup.secrets, *CHANNELS[kind].setup.settings):
        assert field.title in page
