"""Stays: how long people queue, who holds a conversation, and who looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.derive import derive
from metrics.records import Stay
from tests.metrics.stories import story


def told(text: str, kind: str = "queue") -> list[tuple[Any, ...]]:
    """Return the stays of a kind as (outcome, minutes, agent)."""
    return [(stay.outcome, minutes(stay), stay.agent) for stay in derive(story(text)).stays if stay.kind == kind]


def minutes(stay: Stay) -> float | None:
    """Return the length of a stay."""
    return None if stay.elapsed is None else stay.elapsed / 60e6


@pytest.mark.parametrize(
    ("text", "queue"),
    [
        ("C 10:00, C 10:01, assign 10:04 to=leo, A 10:09", [("taken", 4, "leo")]),
        ("C 10:00, A 10:03 agent=ana", [("taken", 3, "ana")]),  # who replies has taken it
        ("C 10:00, assign 10:01 team=Sales, A 10:03 agent=ana", [("taken", 3, "ana")]),  # a team is still a queue
        ("open 10:00 by=customer, C 10:00, assign 10:02 to=leo", [("taken", 2, "leo")]),
        # F4: people are waited for from the handoff on.
        ("C 09:00:00, B 09:00:02, C 09:01:00, handoff 09:01:00 by=bot, A 09:04:00 agent=ana", [("taken", 3, "ana")]),
        ("C 10:00, B 10:00, resolve 10:05 by=bot", []),  # the bot did it: nobody queued
        ("C 10:00, B 10:00", []),
        ("C 10:00, B 10:00, A 10:07 agent=ana", [("taken", 7, "ana")]),  # a machine that only said "we are coming"
        ("C 10:00, resolve 10:30 by=rule", [("abandoned", 30, "")]),
        ("C 10:00, resolve 10:30", [("abandoned", 30, "")]),
        ("C 10:00:00, resolve 10:00:04", [("short", 4 / 60, "")]),
        ("C 10:00:00, resolve 10:00:05", [("abandoned", 5 / 60, "")]),
        ("C 10:00", [("open", None, "")]),
        ("A 10:00, C 10:05", []),  # the house began: somebody has it
        ("P 10:00, C 10:05, A 10:06 agent=ana", [("taken", 1, "ana")]),  # a campaign has nobody behind it
        # Given back: another stay.
        ("C 10:00, assign 10:01 to=leo, queue 10:05, assign 10:09 to=ana", [("taken", 1, "leo"), ("taken", 4, "ana")]),
        ("C 10:00, assign 10:01 to=leo, assign 10:05 to=-", [("taken", 1, "leo"), ("open", None, "")]),
        ("C 10:00, assign 10:01 to=leo, handoff 10:05, assign 10:06 to=ana", [("taken", 1, "leo"), ("taken", 1, "ana")]),
        ("C 10:00, handoff 10:05 team=Sales, A 10:06 agent=ana", [("taken", 6, "ana")]),  # still the same wait
        # F5: back after the end: to whoever has it, else through the queue again.
        ("C 10:00, A 10:01 agent=ana, resolve 10:02, C 10:10, A 10:15 agent=ana", [("taken", 1, "ana"), ("taken", 5, "ana")]),
        ("C 10:00, assign 10:01 to=leo, resolve 10:02, C 10:10, A 10:15", [("taken", 1, "leo")]),
        # What is said after the end takes nothing: who comes back queues.
        ("C 10:00, B 10:00, resolve 10:07, A 10:30, C 11:00, A 11:20 agent=ana", [("taken", 20, "ana")]),
        ("C 10:00, A 10:01 agent=ana, resolve 10:02, A 10:03, C 11:00, resolve 11:30", [("taken", 1, "ana"), ("abandoned", 30, "")]),
    ],
)  # fmt: skip
def test_the_queue_is_left_when_somebody_has_it(text: str, queue: list[tuple[Any, ...]]) -> None:
    assert told(text) == queue


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("C 10:00, assign 10:01 to=leo, A 10:02, resolve 10:31", [("ended", 30, "leo")]),
        ("C 10:00, assign 10:01 to=leo, assign 10:01 to=leo, assign 10:11 to=ana", [("ended", 10, "leo"), ("open", None, "ana")]),
        # What is snoozed is nobody's work; what the customer says wakes it.
        ("C 10:00, assign 10:00 to=leo, snooze 10:10, wake 10:40, resolve 11:00", [("ended", 10, "leo"), ("ended", 20, "leo")]),
        ("C 10:00, assign 10:00 to=leo, snooze 10:10, C 10:40, snooze 10:50, resolve 11:00", [("ended", 10, "leo"), ("ended", 10, "leo")]),
        ("C 10:00, assign 10:00 to=leo, resolve 10:10, C 10:20, resolve 10:25", [("ended", 10, "leo"), ("ended", 5, "leo")]),
        ("C 10:00, assign 10:00 to=leo, resolve 10:10, A 10:12, C 10:20, resolve 10:25", [("ended", 10, "leo"), ("ended", 5, "leo")]),
    ],
)  # fmt: skip
def test_an_agent_holds_what_was_given_until_it_ends(text: str, held: list[tuple[Any, ...]]) -> None:
    assert told(text, "held") == held


def test_focus_is_counted_once_fixture_f20() -> None:
    """A 10:00-10:04 and 10:06-10:09, B in between."""
    a = told("C 09:00, look 10:00, leave 10:04, look 10:06, leave 10:09", "focus")
    b = told("C 09:00, look 10:04, leave 10:06", "focus")
    assert [sum(stay[1] for stay in some) for some in (a, b)] == [7, 2]
    assert told("C 09:00, look 10:00, look 10:03, leave 10:04, look 10:08", "focus") == [
        ("ended", 3, "ana@loja.example"),
        ("ended", 1, "ana@loja.example"),
        ("open", None, "ana@loja.example"),
    ]
    assert told("C 09:00, look 10:00, leave 10:00", "focus") == [("ended", 0, "ana@loja.example")]
