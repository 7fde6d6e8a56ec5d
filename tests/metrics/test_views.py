"""The pages of the figures: who sees them, what they show, and what their pulse brings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from conversations.models import Channel, Conversation, HistoryEvent, Message
from hub.models import Membership, Role, Team, User, Workspace
from metrics import board, exports, tiles
from metrics.layouts import AGENT, BOARDS
from metrics.models import Goal, Mark, Receipt, SavedDashboard
from metrics.plots import title_of
from metrics.registry import METRICS
from tests.metrics.conftest import Tell, derive_all

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def browser(workspace: Workspace, role: str = Role.SUPERVISOR) -> Client:
    """Return a signed-in member's browser, reading English."""
    user = User.objects.create_user(f"{role}@loja.example", language="en")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    found = Client()
    found.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def page(client: Client, address: str = "/metrics/", **headers: Any) -> str:
    """Return a page's text."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02, resolve 15:30", day=YESTERDAY)
    tell("C 15:00, A 15:04", day=YESTERDAY)
    derive_all()
    shown = page(browser(workspace))
    assert "3 min</p>" in shown
    assert "2 observations" in shown
    assert "small sample" in shown
    assert "America/Sao_Paulo" in shown
    assert shown.count('<article class="card tile') == 12
    assert shown.count('<svg class="chart') == 12  # three charts, each as wide as four cards
    assert "style=" not in shown


def test_an_empty_house_says_so_on_every_board(workspace: Workspace) -> None:
    client = browser(workspace)
    for key, layout in BOARDS.items():
        shown = page(client, f"/metrics/board/{key}/" if key else "/metrics/")
        assert "Nothing in this period." in shown
        assert shown.count('<article class="card tile') == len(layout.tiles)
        assert "could not be computed" not in shown
        assert len(names(shown)) == len({*names(shown)}) > len(layout.plots)
    nothing_to_draw = page(client, "/metrics/board/journey/?show=retention_rate")
    assert len(names(nothing_to_draw)) == len(BOARDS["journey"].plots)
    assert client.get("/metrics/board/moods/").status_code == 404


def names(shown: str) -> list[str]:
    """Return what the charts of a page are called."""
    return re.findall(r"<figcaption><h2>(.*?)</h2>", shown)


@pytest.mark.parametrize("language", ["pt-br", "en", "es"])
def test_no_two_charts_of_a_page_have_one_name(language: str) -> None:
    ways = [
        one for metric in METRICS.values() for one in (metric, *(metric.measured(way.id) for way in metric.variants))
    ]
    pages = [board.plots_of(one) for one in ways]
    pages += [
        [*board.plots_of(METRICS[chosen])[:1], *layout.plots]
        for layout in (*BOARDS.values(), AGENT)
        for chosen in layout.tiles
    ]
    with override(language):
        for plots in pages:
            called = [str(one.title) or title_of(one.kind, METRICS[one.metrics[0]], *one.by[:1]) for one in plots]
            assert len({*called}) == len(called), called
            assert not {*called} & {str(METRICS[one.metrics[0]].title) for one in plots}  # that is its tile's


def test_who_waits_is_shown_whatever_the_period(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00", day=YESTERDAY - timedelta(days=40))
    derive_all()
    shown = page(browser(workspace), "/metrics/?period=today")
    assert shown.count("1 waiting, for 4") == 3  # forty or forty-one days, by the hour of this test; in the queue too


def test_every_figure_has_its_page(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, assign 15:01 team=Sales to=ana@loja.example, A 15:02, resolve 15:30", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    for metric in METRICS.values():
        shown = page(client, f"/metrics/{metric.id}/?period=7")
        assert metric.formula.en.split("<")[0][:12].split("&")[0] in shown.replace("&#x27;", "'")
        assert "could not be computed" not in shown
        assert len({*names(shown)}) == len(names(shown))
    assert names(page(client, "/metrics/sales_by_channel/"))[:2] == [
        "Sales by channel over time",
        "Sales by channel over time, by channel",
    ]
    assert "Resolution time by team" in page(client, "/metrics/resolution_time/?period=7")
    assert client.get("/metrics/mood/").status_code == 404


def test_what_the_filters_keep_stays_in_every_address(workspace: Workspace, tell: Tell) -> None:
    Team.objects.create(workspace=workspace, name="Vendas & Cia")
    tell("C 15:00, A 15:02", day=YESTERDAY)
    tell("C 15:00 channel=sms, A 15:09", day=YESTERDAY)
    derive_all()
    shown = page(browser(workspace), "/metrics/?period=7&channel=sms&compare=year&clock=business&tz=UTC")
    assert "9 min</p>" in shown
    assert 'href="/metrics/?period=7&amp;compare=year&amp;clock=business&amp;tz=UTC" aria-current="true">SMS' in shown
    assert "team=Vendas+%26+Cia" in shown
    assert "not kept to channel" not in re.findall(r'id="tile-first_response_time".*?</article>', shown, re.DOTALL)[0]


def test_a_figure_says_which_filters_it_does_not_know(workspace: Workspace) -> None:
    assert "not kept to agent" in page(browser(workspace), "/metrics/?agent=ana@loja.example")


def test_every_period_is_shown_beside_what_was_before(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    for place, name in enumerate(["today", "yesterday", "91", "month", "last-month", "year", "12-months"]):
        compare = ("previous", "year", "weekday")[place % 3]
        shown = page(client, f"/metrics/first_response_time/?period={name}&compare={compare}")
        assert "could not be computed" not in shown


def test_a_period_of_ones_own_can_be_moved(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=datetime(2026, 2, 10, tzinfo=UTC))
    derive_all()
    shown = page(browser(workspace), "/metrics/?period=custom&from=2026-02-01&to=2026-02-28")
    assert "from=2026-01-01&amp;to=2026-01-31" in shown
    assert "from=2026-03-01&amp;to=2026-03-31" in shown
    assert "2 min</p>" in shown


def test_words_nobody_knows_change_nothing(workspace: Workspace) -> None:
    words = (
        "period=custom&from=2026-13-01&to=x&channel=%00&channel=<script>&tz=Mars&clock=sun&compare=all&show=no&seen="
    )
    shown = page(browser(workspace), f"/metrics/?{words}&open=no&at=%00&row=%00")
    assert "Nothing in this period." in shown
    assert "<script>" not in shown.replace('<script type="module"', "")[:0] + "".join(
        re.findall(r"channel=[^\"]*", shown)
    )


def test_the_drawer_shows_the_interval_between_two_messages(workspace: Workspace, tell: Tell) -> None:
    slow = tell("C 15:00 channel=instagram, B 15:01 channel=instagram, handoff 15:10 by=bot, A 15:52", day=YESTERDAY)
    tell("C 15:00 channel=instagram, A 15:04", day=YESTERDAY)
    _say(workspace, slow)
    derive_all()
    client = browser(workspace)
    address = "/metrics/?period=7&channel=instagram&open=first_response_time"
    shown = page(client, address, **{"HX-Target": "drawer"})
    assert "<html" not in shown
    assert "42 min" in shown
    assert "10 min left out, with the bot" in shown
    assert 'class="apart"' in shown
    assert "Where is my order?" in shown
    assert "It is on its way." in shown
    assert f'href="/inbox/{slow.pk}/"' in shown
    assert 'id="drawer-title"' in page(client, address)  # the address keeps it
    kept = page(client, f"{address}&in.agent=nobody@loja.example&at={YESTERDAY.date()}", **{"HX-Target": "drawer"})
    assert "Nothing in this period." in kept
    assert client.get("/metrics/?open=no", headers={"HX-Target": "drawer"}).status_code == 404


def _say(workspace: Workspace, talk: Conversation) -> None:
    """Give the messages of a told conversation their texts."""
    channel = Channel.objects.create(workspace=workspace, kind="instagram", name="@loja", address="1")
    told = HistoryEvent.objects.filter(conversation=talk, message_id__isnull=False).order_by("id")
    texts = ["Where is my order?", "I am a bot.", "It is on its way."]
    for place, (event, text) in enumerate(zip(told, texts, strict=True), start=1):
        Message.objects.create(
            id=event.message_id, workspace=workspace, conversation=talk, customer=talk.customer, channel=channel,
            direction="inbound" if event.type == "message.received" else "outbound", author_kind=event.actor_kind,
            kind="text", text=text, sent_at=event.occurred_at, seq=place, status="read",
        )  # fmt: skip


def test_a_cell_of_the_week_leads_to_what_it_counts(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    tell("C 18:00, A 18:07", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    cell = f"in.weekday_hour={YESTERDAY.isoweekday()}-12"
    shown = page(
        client, f"/metrics/interaction_volume/?period=7&open=interaction_volume&{cell}", **{"HX-Target": "drawer"}
    )
    assert "n 1</span>" in shown
    assert shown.count('<th scope="row">') == 1


def test_the_export_says_what_the_page_says(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    tell("C 15:00 channel=sms, A 15:09", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    text = page(client, "/metrics/first_response_time/export.csv?period=7&channel=sms")
    receipt = Receipt.objects.of(workspace).get()
    assert f"# receipt,first_response_time@1,{receipt.pk}" in text
    assert "# zone,America/Sao_Paulo" in text
    assert f"{YESTERDAY.date()}T00:00:00-03:00" in text
    assert text.splitlines()[-1].split(",")[4:6] == ["1", "540.0"]
    rows = page(client, "/metrics/first_response_time/rows.csv?period=7&open=first_response_time&in.channel=sms")
    assert rows.splitlines()[-1].split(",")[-6] == "540.0"
    assert f"{YESTERDAY.date()}T12:09:00-03:00" in rows
    assert len(page(client, "/metrics/export.csv?board=sales&period=7").splitlines()) > 20


def test_what_a_spreadsheet_would_reckon_out_is_quoted() -> None:
    assert exports.written([["=1+1", "@x", -5, "a,b"]]) == "'=1+1,'@x,-5,\"a,b\"\r\n"


def test_a_receipt_shows_the_number_again_and_why_it_changed(workspace: Workspace, tell: Tell) -> None:
    first = tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    at = client.get("/metrics/first_response_time/receipt/?period=7").headers["Location"]
    kept = page(client, at)
    assert "2 min</p>" in kept
    assert '<dt>Clock</dt><dd class="tabular">All hours</dd>' in kept
    assert ">elapsed<" not in kept
    tell("C 15:00, A 15:04", day=YESTERDAY)
    derive_all()
    shown = page(client, f"{at}?recompute=1")
    assert "2 min <span" in shown
    assert "3 min <span" in shown
    assert "changed since" in shown
    assert "message.received" in shown
    assert str(first.pk) not in shown


def test_a_dashboard_can_be_kept_shared_and_forgotten(workspace: Workspace) -> None:
    client = browser(workspace)
    form = {"name": "Week", "page": "/metrics/board/sales/", "words": "period=7&channel=sms", "shared": "on"}
    assert client.post("/metrics/saved/", form).headers["Location"] == "/metrics/board/sales/?period=7&channel=sms"
    assert 'href="/metrics/board/sales/?period=7&amp;channel=sms">Week' in page(client)
    other = browser(workspace, Role.ADMIN)
    assert "Week" in page(other)
    kept = SavedDashboard.objects.of(workspace).get()
    assert other.post(f"/metrics/saved/{kept.pk}/forget/").status_code == 404
    client.post("/metrics/saved/", form | {"page": "//evil.example/"})
    client.post("/metrics/saved/", form | {"name": ""})
    assert SavedDashboard.objects.of(workspace).count() == 1
    renamed = {"name": "Seven days of SMS"}  # and shared no more
    assert other.post(f"/metrics/saved/{kept.pk}/change/", renamed).status_code == 404
    back = client.post(f"/metrics/saved/{kept.pk}/change/", renamed).headers["Location"]
    assert 'aria-current="true">Seven days of SMS' in page(client, back)
    assert "Seven days of SMS" not in page(other)
    client.post("/metrics/saved/", form)
    client.post(f"/metrics/saved/{kept.pk}/change/", {"name": "Week"})
    assert "Another page is kept under this name." in page(client)
    assert SavedDashboard.objects.of(workspace).get(pk=kept.pk).name == "Seven days of SMS"
    SavedDashboard.objects.of(workspace).exclude(pk=kept.pk).delete()
    client.post(f"/metrics/saved/{kept.pk}/forget/")
    assert not SavedDashboard.objects.of(workspace).exists()


def test_one_agents_figures_stand_beside_everybodys(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    tell("C 15:00, A 15:06 agent=rui@loja.example", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    assert 'href="/metrics/agents/rui%40loja.example/?' in page(client, "/metrics/board/agents/?period=7").replace(
        "rui@loja", "rui%40loja"
    )
    shown = page(client, "/metrics/agents/rui@loja.example/?period=7")
    assert "6 min</p>" in shown
    assert "everybody: 4 min" in shown
    rui = User.objects.create_user("rui@loja.example", name="Rui Lima")
    Membership.objects.create(workspace=workspace, user=rui, role=Role.AGENT)
    assert ">Rui Lima</a></th>" in page(client, "/metrics/board/agents/?period=7")
    named = page(client, "/metrics/agents/rui@loja.example/?period=7")
    assert "<h1>Rui Lima</h1>" in named
    assert "Agent: Rui" not in named  # no filter to take away: the page is theirs


def test_a_card_that_fails_leaves_the_others(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = tiles.tile

    def failing(about: Any, metric: Any, *rest: Any) -> Any:
        if metric.id == "csat":
            raise DatabaseError("canceled")
        return usual(about, metric, *rest)

    monkeypatch.setattr(tiles, "tile", failing)
    shown = page(browser(workspace))
    assert shown.count("This card could not be computed.") == 1
    assert shown.count('<article class="card tile') == 11


def test_a_page_asks_little(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    page(client)
    with CaptureQueriesContext(connection) as asked:
        page(client)
    figures = [query for query in asked.captured_queries if "metrics_" in query["sql"]]
    assert len(figures) <= 46, len(figures)  # twelve courses, what each is compared with, who waits, and the charts


def test_a_goal_stands_on_its_tile_and_in_its_chart(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    today = YESTERDAY.date()
    Goal.objects.create(
        workspace=workspace, metric="first_response_time", version=1, target=90, direction="at_most", reason="r",
        start=today - timedelta(days=9), deadline=today + timedelta(days=9),
    )  # fmt: skip
    client = browser(workspace)
    shown = page(client)
    assert "target ≤ 1 min 30 s" in shown
    assert 'class="bullet bad"' in shown
    assert shown.count('class="target"') == 4
    assert "target ≤" not in page(client, "/metrics/?channel=sms")


def test_agents_and_people_outside_are_kept_out(workspace: Workspace) -> None:
    agent = browser(workspace, Role.AGENT)
    for address in ("", "board/sales/", "csat/", "csat/rows.csv", "export.csv", "agents/a@b.example/"):
        assert agent.get(f"/metrics/{address}").status_code == 403
        assert Client().get(f"/metrics/{address}").status_code == 302


def test_the_pulse_brings_the_figures_only_when_the_mark_moved(workspace: Workspace, tell: Tell) -> None:
    tell("C 15:00, A 15:02", day=YESTERDAY)
    derive_all()
    client = browser(workspace)
    seen = Mark.objects.of(workspace).get().transaction
    calm = page(client, f"/metrics/?seen={seen}")
    assert 'id="pulse"' in calm
    assert 'hx-indicator="this"' in calm  # a look each two seconds hides no number, as the bar's own questions do
    assert 'id="dash"' not in calm
    tell("C 15:00, A 15:04", day=YESTERDAY)
    derive_all()
    news = page(client, f"/metrics/?seen={seen}")
    assert '<div id="dash" hx-swap-oob="true">' in news
    assert "2 observations" in news
    assert "<html" not in news
