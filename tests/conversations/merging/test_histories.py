"""Merging and undoing over random histories: whatever was undone, everybody has what the merges that stand would have given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings, strategies as st

from conversations.models import Merge
from tests.conversations.merging.street import KINDS, MINUTE, Street, Told, broken

WHO = st.sampled_from(sorted(KINDS))
PAIR = st.permutations(sorted(KINDS)).map(lambda order: (order[0], order[1]))
ACT = st.one_of(
    st.tuples(st.sampled_from(["hear", "hear", "answer", "resolve", "snooze", "note"]), WHO),
    st.tuples(st.just("join"), PAIR),
    st.tuples(st.sampled_from(["part", "rest"]), st.integers(0, 2)),
)
HISTORY = st.lists(ACT, min_size=3, max_size=14).map(lambda acts: [("hear", "ana"), ("hear", "bia"), *acts])
ALL = [("hear", "ana"), ("hear", "bia"), ("hear", "caio")]
# The first merge is undone while the second stays, and what was resolved of all three lies behind.
OLDER = [*ALL, ("join", ("ana", "bia")), ("join", ("ana", "caio")), ("hear", "bia"), ("resolve", "caio"), ("part", 0)]
# Bia alone kept the conversation open beyond the window in which Ana would have taken hers up again.
KEPT_OPEN = [
    *ALL[:2],
    ("join", ("ana", "bia")),
    ("resolve", "ana"),
    ("rest", 1),
    ("hear", "bia"),
    ("rest", 1),
    ("hear", "ana"),
]
# Caio was joined with Bia, who counted as Ana then.
ASKED = [*ALL, ("join", ("ana", "bia")), ("join", ("bia", "caio")), ("note", "bia"), ("part", 0), ("hear", "ana")]
HOURS = (1, 13, 25)  # a rest: within the window in which a conversation is taken up again, at its edge, past it
type Act = tuple[str, Any]


class Played:
    """A history as it went: who was one person at each act, which merge it made, which conversation it wrote beside."""

    def __init__(self, history: Sequence[Act]) -> None:
        self.street, self.history = Street(), history
        self.joint: list[list[str]] = []
        self.merges: list[UUID | None] = []
        self.beside: list[Told | None] = []
        for verb, about in history:
            self.street.now += MINUTE
            self.joint.append(self.members(about) if verb in {"resolve", "snooze"} else [])
            self.merges.append(None)
            self.beside.append(None)
            self._act(verb, about)
            assert broken(self.street.place) == []

    def _act(self, verb: str, about: Any) -> None:
        street = self.street
        match verb:
            case "join" if all(street.known(who) for who in about):
                self.merges[-1] = street.join(*about)
            case "part" if self.standing():
                self.part(about)
            case "rest":
                street.now += HOURS[about] * 60 * MINUTE
            case "note":
                self.beside[-1] = street.name(street.note(street.live(about)))
            case "join" | "part":
                pass
            case _:
                getattr(street, verb)(about)

    def members(self, who: str) -> list[str]:
        """Return everybody who counts as the same person."""
        roots = {name: row.merged_into_id or row.pk for name in KINDS if (row := self.street.known(name))}
        return [name for name, root in roots.items() if root == roots.get(who)]

    def standing(self) -> list[UUID]:
        """Return the merges that hold."""
        rows = Merge.objects.of(self.street.place).in_force().order_by("pk")
        return list(rows.values_list("pk", flat=True))

    def part(self, number: int) -> None:
        """Undo one of the merges that hold; what nobody has read is as much as before."""
        talks, keys = self.street.talks().standing(), self.standing()
        unread = sum(talks.values_list("unread", flat=True))
        self.street.part(keys[number % len(keys)])
        assert sum(talks.values_list("unread", flat=True)) == unread
        assert broken(self.street.place) == []

    def without_what_was_undone(self) -> Street:
        """Play the history with the merges that hold alone; what was done with a joint conversation is done with that of each."""
        street, holding = Street(), set(self.standing())
        for (verb, about), people, made, beside in zip(self.history, self.joint, self.merges, self.beside, strict=True):
            street.now += MINUTE
            for who in people:
                getattr(street, verb)(who)
            if verb == "rest":
                street.now += HOURS[about] * 60 * MINUTE
            elif verb == "join" and made in holding:
                street.join(*about)
            elif verb == "note":
                street.note(next((row for row in street.talks() if street.name(row) == beside), None))
            elif verb in {"hear", "answer"}:
                getattr(street, verb)(about)
        return street

    def proves_itself(self) -> None:
        """Everybody has what they would have had."""
        other = self.without_what_was_undone()
        seen = any(verb == "answer" for verb, _ in self.history)  # who answers one has read what both wrote
        assert self.street.joined() == other.joined()
        for who in KINDS:
            assert self.street.story(who, unread=not seen) == other.story(who, unread=not seen), who
            assert self.street.facts(who) == other.facts(who), who


@example(history=OLDER, order=0)
@example(history=KEPT_OPEN, order=0)
@example(history=ASKED, order=0)
@example(history=[*ALL, ("join", ("caio", "bia")), ("join", ("bia", "ana")), ("hear", "bia")], order=0)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example is taken back
@given(history=HISTORY, order=st.integers(0, 5))
def test_after_every_undo_everybody_has_what_the_merges_that_stand_give(
    db: None, history: list[Act], order: int
) -> None:
    with transaction.atomic():
        played = Played(history)
        played.proves_itself()
        if played.standing():
            while played.standing():
                played.street.now += MINUTE
                played.part(order)
            played.proves_itself()
        transaction.set_rollback(True)
