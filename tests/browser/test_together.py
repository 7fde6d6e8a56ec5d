"""Two at the same conversation, and a browser that was away: one wins and the other is told; whoever comes back sees the truth."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from conversations import marking
from conversations.act import act
from conversations.history import Actor
from conversations.models import Conversation, HistoryEvent, Label
from tests.browser.company import Shop
from tests.browser.door import let_in
from tests.browser.gate import gate
from tests.browser.test_writing import second_screen
from tests.conversations import bodies

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
Arrive = Callable[[bytes], None]


def test_it_works(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1", body="Quem me atende?"))
    talk = Conversation.objects.get()
    page = sign_in("renata@casaaurora.example", to=f"/inbox/{talk.pk}/?view=all")
    other = second_screen(page, "caio@casaaurora.example", "/inbox/?view=all")
    held: list[Route] = []
    other.route("**/conversations/bulk", lambda route: held.append(route))  # noqa: PLW0108  a builtin cannot be listened with
    other.keyboard.press("j")
    with other.expect_request("**/conversations/bulk"):
        other.keyboard.press("i")  # on the row, not opened
    expect(page.get_by_role("log")).to_contain_text("Quem me atende?")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("i")
    expect(page.get_by_role("log")).to_contain_text("Renata Lopes assumiu a conversa")
    held[0].continue_()
    expect(other.locator(".toast.bad")).to_be_visible()
    expect(other.locator(".row [data-slot=owner]")).to_have_attribute("aria-label", "Renata Lopes")
    talk.refresh_from_db()
    assert talk.assignee == shop.users[2]
    assert HistoryEvent.objects.filter(type="conversation.assigned").count() == 1
    other.context.close()


def away(shop: Shop, arrive: Arrive, talk: Conversation) -> None:
    """Let things happen that somebody who is away must see when they are back."""
    label = Label.objects.create(workspace=shop.workspace, name="Urgente", color="red")
    actor = Actor(user=shop.users[1])
    act(shop.workspace.pk, lambda: marking.label(shop.workspace, talk.pk, actor, add=(label.pk,)))
    arrive(bodies.messages(bodies.said("wamid.2", bodies.BRUNO, text={"body": "Eu também"}), name="Bruno Reis"))
    arrive(bodies.text("wamid.3", body="Alguém?"))


def sees_the_truth(page: Page) -> None:
    """Wait until a page shows what happened."""
    expect(page.get_by_role("log")).to_contain_text("Alguém?")
    expect(page.get_by_role("link", name="Bruno Reis")).to_be_visible()
    expect(page.locator(".row .label-chip")).to_have_text(["Urgente"])
    expect(page.locator(".list-tabs [data-view=all] [data-count]")).to_have_text("2")


def five_seconds(page: Page) -> float:
    """Return how long five seconds are here: a machine that takes more than one to read the page anew has five times that."""
    began = time.monotonic()
    page.reload()
    page.wait_for_selector("[data-ready]")
    expect(page.locator(".list-tabs [data-view=all] [data-count]")).to_have_text("1")
    return max(5.0, 5 * (time.monotonic() - began))


def test_whoever_lost_the_network_sees_the_truth_within_five_seconds(
    shop: Shop, sign_in: SignIn, arrive: Arrive, expected: list[str]
) -> None:
    arrive(bodies.text("wamid.1", body="Estou aqui"))
    talk = Conversation.objects.get()
    page = sign_in(to=f"/inbox/{talk.pk}/?view=all")
    limit = five_seconds(page)
    expected.append("ERR_INTERNET_DISCONNECTED")  # the browser reports the cut requests itself
    page.context.set_offline(True)
    away(shop, arrive, talk)
    page.context.set_offline(False)
    back = time.monotonic()
    sees_the_truth(page)
    took = time.monotonic() - back
    print(f"the truth is there after {took:.1f} s of {limit:.1f}")
    assert took < limit


def test_whoever_met_a_restarted_server_sees_the_truth_within_five_seconds(
    shop: Shop, page: Page, base_url: str, arrive: Arrive, expected: list[str]
) -> None:
    arrive(bodies.text("wamid.1", body="Estou aqui"))
    talk = Conversation.objects.get()
    let_in(page.context, base_url)
    with gate(base_url) as way:
        page.goto(f"{way.url}/inbox/{talk.pk}/?view=all")
        limit = five_seconds(page)
        expected += ["ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_SOCKET"]
        way.shut()
        away(shop, arrive, talk)
        end = time.monotonic() + 60
        while len(way.tries) < 5 and time.monotonic() < end:  # as far apart by then as they get
            page.wait_for_timeout(50)
        way.open()
        back = time.monotonic()
        sees_the_truth(page)
        took = time.monotonic() - back
        print(f"the truth is there after {took:.1f} s of {limit:.1f}, {len(way.tries)} tries in vain")
    assert took < limit


OPENED = """async () => {
  const took = [];
  for (let n = 0; n < 12; n += 1) {
    const began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "k", code: "KeyK", ctrlKey: true, bubbles: true, cancelable: true }));
    document.querySelector("#palette").getBoundingClientRect();
    took.push(performance.now() - began);
    document.querySelector("#palette").close();
    await new Promise((done) => setTimeout(done, 20));
  }
  return Math.min(...took);
}"""


def test_the_palette_opens_within_sixty_milliseconds(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    list(shop.crowd())
    page = sign_in(to=f"/inbox/{talk.pk}/?view=all")
    expect(page.locator(".message").first).to_be_attached()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .palette-row").first).to_be_visible()
    page.keyboard.press("Escape")
    took = float(page.evaluate(OPENED))
    print(f"the palette is there after {took:.1f} ms")
    assert took < 60  # the quickest of twelve: what it costs, not what else the machine does
