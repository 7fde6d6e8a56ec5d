"""The live board in a browser: figures that move with the feed, a drawer behind each, one press to take over; a wall without names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations import kiosk, tasks
from conversations.models import AlertRule, Conversation, HistoryEvent, Incident, KioskLink, SlaPolicy
from hub.access import Caller
from hub.models import AuditEntry, Role
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop

SignIn = Callable[..., Page]


@pytest.fixture
def floor(shop: Shop) -> list[Conversation]:
    """Three wait for somebody, the first for too long; one is answered by Marcos."""
    now = shop.now
    SlaPolicy.objects.create(workspace=shop.workspace, name="Chat", first_response=600, clock="elapsed")
    AlertRule.objects.create(workspace=shop.workspace, kind="depth", threshold=2)
    talks = []
    for place, minutes in enumerate((30, 8, 2, 4)):
        at = now - timedelta(minutes=minutes)
        talk = shop.conversation(shop.customer(f"Cliente {place}"), "whatsapp", at)
        shop.say(talk, at, "Alguém pode ajudar?")
        talks.append(talk)
    Conversation.objects.update(queued_at=F("opened_at"), waiting_since=F("opened_at"), status="waiting", assignee=None)
    Conversation.objects.filter(pk=talks[3].pk).update(queued_at=None, assignee=shop.users[1], status="open")
    tasks.watch()
    return talks


def test_it_works(shop: Shop, floor: list[Conversation], sign_in: SignIn) -> None:
    page = sign_in(to="/wallboard/")
    tile = page.locator("[data-tile=queue]")
    expect(tile.locator("[data-value]")).to_have_text("3")
    expect(tile).to_have_attribute("data-level", "bad")  # the alert's limit is the target
    expect(page.locator("[data-tile=longest] [data-value]")).to_contain_text("30 min")
    expect(page.locator("[data-tile=serving] [data-value]")).to_have_text("1")
    expect(page.locator("[data-pulse]")).to_have_attribute("data-stale", "false")
    expect(page.locator("[data-breaches] > li")).to_have_count(2)  # late by twenty minutes; two minutes left
    alert = page.locator("[data-incidents] > p")
    expect(alert).to_have_count(1)
    alert.locator("button").click()
    expect(alert.locator("[data-slot=taken]")).to_be_visible()
    expect(alert.locator("button")).to_be_hidden()
    assert Incident.objects.get().taken_by == shop.users[0]
    expect_no_barrier(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect_no_barrier(page)

    page.keyboard.press("1")
    drawer = page.locator("#drawer")
    expect(drawer.locator("li")).to_have_count(3)
    expect(drawer.locator("li").first).to_contain_text("Cliente 0")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()

    places = [
        box["y"] for box in (page.locator(f"[data-tile={key}]").bounding_box() for key in ("queue", "sla")) if box
    ]
    page.locator("[data-breaches] [data-act=take]").first.click()
    expect(tile.locator("[data-value]")).to_have_text("2")  # told by the feed, at most a second later
    expect(page.locator("[data-tile=serving] [data-value]")).to_have_text("2")
    assert places == [
        box["y"] for box in (page.locator(f"[data-tile={key}]").bounding_box() for key in ("queue", "sla")) if box
    ]
    floor[0].refresh_from_db()
    assert floor[0].assignee == shop.users[0]
    page.locator(f'[data-breaches] [data-key="{floor[0].pk}"] [data-act=give_back]').click()
    expect(tile.locator("[data-value]")).to_have_text("3")
    told = HistoryEvent.objects.filter(conversation=floor[0], type="conversation.assigned").order_by("id")
    assert [row.data["agent"] for row in told] == [shop.users[0].email, None]

    page.get_by_role("button", name="Abertas").or_(page.locator("[data-sort=open]")).first.click()
    expect(page.locator("[data-agents] li").first).to_contain_text("Marcos")
    page.keyboard.press("k")
    page.wait_for_url("**/wallboard/?kiosk=1")
    expect(page.locator("nav.rail")).to_have_count(0)


def test_a_wall_names_nobody_and_goes_dark_when_its_link_is_taken_back(
    shop: Shop, floor: list[Conversation], page: Page, base_url: str, expected: list[str]
) -> None:
    caller = Caller(shop.workspace, Role.ADMIN, user=shop.users[0])
    made = kiosk.make(caller, "Hall", timezone.now() + timedelta(days=1))
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{base_url}/wallboard/kiosk/{made.token}/")
    expect(page.locator("[data-tile=queue] [data-value]")).to_have_text("3")
    size = page.locator("[data-tile=queue] [data-value]").evaluate(
        "node => parseFloat(getComputedStyle(node).fontSize)"
    )
    assert size >= 60  # readable at four meters
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")  # nobody scrolls a wall
    longest = page.locator("[data-tile=longest] [data-value]")
    assert longest.evaluate("node => (node.textContent = '23 h 59 min', node.scrollWidth <= node.clientWidth)")
    text = page.content()
    people = [*(user.name for user in shop.users), *(user.email for user in shop.users)]
    assert not [name for name in [*people, "Cliente 0", str(floor[0].pk)] if name in text]
    expect_no_barrier(page)
    assert made.token not in "".join(KioskLink.objects.values_list("digest", flat=True))

    expected.append("410")
    kiosk.revoke(caller, made.row.pk)
    expect(page.locator("[data-pulse]")).to_have_attribute("data-stale", "true")
    answer = page.goto(f"{base_url}/wallboard/kiosk/{made.token}/")
    assert answer is not None
    assert answer.status == 410
    assert list(AuditEntry.objects.order_by("at").values_list("action", flat=True)) == [
        "kiosk_link.created",
        "kiosk_link.revoked",
    ]
