"""An agent's day in a real browser: somebody writes, the agent reads, answers, notes, resolves, and the customer comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Message
from tests.browser.company import Shop
from tests.conversations import bodies

SignIn = Callable[..., Page]
Arrive = Callable[[bytes], None]


def answer(page: Page, text: str) -> None:
    """Write and send as agents do."""
    page.get_by_label("Mensagem", exact=True).fill(text)
    page.keyboard.press("Control+Enter")


def expect_saved(page: Page) -> None:
    """Wait until the server has everything that was written here."""
    expect(page.locator(".message.out")).not_to_have_count(0)
    expect(page.locator(".message[data-id^=local]")).to_have_count(0)


def test_it_works(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    page = sign_in(to="/inbox/?view=unassigned")
    expect(page.get_by_role("heading", name="A fila está vazia")).to_be_visible()

    arrive(bodies.text("wamid.1", body="Quero trocar o tamanho do tênis"))
    row = page.get_by_role("link", name="Ana Souza")
    expect(row).to_contain_text("Quero trocar o tamanho do tênis")
    expect(row.locator(".pill")).to_have_text("1")

    row.click()
    expect(page.get_by_role("log")).to_contain_text("Quero trocar o tamanho do tênis")
    expect(page.get_by_role("heading", name="Ana Souza", level=2).first).to_be_visible()
    expect(page.locator("[data-window]")).to_contain_text("janela 23 h")
    expect(row.locator(".pill")).to_be_hidden()

    page.get_by_role("button", name="Atribuir", exact=True).click()
    page.get_by_role("button", name="Atribuir a mim").click()
    expect(page.get_by_role("log")).to_contain_text("Júlia Andrade assumiu a conversa")
    expect(row).to_be_hidden()

    answer(page, "Claro! Qual é o número do pedido?")
    bubble = page.locator(".message.out")
    expect(bubble).to_contain_text("Claro! Qual é o número do pedido?")
    expect_saved(page)
    sent = Message.objects.get(direction="outbound")
    assert (sent.text, sent.author, sent.status) == ("Claro! Qual é o número do pedido?", shop.users[0], "queued")

    page.get_by_role("button", name="Resolver").click()
    expect(page.get_by_text("Conversa resolvida. Ana Souza ainda pode responder.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Júlia Andrade resolveu a conversa")
    assert Conversation.objects.get().status == "resolved"

    arrive(bodies.text("wamid.2", body="Pedido 4512", at=int(time.time()) + 1))
    expect(page.get_by_role("log")).to_contain_text("Pedido 4512")
    expect(page.get_by_role("log")).to_contain_text("O cliente escreveu de novo: conversa reaberta")
    expect(page.get_by_role("button", name="Resolver")).to_be_visible()


def test_it_undoes_a_resolution(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    page = sign_in(to=f"/inbox/{talk.pk}/")
    page.locator("body").press("e")
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_text("Conversa reaberta.")).to_be_visible()
    talk.refresh_from_db()
    assert talk.status != "resolved"


def test_it_keeps_a_note_in_the_house(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"))
    page = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    page.locator("body").press("n")
    answer(page, "Cliente antigo, dar frete grátis")
    expect(page.locator(".message.note")).to_contain_text("Nota privada")
    expect_saved(page)
    note = Message.objects.get(kind="note")
    assert (note.text, note.provider_id) == ("Cliente antigo, dar frete grátis", None)


def test_it_answers_one_message_of_many_and_tells_what_became_of_it(
    shop: Shop, sign_in: SignIn, arrive: Arrive
) -> None:
    arrive(bodies.text("wamid.1", body="Qual o prazo?"))
    page = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    page.locator(".message.in").hover()
    page.get_by_role("button", name="Responder a esta mensagem").click()
    expect(page.locator("[data-quote].composer-quote")).to_contain_text("Qual o prazo?")
    answer(page, "Dois dias úteis")
    expect(page.locator(".message.out .quote")).to_contain_text("Qual o prazo?")
    tick = page.locator(".message.out .tick")
    expect(tick).to_have_attribute("data-status", "queued")
    expect_saved(page)
    assert Message.objects.get(direction="outbound").reply_to == Message.objects.get(direction="inbound")
    Message.objects.filter(direction="outbound").update(provider_id="wamid.out", status="sent")
    for word in ("delivered", "read"):
        arrive(bodies.statuses(("wamid.out", word)))
        expect(tick).to_have_attribute("data-status", word)


def test_it_keeps_a_draft_when_the_page_is_left(shop: Shop, sign_in: SignIn, arrive: Arrive) -> None:
    arrive(bodies.text("wamid.1"))
    page = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/?view=all")
    page.get_by_label("Mensagem", exact=True).fill("Um momento, vou")
    expect(page.get_by_role("link", name="Ana Souza")).to_contain_text("Rascunho: Um momento, vou")
    page.reload()
    expect(page.get_by_label("Mensagem", exact=True)).to_have_value("Um momento, vou")


# One step of the page: its stream, should it be made anew just now, sends by itself what failed, and the button is gone.
RETRY = """() => [...document.querySelectorAll("[data-retry]")].find((one) => one.checkVisibility())?.click()"""


@pytest.mark.long
def test_it_keeps_an_answer_the_server_did_not_take_and_sends_it_when_asked_or_when_the_page_comes_back(
    shop: Shop, sign_in: SignIn, arrive: Arrive, expected: list[str]
) -> None:
    arrive(bodies.text("wamid.1"))
    page = sign_in(to=f"/inbox/{Conversation.objects.get().pk}/")
    expected.append("ERR_FAILED")  # the browser reports the cut request itself
    sent = Message.objects.filter(direction="outbound").in_order()
    page.route("**/messages", lambda route: route.abort())
    answer(page, "Chegou a sua troca")
    expect(page.locator(".failure:visible")).to_contain_text("sem conexão")
    page.unroute("**/messages")
    page.evaluate(RETRY)
    expect_saved(page)
    expect(page.locator(".failure:visible")).to_have_count(0)
    assert list(sent.values_list("text", flat=True)) == ["Chegou a sua troca"]

    page.route("**/messages", lambda route: route.abort())
    answer(page, "Pode retirar hoje")
    expect(page.locator(".failure:visible")).to_contain_text("sem conexão")
    page.unroute("**/messages")
    page.reload()
    expect(page.locator(".message.out").last).to_contain_text("Pode retirar hoje")
    expect_saved(page)
    assert list(sent.values_list("text", flat=True)) == ["Chegou a sua troca", "Pode retirar hoje"]


def test_it_refuses_free_text_outside_the_window(shop: Shop, sign_in: SignIn) -> None:
    person = shop.customer("Ana Souza")
    old = timezone.now() - timedelta(hours=30)
    talk = shop.conversation(person, "whatsapp", old)
    shop.say(talk, old, "Oi")
    page = sign_in(to=f"/inbox/{talk.pk}/")
    expect(page.locator("[data-closed]")).to_be_visible()
    expect(page.locator("[data-pick-closed]")).to_be_visible()
    expect(page.get_by_label("Mensagem", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Nota privada").click()
    expect(page.get_by_label("Mensagem", exact=True)).to_be_editable()
