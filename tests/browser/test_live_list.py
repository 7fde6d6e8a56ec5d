"""The list under live traffic: rows move one by one, hold still under the pointer, and pages follow by scrolling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from playwright.sync_api import Page, expect

from conversations import feed
from conversations.models import Conversation
from tests.browser.company import Shop
from tests.conversations import bodies

SignIn = Callable[..., Page]
Arrive = Callable[[bytes], None]


def names(page: Page) -> list[str]:
    """Return the names of the rows from top to bottom."""
    return page.locator(".row-name").all_text_contents()


def test_it_moves_the_row_of_who_wrote_to_the_top(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.messages(bodies.said("wamid.1", bodies.ANA, 1_700_000_000), name="Ana Souza"))
    arrive(bodies.messages(bodies.said("wamid.2", bodies.BRUNO, 1_700_000_100), name="Bruno Reis"))
    page = sign_in(to="/inbox/?view=all")
    expect(page.locator(".row-name")).to_have_text(["Bruno Reis", "Ana Souza"])
    page.keyboard.press("j")
    arrive(bodies.text("wamid.3", body="Voltei"))
    expect(page.locator(".row-name")).to_have_text(["Ana Souza", "Bruno Reis"])
    expect(page.get_by_role("link", name="Bruno Reis")).to_be_focused()


def test_it_holds_still_under_the_pointer(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    list(shop.crowd())
    page = sign_in(to="/inbox/?view=all")
    before = names(page)
    page.locator(".row").first.hover()
    arrive(bodies.text("wamid.1"))
    news = page.get_by_role("button", name="1 nova")
    expect(news).to_be_visible()
    assert names(page) == before
    news.click()
    expect(page.locator(".row-name").first).to_have_text("Ana Souza")
    expect(news).to_be_hidden()


def test_it_loads_what_is_older_by_scrolling(shop: Shop, sign_in: SignIn) -> None:
    for number in range(120):
        at = shop.now - timedelta(minutes=number)
        talk = shop.conversation(shop.customer(f"Pessoa {number:03}"), "whatsapp", at)
        shop.say(talk, at, "Oi")
    page = sign_in(to="/inbox/?view=all")
    expect(page.locator(".row")).to_have_count(50)
    for count in (100, 120):
        page.locator(".row").last.scroll_into_view_if_needed()
        expect(page.locator(".row")).to_have_count(count)
    assert names(page) == [f"Pessoa {number:03}" for number in range(120)]


def test_it_loads_what_was_said_earlier_without_moving_what_is_read(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.conversation(shop.customer("Ana Souza"), "whatsapp", shop.now - timedelta(hours=5))
    for number in range(90):
        shop.say(talk, shop.now - timedelta(hours=4) + timedelta(minutes=number), f"Mensagem {number}")
    Conversation.objects.update(unread=0)
    page = sign_in(to=f"/inbox/{talk.pk}/")
    expect(page.locator(".message")).to_have_count(60)
    page.get_by_text("Mensagem 30", exact=True).scroll_into_view_if_needed()
    expect(page.locator(".message")).to_have_count(90)
    expect(page.get_by_text("Mensagem 30", exact=True)).to_be_in_viewport()


def test_it_tells_every_tab(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    first = sign_in(to="/inbox/?view=all")
    second = first.context.new_page()
    second.goto("/inbox/?view=all")
    second.wait_for_selector("[data-ready]")
    arrive(bodies.text("wamid.1"))
    for page in (first, second):
        expect(page.get_by_role("link", name="Ana Souza")).to_be_visible()


def test_it_lets_go_of_a_conversation_that_is_gone(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"))
    key = Conversation.objects.get().pk
    page = sign_in(to="/inbox/?view=all")
    expect(page.locator(".row")).to_have_count(1)
    with transaction.atomic():
        Conversation.objects.get().delete()
        feed.publish(shop.workspace.pk, [feed.Change("conversation.updated", key)])
    expect(page.locator(".row")).to_have_count(0)
