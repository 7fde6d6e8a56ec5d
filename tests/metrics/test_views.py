"""The pages of the figures: who sees them, what they show, and what their pulse brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from hub.models import Membership, Role, User, Workspace
from metrics.models import Mark
from tests.metrics.conftest import Tell, derive_all

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def browser(workspace: Workspace, role: str = Role.SUPERVISOR) -> Client:
    """Return a signed-in member's browser, reading English."""
    user = User.objects.create_user(f"{role}@loja.example", language="en")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    found = Client()
    found.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def page(client: Client, address: str = "/metrics/") -> str:
    """Return a page's text."""
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02, resolve 15:30", day=YESTERDAY)
    tell("C 15:00, A 15:04", day=YESTERDAY)
    derive_all()
    shown = page(browser(workspace))
    assert "3 min</p>" in shown
    assert "2 first responses" in shown
    assert "small sample" in shown
    assert "America/Sao_Paulo" in shown
    assert shown.count('<svg class="chart') == 6
    assert "style=" not in shown


def test_an_empty_house_says_so(workspace: Workspace) -> None:
    assert page(browser(workspace)).count("Nothing in this period.") == 2


def test_who_waits_is_shown_whatever_the_period(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00", day=YESTERDAY - timedelta(days=40))
    derive_all()
    shown = page(browser(workspace), "/metrics/?period=today")
    assert shown.count("1 waiting, for 4") == 2  # forty or forty-one days, by the hour of this test


@pytest.mark.parametrize("name", ["first_response_time", "reply_time", "resolution_time", "interaction_volume"])
def test_each_figure_has_its_page_with_evidence(workspace: Workspace, tell: Tell, name: str) -> None:
    told = tell("C 15:00, assign 15:01 team=Sales, A 15:02, resolve 15:30", day=YESTERDAY)
    derive_all()
    shown = page(browser(workspace), f"/metrics/{name}/?period=7")
    assert f'href="/inbox/{told.pk}/"' in shown
    assert "<h2>By team</h2>" in shown


def test_a_figure_nobody_knows_is_not_found(workspace: Workspace) -> None:
    assert browser(workspace).get("/metrics/mood/").status_code == 404


def test_a_channel_can_be_chosen_and_given_back(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    tell("C 15:00 channel=sms, A 15:09", day=YESTERDAY)
    derive_all()
    shown = page(browser(workspace), "/metrics/?period=7&channel=sms")
    assert "9 min</p>" in shown
    assert '<a class="tab" href="/metrics/?period=7" aria-current="true">SMS' in shown


def test_words_nobody_knows_change_nothing(workspace: Workspace) -> None:
    assert "Nothing in this period." in page(
        browser(workspace), "/metrics/?period=x&channel=%00&channel=<script>&seen="
    )


def test_agents_and_people_outside_are_kept_out(workspace: Workspace) -> None:
    assert browser(workspace, Role.AGENT).get("/metrics/").status_code == 403
    assert Client().get("/metrics/").status_code == 302


def test_the_pulse_brings_the_figures_only_when_the_mark_moved(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    seen = Mark.objects.of(workspace).get().transaction
    calm = page(client, f"/metrics/?seen={seen}")
    assert 'id="pulse"' in calm
    assert 'id="dash"' not in calm
    tell("C 15:00, A 15:04", day=YESTERDAY)
    derive_all()
    news = page(client, f"/metrics/?seen={seen}")
    assert '<div id="dash" hx-swap-oob="true">' in news
    assert "2 first responses" in news
    assert "<html" not in news
