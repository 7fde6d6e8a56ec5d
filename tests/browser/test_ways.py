"""Choosing where an answer goes: open ways with their time, closed ones with their reason, templates, limits, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Channel, Gesture, Identity, Message, Template
from simulator.templates import usual
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.test_pictures import SIZES, take

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
LOOKS = [("light", "wide"), ("dark", "wide"), ("light", "phone"), ("dark", "phone")]


@pytest.fixture
def furnished(shop: Shop) -> Shop:
    """A shop with templates on WhatsApp, and a stopped channel beside."""
    for one in usual():
        Template.objects.create(
            workspace=shop.workspace,
            channel=shop.channels["whatsapp"],
            name=one["name"],
            language=one["language"],
            category=one["category"].lower(),
            status=one["status"].lower(),
            components=one["components"],
        )
    Channel.objects.create(
        workspace=shop.workspace,
        connection=shop.connection,
        kind="whatsapp",
        name="WhatsApp Atacado",
        address="100200399",
        stopped_at=shop.now,
        stop_reason={"code": "190", "title": "O token de acesso do canal venceu."},
    )
    return shop


def pictures(page: Page, name: str) -> None:
    """Keep a picture in every look."""
    for theme, size in LOOKS:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size(SIZES[size])
        take(page, f"{name}_{theme}_{size}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(SIZES["wide"])


def test_it_works(furnished: Shop, sign_in: SignIn) -> None:
    talk = furnished.long_talk()
    Identity.objects.create(
        workspace=furnished.workspace,
        customer=talk.customer,
        kind="igsid",
        value="17840999",
        username="mari.teixeira",
        channel_kind="instagram",
        scope=furnished.channels["instagram"].address,
    )
    page = sign_in(to=f"/inbox/{talk.pk}/")
    button = page.locator("[data-ways-button]")
    expect(button.locator("[data-slot=name]")).to_have_text("WhatsApp Loja")
    expect(button.locator("[data-slot=chip]")).to_contain_text("2 d")  # an advertisement brought her: three days

    button.click()
    ways = page.locator("[data-ways] .way")
    expect(ways).to_have_count(5)
    expect(ways.nth(0)).to_have_attribute("aria-current", "true")
    stopped = ways.filter(has_text="WhatsApp Atacado")
    expect(stopped.locator("[data-slot=why]")).to_contain_text("O token de acesso do canal venceu.")
    expect(stopped.locator("[data-slot=why]")).to_contain_text("sai quando ele voltar a funcionar")
    expect_no_barrier(page)
    pictures(page, "ways")
    page.keyboard.press("Escape")

    asked = page.locator(".message.in", has_text="Qual é o número do protocolo?")
    asked.hover()
    asked.locator("[data-react]").click()
    pictures(page, "react")
    with page.expect_response("**/reactions") as told:
        page.locator("#reactions button", has_text="👍").click()
    assert told.value.status == 200, told.value.text()
    expect(asked.locator("[data-slot=reactions]")).to_have_text("👍")
    expect(page.locator(".message.out [data-slot=react]:visible")).to_have_count(0)

    box = page.locator("#composer-text")
    box.fill("x" * 4096)
    expect(page.locator("[data-left]")).to_contain_text("0")
    box.press("End")
    box.type("yz")
    expect(page.locator("[data-left]")).to_have_attribute("data-over", "")
    expect(page.locator("[data-send]")).to_be_disabled()
    page.keyboard.press("Control+Enter")
    assert not Message.objects.filter(text__startswith="xxx").exists()
    assert len(box.input_value()) == 4098
    assert [(one.emoji, one.state) for one in Gesture.objects.all()] == [("👍", "queued")]


def test_it_offers_templates_when_the_window_is_closed_and_loses_nothing(
    furnished: Shop, sign_in: SignIn, expected: list[str]
) -> None:
    person = furnished.customer("Ana Souza")
    old = furnished.now - timedelta(hours=30)
    talk = furnished.conversation(person, "whatsapp", old, status="open", assignee=furnished.users[0])
    said = furnished.say(talk, old, "Meu pedido chegou?")
    Message.objects.filter(pk=said.pk).update(received_at=furnished.now, sent_at=furnished.now - timedelta(hours=1))
    page = sign_in(to=f"/inbox/{talk.pk}/")
    page.locator("#composer-text").fill("Já verifico!")
    Message.objects.filter(pk=said.pk).update(sent_at=old)
    expected.append("409")
    page.keyboard.press("Control+Enter")
    failed = page.locator(".message.out")
    expect(failed.locator("[data-slot=reason]")).not_to_be_empty()
    closed = page.locator("[data-closed]")
    expect(closed.locator("[data-slot=why]")).not_to_be_empty()
    failed.locator("[data-discard]").click()
    expect(closed.locator("[data-slot=kept]")).to_be_visible()
    expect_no_barrier(page)
    pictures(page, "window_closed")

    send_a_template(page)
    expect(page.locator(".message.out")).to_contain_text("Olá, Ana! O seu pedido 4512 saiu para entrega.")
    expect(page.locator(".message[data-id^=local]")).to_have_count(0)
    sent = Message.objects.get(direction="outbound")
    assert (sent.kind, sent.payload["name"], sent.payload["header"]["text"]) == (
        "template",
        "pedido_enviado",
        "Pedido 4512",
    )
    page.locator("[data-mode=note]").click()
    expect(page.locator("#composer-text")).to_have_value("")  # an answer and a note are begun apart
    page.locator("[data-mode=reply]").click()
    expect(page.locator("#composer-text")).to_have_value("Já verifico!")


def send_a_template(page: Page) -> None:
    """Find a template, be kept from sending it with blanks, fill them in and send it."""
    page.locator("[data-pick-closed]").click()
    rows = page.locator("[data-templates] .template-row")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text="carrinho")).to_be_disabled()
    page.locator("#picker-search").fill("pedído")
    expect(rows).to_have_count(2)
    rows.filter(has_text="pedido enviado").click()
    fields = page.locator("[data-fields] input")
    expect(fields).to_have_count(4)
    page.locator("[data-send-template]").click()
    expect(page.locator("#picker")).to_be_visible()
    for name, value in (("header:1", "4512"), ("body:1", "Ana"), ("body:2", "4512"), ("button:0", "4512")):
        page.locator(f"[data-fields] input[name='{name}']").fill(value)
    expect(page.locator("[data-preview] .template-text")).to_have_text("Olá, Ana! O seu pedido 4512 saiu para entrega.")
    expect_no_barrier(page)
    pictures(page, "picker")
    page.locator("[data-send-template]").click()
    expect(page.locator("#picker")).to_be_hidden()
