"""The tools beside the figures: how many people a load needs, and whether two shares differ; both by the worked fixtures."""

from __future__ import annotations

import pytest

from hub.models import Role, Workspace
from metrics.staffing import Load, around, needed
from tests.metrics.test_api import client, get

F12 = Load(conversations=60, interval=1_800, handle=480, concurrency=2.5, patience=120)
LOAD = "conversations=60&handle=480&concurrency=2.5"


def test_staffing_fixtures_f12_and_f22() -> None:
    assert (F12.effective, F12.erlangs) == (192, 6.4)
    by_agents = {one.agents: one for one in around(F12, 8, 1)}
    assert [round(by_agents[agents].level, 3) for agents in (8, 9)] == [0.644, 0.825]
    best = needed(F12)
    assert best == by_agents[9]
    assert (round(best.wait), round(best.occupancy, 2)) == (19, 0.71)
    assert [round(by_agents[agents].abandonment or 0, 3) for agents in (8, 9)] == [0.079, 0.044]
    alone = needed(Load(conversations=60, interval=1_800, handle=480))
    assert alone
    assert alone.agents == 20  # as if nobody could serve several


def test_a_load_that_nobody_could_serve_needs_no_number() -> None:
    assert needed(Load(conversations=1e6, interval=60, handle=480)) is None
    crowd = Load(conversations=30_000, interval=1_800, handle=100, patience=60)
    best = needed(crowd)
    assert best
    assert best.agents > crowd.erlangs
    assert 0 < (best.abandonment or 0) < 0.05


def test_it_works(workspace: Workspace) -> None:
    """Fixture F23 among them: what is not sure is called not decided."""
    api = client(workspace)
    body = get(api, "/comparison?a=48/400&b=66/400")
    assert (body["a"]["value"], body["b"]["value"], round(body["z"], 2), round(body["p"], 3)) == (
        0.12,
        0.165,
        1.82,
        0.069,
    )
    assert body["verdict"] == "not decided"
    assert body["ci_low"] < 0 < body["ci_high"]
    assert get(api, "/comparison?a=48/400&b=96/400")["verdict"] == "decided"
    assert get(api, "/comparison?a=0/4&b=0/9")["p"] == 1
    staff = get(api, f"/staffing?{LOAD}&patience=120")
    assert (staff["agents"], [one["agents"] for one in staff["around"]]) == (9, [7, 8, 9, 10, 11])
    assert round(staff["around"][1]["abandonment"], 3) == 0.079
    assert get(api, f"/staffing?{LOAD}")["around"][2]["abandonment"] is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/comparison?a=48/400", "b"), ("/comparison?a=48/0&b=1/2", "a"), ("/comparison?a=5/4&b=1/2", "a"),
        ("/comparison?a=-1/4&b=1/2", "a"), ("/staffing?handle=480", "conversations"), (f"/staffing?{LOAD}&target=1.5", "target"),
        (f"/staffing?{LOAD}&within=nan", "within"), (f"/staffing?{LOAD}&patience=0", "patience"),
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_share_and_no_load(workspace: Workspace, path: str, field: str) -> None:
    assert list(get(client(workspace), path, 400)["errors"]) == [field]


def test_agents_have_no_business_here(workspace: Workspace) -> None:
    get(client(workspace, Role.AGENT), "/comparison?a=1/2&b=1/2", 403)
