"""The decision itself, without a database: fair, within capacity, the same for the same input, and it says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import given, settings, strategies as st

from conversations.route import Candidate, Rules, View, decide, give_out
from conversations.route.decide import HEAD_START, holds, put_in_place
from hub.routing import If, Rule, Then, Way

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SALES, CARE = UUID(int=1), UUID(int=2)
ANA, BIA, CAIO = UUID(int=11), UUID(int=12), UUID(int=13)
TALK = UUID(int=100)


def view(number: int = 0, minutes: int = 5, **fields: object) -> View:
    return View(id=UUID(int=TALK.int + number), queued_at=NOW - timedelta(minutes=minutes), **fields)  # type: ignore[arg-type]


def everybody(method: str = "least_busy", **fields: object) -> Rules:
    return Rules(ways={None: Way(method=method, **fields)})  # type: ignore[arg-type]


def test_it_works() -> None:
    people = [
        Candidate(id=ANA, name="Ana", languages=frozenset({"es", "pt-BR"}), load=2),
        Candidate(id=BIA, name="Bia", languages=frozenset({"pt-br"})),
    ]
    found = decide(view(language="es-AR", last_agent=ANA), people, everybody(sticky=True), NOW)
    assert found.assignee == ANA
    assert found.reason == {
        "rule": "sticky", "at": NOW.isoformat(), "sorted": True, "agent": str(ANA), "name": "Ana", "load": 3,
        "capacity": 6, "speaks": "es",
    }  # fmt: skip


def test_nobody_gets_anything_where_nothing_is_set() -> None:
    found = decide(view(), [Candidate(id=ANA)], Rules(), NOW)
    assert (found.assignee, found.why, found.reason["rule"]) == (None, "manual", "queue")


def test_each_method_chooses_by_its_own_measure() -> None:
    ago = lambda minutes: NOW - timedelta(minutes=minutes)  # noqa: E731
    people = [
        Candidate(id=ANA, load=1, capacity=8, assigned_at=ago(5), since=ago(300)),
        Candidate(id=BIA, load=1, capacity=4, assigned_at=ago(60), since=ago(300)),
        Candidate(id=CAIO, load=0, capacity=0, assigned_at=None, since=ago(300)),
    ]
    chosen = [
        decide(view(), people, everybody(method), NOW).assignee
        for method in ("least_busy", "round_robin", "longest_idle")
    ]
    assert chosen == [ANA, BIA, BIA]
    idle = [msgspec.structs.replace(people[1], load=1), msgspec.structs.replace(people[0], load=0)]
    assert decide(view(), idle, everybody("longest_idle"), NOW).assignee == ANA


def test_a_rule_chooses_team_priority_and_what_must_be_known() -> None:
    rules = Rules(
        ways={CARE: Way(method="round_robin"), SALES: Way(method="round_robin")},
        rules=(
            Rule(when=If(channel_kind="sms"), then=Then(team=SALES)),
            Rule(
                name="VIP",
                when=If(attribute={"tier": "gold"}, hours="closed", language="es"),
                then=Then(team=CARE, skills=("refunds",), language="es", priority=4),
            ),
        ),
        open=False,
    )
    asked = view(attributes={"tier": "gold"}, channel_kind="whatsapp", language="es")
    fit = Candidate(id=CAIO, teams=frozenset({CARE}), skills=frozenset({"refunds"}), languages=frozenset({"es"}))
    others = [
        Candidate(id=ANA, teams=frozenset({CARE}), skills=frozenset({"refunds"})),  # says nothing of Spanish
        Candidate(id=BIA, teams=frozenset({SALES}), skills=frozenset({"refunds"}), languages=frozenset({"es"})),
    ]
    found = decide(asked, [*others, fit], rules, NOW)
    assert (found.assignee, found.view.team, found.view.priority, found.reason["matched"]) == (CAIO, CARE, 4, "VIP")
    assert decide(asked, others, rules, NOW).why == "nobody"
    assert decide(view(channel_kind="sms"), [fit], rules, NOW).view.team == SALES


def test_who_a_rule_names_gets_it_while_there_and_free_also_from_a_queue_taken_by_hand() -> None:
    rules = Rules(ways={None: Way(), CARE: Way(method="least_busy")}, rules=(Rule(then=Then(agent=ANA)),))
    people = [
        Candidate(id=ANA, name="Ana", teams=frozenset({CARE}), load=5),
        Candidate(id=BIA, teams=frozenset({CARE})),
    ]
    full = [msgspec.structs.replace(people[0], load=6), people[1]]
    for team, otherwise in ((None, None), (CARE, BIA)):
        found = decide(view(team=team), people, rules, NOW)
        assert (found.assignee, found.reason["rule"], found.reason["prefers"]) == (ANA, "named", str(ANA))
        assert decide(view(team=team), full, rules, NOW).assignee == otherwise
        assert decide(view(team=team), people[1:], rules, NOW).assignee == otherwise
        assert decide(view(team=team, avoid=ANA), people, rules, NOW).assignee == otherwise


def test_who_let_it_lie_gets_it_again_only_when_nobody_else_can() -> None:
    people = [Candidate(id=ANA), Candidate(id=BIA, load=5)]
    assert decide(view(avoid=ANA, last_agent=ANA), people, everybody(sticky=True), NOW).assignee == BIA
    assert decide(view(avoid=ANA, last_agent=ANA), people[:1], everybody(sticky=True), NOW).assignee == ANA


def test_urgent_goes_first_until_somebody_has_waited_too_long() -> None:
    urgent, patient = view(1, minutes=0, priority=4), view(2, minutes=60)
    old = view(3, minutes=int(4 * HEAD_START / timedelta(minutes=1)) + 1)
    order = [one.view.id for one in give_out([patient, urgent, old], [Candidate(id=ANA)], everybody(), NOW)]
    assert order == [old.id, urgent.id, patient.id]


def test_the_heavy_are_not_starved_by_the_light() -> None:
    heavy, light = view(1, minutes=9, weight=3), view(2, minutes=1)
    full = [Candidate(id=ANA, load=4), Candidate(id=BIA, capacity=2)]
    first, second = give_out([light, heavy], full, everybody(), NOW)
    assert (first.view.id, first.why, first.held) == (heavy.id, "full", ANA)
    assert (second.view.id, second.assignee) == (light.id, BIA)  # who could never carry it goes on
    freed = [msgspec.structs.replace(full[0], load=3), full[1]]
    assert give_out([light, heavy], freed, everybody(), NOW)[0].assignee == ANA
    assert decide(view(weight=9), freed, everybody(), NOW).why == "heavy"


METHODS = st.sampled_from(["round_robin", "least_busy", "longest_idle"])
MOMENTS = st.none() | st.integers(0, 500).map(lambda minutes: NOW - timedelta(minutes=minutes))
TEAMS = st.sampled_from([None, SALES, CARE])
WORDS = st.frozensets(st.sampled_from(["pt", "es", "en"]))


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[View], list[Candidate], Rules]:
    people = [
        Candidate(
            id=UUID(int=10 + number), capacity=draw(st.integers(0, 5)), load=draw(st.integers(0, 6)),
            teams=draw(st.frozensets(st.sampled_from([SALES, CARE]))), languages=draw(WORDS), assigned_at=draw(MOMENTS),
            since=draw(MOMENTS), available=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 5)))
    ]  # fmt: skip
    known = st.none() | st.sampled_from([one.id for one in people] or [ANA])
    talks = [
        view(
            number, draw(st.integers(0, 300)), team=draw(TEAMS), weight=draw(st.integers(1, 3)),
            priority=draw(st.integers(0, 4)), language=draw(st.sampled_from(["", "pt-BR", "es"])),
            last_agent=draw(known), avoid=draw(known), prefers=draw(known),
        )
        for number in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    ways = {team: Way(method=draw(METHODS), sticky=draw(st.booleans())) for team in (None, SALES, CARE)}
    return talks, people, Rules(ways=ways)


@given(queues(), st.randoms())
def test_nobody_carries_more_than_they_may_and_the_same_input_decides_the_same(
    given_: tuple[list[View], list[Candidate], Rules], chance: st.DataObject
) -> None:
    talks, people, rules = given_
    first = give_out(talks, people, rules, NOW)
    loads = {one.id: one.load for one in people}
    able = {one.id: one for one in people}
    for found in first:
        if found.assignee is not None:
            loads[found.assignee] += found.view.weight
            assert loads[found.assignee] <= able[found.assignee].capacity
            assert able[found.assignee].available
            assert found.view.team is None or found.view.team in able[found.assignee].teams
    shuffled_talks, shuffled = talks[:], people[:]
    chance.shuffle(shuffled_talks)  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert give_out(shuffled_talks, shuffled, rules, NOW) == first


LABELS = st.sampled_from([UUID(int=number) for number in (50, 51, 52)])
SORTING = st.lists(
    st.builds(
        Rule,
        when=st.builds(If, label=st.none() | LABELS, channel_kind=st.sampled_from([None, "sms"])),
        then=st.builds(
            Then, team=TEAMS, skills=st.sampled_from([(), ("refunds",)]), priority=st.none() | st.integers(0, 4)
        ),
        name=st.sampled_from(["", "one", "two"]),
    ),
    max_size=5,
)


@given(SORTING, st.frozensets(LABELS), LABELS, st.sampled_from(["sms", "whatsapp"]))
def test_a_label_put_on_later_sorts_again_only_by_a_rule_that_names_it(
    rules_: list[Rule], labels: frozenset[UUID], late: UUID, kind: str
) -> None:
    rules, early = Rules(rules=tuple(rules_)), labels - {late}
    before = put_in_place(view(labels=early, channel_kind=kind), rules)
    again = put_in_place(msgspec.structs.replace(before, labels=early | {late}, added=frozenset({late})), rules)
    decides = next((one for one in rules_ if holds(one.when, again, True)), None)
    if decides is None or decides.when.label != late:
        assert msgspec.structs.replace(again, labels=early, added=frozenset()) == before
    else:
        whole = put_in_place(view(labels=early | {late}, channel_kind=kind), rules)
        assert (again.rule, again.skills) == (whole.rule, whole.skills)
        assert again.team == (decides.then.team or before.team)
        assert again.priority == (before.priority if decides.then.priority is None else decides.then.priority)
    assert put_in_place(again, rules) == again


@settings(max_examples=25)
@given(queues())
def test_nobody_starves(given_: tuple[list[View], list[Candidate], Rules]) -> None:
    """While people finish one thing after the other and new work keeps coming, whatever somebody could ever carry is given out."""
    talks, people, rules = given_
    fit = [
        one
        for one in talks
        if decide(one, [msgspec.structs.replace(person, load=0) for person in people], rules, NOW).assignee
    ]
    waiting, now = list(talks), NOW
    for turn in range(200):
        now += timedelta(minutes=15)
        waiting.append(view(1_000 + turn, weight=1, priority=4, team=None).__class__(
            id=UUID(int=5_000 + turn), queued_at=now, priority=4
        ))  # fmt: skip
        for found in give_out(waiting, people, rules, now):
            if found.assignee is not None:
                waiting = [one for one in waiting if one.id != found.view.id]
                people = [one.carrying(found.view.weight, now) if one.id == found.assignee else one for one in people]
        people = [msgspec.structs.replace(one, load=max(one.load - 1, 0)) for one in people]
        if not {one.id for one in fit} & {one.id for one in waiting}:
            return
    raise AssertionError([one for one in waiting if one.id in {talk.id for talk in fit}])
