"""Reports in a browser: a supervisor finds the slowest first response in three clicks; charts by pointer and keyboard; no barrier."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation, HistoryEvent, Message
from metrics.aggregate import derive_pending
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.test_access import SMALL

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
SHOTS = os.environ.get("SCREENSHOTS")  # a folder to look at them


@pytest.fixture
def week(shop: Shop) -> Shop:
    """A week with talks on two channels, one of them answered late on Instagram."""
    for place, (name, kind, wait) in enumerate(
        (("Rafael Costa", "whatsapp", 2), ("Sofia Oliveira", "instagram", 5), ("Karina Lima", "instagram", 95))
    ):
        asked = shop.now - timedelta(days=2 + place, hours=3)
        talk = shop.conversation(shop.customer(name, kind), kind, asked, status="open")
        _tell(talk, shop.say(talk, asked, "Meu pedido ainda não chegou?"), "customer")
        answered = shop.say(talk, asked + timedelta(minutes=wait), "Saiu para entrega hoje.", author=shop.users[2])
        _tell(talk, answered, "agent", "renata@casaaurora.example")
    while derive_pending():
        pass
    return shop


def _tell(talk: Conversation, message: Message, who: str, email: str = "") -> None:
    HistoryEvent.objects.create(
        workspace=talk.workspace, customer=talk.customer, conversation=talk, message_id=message.pk,
        type="message.received" if who == "customer" else "message.sent", occurred_at=message.sent_at,
        channel_kind=talk.last_channel.kind if talk.last_channel else "", actor_kind=who, actor_email=email,
        data={"kind": "text"},
    )  # fmt: skip


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page="drawer" not in name)


def enter(sign_in: SignIn, to: str) -> Page:
    """Go in, and to a page of figures."""
    page = sign_in("marcos@casaaurora.example")
    page.goto(to)
    return page


def test_the_slowest_first_response_is_three_clicks_away(week: Shop, sign_in: SignIn) -> None:
    page = enter(sign_in, "/metrics/")
    page.locator('.bar [data-letter="W"]').click()
    expect(page.locator('.bar [data-letter="W"]')).to_have_attribute("aria-current", "true")
    page.locator(".bar").get_by_role("link", name="Instagram").click()
    page.wait_for_url("**channel=instagram**")
    page.locator("#tile-first_response_time a[data-open]").click()
    drawer = page.locator("#drawer")
    expect(drawer.locator(".interval h3")).to_contain_text("Karina Lima")
    expect(drawer.locator(".interval h3")).to_contain_text("1 h 35 min")
    expect(drawer.locator(".said li")).to_have_count(2)
    expect(drawer.locator(".said li").first).to_contain_text("Meu pedido ainda não chegou?")
    expect(drawer.locator(".said li").last).to_contain_text("Saiu para entrega hoje.")
    assert "open=first_response_time" in page.url
    expect_no_barrier(page)
    look(page, "drawer-light")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "open=" not in page.url
    page.reload()
    page.keyboard.press("m")
    page.wait_for_url("**period=month**")
    page.locator("#card-course-first_response_time svg:visible").focus()
    page.keyboard.press("End")
    expect(page.locator("#readout")).not_to_be_empty()
    page.goto("/metrics/first_response_time/?period=7")
    page.locator("#card-rank-first_response_time-channel svg:visible [data-place]").first.click()
    expect(drawer.locator(".interval h3")).to_contain_text("Karina Lima")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_the_figures(week: Shop, sign_in: SignIn, theme: str) -> None:
    page = enter(sign_in, "/metrics/")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    boards = ["", "board/service/", "board/sales/", "board/journey/", "board/satisfaction/", "board/agents/"]
    others = ["agents/renata@casaaurora.example/", "first_response_time/", "conversion_rate/", "interaction_volume/"]
    for path in [*boards, *others]:
        page.goto(f"/metrics/{path}")
        expect(page.locator("#dash")).to_be_visible()
        expect_no_barrier(page)
        look(page, f"{path.strip('/').replace('/', '-') or 'overview'}-{theme}")
    page.goto("/metrics/first_response_time/receipt/")
    expect(page.get_by_text("igual", exact=False).or_(page.get_by_text("equal")).first).to_be_visible()
    expect_no_barrier(page)
    look(page, f"receipt-{theme}")
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    for path in ("", "first_response_time/", "board/journey/"):
        page.goto(f"/metrics/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= SMALL["width"], (path, wide)
        look(page, f"phone-{path.strip('/').replace('/', '-') or 'overview'}-{theme}")
