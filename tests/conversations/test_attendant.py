"""The relay's own pair of hands: one child that looks when told to, and whose death or hanging is noticed."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator

import pytest

from conversations import attendant
from conversations.attendant import Attendant

WAIT_SECONDS = 30.0

Begin = Callable[[Callable[[], object]], Attendant]


@pytest.fixture
def hands() -> Iterator[Begin]:
    """Make attendants that end with the test."""
    made: list[Attendant] = []

    def begin(look: Callable[[], object]) -> Attendant:
        made.append(Attendant(look))
        return made[-1]

    yield begin
    for one in made:
        one.end()


def hear(one: Attendant) -> bool:
    """Wait until the child says something, or is gone, and take it."""
    assert select.select(one.lines, [], [], WAIT_SECONDS)[0]
    return one.hear()


def test_it_works(hands: Begin) -> None:
    read, write = os.pipe()
    one = hands(lambda: os.write(write, b"%d " % os.getpid()))
    for _ in range(2):
        assert one.begin()
        assert one.busy_since is not None
        assert hear(one)
        assert one.busy_since is None
    pids = os.read(read, 100).split()
    assert len(pids) == 2
    assert pids[0] == pids[1] != b"%d" % os.getpid()


def test_it_takes_nothing_more_while_it_is_at_work(hands: Begin) -> None:
    read, write = os.pipe()
    one = hands(lambda: os.read(read, 1))
    assert one.begin()
    assert not one.begin()
    os.write(write, b"x")
    assert hear(one)
    assert one.begin()
    os.write(write, b"x")


def test_a_failure_is_told_and_the_child_goes_on(hands: Begin) -> None:
    one = hands(lambda: 1 / 0)
    for _ in range(2):
        assert one.begin()
        assert not hear(one)


@pytest.mark.parametrize(("rest", "goes_on"), [(1_000.0, False), (0.0, True)])
def test_one_that_died_rests_before_another_takes_its_place(
    hands: Begin, monkeypatch: pytest.MonkeyPatch, rest: float, goes_on: bool
) -> None:
    monkeypatch.setattr(attendant, "REST_SECONDS", rest)
    one = hands(lambda: os._exit(3))
    assert one.begin()
    assert not hear(one)
    assert one.lines == []
    assert one.begin() is goes_on


def test_one_that_hangs_is_ended(hands: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    one = hands(lambda: time.sleep(600))
    assert one.begin()
    one.look_after()
    assert one.busy_since is not None
    monkeypatch.setattr(attendant, "LONGEST_SECONDS", 0.0)
    one.look_after()
    assert one.lines == []
    assert not one.begin()
