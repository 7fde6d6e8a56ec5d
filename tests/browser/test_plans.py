"""A supervisor sets a goal, binds a figure to a stage, reads the strategy report and makes a letter: read by everybody, in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from metrics.aggregate import derive_pending
from metrics.models import Digest, ExchangeRate, Goal, MatrixCell
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.door import let_in
from tests.browser.test_pictures import SIZES, take

pytestmark = pytest.mark.long


def test_it_works(page: Page, shop: Shop, base_url: str) -> None:
    list(shop.crowd())
    while derive_pending():
        pass
    shop.users[1].language = "en"
    shop.users[1].save()
    let_in(page.context, base_url, shop.users[1].email)
    page.goto("/metrics/goals/")
    page.get_by_role("link", name="Set a goal").click()
    page.get_by_label("Figure").select_option("interaction_volume")
    page.get_by_role("button", name="Take this figure").click()
    page.get_by_label("Target", exact=True).fill("500")
    page.get_by_label("Direction").select_option("at_least")
    page.get_by_label("Why it matters").fill("The shop by the sea opens")
    page.get_by_role("button", name="Set the goal").click()
    expect(page.get_by_role("heading", name="Interaction volume", level=1)).to_be_visible()
    page.get_by_label("Target", exact=True).fill("400")
    page.get_by_role("button", name="Keep the change").click()
    expect(page.get_by_role("row", name="Target 500 400")).to_be_visible()
    goal = Goal.objects.get()
    assert goal.target == 400
    page.goto("/metrics/matrix/?edit")
    page.get_by_label("Stage", exact=True).select_option("loyalty")
    page.get_by_label("Figure", exact=True).select_option("lifetime_value")
    page.get_by_role("button", name="Put it there").click()
    expect(page.get_by_role("button", name="Take out Lifetime value (LTV)")).to_be_visible()
    assert MatrixCell.objects.filter(stage="loyalty", channel="", metric="lifetime_value").exists()
    page.goto("/metrics/report/")
    with page.expect_download() as paper:
        page.get_by_role("button", name="PDF").click()
    assert paper.value.suggested_filename.endswith(".pdf")
    page.goto("/metrics/digests/new/")
    page.get_by_role("checkbox", name="Marcos Vieira").check()
    page.get_by_role("button", name="Keep the letter").click()
    expect(page.get_by_role("table")).to_contain_text("First response time")
    digest = Digest.objects.get()
    ExchangeRate.objects.create(workspace=shop.workspace, currency="USD", day="2026-01-01", rate="5.4321")
    addresses = {
        "goals": "/metrics/goals/", "goal": f"/metrics/goals/{goal.pk}/", "matrix": "/metrics/matrix/?edit",
        "report": "/metrics/report/", "digest": f"/metrics/digests/{digest.pk}/", "rates": "/settings/rates/",
    }  # fmt: skip
    for name, address in addresses.items():
        for theme, size in (("light", "wide"), ("dark", "phone")):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.set_viewport_size(SIZES[size])
            page.goto(address)
            take(page, f"{name}_{theme}_{size}")
            expect_no_barrier(page)
