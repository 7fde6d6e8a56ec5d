"""A visitor's chat on a foreign page with a strict policy, an agent in another window."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import redis
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FrameLocator, Page, Route, expect

from conversations import pipeline, typing_sign
from conversations.act import act
from conversations.connect import Plan, open_channel
from conversations.models import Attachment, Channel, Conversation, Customer, Message
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.site import Site, opened
from tests.browser.test_pictures import take

SignIn = Callable[..., Page]


@pytest.fixture
def site(shop: Shop, base_url: str) -> Iterator[Site]:
    """The shop's site, allowed to show the chat."""
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    for key in valkey.scan_iter("novelo:limit:*"):
        valkey.delete(key)
    valkey.close()
    with opened() as found:
        said = {
            "title": "Casa Aurora", "greeting": "Oi! Como podemos ajudar?", "hours_text": "Segunda a sexta, das 9h às 18h",
            "origins": [found.url],
        }  # fmt: skip
        plan = Plan(kind="webchat", name="Chat do site", settings=said)
        shop.channels["webchat"] = act(shop.workspace.pk, lambda: open_channel(shop.workspace, plan)).channel
        found.hub, found.channel = base_url, str(shop.channels["webchat"].pk)
        yield found


@pytest.fixture
def context_of_visitor(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser of its own, of somebody who reads English."""
    context = browser.new_context(
        **{**browser_context_args, "locale": "en-US", "viewport": {"width": 1200, "height": 760}}
    )
    yield context
    context.close()


@pytest.fixture
def visitor(context_of_visitor: BrowserContext, expected: list[str]) -> Iterator[Page]:
    """The visitor's page; fails the test on any error the browser reports."""
    page = context_of_visitor.new_page()
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in expected):
            wrong.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert wrong == []


def work() -> None:
    """Do what worker and relay do."""
    while any(pipeline.parse_and_work()) or pipeline.work_pending() or pipeline.send_pending():
        pass


def open_chat(page: Page, site: Site) -> FrameLocator:
    """Open the site and its chat."""
    page.goto(site.url)
    page.get_by_role("button", name="Open the chat").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("html[data-ready]")).to_be_attached()
    return frame


def say(frame: FrameLocator, text: str) -> None:
    """Write and send as visitors do."""
    box = frame.get_by_role("textbox", name="Your message")
    box.fill(text)
    box.press("Enter")


def taken(frame: FrameLocator, count: int) -> None:
    """Wait until the server has everything the visitor wrote."""
    expect(frame.locator(".said.out")).to_have_count(count)
    expect(frame.locator(".said.out .tick[data-state=waiting]")).to_have_count(0)


def answer(page: Page, text: str) -> None:
    """Write and send as agents do."""
    page.get_by_label("Mensagem", exact=True).fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message[data-id^=local]")).to_have_count(0)


def test_it_works(shop: Shop, site: Site, sign_in: SignIn, visitor: Page, expected: list[str]) -> None:
    frame = open_chat(visitor, site)
    expect(frame.get_by_text("Oi! Como podemos ajudar?")).to_be_visible()
    expect(frame.get_by_text("Segunda a sexta, das 9h às 18h")).to_be_visible()
    expect(frame.get_by_role("textbox", name="Your message")).to_be_focused()
    say(frame, "Recebi o vestido errado")
    taken(frame, 1)
    work()

    agent = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    expect(agent.get_by_role("log")).to_contain_text("Recebi o vestido errado")
    expect(frame.locator(".said.out .tick")).to_have_attribute("data-state", "read")
    typing_sign.show(Conversation.objects.get().pk)
    expect(frame.locator("[data-typing]")).not_to_be_empty()
    answer(agent, "Sinto muito! Pode mandar uma foto?")
    work()
    reply = frame.locator(".said.in", has_text="Pode mandar uma foto?")
    expect(reply).to_contain_text("Júlia Andrade")
    expect(frame.locator("[data-typing]")).to_be_empty()
    tick = agent.locator(".message.out .tick")
    for _ in range(100):  # acknowledged in one go, a moment after it was seen
        work()
        if tick.get_attribute("data-status") == "read":
            break
        visitor.wait_for_timeout(200)
    expect(tick).to_have_attribute("data-status", "read")

    frame.get_by_role("textbox", name="Your message").press_sequentially("Vou")
    expect(agent.locator("[data-customer-types]")).to_be_visible()

    visitor.reload()
    frame = open_chat_again(visitor)
    expect(frame.get_by_role("textbox", name="Your message")).to_have_value("Vou")
    expect(frame.locator(".said")).to_have_count(2)
    expect(frame.locator(".day")).to_have_count(1)

    frame.get_by_role("textbox", name="Your message").press("Escape")
    answer(agent, "Já separei a troca.")
    work()
    button = visitor.get_by_role("button", name="Open the chat (New messages: 1)")
    expect(button.locator("b")).to_have_text("1")
    button.click()
    expect(frame.locator(".said.in")).to_have_count(2)
    expect(visitor.get_by_role("button", name="Close the chat").locator("b")).to_be_hidden()


def open_chat_again(page: Page) -> FrameLocator:
    """Open the chat of a page that was loaded anew."""
    page.get_by_role("button", name="Open the chat").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("html[data-ready]")).to_be_attached()
    return frame


def test_a_site_that_may_not_show_it_is_told_and_nobody_sees_a_broken_page(
    shop: Shop, site: Site, visitor: Page, expected: list[str]
) -> None:
    expected += ["frame-ancestors", "status of 403", "Novelo: no chat could be shown"]
    Channel.objects.filter(pk=shop.channels["webchat"].pk).update(settings={"origins": ["https://another.example"]})
    visitor.goto(site.url)
    with visitor.expect_console_message(lambda message: f"Is {site.url} among the sites" in message.text):
        visitor.get_by_role("button", name="Open the chat").click()
    expect(visitor.get_by_role("button", name="Open the chat")).to_have_attribute("aria-expanded", "false")
    expect(visitor.locator("iframe")).to_have_count(0)


def test_it_sends_what_was_written_without_a_connection_once_and_in_order(
    site: Site, visitor: Page, context_of_visitor: BrowserContext, expected: list[str]
) -> None:
    expected += ["ERR_INTERNET_DISCONNECTED", "Failed to load resource"]
    frame = open_chat(visitor, site)
    say(frame, "um")
    taken(frame, 1)
    context_of_visitor.set_offline(True)
    for text in ("dois", "três"):
        say(frame, text)
    expect(frame.locator(".said.out .tick[data-state=waiting]")).to_have_count(2)
    expect(frame.locator("[data-offline]")).to_contain_text("No connection")
    context_of_visitor.set_offline(False)
    taken(frame, 3)
    expect(frame.locator("[data-offline]")).to_be_hidden()
    work()
    assert list(Message.objects.in_order().values_list("text", flat=True)) == ["um", "dois", "três"]
    expect(frame.locator(".said.out")).to_have_count(3)


def test_it_keeps_what_waits_when_the_page_is_left(site: Site, visitor: Page, expected: list[str]) -> None:
    expected += ["ERR_FAILED", "Failed to load resource"]
    frame = open_chat(visitor, site)
    visitor.route("**/messages", lambda route: route.abort())
    say(frame, "Ainda não saiu")
    expect(frame.locator(".tick[data-state=waiting]")).to_have_count(1)
    visitor.unroute("**/messages")
    visitor.reload()
    frame = open_chat_again(visitor)
    taken(frame, 1)
    work()
    assert Message.objects.get().text == "Ainda não saiu"


@pytest.mark.long
def test_it_carries_files_both_ways(shop: Shop, site: Site, sign_in: SignIn, visitor: Page, tmp_path: Path) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 400), "#0f766e").save(drawn, "PNG")
    frame = open_chat(visitor, site)
    frame.locator("[data-pick]").set_input_files(
        {"name": "etiqueta.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    )
    expect(frame.locator(".chat-files li")).to_contain_text("etiqueta.png")
    say(frame, "Veio esta etiqueta")
    taken(frame, 1)
    work()
    expect(frame.locator(".said.out .photo img")).to_be_visible()
    row = Attachment.objects.get()
    assert (row.state, row.filename, row.mime_type) == ("stored", "etiqueta.png", "image/png")

    agent = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    expect(agent.locator(".message.in img").first).to_be_visible()
    agent.locator("[data-files]").set_input_files(
        {"name": "troca.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 uma troca"}
    )
    expect(agent.locator('.tray-file[data-state="here"]')).to_have_count(1)
    answer(agent, "Segue o formulário")
    expect(agent.locator(".message.out a.file", has_text="troca.pdf")).to_be_visible()
    work()
    expect(frame.locator(".said.in .file")).to_contain_text("troca.pdf")
    expect(frame.locator(".said.in", has_text="Segue o formulário")).to_be_in_viewport(ratio=1)
    got = visitor.request.get(str(frame.locator(".said.in .file").get_attribute("href")))
    assert (got.status, got.body()) == (200, b"%PDF-1.4 uma troca")


def identify(page: Page, token: str | None) -> None:
    """Say who is signed in, as the shop's site does."""
    page.evaluate("token => window.novelo.identify(token)", token)


def signed(channel: Channel, **claims: Any) -> str:
    """What the shop's server signs."""
    assert channel.connection is not None
    key = claims.pop("key", channel.connection.credentials().identity_keys[0])
    usual = {"sub": "cliente-7", "aud": str(channel.pk), "exp": int(time.time()) + 300, "name": "Maria Lima"}
    return jwt.encode(usual | claims, key, "HS256")


@pytest.mark.long
def test_it_keeps_in_sight_what_was_taken_while_the_talk_was_read(shop: Shop, site: Site, visitor: Page) -> None:
    frame = open_chat(visitor, site)
    held: list[Route] = []
    visitor.route("**/history", lambda route, _request: held.append(route))
    identify(visitor, signed(shop.channels["webchat"]))
    say(frame, "Sou a Maria")
    taken(frame, 1)
    with visitor.expect_request("**/stream?*"):  # follows what was read
        held.pop().continue_()
    assert frame.locator(".said.out").count() == 1


@pytest.mark.long
def test_it_knows_who_the_site_says_the_visitor_is(shop: Shop, site: Site, visitor: Page, expected: list[str]) -> None:
    channel = shop.channels["webchat"]
    frame = open_chat(visitor, site)
    identify(visitor, signed(channel))
    say(frame, "Sou a Maria")
    taken(frame, 1)
    work()
    assert Customer.objects.get().name == "Maria Lima"

    identify(visitor, None)
    expect(frame.locator(".said")).to_have_count(0)
    say(frame, "Sou outra pessoa")
    taken(frame, 1)
    identify(visitor, signed(channel, sub="cliente-8", name="João"))
    work()

    identify(visitor, None)
    identify(visitor, signed(channel))
    expect(frame.locator(".said.out")).to_contain_text(["Sou a Maria"])

    expected.append("401")  # the browser reports the refusal itself
    visitor.evaluate("addEventListener('novelo:refused', ({detail}) => (document.title = detail))")
    for wrong, sentence in (
        (signed(channel, exp=int(time.time()) - 90), "The identity token has expired."),
        (signed(channel, key="k" * 43), "The identity token is not signed with a key of this chat."),
    ):
        identify(visitor, wrong)
        expect(visitor).to_have_title(sentence)
        expect(frame.locator(".said")).to_have_count(0)
    say(frame, "Ninguém me conhece")
    taken(frame, 1)
    work()
    assert Message.objects.get(text="Ninguém me conhece").customer.name == ""


SCREENS: dict[str, Any] = {"wide": {"width": 1200, "height": 760}, "phone": {"width": 390, "height": 844}}


def in_every_light(page: Page, name: str) -> Iterator[None]:
    """Show the page in both themes and sizes; keep a picture of each."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        for size, screen in SCREENS.items():
            page.set_viewport_size(screen)
            take(page, f"{name}_{theme}_{size}")
            yield


@pytest.mark.long
def test_it_looks_right_and_everybody_can_use_it(
    site: Site, visitor: Page, sign_in: SignIn, expected: list[str]
) -> None:
    visitor.goto(site.url)
    expect(visitor.get_by_role("button", name="Open the chat")).to_be_visible()
    list(in_every_light(visitor, "widget_closed"))
    frame = open_chat_again(visitor)
    say(frame, "Olá! Vocês têm esse vestido na cor azul-marinho? https://loja.example/vestidos/azul")
    taken(frame, 1)
    work()
    agent = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    answer(agent, "Temos sim! Separo um para você retirar na loja?")
    work()
    expect(frame.locator(".said.in")).to_be_visible()
    say(frame, "Quero sim, obrigada 🙏")
    taken(frame, 2)
    expected.append("'postMessage'")  # axe asks the frame of another house, which does not answer it
    inner = next(one for one in visitor.frames if one != visitor.main_frame)
    for _ in in_every_light(visitor, "widget"):
        expect_no_barrier(inner)
        expect_no_barrier(visitor)
    frame.get_by_role("textbox", name="Your message").press("Escape")
    expect(visitor.get_by_role("button", name="Open the chat")).to_be_focused()
    answer(agent, "Já separei!")
    work()
    expect(visitor.get_by_role("button", name="Open the chat (New messages: 1)")).to_be_visible()
    take(visitor, "widget_news")
