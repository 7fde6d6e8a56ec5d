"""What a site loads of the chat: small, strict, and only where the shop wants it."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pytest
from django.test import Client

from conversations.channels.types import Credentials
from conversations.models import Channel, Connection, Invitation
from tests import factories
from tests.conversations.conftest import drain
from tests.conversations.visit.conftest import ORIGIN, SITE, Browser, Shop


@pytest.fixture
def page() -> Client:
    """Somebody who is not signed in."""
    return Client(headers={"Host": "hub.example", "Accept-Language": "en"})


def test_it_works(shop: Shop, page: Client) -> None:
    script = page.get("/widget.js")
    assert (script.status_code, script["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert len(gzip.compress(script.content, 9)) < 5 * 1024, "before it is opened, the chat weighs less than 5 KB"
    assert page.get("/widget.js", headers={"If-None-Match": script["ETag"]}).status_code == 304

    own = page.get(f"/chat/{shop.channel.pk}/")
    assert (own.status_code, "frame-ancestors 'none'" in own["Content-Security-Policy"]) == (200, True)
    assert f'data-channel="{shop.channel.pk}"' in own.content.decode()

    frame = page.get(f"/chat/{shop.channel.pk}/frame/?origin={SITE}&lang=es")
    assert frame.status_code == 200
    assert f"frame-ancestors 'self' {SITE}" in frame["Content-Security-Policy"]
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert "unsafe" not in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert '<html lang="es"' in frame.content.decode()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{SITE}.evil.example", "null", "https://www.loja.example:444"]
)
def test_it_is_framed_by_no_other_site(shop: Shop, page: Client, origin: str) -> None:
    refused = page.get(f"/chat/{shop.channel.pk}/frame/?origin={origin}")
    assert refused.status_code == 403
    assert refused.content.decode() == (
        "This site may not show this chat: an admin can add it to the sites of the channel."
    )
    assert "frame-ancestors 'none'" in refused["Content-Security-Policy"]


def test_it_writes_no_made_up_origin_into_a_header(shop: Shop, page: Client) -> None:
    shop.channel.settings = {"origins": ["https://a.example; script-src *", "*", 5, SITE]}
    shop.channel.save()
    frame = page.get(f"/chat/{shop.channel.pk}/frame/")
    assert f"frame-ancestors 'self' {SITE};" in frame["Content-Security-Policy"] + ";"


def test_it_shows_what_the_shop_says_as_words_only(shop: Shop, page: Client) -> None:
    nasty = "</script><img src=x onerror=alert(1)>"
    shop.channel.settings = {"title": nasty, "greeting": nasty, "hours_text": nasty, "color": nasty}
    shop.channel.save()
    for path in ("", "frame/"):
        assert "<img src=x" not in page.get(f"/chat/{shop.channel.pk}/{path}").content.decode()


def test_it_knows_only_web_chats(shop: Shop, page: Client) -> None:
    other = factories.channel(shop.workspace)
    for key in (other.pk, uuid4()):
        assert page.get(f"/chat/{key}/").status_code == 404
        assert page.get(f"/chat/{key}/frame/").status_code == 404


def whatsapp(shop: Shop, number: str = "+55 11 98765-4321") -> Channel:
    """A number the visitor can go on with."""
    source = Connection(workspace=shop.workspace, provider="meta")
    source.keep(Credentials(app_secrets=("a",), access_token="b"))
    source.save()
    said = {"display_number": number} if number else {}
    return Channel.objects.create(
        workspace=shop.workspace, connection=source, kind="whatsapp", name="Loja", address="1060", settings=said
    )


def test_it_carries_a_visitor_to_whatsapp(visitor: Browser, shop: Shop, page: Client) -> None:
    line = whatsapp(shop)
    unheard = visitor.ask("invitations", {"channel": str(line.pk)})
    assert (unheard.status_code, Invitation.objects.count()) == (409, 0)
    visitor.say()
    drain()
    made = visitor.ask("invitations", {"channel": str(line.pk)}).json()
    row = Invitation.objects.get()
    assert (
        made["url"]
        == f"https://wa.me/5511987654321?text=Hello%21%20I%20would%20like%20to%20go%20on%20here.%20%23{row.code}"
    )
    drawn = page.get(made["qr"].removeprefix(ORIGIN))
    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/svg+xml")
    assert drawn["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert page.get("/invitations/AAAAAAAAAAAA.svg").status_code == 404


@pytest.mark.parametrize("number", ["", None])
def test_it_invites_to_no_channel_without_a_number(visitor: Browser, shop: Shop, number: str | None) -> None:
    visitor.say()
    drain()
    line = whatsapp(shop, "") if number is not None else shop.channel
    refused = visitor.ask("invitations", {"channel": str(line.pk)})
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "Nobody can be invited to this channel: it has no telephone number on WhatsApp.",
    )
    assert visitor.ask("invitations", {"channel": str(factories.channel(factories.workspace()).pk)}).status_code == 400
    assert Invitation.objects.count() == 0
