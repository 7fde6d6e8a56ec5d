"""Writing in a real browser: drafts on every machine, members named, canned replies, who else is at it, the palette, by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.models import CannedReply, CustomField, Draft, Label, Macro, Mention, Message
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.door import let_in

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def box(page: Page):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Where the answer is written."""
    return page.locator("#composer-text")


def second_screen(page: Page, email: str, to: str) -> Page:
    """Let somebody be signed in on another machine."""
    base_url = page.url.split("/inbox")[0]
    machine = page.context.browser.new_context(base_url=base_url, locale="pt-BR")  # type: ignore[union-attr]
    let_in(machine, base_url, email)
    other = machine.new_page()
    other.goto(to)
    other.wait_for_selector("[data-ready]")
    return other


def test_it_works_by_keys_alone(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    CannedReply.objects.create(
        workspace=shop.workspace,
        shortcut="prazo",
        title="Prazo de troca",
        text="{{customer.first_name}}, são 7 dias. {{pedido}}",
    )
    label = Label.objects.create(workspace=shop.workspace, name="Urgência")
    Macro.objects.create(workspace=shop.workspace, name="Marcar", actions=[{"do": "label", "label": str(label.pk)}])
    page = sign_in(to=f"/inbox/{talk.pk}/")

    answer_with_a_canned_reply(page)
    assert Message.objects.filter(direction="outbound").latest("id").text == "Mariana, são 7 dias."
    assert CannedReply.objects.get().used_count == 1

    name_a_colleague_in_a_note(page)
    assert Mention.objects.get().user == shop.users[1]

    do_the_macro(page)
    talk.refresh_from_db()
    assert talk.label_ids == [label.pk]

    look_into_the_palette(page)
    resolve_and_take_it_back(page)


def answer_with_a_canned_reply(page: Page) -> None:
    """Call a reply by its shortcut, empty its blank and send it."""
    keys = page.keyboard
    keys.press("r")
    keys.type("/przo")
    expect(page.locator(".completion")).to_contain_text("Prazo de troca")
    keys.press("Enter")
    expect(box(page)).to_have_value("Mariana, são 7 dias. {{pedido}}")
    expect(page.locator("[data-blanks]")).to_contain_text("{{pedido}}")
    expect(page.locator("[data-send]")).to_be_disabled()
    expect_no_barrier(page)
    for _ in "{{pedido}}":
        keys.press("Backspace")
    with page.expect_response("**/messages"):
        keys.press("Control+Enter")
    keys.press("Escape")


def name_a_colleague_in_a_note(page: Page) -> None:
    """Write a private note that names somebody."""
    keys = page.keyboard
    keys.press("n")
    keys.type("Veja isto, @marc")
    expect(page.locator(".completion")).to_contain_text("Marcos Vieira")
    keys.press("Enter")
    expect(page.locator("[data-named]")).to_contain_text("Marcos Vieira")
    with page.expect_response("**/messages"):
        keys.press("Control+Enter")
    expect(page.locator(".message.note .mention").last).to_have_text("@Marcos Vieira")
    keys.press("Escape")


def do_the_macro(page: Page) -> None:
    """Choose the macro from the palette."""
    keys = page.keyboard
    keys.press("m")
    expect(page.locator("#palette .palette-row")).to_contain_text("Marcar")
    with page.expect_response("**/macros/**"):
        keys.press("Enter")


def look_into_the_palette(page: Page) -> None:
    """Open the palette, in light and in dark, find something in it and leave it."""
    keys, palette = page.keyboard, page.locator("#palette")
    keys.press("Control+k")
    expect(palette).to_be_visible()
    expect_no_barrier(page)
    page.emulate_media(color_scheme="dark")
    expect_no_barrier(page)
    keys.type("resolv")
    expect(palette.locator(".palette-row").first).to_be_visible()
    keys.press("Escape")
    expect(palette).to_be_hidden()


def resolve_and_take_it_back(page: Page) -> None:
    """Resolve the conversation, and undo it from the toast's key."""
    keys = page.keyboard
    keys.press("e")
    expect(page.get_by_role("button", name="Desfazer")).to_be_visible()
    keys.press("Control+z")
    expect(page.locator("[data-resolve]").first).to_be_visible()


def test_a_draft_is_on_every_machine_and_never_overwritten(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    page = sign_in(to=f"/inbox/{talk.pk}/")
    with page.expect_response("**/drafts"):
        box(page).fill("Um momento")
    assert Draft.objects.get().text == "Um momento"
    page.get_by_role("button", name="Nota privada").click()
    expect(box(page)).to_have_value("")
    page.get_by_role("button", name="Responder", exact=True).click()
    other = second_screen(page, "julia@casaaurora.example", f"/inbox/{talk.pk}/")
    expect(box(other)).to_have_value("Um momento")
    other.route("**/drafts", lambda route: route.abort())
    box(other).fill("Um momento, por favor")
    with page.expect_response("**/drafts"):
        box(page).fill("Um momento, já vejo")
    expect(other.locator("[data-asking]")).to_contain_text("Um momento, já vejo")
    other.unroute("**/drafts")
    other.locator("[data-take]").click()
    expect(box(other)).to_have_value("Um momento, já vejo")
    with page.expect_response("**/messages"):
        box(page).press("Control+Enter")
    expect(box(other)).to_have_value("")
    assert Draft.objects.count() == 0
    other.context.close()


def test_two_who_answer_at_once_are_asked(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    page = sign_in(to=f"/inbox/{talk.pk}/")
    other = second_screen(page, "marcos@casaaurora.example", f"/inbox/{talk.pk}/")
    box(page).fill("Sua troca")
    box(other).press_sequentially("Eu resolvo")
    expect(page.locator("[data-attending]")).to_contain_text("Marcos Vieira")
    expect(page.locator("[data-attending][data-writes]")).to_be_visible()
    before = Message.objects.count()
    box(page).press("Control+Enter")
    expect(page.locator("[data-asking]")).to_contain_text("Marcos Vieira")
    assert Message.objects.count() == before
    with page.expect_response("**/messages"):
        page.locator("[data-anyway]").click()
    box(other).press("Control+Enter")
    if other.locator("[data-asking]").is_visible():  # Júlia may still count as writing
        other.locator("[data-anyway]").click()
    expect(other.locator(".message.out", has_text="Sua troca")).to_be_visible()
    assert Message.objects.count() >= before + 1
    other.context.close()


def test_it_asks_by_buttons_within_the_channels_limits_and_fills_in_a_field(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    CustomField.objects.create(workspace=shop.workspace, of="customer", key="size", title="Número", kind="number")
    page = sign_in(to=f"/inbox/{talk.pk}/")
    page.locator("[data-open-forms]").click()
    dialog = page.locator("#forms")
    expect(dialog.locator("[data-forms-limits]")).to_contain_text("3")
    dialog.locator("[name=question]").fill("Qual tamanho?")
    for place, title in enumerate(("37", "38")):
        dialog.locator("[data-choices] input").nth(place).fill(title)
    expect_no_barrier(page)
    with page.expect_response("**/messages"):
        dialog.locator("[data-forms-send]").click()
    asked = Message.objects.filter(kind="interactive", direction="outbound").latest("id")
    assert (asked.text, [one["title"] for one in asked.payload["choices"]]) == ("Qual tamanho?", ["37", "38"])

    page.locator("[data-customer-fields] button").click()
    page.get_by_label("Número", exact=True).fill("38")
    with page.expect_response("**/customers/**"):
        page.keyboard.press("Enter")
    expect(page.locator("[data-customer-fields]")).to_contain_text("38")
    talk.customer.refresh_from_db()
    assert talk.customer.attributes["size"] == 38
