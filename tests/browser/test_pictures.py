"""A picture of every screen in both themes and two sizes, kept in `test-results/pictures`; nothing may stick out.

`NOVELO_PICTURES=docs python -m pytest tests/browser/test_pictures.py -k readme` renews the ones of the README.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.busy import afternoon
from tests.browser.company import Shop

SignIn = Callable[..., Page]
pytestmark = pytest.mark.long
PLACE = Path(settings.BASE_DIR) / os.environ.get("NOVELO_PICTURES", "test-results/pictures")
SIZES: dict[str, Any] = {
    "wide": {"width": 1440, "height": 900},
    "middle": {"width": 1024, "height": 768},
    "phone": {"width": 390, "height": 844},
}


def take(page: Page, name: str) -> None:
    """Keep a picture of what is seen; fail when the page is wider than its window."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    PLACE.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PLACE / f"{name}.png")
    size = page.viewport_size
    assert size
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{name} sticks out"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_it_fits_every_window(page: Page, shop: Shop, sign_in: SignIn, theme: Any, size: str) -> None:
    talk = afternoon(shop)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(SIZES[size])
    page.goto("/accounts/login/")
    take(page, f"login_{theme}_{size}")
    sign_in()
    take(page, f"list_{theme}_{size}")
    page.goto(f"/inbox/{talk.pk}/")
    expect(page.locator(".message").first).to_be_attached()
    take(page, f"inbox_{theme}_{size}")


@pytest.mark.parametrize("language", ["pt-br", "en", "es"])
def test_it_fits_every_language(page: Page, shop: Shop, sign_in: SignIn, language: str) -> None:
    talk = afternoon(shop)
    shop.users[0].language = language
    shop.users[0].save()
    sign_in(to=f"/inbox/{talk.pk}/")
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.set_viewport_size(SIZES["middle"])
    take(page, f"inbox_{language}")
    for button in page.locator(".thread-head .button:visible").all():
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_looks_like_this_in_the_readme(page: Page, shop: Shop, sign_in: SignIn, theme: Any) -> None:
    talk = afternoon(shop)
    page.emulate_media(color_scheme=theme)
    sign_in(to=f"/inbox/{talk.pk}/")
    page.locator(".message.note").first.scroll_into_view_if_needed()
    page.locator("[data-messages-scroller]").evaluate("element => element.scrollTop += 120")
    take(page, "inbox" if theme == "light" else "inbox_dark")
