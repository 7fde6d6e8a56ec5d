"""The company's agents: a day at the desk as one would believe it, the same from the same seed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby, pairwise

from simulator.company import plan, seen
from simulator.company.plan import Plan


def company() -> Plan:
    return plan(1, date(2026, 3, 2), 14, 20)


def test_agents_are_there_and_busy_as_one_would_believe() -> None:
    made = company()
    spans = sorted(made.presence, key=lambda one: (one.agent, one.since))
    for one, after in pairwise(spans):
        assert one.since < one.until
        assert one.agent != after.agent or one.until <= after.since
    looks = sorted(made.focus, key=lambda one: (one.agent, one.since))
    assert all(one.agent != after.agent or one.until < after.since for one, after in pairwise(looks))
    for agent, own in groupby(spans, key=lambda one: one.agent):
        days = list(own)
        there = [one for one in days if one.state in {"online", "busy"}]
        looked = sum(
            (
                max(timedelta(), min(look.until, one.until) - max(look.since, one.since))
                for one in there
                for look in looks
                if look.agent == agent
            ),
            timedelta(),
        )
        assert 0.6 < looked / sum((one.until - one.since for one in there), timedelta()) < 0.85, agent
        assert {"online", "busy", "away", "break"} == {one.state for one in days}
        assert {one.reason for one in days if one.state == "break"} == {"lunch", "short"}


def test_the_same_seed_tells_the_same_once() -> None:
    told = seen(company())
    assert told == seen(company())
    assert len({one.key for one in told}) == len(told)
    assert [one.at for one in told] == sorted(one.at for one in told)
    for agent in {one.agent for one in told}:
        states = [one.data for one in told if one.type == "presence.changed" and one.agent == agent]
        assert all(one["to"] == after["from"] for one, after in pairwise(states))
        assert states[-1]["to"] == "offline"
