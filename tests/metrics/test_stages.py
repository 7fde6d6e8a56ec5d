"""Stages of people's way: what holds them in each, for how long, and where they go from there."""

from __future__ import annotations

from hub.models import Workspace
from metrics.evidence import page
from metrics.receipts import recompute, write
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.happenings import ask, event, happen, person, sold, wrote

YEAR = "from=2026-01-01&to=2027-01-01"
DAY = 86_400


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    """One way through all five stages, and back when nothing holds any more."""
    who = person(workspace)
    tell("", customer=who)
    happen(
        event(who, "web.visit", "2026-01-01", "ecommerce"),
        event(who, "web.visit", "2026-01-02", "ecommerce"),  # holds a day longer, and is no other stay
        wrote(who, "2026-01-05"),
        event(who, "cart.updated", "2026-01-07", "ecommerce", cart="1", items=[1]),
        *sold(who, "1", "2026-01-08", 10, "ecommerce", promised_at="2026-01-20"),
        event(who, "order.delivered", "2026-01-18", order="1"),  # service until 17 February
        wrote(who, "2026-02-10", "instagram"),  # holds until 12 March
        *sold(who, "2", "2026-03-20", 10, "store"),
    )
    derive_all()
    words = f"{YEAR}&by=stage&by=outcome&by=channel"
    given = ask(workspace, "journey_stages", words, as_of="2026-06-01")
    assert {row.key: (row.n, row.p50 and row.p50 / DAY, row.censored) for row in given.rows} == {
        ("attention", "advanced", "ecommerce"): (1, 4, 0),
        ("consideration", "advanced", "whatsapp"): (1, 2, 0),
        ("decision", "advanced", "ecommerce"): (1, 1, 0),
        ("service", "back", "ecommerce"): (1, 40, 0),
        ("consideration", "left", None): (1, 23, 0),
        ("loyalty", "open", "store"): (0, None, 1),
    }
    assert (given.total.n, given.total.censored) == (5, 1)
    seen = page(given.question).observations
    assert sum(one.seconds or 0 for one in seen) == 70 * DAY
    # A year after the second purchase: its own service is long over.
    over = ask(workspace, "journey_stages", words, as_of="2027-04-01")
    assert {row.key: row.n for row in over.rows if row.key[0] == "loyalty"} == {("loyalty", "left", "store"): 1}
    february = ask(workspace, "journey_stages", "from=2026-02-01&to=2026-03-01&by=stage", as_of="2026-06-01")
    assert {row.key[0]: row.p50 and row.p50 / DAY for row in february.rows} == {"consideration": 23}


def test_what_is_not_delivered_is_waited_for_and_a_promoter_is_loyal(workspace: Workspace) -> None:
    a, b = person(workspace), person(workspace)
    happen(
        *sold(a, "1", "2026-01-08", 10, promised_at="2026-01-20"),
        *sold(b, "2", "2026-01-08", 10, "store"),
        event(b, "survey.answered", "2026-01-09", survey="nps", score=9),
        event(b, "survey.answered", "2026-01-30", survey="nps", score=3, touchpoint="store"),
    )
    derive_all()
    words = f"{YEAR}&by=stage&by=outcome"
    given = ask(workspace, "journey_stages", words, as_of="2026-12-31")
    assert {row.key: (row.n, row.censored) for row in given.rows} == {
        ("service", "open"): (0, 1), ("service", "advanced"): (1, 0), ("loyalty", "open"): (0, 1),
    }  # fmt: skip
    receipt = write(given)
    happen(event(a, "order.delivered", "2026-01-19", order="1"))
    derive_all()
    again = recompute(receipt)
    assert (again["as_of_mark"]["equal"], again["now"]["equal"]) == (True, False)
