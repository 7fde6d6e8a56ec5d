"""A new agent's first hour, recorded: three customers on three channels, one handed over, one snoozed, one resolved; by mouse, then by keys."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conversations.act import act
from conversations.connect import Plan, open_channel
from conversations.models import Conversation, HistoryEvent, Message
from tests.browser.company import Shop
from tests.conversations import bodies, social
from tests.conversations.conftest import drain

SignIn = Callable[..., Page]
Arrive = Callable[[bytes], None]
ASKED = {
    "whatsapp": "Comprei um tênis e ficou pequeno. Consigo trocar?",
    "instagram": "Esse vestido ainda tem no M?",
    "webchat": "Meu pedido ainda não chegou",
}
SAID = {
    "whatsapp": "Consegue sim, a troca é grátis.",
    "instagram": "Vou passar para o Marcos, da loja.",
    "webchat": "Vejo com a transportadora e volto já.",
}
NOTE = "Tem um M na loja da Paulista?"
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("waiting", "recorded")]


@pytest.fixture
def waiting(shop: Shop, arrive: Arrive, base_url: str) -> None:
    """Three people wrote, each by the door of their channel, a minute apart; the one of the site wrote last."""
    now = int(time.time())
    shop.channels["instagram"].address = social.ACCOUNTS["instagram"]
    shop.channels["instagram"].save()
    arrive(social.text("instagram", "m_1", ASKED["instagram"], at=now - 120))
    arrive(bodies.text("wamid.1", body=ASKED["whatsapp"], at=now - 60))
    plan = Plan(kind="webchat", name="Chat do site", settings={"title": "Casa Aurora", "origins": [base_url]})
    chat = f"{base_url}/chat/{act(shop.workspace.pk, lambda: open_channel(shop.workspace, plan)).channel.pk}"
    token = posted(f"{chat}/session", base_url, {"identity": ""})["token"]
    posted(f"{chat}/messages", base_url, {"client_id": "message-1", "text": ASKED["webchat"]}, f"Visitor {token}")
    drain()


def posted(address: str, origin: str, body: dict[str, str], authorization: str = "") -> dict[str, Any]:
    """Post as a visitor's browser does; return the answer."""
    headers = {"Content-Type": "application/json", "Origin": origin, "Authorization": authorization}
    given = {name: value for name, value in headers.items() if value}
    request = urllib.request.Request(address, json.dumps(body).encode(), given)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def expect_a_good_day(shop: Shop) -> None:
    """What the house remembers: who answered whom, who has it now, every step in history."""
    marcos, renata = shop.users[1], shop.users[2]
    found = Conversation.objects.select_related("last_channel", "assignee")
    talks = {row.last_channel.kind: row for row in found if row.last_channel}
    assert {kind: (row.status, row.assignee) for kind, row in talks.items()} == {
        "whatsapp": ("resolved", renata), "instagram": ("open", marcos), "webchat": ("snoozed", renata),
    }  # fmt: skip
    said = Message.objects.filter(direction="outbound").exclude(kind="note").select_related("channel", "author")
    assert {row.channel.kind: (row.text, row.author) for row in said if row.channel} == {
        kind: (text, renata) for kind, text in SAID.items()
    }
    note = Message.objects.get(kind="note")
    assert (note.conversation, note.author, note.text) == (talks["instagram"], renata, f"@Marcos Vieira {NOTE}")
    until = talks["webchat"].snoozed_until
    assert until is not None
    assert until > shop.now
    ends = {"whatsapp": "resolved", "instagram": "assigned", "webchat": "snoozed"}
    for kind, last in ends.items():
        events = HistoryEvent.objects.filter(conversation=talks[kind], type__startswith="conversation.")
        assert events.latest("id").type == f"conversation.{last}"


def expect_the_answer(page: Page, text: str) -> None:
    """Wait until the server has what was written."""
    expect(page.locator(".message.out").last).to_contain_text(text)
    expect(page.locator(".message[data-id^=local]")).to_have_count(0)


def test_it_works_by_mouse(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("renata@casaaurora.example")
    log = page.get_by_role("log")

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).locator("visible=true").click()

    def take(kind: str) -> None:
        page.locator(".row", has_text=ASKED[kind]).click()
        expect(log).to_contain_text(ASKED[kind])
        press("Atribuir")
        page.get_by_role("button", name="Atribuir a mim").locator("visible=true").click()
        expect(log).to_contain_text("Renata Lopes assumiu a conversa")
        page.get_by_label("Mensagem", exact=True).click()
        page.keyboard.type(SAID[kind])
        press("Enviar")
        expect_the_answer(page, SAID[kind])

    take("whatsapp")
    press("Resolver")
    expect(page.locator(".toast", has_text="Conversa resolvida")).to_be_visible()

    take("instagram")
    press("Nota privada")
    page.get_by_label("Mensagem", exact=True).click()
    page.keyboard.type("@Mar")
    page.get_by_role("option", name="Marcos Vieira").click()
    page.keyboard.type(NOTE)
    press("Salvar nota")
    expect_the_answer(page, NOTE)
    press("Renata Lopes")
    page.get_by_role("button", name="Marcos Vieira").locator("visible=true").click()
    expect(log).to_contain_text("Renata Lopes passou a conversa para Marcos Vieira")

    take("webchat")
    press("Mais")
    page.get_by_role("button", name="Adiar…").locator("visible=true").click()
    page.get_by_role("dialog", name="Adiar até").get_by_role("button", name="09:00").first.click()
    expect(page.locator(".toast", has_text="09:00")).to_be_visible()
    expect_a_good_day(shop)


def test_it_works_by_keys_alone(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("renata@casaaurora.example")
    log, keys = page.get_by_role("log"), page.keyboard

    def take(kind: str) -> None:
        keys.press("j")
        expect(page.locator(".row:focus")).to_contain_text(ASKED[kind])
        keys.press("Enter")
        expect(log).to_contain_text(ASKED[kind])
        keys.press("i")
        expect(log).to_contain_text("Renata Lopes assumiu a conversa")
        write("r", SAID[kind])

    def write(how: str, text: str) -> None:
        keys.press(how)
        expect(page.get_by_label("Mensagem", exact=True)).to_be_focused()
        keys.type(text)
        keys.press("Control+Enter")
        expect_the_answer(page, text)
        keys.press("Escape")  # out of the text: letters are keys again

    take("webchat")
    keys.press("z")
    expect(page.locator("#choose button:focus")).to_be_visible()
    keys.press("ArrowDown")
    expect(page.locator("#choose li:nth-child(2) button")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("dialog", name="Adiar até")).to_be_hidden()
    expect(log).to_contain_text("Renata Lopes adiou a conversa")

    take("whatsapp")
    keys.press("e")
    expect(page.locator(".toast", has_text="Conversa resolvida")).to_be_visible()

    take("instagram")
    keys.press("n")
    keys.type("@Mar")
    expect(page.get_by_role("option", name="Marcos Vieira")).to_be_visible()
    keys.press("Enter")
    keys.type(NOTE)
    keys.press("Control+Enter")
    expect_the_answer(page, NOTE)
    keys.press("Escape")
    keys.press("a")
    expect(page.get_by_role("dialog", name="Atribuir a")).to_be_visible()
    keys.type("marc")
    keys.press("Enter")
    expect(log).to_contain_text("Renata Lopes passou a conversa para Marcos Vieira")
    expect_a_good_day(shop)
