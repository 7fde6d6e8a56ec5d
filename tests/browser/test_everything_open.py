"""The inbox with everything that opens opened, in both themes and three languages: axe finds nothing, nothing sticks out, all pictured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import expect_no_barrier
from tests.browser.busy import afternoon
from tests.browser.company import Shop
from tests.browser.test_pictures import take

SignIn = Callable[..., Page]
Regions = Iterator[str]
pytestmark = pytest.mark.long
MENUS = {
    "#views": ".view-button", "#sorts": "[popovertarget=sorts]", "#filters": "[data-filter-button]", "#assign": "[data-assign]",
    "#resolve-menu": "[data-resolve-more]", "#more-menu": ".thread-acts [data-more]", "#ways": "[data-ways-button]",
    "#emoji": "[popovertarget=emoji]", "#me-menu": "[popovertarget=me-menu]",
}  # fmt: skip
SEEN: dict[str, Any] = {"pt-br": "light", "en": "dark", "es": "light"}  # what opens, in each language and in each theme
OTHER: dict[str, Any] = {"light": "dark", "dark": "light"}
DIALOGS = {"#merge": "[data-open-merge]", "#forms": "[data-open-forms]", "#lightbox": ".photo:visible"}


@contextmanager
def shut_again(page: Page, region: str) -> Iterator[None]:
    """Expect the region to be open while the block runs, and Escape to shut it."""
    expect(page.locator(region)).to_be_visible()
    yield
    page.keyboard.press("Escape")
    expect(page.locator(region)).to_be_hidden()


def by_mouse(page: Page) -> Regions:
    """Open what has a button, one after the other; name the region that is open."""
    for region, button in (MENUS | DIALOGS).items():
        page.locator(button).first.click()
        with shut_again(page, region):
            yield region
    page.locator("[data-pick]").click()
    page.locator("[data-templates] button:enabled").first.click()
    with shut_again(page, "#picker"):
        yield "#picker"
    asked = page.locator(".message.in").last
    asked.hover()
    asked.locator("[data-react]").click()
    with shut_again(page, "#reactions"):
        yield "#reactions"
    page.locator(".row").nth(1).click(button="right")
    with shut_again(page, "#row-menu"):
        yield "#row-menu"


def by_keys(page: Page) -> Regions:
    """Open what has a key: choosers on a row, the sheet of keys, the palette and a step of it."""
    row = page.locator(".row").nth(2)
    for key in "lapz":
        row.focus()
        page.keyboard.press(key)
        with shut_again(page, "#choose"):
            yield "#choose"
    page.locator("[data-messages-scroller]").focus()
    for key, region in (("?", "#keys"), ("Control+k", "#palette"), ("m", "#palette")):
        page.keyboard.press(key)
        with shut_again(page, region):
            yield region


def in_the_panes(page: Page) -> Regions:
    """Open what changes a pane itself: several selected, search, a note that names somebody, a canned reply."""
    page.locator(".row").nth(2).focus()
    for key in ("x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator(".rows > [data-chosen]")).to_have_count(3)
    yield "[data-list]"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    box = page.locator("[data-search-input]")
    box.fill("tênis")
    expect(page.locator(".search-option").first).to_be_visible()
    yield "[data-list]"
    box.press("Escape")
    text = page.locator("#composer-text")
    for mode, begun in (("note", "Veja isto, @ma"), ("reply", "/pra")):
        page.locator(f"[data-mode={mode}]").click()
        text.press_sequentially(begun)
        expect(page.locator(".completion").first).to_be_visible()
        yield "[data-composer]"
        text.fill("")


def test_it_works(page: Page, shop: Shop, sign_in: SignIn) -> None:
    talk = afternoon(shop)
    julia = shop.users[0]
    page.emulate_media(reduced_motion="reduce")
    sign_in(to=f"/inbox/{talk.pk}/?view=mine")

    def look(name: str, region: str | None = None) -> None:
        take(page, f"all_{julia.language}_{name}")
        expect_no_barrier(page, region)

    for language, theme in SEEN.items():
        julia.language = language
        julia.save()
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("[data-occurrences] li").first).to_be_visible()
        for light in OTHER[theme], theme:
            page.emulate_media(color_scheme=light)
            look(f"thread_{light}")
        for opened in (by_mouse, by_keys, in_the_panes):
            for number, region in enumerate(opened(page)):
                look(f"{opened.__name__}_{number:02}_{region.strip('#[]')}", region)
