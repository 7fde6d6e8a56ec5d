"""The demo company: what the API says of its history is what its plan says, for every figure of the catalogue."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from itertools import batched
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict

from conversations import outside
from conversations.models import HistoryEvent
from hub.models import Workspace
from metrics import shape
from metrics.query import answer
from metrics.question import metric_named, read
from metrics.rebuild import differences
from metrics.registry import METRICS
from simulator.company import events, plan
from simulator.company.plan import ZONE, Plan
from simulator.company.truth import KNOWN, Answer, answers
from tests.metrics.conftest import derive_all

SEED, FIRST, DAYS, TALKS_A_DAY = 7, date(2026, 3, 2), 30, 10
INTERVAL = {"ci_low", "ci_high"}
NONE_IF_UNSAID = INTERVAL | {
    "value", "oldest_open_seconds", "mean", "p50", "p75", "p90", "p95", "max", "km_p50", "km_p75", "numerator", "denominator",
}  # fmt: skip
CLOSE = {"money": 0.005, "seconds": 1e-6, "fraction": 1e-12, "points": 1e-9, "per_hour": 1e-9, "count": 1e-9}


@pytest.fixture(scope="module")
def company() -> Plan:
    return plan(SEED, FIRST, DAYS, TALKS_A_DAY)


def take(workspace: Workspace, told: list[dict[str, Any]]) -> None:
    for some in batched(told, outside.MOST):
        for verdict in outside.take(workspace, list(some)):
            assert verdict.outcome != "invalid", verdict


def live(workspace: Workspace, company: Plan) -> None:
    """Write what only this house sees: who was present, and who looked at what."""
    talks = dict(
        HistoryEvent.objects.of(workspace).filter(type="message.received").values_list("external_id", "conversation_id")
    )
    rows = []

    def happened(kind: str, at: datetime, agent: str, conversation: Any = None, **data: str) -> None:
        rows.append(
            HistoryEvent(
                workspace=workspace, type=kind, occurred_at=at, received_at=at, source="novelo", actor_kind="agent",
                actor_email=agent, conversation_id=conversation, data=data,
            )
        )  # fmt: skip

    for shift in company.shifts:
        happened("presence.changed", shift.since, shift.agent, to="online", **{"from": "offline"})
        happened("presence.changed", shift.until, shift.agent, to="offline", **{"from": "online"})
    for one in company.focus:
        key = f"{company.seed}-t{one.talk.number}-{2 if one.talk.campaign else 1}"
        happened("focus.gained", one.since, one.agent, talks[key])
        happened("focus.lost", one.until, one.agent, talks[key])
    HistoryEvent.objects.bulk_create(rows)


def ask(workspace: Workspace, one: Answer, company: Plan) -> dict[str, Any]:
    words = QueryDict(mutable=True)
    words.update(
        {"from": company.start.date().isoformat(), "to": company.end.date().isoformat(), "tz": ZONE, **one.only}
    )
    words.setlist("by", list(one.by))
    return shape.of_answer(answer(read(workspace, metric_named(one.metric), words, company.end)))


def differs(
    body: dict[str, Any], by: tuple[str, ...], rows: dict[tuple[str | None, ...], dict[str, Any]]
) -> Iterator[str]:
    """Yield where an answer is not what is true."""
    said = {tuple(row["key"][word] for word in by): row for row in body["rows"]} | {(): body["total"]}
    true = {(): {"n": 0, "value": None}} | rows
    for key in sorted(said.keys() | true.keys(), key=str):
        if key not in said or key not in true:
            yield f"{body['metric']} {by} {key}: only {'said' if key in said else 'true'}: {said.get(key) or true[key]}"
            continue
        for name, value in said[key].items():
            if name in {"key", "small_sample"} or (name in INTERVAL and name not in true[key]):
                continue
            expected = true[key].get(name, None if name in NONE_IF_UNSAID else 0)
            near = (
                pytest.approx(expected, rel=1e-12, abs=CLOSE.get(body["unit"], 0))
                if isinstance(value, float)
                else expected
            )
            if expected is None or value != near:
                yield from (
                    [] if value is expected else [f"{body['metric']} {by} {key} {name}: said {value}, true {expected}"]
                )


@pytest.mark.parametrize("is_shuffled", [False, True], ids=["as it happened", "in any order, and twice"])
def test_it_works(workspace: Workspace, company: Plan, *, is_shuffled: bool) -> None:
    told = events(company)
    if is_shuffled:
        draw = random.Random(SEED)
        told += draw.sample(told, len(told) // 5)
        draw.shuffle(told)
    assert set(KNOWN) == set(METRICS)
    take(workspace, told)
    live(workspace, company)
    derive_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself a while after so much is new
    with time_machine.travel(company.end, tick=False):
        found = [
            line
            for one in answers(company, company.start, company.end, company.end)
            for line in differs(ask(workspace, one, company), one.by, one.rows)
        ]
    assert found[:20] == []
    assert list(differences(workspace)) == []
