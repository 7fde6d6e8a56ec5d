"""Everybody can use it: axe finds nothing on any page, in both themes, and the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import expect_no_barrier
from tests.browser.company import PASSWORD, Shop

SignIn = Callable[..., Page]
SMALL = {"width": 390, "height": 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.long
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_it_lets_everybody_through_the_door(page: Page, shop: Shop, path: str) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        expect_no_barrier(page)


def test_it_lets_somebody_in_by_the_door(page: Page, shop: Shop) -> None:
    page.goto(f"/accounts/login/?next=/inbox/{shop.long_talk().pk}/")
    page.get_by_label("E-mail").fill(shop.users[2].email)
    page.get_by_label("Senha").fill("not it")
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    expect(page.get_by_role("log")).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
def test_it_lets_everybody_read_the_inbox(shop: Shop, sign_in: SignIn, theme: Literal["light", "dark"]) -> None:
    talk = shop.long_talk()
    list(shop.crowd())
    page = sign_in(to=f"/inbox/{talk.pk}/?view=all")
    page.emulate_media(color_scheme=theme)
    expect(page.locator(".row")).not_to_have_count(0)
    expect_no_barrier(page)
    page.get_by_role("button", name="Nota privada").click()
    page.get_by_role("button", name="Menu de Júlia Andrade").click()
    expect_no_barrier(page)


@pytest.mark.long
def test_it_fits_a_telephone(shop: Shop, sign_in: SignIn) -> None:
    talk = shop.long_talk()
    page = sign_in()
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    row = page.get_by_role("link", name="Mariana Teixeira")
    expect(page.get_by_role("log")).to_be_hidden()
    row.click()
    expect(page).to_have_url(f"/inbox/{talk.pk}/?view=mine")
    expect(page.get_by_role("log")).to_be_visible()
    expect(row).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    expect_no_barrier(page)
    page.get_by_role("button", name="Voltar à lista").click()
    expect(row).to_be_focused()


def test_it_walks_the_list_by_keys(shop: Shop, sign_in: SignIn) -> None:
    list(shop.crowd())
    page = sign_in(to="/inbox/?view=all")
    rows = page.locator(".row")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("r")
    expect(page.get_by_label("Mensagem", exact=True)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Resolver ou reabrir")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Escolha uma conversa")).to_be_visible()


def test_it_keeps_the_chosen_theme_and_language(page: Page, shop: Shop) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Escuro").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
