"""Merging and undoing over random histories: afterwards everybody has what they would have had alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings, strategies as st

from conversations.models import Merge
from tests.conversations.merging.street import KINDS, MINUTE, Street, broken

WHO = st.sampled_from(sorted(KINDS))
PAIR = st.permutations(sorted(KINDS)).map(lambda order: (order[0], order[1]))
ACT = st.one_of(
    st.tuples(st.sampled_from(["hear", "hear", "answer", "resolve", "snooze"]), WHO),
    st.tuples(st.just("join"), PAIR),
    st.tuples(st.just("part"), st.integers(0, 2)),
)
HISTORY = st.lists(ACT, min_size=3, max_size=12).map(lambda acts: [("hear", "ana"), ("hear", "bia"), *acts])
ALL = [("hear", "ana"), ("hear", "bia"), ("hear", "caio")]
DONE = {"resolve", "snooze"}  # with what is open of a person, not with one message
type Act = tuple[str, Any]


def members(street: Street, who: str) -> list[str]:
    """Return everybody who counts as the same person."""
    roots = {name: row.merged_into_id or row.pk for name in KINDS if (row := street.known(name))}
    return [name for name, root in roots.items() if root == roots.get(who)]


def in_force(street: Street) -> list[UUID]:
    """Return the merges that hold."""
    return list(Merge.objects.of(street.place).in_force().order_by("pk").values_list("pk", flat=True))


def part(street: Street, number: int) -> None:
    """Undo one of the merges in force; what nobody has read is as much as before."""
    unread = sum(street.talks().standing().values_list("unread", flat=True))
    keys = in_force(street)
    street.part(keys[number % len(keys)])
    assert sum(street.talks().standing().values_list("unread", flat=True)) == unread


def together(history: list[Act], order: int) -> tuple[Street, list[list[str]]]:
    """Play a history, and at its end undo every merge that is left; return who was one person at each act."""
    street, joint = Street(), []
    for verb, about in history:
        street.now += MINUTE
        joint.append(members(street, about) if verb in DONE else [])
        if verb == "join" and all(street.known(who) for who in about):
            street.join(*about)
        elif verb == "part" and in_force(street):
            part(street, about)
        elif verb not in {"join", "part"}:
            getattr(street, verb)(about)
        assert broken(street.place) == []
    while in_force(street):
        street.now += MINUTE
        part(street, order)
        assert broken(street.place) == []
    return street, joint


def alone(history: list[Act], joint: list[list[str]]) -> Street:
    """Play a history without its merges; what was done with a joint conversation is done with that of each."""
    street = Street()
    for (verb, about), people in zip(history, joint, strict=True):
        street.now += MINUTE
        if verb in DONE:
            for who in people:
                getattr(street, verb)(who)
        elif verb not in {"join", "part"}:
            getattr(street, verb)(about)
    return street


@example(history=[*ALL, ("join", ("caio", "bia")), ("join", ("ana", "caio"))], order=2)
@example(history=[*ALL, ("join", ("caio", "bia")), ("join", ("bia", "ana")), ("hear", "bia")], order=0)
@example(
    history=[
        *ALL[:2],
        ("answer", "caio"),
        ("join", ("caio", "ana")),
        ("resolve", "ana"),
        ("hear", "ana"),
        ("join", ("bia", "caio")),
        ("part", 0),
        ("answer", "bia"),
    ],
    order=1,
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example is taken back
@given(history=HISTORY, order=st.integers(0, 5))
def test_after_every_undo_everybody_has_what_they_would_have_had_alone(
    db: None, history: list[Act], order: int
) -> None:
    with transaction.atomic():
        street, joint = together(history, order)
        other = alone(history, joint)
        for who in KINDS:
            seen = any(verb == "answer" for verb, _ in history)  # who answers one has read what both wrote
            assert street.story(who, unread=not seen) == other.story(who, unread=not seen), who
            assert street.facts(who) == other.facts(who), who
        transaction.set_rollback(True)
