"""Every kind of figure, over rows made up here: added up exactly, and proved by rows that sum to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from hub.models import Workspace
from metrics import shape
from metrics.evidence import page
from metrics.query import Answer, Freshness, answer
from metrics.question import Question, read
from metrics.registry import (
    Adding,
    Amounts,
    Count,
    Lengths,
    Metric,
    Per,
    Rate,
    Ratio,
    Score,
    Source,
    Sum,
    Texts,
)

ANA, BIA, CAIO, DEA = (f"00000000-0000-7000-8000-00000000000{number}" for number in range(1, 5))
AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
NO_TEXTS = Texts("", "", "")


def rows(columns: str, *values: tuple[Any, ...], cast: str = "") -> str:
    """Return a made table: ``at`` and further columns, numbered."""
    lines = ", ".join(f"({number}, {', '.join(map(_literal, row))})" for number, row in enumerate(values, start=1))
    return f"(SELECT %(workspace)s::uuid AS workspace_id, made.*{cast} FROM (VALUES {lines}) AS made(id, {columns})) AS told"


def _literal(value: Any) -> str:
    if isinstance(value, str) and value[:2] == "20":
        return f"'{value}'::timestamptz"
    if isinstance(value, str):
        return f"'{value}'::uuid" if len(value) == 36 else f"'{value}'"
    return "NULL" if value is None else str(value)


def metric(adding: Adding, table: str, unit: Any = "count", **more: Any) -> Metric:
    """Return an entry nobody keeps."""
    usual = {"anchor": "at", "dimensions": {}, "conversation": "NULL::uuid", "customer": "NULL::uuid"}
    return Metric("made_up", 1, NO_TEXTS, NO_TEXTS, "", unit, None, Source(table=table, **{**usual, **more}), adding)


def ask(workspace: Workspace, of: Metric, words: str = "from=2026-01-01&to=2026-04-01") -> Answer:
    """Answer a question about the made-up metric."""
    return answer(question(workspace, of, words), Freshness(0, AS_OF))


def question(workspace: Workspace, of: Metric, words: str = "from=2026-01-01&to=2026-04-01") -> Question:
    """Read a question about the made-up metric, in UTC."""
    return read(workspace, of, QueryDict(f"tz=UTC&{words}"), timezone.now())


def test_a_rate_is_a_share_of_rows_with_its_interval_fixture_f9(workspace: Workspace) -> None:
    table = rows("at, good", *[("2026-03-01", number < 80) for number in range(100)])
    total = ask(workspace, metric(Rate("good"), table, "fraction")).total
    assert (total.n, total.value, total.numerator, total.denominator) == (100, 0.8, 80, 100)
    assert [total.ci_low, total.ci_high] == pytest.approx([0.711, 0.867], abs=5e-4)
    table = rows("at, good", *[("2026-03-01", number < 8) for number in range(10)])
    total = ask(workspace, metric(Rate("good"), table, "fraction")).total
    assert [total.ci_low, total.ci_high] == pytest.approx([0.490, 0.943], abs=5e-4)


def test_a_score_is_promoters_less_detractors_fixture_f8(workspace: Workspace) -> None:
    scores = [10] * 66 + [8] * 30 + [3] * 24
    made = metric(Score("score >= 9", "score <= 6"), rows("at, score", *[("2026-03-01", one) for one in scores]))
    total = ask(workspace, made).total
    assert (total.n, total.value, total.numerator, total.denominator) == (120, 35, 42, 120)
    assert [total.ci_low, total.ci_high] == pytest.approx([20.8, 49.2], abs=0.05)
    seen = page(question(workspace, made), size=200).observations
    assert sum(one.amount or 0 for one in seen) / len(seen) == 35


def test_waits_that_go_on_are_no_short_waits_fixture_f10(workspace: Workspace) -> None:
    waits: list[tuple[Any, ...]] = [("2026-03-02T10:00Z", minutes * 60_000_000) for minutes in (2, 3, 5, 8)]
    waits += [("2026-03-02T11:30Z", None), ("2026-03-02T11:15Z", None)]
    made = metric(
        Lengths({"elapsed": "length"}),
        rows("at, length", *waits),
        "seconds",
        counts="length IS NOT NULL",
        start="at",
        still_open="length IS NULL",
    )
    given = ask(workspace, made)
    body = shape.of_answer(given)["total"]
    assert (body["n"], body["p50"], body["censored"], body["oldest_open_seconds"]) == (4, 240, 2, 2700)
    assert (body["km_p50"], body["km_p75"]) == (300, None)


def test_people_are_counted_once_and_proved_by_one_row_each(workspace: Workspace) -> None:
    touches: list[tuple[Any, ...]] = [
        ("2026-03-01", ANA, "sms", False),
        ("2026-03-02", ANA, "sms", True),
        ("2026-03-03", ANA, "email", False),
    ]
    touches += [("2026-03-01", BIA, "sms", False), ("2026-03-04", None, "sms", True)]
    made = metric(
        Rate("paid", each="customer_id"),
        rows("at, customer_id, channel, paid", *touches),
        "fraction",
        dimensions={"channel": "channel"},
        customer="customer_id",
    )
    given = ask(workspace, made, "from=2026-03-01&to=2026-04-01&by=channel")
    assert [(row.key, row.numerator, row.denominator) for row in given.rows] == [(("email",), 0, 1), (("sms",), 1, 2)]
    assert (given.total.numerator, given.total.denominator) == (1, 2)
    seen = page(given.question).observations
    assert [(str(one.customer_id), one.counted) for one in seen] == [(ANA, True), (BIA, False)]
    assert page(
        question(workspace, metric(Count("customer_id"), rows("at, customer_id", *[t[:2] for t in touches])))
    ).observations[1:]


ORDERS = rows(
    "at, customer_id, channel, kind, net",
    ("2026-01-05", ANA, "store", "paid", 100),
    ("2026-02-02", ANA, "store", "paid", 50),
    ("2026-02-10", ANA, "store", "refund", -20),
    ("2026-01-20", BIA, "app", "paid", 200),
    ("2026-02-15", CAIO, "app", "paid", 80),
)
ACTIVE = Source(
    table=rows("at, customer_id", ("2026-02-02", ANA), ("2026-02-15", CAIO), ("2026-02-16", CAIO), ("2026-02-20", DEA)),
    anchor="at",
    dimensions={},
    conversation="NULL::uuid",
)


def test_a_ratio_takes_refunds_off_what_was_paid_fixture_f13(workspace: Workspace) -> None:
    made = metric(
        Ratio("net", Per(condition="kind = 'paid'"), spread="net"), ORDERS, "money", dimensions={"channel": "channel"}
    )
    given = ask(workspace, made, "from=2026-01-01&to=2026-03-01&by=month")
    assert [(row.key[0], row.value, row.n, row.p50, row.max) for row in given.rows] == [
        ("2026-01", 150, 2, 150, 200),
        ("2026-02", 55, 2, 65, 80),
    ]
    body = shape.of_answer(given)
    assert (body["unit"], body["currency"], body["total"]["numerator"]) == ("money", "BRL", 410)
    seen = page(given.question).observations
    assert sum(one.amount or 0 for one in seen) / sum(one.counted or 0 for one in seen) == given.total.value


def test_a_ratio_may_be_over_other_facts_and_people_fixture_f13(workspace: Workspace) -> None:
    active = Per(ACTIVE, each="customer_id")
    made = metric(Ratio("net", active), ORDERS, "money", dimensions={"channel": "channel"})
    given = ask(workspace, made, "from=2026-02-01&to=2026-03-01&by=channel")
    assert given.total.value == pytest.approx(110 / 3)
    # Who is active belongs to no channel: all channels share them.
    assert {row.key[0]: row.value for row in given.rows} == pytest.approx({"store": 10, "app": 80 / 3})
    seen = page(given.question).observations
    assert (sum(one.amount or 0 for one in seen), sum(one.counted or 0 for one in seen)) == (110, 3)
    assert len({one.id for one in seen}) == len(seen) == 6
    parts, place = [], None
    while True:
        part = page(given.question, place, 2)
        parts += part.observations
        if (place := part.following) is None:
            break
    assert parts == seen
    buyers = metric(Ratio("net", Per(each="customer_id", condition="kind = 'paid'")), ORDERS, "money")
    assert ask(workspace, buyers, "from=2026-02-01&to=2026-03-01").total.value == 55
    sums = metric(Ratio("net", Per(amount="2 * net")), ORDERS)
    assert (ask(workspace, sums).total.value, ask(workspace, sums).total.n) == (0.5, 5)
    assert page(question(workspace, sums)).observations[0].divisor == 200


def test_a_month_with_refunds_alone_has_no_average_but_a_row(workspace: Workspace) -> None:
    made = metric(Ratio("net", Per(condition="kind = 'paid'")), rows("at, kind, net", ("2026-03-01", "refund", -20)))
    (row,) = ask(workspace, made, "from=2026-03-01&to=2026-04-01&by=month").rows
    assert (row.value, row.numerator, row.denominator, row.n) == (None, -20, 0, 0)


def test_sums_and_amounts_show_their_n(workspace: Workspace) -> None:
    total = ask(workspace, metric(Sum("net"), ORDERS, "money")).total
    assert (total.n, total.value) == (5, 410)
    assert (ask(workspace, metric(Sum("net", each="customer_id"), ORDERS)).total.n) == 3
    assert (
        shape.of_answer(ask(workspace, metric(Sum("net"), ORDERS), "from=2020-01-01&to=2020-02-01"))["total"]["value"]
        == 0
    )
    total = ask(workspace, metric(Amounts("net"), ORDERS, "money")).total
    assert (total.n, total.mean, total.p50, total.max) == (5, 82, 80, 200)


def test_what_is_undecided_stands_beside_a_rate_fixture_f14(workspace: Workspace) -> None:
    states = ["won"] * 4 + ["lost"] * 3 + ["open"] * 3
    table = rows("at, state", *[("2026-03-01", state) for state in states])
    total = ask(workspace, metric(Rate("state = 'won'"), table, still_open="state = 'open'")).total
    assert (total.numerator, total.denominator, total.censored) == (4, 10, 3)
    assert total.oldest_open_seconds == timedelta(days=1, hours=12).total_seconds()


def test_models_stand_side_by_side_and_are_not_added_up(workspace: Workspace) -> None:
    credited = [("2026-03-01", "last", 10), ("2026-03-01", "first", 10), ("2026-03-01", "linear", 10)]
    made = metric(
        Sum("net"),
        rows("at, model, net", *credited),
        dimensions={"model": "model"},
        usual={"model": "last"},
    )
    march = "from=2026-03-01&to=2026-04-01"
    assert ask(workspace, made, march).total.value == 10
    given = ask(workspace, made, f"{march}&by=model")
    assert [(row.key, row.value) for row in given.rows] == [(("first",), 10), (("last",), 10), (("linear",), 10)]
    assert given.total.value == 10


def test_a_figure_is_asked_by_its_own_dimensions_alone(workspace: Workspace) -> None:
    made = metric(Count(), ORDERS, dimensions={"kind": "kind"}, timeless=True)
    given = ask(workspace, made, "by=kind&from=2026-03-01&to=2026-03-02")
    assert [(row.key, row.n) for row in given.rows] == [(("paid",), 4), (("refund",), 1)]
    with pytest.raises(ValidationError, match=r"kind\."):
        question(workspace, made, "by=day")
    with pytest.raises(ValidationError, match=r"kind\."):
        question(workspace, made, "channel=sms")
