"""Erasing a person in a real browser: asked twice, gone from every open page, offered to administrators alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Customer, Erasure, Message
from tests.browser.company import Shop

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def test_it_works(shop: Shop, sign_in: SignIn) -> None:
    ana, bia = shop.customer("Ana Souza", "whatsapp"), shop.customer("Bia Lima", "whatsapp")
    talks = []
    for minutes, person in ((30, ana), (9, bia)):
        talk = shop.conversation(person, "whatsapp", shop.now - timedelta(minutes=minutes))
        shop.say(talk, shop.now - timedelta(minutes=minutes), f"Sou {person.name}")
        talks.append(talk)
    page = sign_in(to=f"/inbox/{talks[0].pk}/?view=unassigned")
    side, sheet, rows = page.locator("[data-side-pane]"), page.locator("#erase"), page.locator("[data-rows] > li")
    expect(rows).to_have_count(2)
    with page.expect_download() as download:
        side.locator("[data-export]").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert [one["text"] for one in document["timeline"] if one["type"] == "message"] == ["Sou Ana Souza"]

    side.locator("[data-open-erase]").click()
    button = sheet.locator("[type=submit]")
    sheet.locator("[name=reason]").select_option("request")
    sheet.locator("[name=typed]").fill("Ana Sousa")
    expect(button).to_be_disabled()
    sheet.locator("[data-erase-keep]").click()
    assert not Erasure.objects.exists()

    side.locator("[data-open-erase]").click()
    expect(sheet.locator("[name=typed]")).to_have_value("")
    sheet.locator("[name=reason]").select_option("request")
    sheet.locator("[name=typed]").fill("ana  souza")
    button.click()
    expect(sheet).to_be_hidden()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Bia Lima")
    expect(page.locator("[data-none]")).to_be_visible()
    assert (Erasure.objects.get().customer_id, Customer.objects.people().get()) == (ana.pk, bia)
    assert (Message.objects.get().text, Conversation.objects.standing().get()) == ("Sou Bia Lima", talks[1])

    sign_in("renata@casaaurora.example", f"/inbox/{talks[1].pk}/?view=unassigned")
    expect(side.locator("[data-name]")).to_have_text("Bia Lima")
    expect(page.locator("[data-section=privacy], #erase")).to_have_count(0)
