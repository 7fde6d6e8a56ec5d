"""An administrator sets up the house: people, teams, hours, labels; and everybody can use every page of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conversations.models import CannedReply, CustomField, Label
from hub import audit, people
from hub.access import Caller
from hub.models import ApiToken, MemberInvitation, Membership, Role, Team, WorkingHours
from tests.browser.barriers import expect_no_barrier
from tests.browser.company import PASSWORD, Shop
from tests.browser.test_pictures import SIZES, take
from tests.browser.test_settings import english, settings_page

pytestmark = pytest.mark.long

__all__ = ["settings_page"]
Enter = Callable[[str], Page]


def test_it_invites_somebody_who_lands_in_the_inbox(shop: Shop, settings_page: Enter, base_url: str) -> None:
    english(shop)
    page = settings_page("/settings/people/")
    page.get_by_label("E-mail").fill("lia@casaaurora.example")
    page.get_by_label("Pós-venda").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The letter to lia@casaaurora.example is on its way.")).to_be_visible()
    link = page.get_by_role("textbox", name="Link of the invitation").input_value()
    expect(page.get_by_text("Not yet accepted")).to_be_visible()
    expect_no_barrier(page)

    page.goto("/settings/hours/new/")
    page.get_by_label("Monday").fill("9-12, 11-18")
    page.get_by_label("Tuesday").focus()
    expect(page.locator("#preview")).to_contain_text("Something does not make sense yet.")
    page.get_by_role("button", name="Keep these hours").click()
    expect(page.locator(".field", has=page.get_by_label("Monday"))).to_contain_text("Two of these periods overlap.")
    expect(page.get_by_label("Monday")).to_be_focused()
    page.get_by_label("Monday").fill("9-12, 13-18")
    page.get_by_label("Public holidays of").select_option("BR-SP")
    expect(page.locator("#preview ol li")).to_have_count(10)
    page.get_by_role("button", name="Keep these hours").click()
    expect(page.locator(".week")).to_contain_text("09:00-12:00, 13:00-18:00")

    page.goto("/settings/labels/")
    page.get_by_label("Name").fill("Troca")
    page.get_by_label("Teal").check()
    page.get_by_role("button", name="New label").click()
    expect(page.locator("#shelf .lines")).to_contain_text("Troca")
    page.locator("summary.line").click()
    page.locator(".inside").get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".inside .wrong")).to_contain_text("This field is required.")
    expect(page.locator(".inside").get_by_label("Name")).to_be_focused()
    assert Label.objects.get().color == "teal"

    page.context.clear_cookies()
    page.goto(link)
    page.locator("#id_name").fill("Lia Prado")
    page.locator("#id_password").fill(PASSWORD)
    expect_no_barrier(page)
    page.locator("form .primary").last.click()
    page.wait_for_url(re.compile("/inbox/"))
    assert Membership.objects.get(user__email="lia@casaaurora.example").teams.get() == shop.team


def furnish(shop: Shop) -> Team:
    """Let the house have been lived in."""
    caller = Caller(shop.workspace, Role.ADMIN, user=shop.users[0])
    rows = list(Membership.objects.of(shop.workspace).order_by("created_at"))
    for row, presence in zip(rows, ("online", "busy", "away", "offline"), strict=True):
        row.presence, row.seen_at, row.skills, row.languages = presence, shop.now, ["trocas"], ["pt", "es"]
        row.save()
    people.change_team(caller, shop.team.pk, people.TeamChange(members=tuple(row.pk for row in rows)))
    Team.objects.create(workspace=shop.workspace, name="Vendas e novos negócios da região Sudeste")
    MemberInvitation.objects.create(
        workspace=shop.workspace,
        email="bia@example.com",
        role="agent",
        digest="x",
        invited_by=shop.users[0],
        expires_at=shop.now,
    )
    week = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(5)]
    for since in (None, shop.now):
        WorkingHours.objects.create(
            workspace=shop.workspace,
            since=since,
            zone="America/Sao_Paulo",
            region="BR-SP",
            periods=week,
            holidays=["2027-01-25"],
        )
    for color in ("red", "teal", "grey", "purple"):
        Label.objects.create(workspace=shop.workspace, name=f"Etiqueta {color}", color=color)
    CannedReply.objects.create(
        workspace=shop.workspace,
        shortcut="oi",
        title="Saudação",
        text="Oi, {{customer.first_name}}! " * 9,
        language="pt-br",
    )
    CustomField.objects.create(
        workspace=shop.workspace,
        of="customer",
        key="loja",
        title="Loja preferida",
        kind="choice",
        choices=["Paulista", "Centro"],
    )
    ApiToken.issue(shop.workspace, "Loja virtual", Role.AGENT)
    audit.note(
        caller, "channel.changed", audit.Subject("channel", "1", "WhatsApp Loja"), {"name": ("A", "WhatsApp Loja")}
    )
    return shop.team


@pytest.mark.parametrize(
    ("theme", "size"), [("light", "wide"), ("dark", "phone"), ("dark", "wide"), ("light", "phone")]
)
def test_everybody_can_use_every_page(shop: Shop, settings_page: Enter, theme: Any, size: str) -> None:
    team = furnish(shop)
    member = Membership.objects.of(shop.workspace).get(user=shop.users[1])
    page = settings_page("/settings/people/")
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(SIZES[size])
    for name, path in {
        "people": "settings/people/", "person": f"settings/people/{member.pk}/", "leave": f"settings/people/{member.pk}/remove/",
        "teams": "settings/teams/", "team": f"settings/teams/{team.pk}/", "dissolve": f"settings/teams/{team.pk}/remove/",
        "hours": "settings/hours/", "hours_new": f"settings/hours/new/?team={team.pk}", "labels": "settings/labels/",
        "canned": "settings/canned/", "fields": "settings/fields/", "workspace": "settings/workspace/",
        "tokens": "settings/tokens/", "audit": "settings/audit/", "factor": "accounts/2fa/", "reauthenticate": "accounts/2fa/totp/activate/",
    }.items():  # fmt: skip
        page.goto(f"/{path}")
        if name in {"labels", "canned", "fields", "audit"}:
            page.locator("summary.line").first.click()
        take(page, f"house_{name}_{theme}_{size}")
        if size == "wide" or name in {"people", "team", "hours", "labels"}:
            page.screenshot(path=f"test-results/pictures/house_{name}_{theme}_{size}_whole.png", full_page=True)
        expect_no_barrier(page)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form .primary").click()
    take(page, f"house_activate_{theme}_{size}")
    expect_no_barrier(page)
    if size == "phone":
        page.goto("/settings/labels/")
        page.locator(".settings-open").click()
        take(page, f"house_menu_{theme}_{size}")
        expect_no_barrier(page)
