"""An administrator brings a file, sees what its rows would become, puts it right and lets it be taken in; and connects a store."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.imports import jobs
from conversations.models import HistoryEvent
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import Shop
from tests.browser.test_pictures import SIZES, take
from tests.browser.test_settings import english, settings_page

pytestmark = pytest.mark.long

__all__ = ["settings_page"]
SALES = (
    "Pedido;Data da compra;Total;Status;Telefone;Nome\n1001;01/03/2026 10:30;1.234,56;Pago;(11) 98765-4321;João Lima\n"
    "1002;15/03/2026 11:00;89,90;Cancelado;11 91234-0002;Ana\n1003;32/03/2026;10,00;Pago;11 91234-0003;Ivo\n"
)


def look(page: Page, name: str) -> None:
    """See a page in both themes and wide and narrow: nothing sticks out, nothing is a barrier."""
    for theme, size in (("light", "wide"), ("dark", "phone")):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size(SIZES[size])
        take(page, f"{name}_{theme}_{size}")
        expect_no_barrier(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(SIZES["wide"])


def test_it_brings_a_file_and_takes_it_in(shop: Shop, settings_page: Callable[[str], Page]) -> None:
    english(shop)
    page = settings_page("/settings/imports/")
    expect(page.get_by_role("radio", name="Orders")).to_be_checked()
    look(page, "imports")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "vendas.csv", "mimeType": "text/csv", "buffer": SALES.encode("latin-1")}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("1 of them would be refused, the others taken.")).to_be_visible()
    expect(page.get_by_label("Value *")).to_have_value("Total")
    page.get_by_label("Before the cents").select_option(".")
    expect(page.get_by_text("Must be an amount like 1,234.56.").first).to_be_visible()
    page.get_by_label("Before the cents").select_option(",")
    expect(page.get_by_text("1 of them would be refused, the others taken.")).to_be_visible()
    look(page, "import_preview")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", name="Being taken in")).to_be_visible()
    jobs.work(5.0)
    expect(page.get_by_role("heading", name="Taken in")).to_be_visible()
    expect(page.get_by_text("3 of 3 rows")).to_be_visible()
    expect(page.get_by_role("cell", name="Must be a date like 31/12/2026 18:30.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="All refused rows").click()
    assert download.value.path().read_text("utf-8-sig").splitlines()[1] == "4,at,Must be a date like 31/12/2026 18:30."
    assert HistoryEvent.objects.filter(source="csv:vendas").count() == 4
    look(page, "import_done")


def test_it_connects_a_store(shop: Shop, settings_page: Callable[[str], Page]) -> None:
    english(shop)
    page = settings_page("/settings/integrations/")
    page.get_by_role("link", name="WooCommerce").click()
    page.get_by_label("Name").fill("Loja virtual")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="Keep the secret now")).to_be_visible()
    expect(page.get_by_role("textbox", name="Webhook address")).to_have_value(re.compile("/webhooks/[0-9a-f-]{36}/$"))
    look(page, "integration")
    page.reload()
    expect(page.get_by_role("heading", name="Keep the secret now")).to_have_count(0)
