"""Joining two customers in a real browser: suggested, merged, seen as one, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Customer, Merge, Suggestion
from tests.browser.company import Shop

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def test_it_works(shop: Shop, sign_in: SignIn) -> None:
    ana, bia = shop.customer("Ana Souza", "instagram"), shop.customer("Ana S.", "whatsapp")
    talk = shop.conversation(ana, "instagram", shop.now - timedelta(minutes=30))
    shop.say(talk, shop.now - timedelta(minutes=30), "Oi, vi o vestido no story")
    other = shop.conversation(bia, "whatsapp", shop.now - timedelta(minutes=9))
    shop.say(other, shop.now - timedelta(minutes=9), "Sou eu, do Instagram")
    evidence = {
        "address_kinds": ["igsid", "phone"],
        "matched": "5511988880002",
        "names": ["", ""],
        "names_similar": True,
    }
    Suggestion.objects.create(workspace=shop.workspace, customer=ana, other=bia, evidence=evidence)
    page = sign_in(to=f"/inbox/{talk.pk}/?view=unassigned")
    side = page.locator("[data-side-pane]")
    rows = page.locator("[data-rows] > li")
    expect(rows).to_have_count(2)
    expect(side.locator(".suggested")).to_contain_text("Ana S.")

    side.locator(".suggested [data-merge]").click()
    expect(side.locator(".joined")).to_contain_text("Ana S.")
    expect(page.get_by_role("log")).to_contain_text("Sou eu, do Instagram")
    expect(rows).to_have_count(1)
    expect(side.locator(".suggested")).to_have_count(0)
    assert (Merge.objects.get().reason, Conversation.objects.standing().count()) == ("agent", 1)

    side.locator("[data-undo-merge]").click()
    expect(side.locator(".joined")).to_have_count(0)
    expect(page.get_by_role("log")).not_to_contain_text("Sou eu, do Instagram")
    expect(rows).to_have_count(2)
    assert Merge.objects.get().undone_at is not None

    side.locator("[data-open-merge]").click()
    sheet = page.locator("#merge")
    sheet.locator("[data-search]").fill("ana s.")
    sheet.locator("[data-reason]").fill("Mandou foto dos dois perfis")
    sheet.locator("[data-results] [data-merge]").click()
    expect(side.locator(".joined")).to_contain_text("Mandou foto dos dois perfis")
    assert Customer.objects.people().count() == 1
