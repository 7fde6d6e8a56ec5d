"""An administrator says in a browser how conversations find their people: a rule, its place, everybody's queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.models import CustomField
from hub import routing
from hub.models import Team, Workspace
from tests.browser.company import Shop
from tests.browser.test_imports import look
from tests.browser.test_settings import english, settings_page

pytestmark = pytest.mark.long

__all__ = ["settings_page"]


def test_it_works(shop: Shop, settings_page: Callable[[str], Page]) -> None:
    english(shop)
    team = Team.objects.create(workspace=shop.workspace, name="Trocas")
    first = {"name": "Inglês", "if": {"language": "en"}, "then": {"priority": 1}}
    shop.workspace.settings = {"routing": [first]}
    shop.workspace.save()
    CustomField.objects.create(workspace=shop.workspace, of="customer", key="vip", title="VIP", kind="yes_no")
    page = settings_page("/settings/routing/")
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Name").fill("Ouro")
    page.get_by_label("Field of the customer").select_option("vip")
    page.get_by_label("Its value").select_option("true")  # drawn for a field that is yes or no
    expect(page.get_by_label("Name")).to_have_value("Ouro")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Say what becomes of it")).to_be_visible()
    look(page, "routing_rule")
    page.get_by_label("To the team").select_option(label="Trocas")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/settings/routing/")
    expect(page.locator("ol.lines > li").nth(1)).to_contain_text("VIP: Yes → Trocas")
    page.get_by_role("button", name="Move Ouro up").click()
    expect(page.locator("ol.lines > li").first).to_contain_text("Ouro")
    page.get_by_label("The least busy").check()
    page.get_by_role("button", name="Save (Everybody's queue)").click()
    expect(page.locator("#queue").get_by_text("Saved.")).to_be_visible()
    look(page, "routing")
    kept = routing.shown(Workspace.objects.get(pk=shop.workspace.pk))
    ouro = {"name": "Ouro", "if": {"attribute": {"vip": True}}, "then": {"team": str(team.pk)}}
    assert (kept["rules"], kept["everybody"]["method"]) == ([ouro, first], "least_busy")
