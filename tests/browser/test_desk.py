"""The list at work: views, filters, many at once, what undoes it, search; by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from conversations import marking, search
from conversations.act import act
from conversations.models import Attention, Conversation, Draft, HistoryEvent, Label, Mention, Message, SavedView
from tests.browser.company import Shop

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def dressed(shop: Shop) -> list[Conversation]:
    """Make the shop's afternoon, with everything a row can carry on the newest rows of Júlia."""
    talks = list(shop.crowd())
    labels = [
        Label.objects.create(workspace=shop.workspace, name=name, color=color)
        for name, color in (("Troca", "amber"), ("VIP", "purple"), ("Entrega", "teal"))
    ]
    mine = [talk for talk in talks if talk.assignee_id == shop.users[0].pk]
    now = timezone.now()
    mine[0].label_ids, mine[0].priority = [one.pk for one in labels], 4
    mine[0].due_at, mine[0].due_kind = now - timedelta(minutes=3), "next_response"
    mine[1].label_ids, mine[1].priority = [labels[0].pk], 3
    mine[1].due_at, mine[1].due_kind = now + timedelta(minutes=12), "first_response"
    mine[2].last_inbound_at = now - timedelta(hours=22, minutes=40)
    for talk in mine[:3]:
        talk.save()
    Attention.objects.create(workspace=shop.workspace, conversation=mine[2], user=shop.users[1], doing="views")
    Draft.objects.create(workspace=shop.workspace, conversation=mine[3], user=shop.users[0], text="Vou verificar com o")
    note = shop.say(mine[4], now, "@Júlia, pode ver?", author=shop.users[1], kind="note")
    Mention.objects.create(workspace=shop.workspace, conversation=mine[4], message=note, user=shop.users[0])
    search.keep(shop.workspace.pk, Message.objects.values_list("pk", flat=True))
    return mine


def test_it_works(shop: Shop, sign_in: SignIn) -> None:
    mine = dressed(shop)
    page = sign_in(to="/inbox/?view=mine")
    first = page.locator(".rows > li").filter(has_text=mine[0].customer.name)
    expect(first.locator(".label-chip")).to_have_text(["Entrega", "Troca"])
    expect(first).to_contain_text("+1")
    expect(first.locator("[data-slot=due]")).to_have_class("chip tabular bad")
    expect(
        page.locator(".rows > li").filter(has_text=mine[2].customer.name).locator("[data-slot=window]")
    ).to_be_visible()
    expect(page.locator(".rows > li").filter(has_text="Vou verificar com o")).to_have_count(1)

    page.locator(".view-button").click()
    page.locator("#views [data-view=mentions]").click()
    expect(page.locator(".row-who")).to_have_text([mine[4].customer.name])
    page.locator("[data-list] [data-view=mine]").click()
    expect(page.locator(".row")).to_have_count(len(mine))
    page.locator("[data-filter-button]").click()
    page.locator("#filters [name=priority]").select_option("urgent")
    expect(page.locator(".row-who")).to_have_text([mine[0].customer.name])
    page.keyboard.press("Escape")
    page.locator(".view-button").click()
    page.locator("[data-keep-view]").click()
    page.locator("#keep-view [name=name]").fill("Para já")
    page.locator("#keep-view [type=submit]").click()
    expect(page.locator("[data-view-name]")).to_have_text("Para já")
    kept = SavedView.objects.get()
    assert (kept.filters, kept.owner) == ({"assignee": "me", "priority": "urgent"}, shop.users[0])
    Conversation.objects.filter(pk=mine[1].pk).update(priority=4)
    act(shop.workspace.pk, lambda: marking.mark_unread(shop.workspace, mine[2].pk))
    page.reload()
    expect(page.locator(".row-who")).to_have_text([mine[0].customer.name, mine[1].customer.name])


def test_it_does_much_at_once_by_keyboard_and_takes_it_back(shop: Shop, sign_in: SignIn) -> None:
    mine = dressed(shop)
    page = sign_in(to="/inbox/?view=mine")
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_count(3)
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    expect(page.locator("[data-priority=urgent]:visible")).to_have_count(3)
    expect(page.locator("[data-chosen]")).to_have_count(0)
    events = HistoryEvent.objects.filter(type="conversation.prioritized")
    expect(page.locator(".toast")).to_be_visible()
    assert events.count() == 2  # one of the three was so already
    page.keyboard.press("Control+z")
    expect(page.locator("[data-priority=urgent]:visible")).to_have_count(1)

    row = page.locator(".rows > li").filter(has_text=mine[3].customer.name)
    row.locator("a").focus()
    page.keyboard.press("l")
    page.locator("[data-choose-search]").fill("vip")
    with page.expect_response("**/conversations/bulk"):
        page.keyboard.press("Enter")
    expect(row.locator(".label-chip")).to_have_text(["VIP"])
    row.locator("a").focus()
    page.keyboard.press("l")
    page.locator("[data-choose-search]").fill("Primeira compra")
    with page.expect_response("**/conversations/bulk"):
        page.keyboard.press("Enter")  # nobody has made it yet
    expect(row.locator(".label-chip").filter(has_text="Primeira compra")).to_be_visible()
    made = Label.objects.get(name="Primeira compra")
    assert made.pk in Conversation.objects.get(pk=mine[3].pk).label_ids
    row.locator("a").focus()
    page.keyboard.press("z")
    page.locator("#choose button").filter(has_text="09:00").first.click()
    expect(page.locator(".toast").filter(has_text="09:00")).to_be_visible()
    expect(row).to_have_count(0)
    talk = Conversation.objects.get(pk=mine[3].pk)
    assert (talk.status, timezone.localtime(talk.snoozed_until, ZoneInfo("America/Sao_Paulo")).hour) == ("snoozed", 9)
    page.get_by_role("button", name="Desfazer").last.click()
    expect(row).to_have_count(1)
    row.click(button="right")
    page.locator("[data-row-act=resolve]:visible").click()
    expect(page.locator(".toast").filter(has_text="Conversa resolvida")).to_be_visible()
    expect(row).to_have_count(0)
    assert Conversation.objects.get(pk=mine[3].pk).status == "resolved"


def test_the_keys_go_on_at_what_is_taken_back(shop: Shop, sign_in: SignIn) -> None:
    talk = dressed(shop)[2]
    page = sign_in(to="/inbox/?view=mine")
    row = page.locator(".rows > li").filter(has_text=talk.customer.name).locator("a")
    row.focus()
    page.keyboard.press("e")
    expect(row).to_have_count(0)
    expect(page.locator(".row:focus")).to_have_count(1)
    expect(
        page.locator(".toast").filter(has_text="Conversa resolvida")
    ).to_be_visible()  # the answer, which can be taken back
    page.keyboard.press("Control+z")
    expect(row).to_be_focused()


def test_it_says_what_it_waits_for_and_why_it_is_empty(shop: Shop, sign_in: SignIn) -> None:
    mine = dressed(shop)
    page = sign_in(to=f"/inbox/{mine[0].pk}/?view=mine")
    text = page.locator("#composer-text")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/thread/", hold)
    text.click()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".thread-ghost")).to_be_visible()
    expect(text).to_be_hidden()  # nothing is written to the one before
    held[0].continue_()
    expect(page.locator("[data-thread] [data-name]")).to_have_text(mine[1].customer.name)
    expect(text).to_be_focused()
    page.goto("/inbox/?view=mine&priority=low")
    page.get_by_role("button", name="Limpar filtros").locator("visible=true").click()
    expect(page.locator(".row")).to_have_count(len(mine))


def test_the_palette_says_what_nobody_has_made_yet(shop: Shop, sign_in: SignIn) -> None:
    talk = next(iter(shop.crowd()))
    for email, offered in (("renata@casaaurora.example", 0), ("julia@casaaurora.example", 1)):
        page = sign_in(email, to=f"/inbox/{talk.pk}/?view=all")
        page.keyboard.press("Control+k")
        page.locator("#palette input").fill("etiquetas")
        page.keyboard.press("Enter")
        said = page.locator("[data-palette-none]:visible")
        expect(said).to_have_count(1)
        expect(said).to_have_attribute("data-palette-none", "label")
        expect(said.get_by_role("link")).to_have_count(offered)
        page.locator("#palette input").fill("x")
        expect(said).to_have_attribute("data-palette-none", "label")
    said.get_by_role("link").click()
    page.wait_for_url("**/settings/labels/")


def test_it_searches(shop: Shop, sign_in: SignIn) -> None:
    dressed(shop)
    page = sign_in(to="/inbox/?view=mine")
    page.keyboard.press("/")
    box = page.locator("[data-search-input]")
    expect(box).to_be_focused()
    box.fill("rafal cost")
    expect(page.locator(".search-option").first).to_contain_text("Rafael Costa")
    box.fill("tamnho do tenis")
    expect(page.locator(".search-option").first.locator("mark")).to_have_text(["tamanho", "tênis"])
    page.keyboard.press("ArrowDown")
    name = page.locator("[aria-selected=true] strong").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("tamanho do tênis")
    expect(page.locator("[data-thread] [data-name]")).to_have_text(name)
    box.fill("nada disso aqui")
    expect(page.locator("[data-search-none]")).to_be_visible()
    box.press("Escape")
    expect(page.locator("[data-search-pane]")).to_be_hidden()
