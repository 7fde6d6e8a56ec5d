"""An administrator connects a channel, sees what its provider says, mends it, and looks after what fits nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Channel, Exchange
from simulator import BusinessNumber, RunningSimulator
from tests import factories
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.door import let_in
from tests.browser.test_pictures import SIZES, take

pytestmark = pytest.mark.long

TOKEN, NUMBER_ID = "EAA-the-right-token-of-the-number", "106540352242922"


@pytest.fixture
def settings_page(page: Page, shop: Shop, base_url: str) -> Callable[[str], Page]:
    """Open a page of the settings as the shop's administrator."""

    def enter(path: str) -> Page:
        let_in(page.context, base_url)
        page.goto(path)
        return page

    return enter


def english(shop: Shop) -> None:
    """Let the administrator read English."""
    shop.users[0].language = "en"
    shop.users[0].save()


def test_it_connects_a_number_and_mends_its_token(
    shop: Shop, settings_page: Callable[[str], Page], simulator: RunningSimulator, base_url: str
) -> None:
    english(shop)
    simulator.serve(
        [
            BusinessNumber(
                phone_number_id=NUMBER_ID,
                access_token=TOKEN,
                app_secret="s",
                webhook_url=f"{base_url}/nowhere",
                verified_name="Casa Aurora",
            )
        ]
    )
    page = settings_page("/settings/channels/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    connect_a_number(page)
    row = Channel.objects.get(name="Vendas")
    page.get_by_role("button", name="Copy: Webhook address").click()
    expect(page.get_by_text("Copied").filter(visible=True)).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == f"{base_url}/webhooks/{row.connection_id}/"
    assert len(page.get_by_role("textbox", name="Verify token").input_value()) == 43
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#answer .notice.bad")).to_contain_text("(190)")

    page.get_by_role("link", name="To the channel").click()
    page.get_by_label(re.compile(r"^Replace it \(Access token\)")).fill(TOKEN)
    page.get_by_role("button", name="Replace (Access token)").click()
    expect(page.get_by_text("Tested: it works.")).to_be_visible()
    page.get_by_label(re.compile(r"^Add a new one \(App secret\)")).fill("the-next-app-secret")
    page.get_by_role("button", name="Add (App secret)").click()
    expect(page.locator(".marks li").filter(has_text="newest")).to_have_count(1)
    row.refresh_from_db()
    assert row.connection is not None
    assert row.connection.credentials().app_secrets == ("the-next-app-secret", "the-app-secret")
    page.get_by_role("button", name=re.compile("^Retire App secret")).last.click()
    expect(page.get_by_text("Retired. What is signed with it is refused from now on.")).to_be_visible()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#answer")).to_contain_text("It works. The provider calls it “Casa Aurora”.")
    look_into_its_log(page)
    assert not Exchange.objects.filter(request__contains="EAA").exists()


def connect_a_number(page: Page) -> None:
    """Enter a telephone number where its id is wanted, be told, and go on with what was typed."""
    page.get_by_role("link", name="Connect a channel").click()
    page.get_by_role("link", name=re.compile("^WhatsApp A number on the Cloud API")).click()
    page.get_by_label("Name").fill("Vendas")
    page.get_by_label("Phone number id").fill("+55 11 98765-4321")
    page.get_by_label("App secret").fill("the-app-secret")
    page.get_by_label("Access token").fill("EAA-a-token-that-was-revoked")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("It is not the telephone number.", exact=False).last).to_be_visible()
    expect(page.get_by_label("App secret")).to_have_value("the-app-secret")
    page.get_by_label("Phone number id").fill(NUMBER_ID)
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.get_by_role("heading", name="Vendas is connected")).to_be_visible()


def look_into_its_log(page: Page) -> None:
    """Find the call that was refused."""
    page.get_by_role("link", name="Channel log").click()
    expect(page.locator(".lines > li")).to_have_count(3)
    page.get_by_role("link", name="Errors").click()
    expect(page.locator(".lines > li")).to_have_count(1)
    page.locator(".lines summary").click()
    expect(page.get_by_role("group", name="It answered")).to_contain_text("Invalid OAuth access token")


def test_it_sends_through_again_what_fits_nowhere(
    shop: Shop, settings_page: Callable[[str], Page], arrive: Callable[[bytes], None]
) -> None:
    english(shop)
    arrive(
        b'{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages","value":{"metadata":'
        b'{"phone_number_id":"555000"},"contacts":[{"wa_id":"5511987650001"}],"messages":[{"id":"wamid.lost",'
        b'"from":"5511987650001","timestamp":"1780000000","type":"text","text":{"body":"Oi"}}]}}]}]}'
    )
    page = settings_page("/settings/unrouted/")
    line = page.locator(".lines > li")
    expect(line).to_contain_text("No channel of this connection has the address 555000.")
    line.locator("summary").click()
    expect(page.get_by_role("group", name="Body as it came")).to_contain_text("wamid.lost")
    page.get_by_role("button", name="Send it through again").click()
    expect(line).to_contain_text("Waiting")
    expect_no_barrier(page)


def furnish(shop: Shop) -> None:
    """Let the shop's channels have lived: one stopped, one silent, a log, deliveries of every outcome."""
    line = shop.channels["whatsapp"]
    talk = shop.long_talk()
    said: list[dict[str, Any]] = [
        {"status": 200, "response": '{"messages":[{"id":"wamid.A"}]}'},
        {"status": 400, "response": '{"error":{"code":131047,"message":"Re-engagement message"}}'},
        {"error": "ReadTimeout"},
    ]
    for number, fields in enumerate(said):
        Exchange.objects.create(
            workspace=shop.workspace, channel=line, connection=shop.connection, method="POST", message_id=talk.last_message_id,
            url="https://graph.facebook.com/v26.0/100200300/messages", request='{"type":"text","text":{"body":"Oi"}}',
            milliseconds=120 + number, **fields,
        )  # fmt: skip
    line.last_inbound_at, line.last_outbound_at = shop.now, shop.now
    line.settings = {"display_number": "+55 11 3333-4444"}
    line.save()
    stopped = shop.channels["instagram"]
    stopped.stopped_at = shop.now
    stopped.stop_reason = {"code": "190", "title": "The access token is invalid or has expired."}
    stopped.save()
    shop.connection.refused_signatures, shop.connection.refused_at = 7, shop.now
    shop.connection.token_set_at = shop.now
    shop.connection.save()
    reasons = {"unroutable": "No channel of this connection has the address 555000.", "invalid": "not_json"}
    for outcome in ("processed", "unroutable", "invalid", "failed", "duplicate"):
        factories.delivery(
            shop.workspace,
            shop.connection,
            outcome=outcome,
            parsed=True,
            reason=reasons.get(outcome, ""),
            body=b'{"object":"page"}',
        )


@pytest.mark.parametrize(("theme", "size"), [("light", "wide"), ("dark", "phone")])
def test_everybody_can_use_every_page(shop: Shop, settings_page: Callable[[str], Page], theme: Any, size: str) -> None:
    furnish(shop)
    line = shop.channels["whatsapp"].pk
    page = settings_page("/settings/channels/")
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(SIZES[size])
    for name, path in {
        "channels": "channels/", "choose": "channels/new/", "connect": "channels/new/whatsapp/",
        "connected": f"channels/{line}/connected/", "channel": f"channels/{line}/",
        "webchat": f"channels/{shop.channels['webchat'].pk}/", "remove": f"channels/{line}/remove/",
        "log": f"channels/{line}/log/", "deliveries": "deliveries/", "unrouted": "unrouted/",
    }.items():  # fmt: skip
        page.goto(f"/settings/{path}")
        if name in {"log", "unrouted"}:
            page.locator("details:not([open]) > summary").first.click()
            page.wait_for_load_state("networkidle")
        take(page, f"settings_{name}_{theme}_{size}")
        expect_no_barrier(page)
