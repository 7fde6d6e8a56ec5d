"""The ways one figure can be measured: each answers to its word, its rows sum to it and its receipt computes it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import override

from conversations.models import HistoryEvent
from hub.models import Workspace
from metrics import drawer
from metrics.asked import asked
from metrics.models import Goal, Receipt
from metrics.models.plans import AT_MOST
from metrics.registry import METRICS, Lengths
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import event, happen, person, sold
from tests.metrics.stories import DAY
from tests.metrics.test_api import client, get
from tests.metrics.test_views import browser, page

PERIOD = "from=2026-03-01&to=2026-03-10&tz=UTC"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
F4 = "C 09:00:00, B 09:00:02, C 09:01:00, handoff 09:01:05 by=bot, A 09:04:00"
TWICE = "C 10:00, A 10:05, resolve 10:30, C 12:00, A 12:10 agent=leo@loja.example, resolve 13:00 agent=leo@loja.example"


def proved(workspace: Workspace, metric: str, words: str) -> dict[str, Any]:
    """Answer a question, expect its evidence to sum to it and its receipt to compute it again; return the answer."""
    api = client(workspace)
    body = get(api, f"/metrics/{metric}?{PERIOD}&{words}")
    asked = "&".join(word for word in words.split("&") if not word.startswith("by="))
    seen = get(api, f"/metrics/{metric}/evidence?{PERIOD}&{asked}")["results"]
    assert len(seen) == body["total"]["n"]
    assert sum(one["seconds"] for one in seen) == pytest.approx((body["total"]["mean"] or 0) * len(seen))
    again = get(api, f"/receipts/{body['receipt']}?recompute=1")
    assert again["recomputed"]["as_of_mark"]["equal"] is True
    assert again["recomputed"]["now"] | {"as_of": None} == again["recomputed"]["now"] | {"as_of": None, "changes": []}
    return body | {"seen": seen}


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """F4: by anybody after two seconds, by a person after four minutes, after the handoff 2 min 55 s."""
    told = tell(F4)
    derive_all()
    found = {
        name: proved(workspace, "first_response_time", f"variant={name}" if name else "")
        for name in ("", "any", "human_from_inbound", "human_from_handoff", "human")
    }
    assert {name: body["total"]["value"] for name, body in found.items()} == {
        "": 175, "any": 2, "human_from_inbound": 240, "human_from_handoff": 175, "human": 175,
    }  # fmt: skip
    assert {name: body.get("variant") for name, body in found.items()} == {
        "": None, "any": "any", "human_from_inbound": "human_from_inbound", "human_from_handoff": "human_from_handoff", "human": None,
    }  # fmt: skip
    assert found["human"]["receipt"] == found[""]["receipt"]  # the usual way has no word of its own
    (any_reply,), (inbound,) = found["any"]["seen"], found["human_from_inbound"]["seen"]
    told_of = HistoryEvent.objects.filter(conversation=told).exclude(message_id=None).order_by("occurred_at")
    said = told_of.values_list("message_id", flat=True)
    assert [any_reply[name] for name in ("opening_message", "closing_message")] == [str(said[0]), str(said[1])]
    assert (any_reply["agent"], inbound["agent"]) == (None, "ana@loja.example")
    assert (any_reply["excluded_seconds"], inbound["excluded_seconds"], found[""]["seen"][0]["excluded_seconds"]) == (
        0,
        0,
        65,
    )


def test_whom_a_bot_answered_was_answered_by_somebody(workspace: Workspace, tell: Tell) -> None:
    tell("C 09:00, B 09:01, resolve 09:05 by=bot")
    tell("C 09:00, B 09:02 channel=sms, handoff 09:03 by=bot")
    tell("C 09:00, resolve 10:00 by=rule")
    tell("C 09:00 channel=sms, A 09:20 channel=sms team=Sales")
    tell("C 7d 23:00, B 8d 01:00")  # answered after the period
    derive_all()
    usual = proved(workspace, "first_response_time", "")["total"]
    assert (usual["n"], usual["unanswered"], usual["censored"]) == (1, 2, 2)
    any_reply = proved(workspace, "first_response_time", "variant=any&by=channel&by=agent&target=90")
    assert {tuple(row["key"].values()): row["value"] for row in any_reply["rows"] if row["n"]} == {
        ("sms", "ana@loja.example"): 1200, ("whatsapp", None): 90,
    }  # fmt: skip
    total = any_reply["total"]
    assert (total["n"], total["unanswered"], total["censored"], total["within"]) == (3, 1, 0, 1)
    handed = proved(workspace, "first_response_time", "variant=human_from_handoff")["total"]
    assert (handed["n"], handed["unanswered"], handed["censored"]) == (0, 0, 1)


def test_a_conversation_is_closed_first_and_finally(workspace: Workspace, tell: Tell) -> None:
    """K04: a return takes the first close from the final figure and leaves it in the first; our turn is ten minutes and five."""
    tell(TWICE)
    tell("C 10:00, A 10:10, resolve 10:20, C 10:40")  # open again
    tell("C 10:00, resolve 11:00 by=rule")
    tell("C 10:00")
    derive_all()
    final, first, active = (
        proved(workspace, "resolution_time", f"by=agent&variant={name}") for name in ("final", "first", "active")
    )
    assert [(row["key"]["agent"], row["value"]) for row in final["rows"] if row["n"]] == [("leo@loja.example", 10_800)]
    assert [(row["key"]["agent"], row["mean"], row["n"]) for row in first["rows"] if row["n"]] == [
        ("ana@loja.example", 1500, 2)
    ]
    assert (final["total"]["censored"], first["total"]["censored"], first["total"]["inactive"]) == (2, 1, 1)
    assert (active["total"]["value"], active["total"]["n"], active["total"]["censored"]) == (900, 1, 2)
    (seen,) = active["seen"]
    assert (seen["seconds"], seen["excluded_seconds"], seen["excluded_reason"]) == (900, 9_900, "customer")
    by = proved(workspace, "resolution_time", "variant=first&by=closed_by")
    assert [(row["key"], row["n"]) for row in by["rows"] if row["n"]] == [({"closed_by": "agent"}, 2)]


def test_the_next_replies_are_those_after_the_first(workspace: Workspace, tell: Tell) -> None:
    tell("C 10:00, A 10:05, C 10:06, A 10:07, C 10:10")
    derive_all()
    body = proved(workspace, "reply_time", "variant=next")
    assert (body["total"]["n"], body["total"]["value"], body["total"]["censored"]) == (1, 60, 1)


def test_one_word_asks_for_what_stands_side_by_side(workspace: Workspace, tell: Tell) -> None:
    """The basis of handle time keeps its own word; whoever says both is asked which is meant."""
    tell(
        "C 10:00, assign 10:00 to=leo@loja.example, look 10:01 agent=leo@loja.example, leave 10:02 agent=leo@loja.example, resolve 10:10"
    )
    derive_all()
    api = client(workspace)
    by_variant = proved(workspace, "handle_time", "variant=assigned")
    by_basis = proved(workspace, "handle_time", "basis=assigned")
    assert by_variant["total"] == by_basis["total"]
    assert (by_variant["total"]["value"], proved(workspace, "handle_time", "")["total"]["value"]) == (600, 60)
    assert (
        proved(workspace, "handle_time", "variant=focus")["receipt"] == proved(workspace, "handle_time", "")["receipt"]
    )
    assert Receipt.objects.get(pk=by_variant["receipt"]).parameters["variant"] == "assigned"
    for words in ("variant=assigned&basis=focus", "variant=focus&by=basis"):
        assert "basis" in get(api, f"/metrics/handle_time?{PERIOD}&{words}", 400)["errors"]["variant"][0]


def test_the_way_to_the_buyer_has_legs(workspace: Workspace) -> None:
    """K35: each leg of its own, the last parcel and the first; K29a: who bought here and there."""
    bia, leo = person(workspace), person(workspace)
    happen(
        *sold(bia, "1", "2026-03-02 09:00", 10),
        event(bia, "order.shipped", "2026-03-02 12:00", order="1"),
        event(bia, "order.delivered", "2026-03-02 14:00", order="1"),
        event(bia, "order.delivered", "2026-03-02 19:00", order="1"),
        *sold(bia, "2", "2026-03-03 09:00", 10, "whatsapp", pickup=True),
        event(bia, "order.ready_for_pickup", "2026-03-03 10:00", order="2"),
        event(bia, "order.picked_up", "2026-03-03 14:00", "store", order="2"),
        *sold(leo, "3", "2026-03-04 09:00", 10),
        *sold(leo, "4", "2026-03-05 09:00", 10),
        event(leo, "order.shipped", "2026-03-05 15:00", order="4"),
    )
    derive_all()
    found = {}
    for one in METRICS["delivery_time"].variants:
        total = proved(workspace, "delivery_time", f"variant={one.id}")["total"]
        found[one.id] = (total["n"], total["mean"] / 3600, total["censored"])
    assert found == {
        "whole": (2, 7.5, 2), "first_parcel": (1, 5, 2), "shipment": (2, 4.5, 1),
        "transit": (1, 7, 1), "ready": (1, 1, 0), "pickup": (1, 4, 0),
    }  # fmt: skip
    api = client(workspace)
    shares = [
        get(api, f"/metrics/repeat_purchase_rate?{PERIOD}&{words}")["total"]
        for words in ("", "variant=several_channels")
    ]
    assert [(one["numerator"], one["denominator"]) for one in shares] == [(2, 2), (1, 2)]


@pytest.mark.parametrize(
    ("metric", "words", "field", "says"),
    [
        ("first_response_time", "variant=soon", "variant", "human, any, human_from_inbound, human_from_handoff"),
        ("first_response_time", "variant=any&clock=business", "clock", "Allowed: elapsed."),
        ("resolution_time", "variant=first&by=closing_channel", "by", "channel, agent, team, closed_by, label, day"),
        ("csat", "variant=any", "variant", "one way"),
    ],
)
def test_a_variant_nobody_knows_is_refused(
    workspace: Workspace, metric: str, words: str, field: str, says: str
) -> None:
    api = client(workspace)
    api.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    for path in (metric, f"{metric}/evidence"):
        assert says in get(api, f"/metrics/{path}?{PERIOD}&{words}", 400)["errors"][field][0]
    assert Receipt.objects.count() == 0


def test_working_hours_measure_what_they_can(workspace: Workspace, tell: Tell) -> None:
    tell(F4)
    tell(TWICE)
    derive_all()
    inbound = proved(workspace, "first_response_time", "variant=human_from_inbound&clock=business")["total"]
    assert sorted([inbound["max"], 2 * inbound["mean"] - inbound["max"]]) == [240, 300]
    assert proved(workspace, "resolution_time", "variant=active&clock=business")["total"]["value"] == 900


def test_a_goal_is_of_the_usual_way(workspace: Workspace, tell: Tell) -> None:
    tell(F4)
    derive_all()
    today = timezone.now().date()
    Goal.objects.create(
        workspace=workspace, metric="first_response_time", version=1, target=100, direction=AT_MOST,
        start=today - timedelta(days=2), deadline=today + timedelta(days=2), reason="Because.",
    )  # fmt: skip
    api = client(workspace)
    assert get(api, f"/metrics/first_response_time?{PERIOD}")["total"]["within"] == 0
    assert "within" not in get(api, f"/metrics/first_response_time?{PERIOD}&variant=any")["total"]


def test_the_catalogue_says_what_there_is_to_ask(workspace: Workspace) -> None:
    api = client(workspace)
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for language in ("pt-br", "en", "es"):
        api.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        for one in get(api, "/metrics")["results"]:
            for variant in one["variants"]:
                told.setdefault((one["id"], variant["id"]), []).append((variant["formula"], variant["definition"]))
                assert variant["usual"] == (variant is one["variants"][0])
                assert not variant["usual"] or (variant["clocks"], variant["dimensions"]) == (
                    one["clocks"],
                    one["dimensions"],
                )
    assert {name for name, _variant in told} >= {"first_response_time", "resolution_time", "handle_time", "win_rate"}
    assert [which for which, said in told.items() if any(len({*texts}) < 3 for texts in zip(*said, strict=True))] == []
    assert told["resolution_time", "first"][1][0] == "t(first close) − t(open)"


@pytest.mark.parametrize("metric", [one for one in METRICS.values() if one.variants], ids=lambda one: one.id)
def test_every_variant_is_an_entry_of_its_own(metric: Any) -> None:
    """Cells hold the usual way alone; a dimension that is kept to one value unless asked is a choice of variants."""
    names = [one.id for one in metric.variants]
    assert len(set(names)) == len(names)
    assert metric.measured(names[0]) is metric
    assert {**metric.source.usual} in ({}, {**metric.variants[0].kept})
    for name in names[1:]:
        measured = metric.measured(name)
        assert measured.measured(name) is measured
        assert (measured.id, measured.version, measured.unit) == (metric.id, metric.version, metric.unit)
        assert measured.kept or not measured.source.measure
        assert set(measured.kept) <= set(measured.source.dimensions)
        assert isinstance(measured.adding, type(metric.adding))
        if isinstance(measured.adding, Lengths):
            assert measured.source.start or not measured.source.still_open


def test_the_page_of_a_figure_offers_its_variants(workspace: Workspace, tell: Tell) -> None:
    told = tell(F4.replace("09:0", "15:0"), day=YESTERDAY)
    derive_all()
    web = browser(workspace)
    usual = page(web, "/metrics/first_response_time/?period=7")
    assert 'href="/metrics/first_response_time/?period=7" aria-current="true">By a person</a>' in usual
    assert 'href="/metrics/first_response_time/?period=7&amp;variant=any" >By anybody</a>' in usual
    shown = page(web, "/metrics/first_response_time/?period=7&variant=any")
    assert "<h1>First response time (by anybody)</h1>" in shown
    assert "2 s</p>" in shown
    assert "t(first reply by a person or a bot)" in shown
    for place in ("export.csv", "receipt/"):
        assert f"/metrics/first_response_time/{place}?period=7&amp;variant=any" in shown
    text = page(web, "/metrics/first_response_time/export.csv?period=7&variant=any")
    assert "# variant,any" in text
    assert text.splitlines()[-1].split(",")[4:6] == ["1", "2.0"]
    at = web.get("/metrics/first_response_time/receipt/?period=7&variant=any").headers["Location"]
    assert "First response time (by anybody)" in page(web, at)
    assert "2 s <span" in page(web, f"{at}?recompute=1")
    behind = page(
        web, "/metrics/first_response_time/?period=7&variant=any&open=first_response_time", **{"HX-Target": "drawer"}
    )
    assert "2 s</p>" in behind
    assert f'href="/inbox/{told.pk}/"' in behind
    rows = page(web, "/metrics/first_response_time/rows.csv?period=7&variant=any&open=first_response_time")
    assert rows.splitlines()[-1].split(",")[-6] == "2.0"
    assert "by anybody" not in page(web, "/metrics/first_response_time/?period=7&variant=soon").split("<h1>")[1][:90]
    assert "by anybody" not in page(
        web, "/metrics/?period=7&variant=any"
    )  # a board shows figures as they are usually measured
    form = {"name": "Bots", "page": "/metrics/first_response_time/", "words": "period=7&variant=any"}
    assert page(web, web.post("/metrics/saved/", form).headers["Location"]).count("2 s</p>") == 1
    assigned = page(web, "/metrics/handle_time/?period=7&variant=assigned")
    assert "<h1>Handle time (time assigned)</h1>" in assigned
    assert "by basis" in page(web, "/metrics/handle_time/?period=7")
    assert "by basis" not in assigned


def drawn(workspace: Workspace, metric: str, variant: str) -> tuple[str, str, str, int, int]:
    """Open the drawer of a figure; return what its interval says, and how many parts of the ruler count and do not."""
    said = QueryDict(f"period=custom&from={DAY.date()}&to={DAY.date()}&variant={variant}&open={metric}&tz=UTC")
    question = drawer.question_of(asked(workspace, said, timezone.now(), metric), said)
    assert question is not None
    with override("en"):
        it = drawer.drawer(question, said).interval
    assert it is not None
    counted, apart = (it.drawing.count(f'class="{kind}"') for kind in ("counted", "apart"))
    return it.length, it.excluded, it.reason, counted, apart


def test_the_ruler_shows_what_counts(workspace: Workspace, tell: Tell) -> None:
    """Our turns, twice; before somebody's eyes, once in the middle and once after the end; with an agent, but for what was snoozed."""
    tell(TWICE)
    derive_all()
    assert drawn(workspace, "resolution_time", "active") == ("15 min", "2 h 45 min", "the customer's turn", 2, 2)
    assert drawn(workspace, "resolution_time", "first") == ("30 min", "", "", 1, 0)
    leo = "agent=leo@loja.example"
    tell(
        f"C 10:00, assign 10:00 to=leo@loja.example, look 10:10 {leo}, leave 10:12 {leo}, snooze 10:20, wake 10:50, "
        f"resolve 11:00, look 11:00 {leo}, leave 11:01 {leo}"
    )
    derive_all()
    assert drawn(workspace, "handle_time", "")[0::3] == ("3 min", 2)
    assert drawn(workspace, "handle_time", "assigned") == ("30 min", "", "", 2, 1)
