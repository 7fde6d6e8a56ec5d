"""Being there, by keyboard alone: chosen in the rail, the same in every tab, and the queue gives, saying why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from conversations import tasks
from conversations.models import Conversation, HistoryEvent
from hub.models import Membership
from tests.browser.company import Shop

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def test_it_works(shop: Shop, sign_in: SignIn) -> None:
    shop.workspace.settings = {"everybody": {"method": "least_busy"}}
    shop.workspace.save()
    talk = shop.conversation(shop.customer("Ana Souza"), "whatsapp", shop.now - timedelta(minutes=3))
    shop.say(talk, shop.now - timedelta(minutes=3), "Oi, quero trocar o tamanho")
    Conversation.objects.update(queued_at=shop.now, status="waiting", assignee=None)
    page = sign_in(to="/inbox/?view=all")
    place = page.locator("[data-presence]")
    expect(place).to_have_attribute("data-presence", "online")  # an open screen is enough
    other = page.context.new_page()
    other.goto(page.url)
    there = other.locator("[data-presence]")
    expect(there).to_have_attribute("data-presence", "online")

    page.bring_to_front()
    page.locator(".rail-me").focus()
    page.keyboard.press("Enter")
    page.locator("[data-say-break]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#break-menu [data-why=lunch]")).to_be_focused()
    page.keyboard.press("Enter")
    for tab in (place, there):
        expect(tab).to_have_attribute("data-presence", "break")
        expect(tab).to_have_attribute("data-reason", "lunch")
    assert Membership.objects.get(presence="break").presence_reason == "lunch"
    assert tasks.route()["given"] == 0

    page.locator(".rail-me").focus()
    page.keyboard.press("Enter")
    page.locator("[data-say=online]").focus()
    page.keyboard.press("Enter")
    expect(there).to_have_attribute("data-presence", "online")
    assert tasks.route()["given"] == 1
    page.goto(f"{page.url.partition('/inbox/')[0]}/inbox/{talk.pk}/?view=all")
    talk.refresh_from_db()
    expect(page.locator('[data-fact="route"]')).to_contain_text(f"{talk.assignee}: ")
    expect(page.locator('[data-fact="route"]')).to_contain_text("1")
    said = HistoryEvent.objects.filter(type="presence.changed").order_by("id")
    assert [row.data["to"] for row in said] == ["online", "break", "online"]
