"""Any history, told in any order, twice, late, of people who are joined and taken apart: always the figures of a rebuild."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st

from conversations.models import Conversation, Customer, HistoryEvent
from hub.models import Workspace
from metrics import cells
from metrics.aggregate import derive_pending
from metrics.facts import TABLES as OF_CONVERSATIONS, Table
from metrics.models import Cell
from metrics.persons.rows import TABLES as OF_PEOPLE
from metrics.rebuild import differences, rebuild
from tests.metrics.conftest import derive_all

START = datetime(2026, 1, 31, 20, tzinfo=UTC)  # the last evening of a month in São Paulo
PEOPLE, LINES = 3, 5
CHANNELS = ["whatsapp", "instagram", "webchat"]
SAID = [
    ("message.received", "customer"),
    ("message.sent", "agent"),
    ("message.sent", "bot"),
    ("message.sent", "campaign"),
]
HAPPENED = ["opened", "resolved", "reopened", "handoff", "queued", "assigned", "snoozed", "unsnoozed"]
BESIDE = [
    "order.paid",
    "order.refunded",
    "order.cancelled",
    "store.visit",
    "survey.sent",
    "survey.answered",
    "cart.updated",
]

who = st.integers(0, PEOPLE - 1)
minute = st.integers(0, 6 * 24 * 60)
line = st.integers(0, LINES - 1)
steps = st.one_of(
    st.tuples(st.just("say"), who, minute, line, st.sampled_from(SAID), st.sampled_from(CHANNELS)),
    st.tuples(st.just("say"), who, minute, line, st.just(SAID[0]), st.just("whatsapp")),
    st.tuples(st.just("fail"), who, minute, line, st.booleans()),
    st.tuples(st.just("happen"), who, minute, st.sampled_from(HAPPENED)),
    st.tuples(st.just("mark"), who, minute, st.sampled_from(["swap", "bill"]), st.booleans()),
    st.tuples(st.just("buy"), who, minute, line, st.sampled_from(BESIDE), st.sampled_from(CHANNELS)),
    st.tuples(st.just("repeat"), st.integers(0, 40)),
    st.tuples(st.just("join"), st.integers(1, PEOPLE - 1)),
    st.tuples(st.just("part"), st.integers(1, PEOPLE - 1)),
    st.tuples(st.just("derive"), st.sampled_from([1, 2, 100])),
)
# A survey told elsewhere speaks of what was said before it, also of what is told only later and joined later.
ASKED_ABOUT: list[tuple[Any, ...]] = [
    ("say", 0, 10, 0, SAID[0], "whatsapp"), ("say", 0, 20, 1, SAID[1], "whatsapp"),
    ("buy", 0, 60, 1, "survey.answered", "webchat"), ("join", 1), ("derive", 100), ("say", 1, 30, 2, SAID[1], "webchat"),
    ("derive", 100), ("part", 1), ("derive", 100), ("say", 0, 40, 2, SAID[1], "instagram"), ("derive", 100),
    ("say", 0, 50, 3, SAID[1], "whatsapp"), ("fail", 0, 55, 3, False), ("derive", 1), ("say", 0, 15, 4, SAID[0], "webchat"),
]  # fmt: skip
# What led to a sale is other once something said before it comes late, is another's, or is of a sale no more.
LED: list[tuple[Any, ...]] = [
    ("say", 0, 10, 0, SAID[0], "whatsapp"), ("buy", 0, 60, 1, "order.paid", "webchat"), ("derive", 100),
    ("say", 0, 30, 1, SAID[0], "instagram"), ("derive", 1), ("say", 1, 40, 0, SAID[0], "webchat"), ("join", 1), ("derive", 100),
    ("say", 1, 60, 2, SAID[0], "whatsapp"), ("buy", 1, 60, 2, "order.paid", "whatsapp"), ("derive", 1), ("part", 1),
    ("buy", 0, 50, 3, "store.visit", "instagram"), ("derive", 100), ("fail", 1, 70, 0, False), ("buy", 0, 90, 1, "order.cancelled", ""),
    ("say", 1, 20, 3, SAID[0], "instagram"),
]  # fmt: skip
# Labels come late, twice, at one instant, and on what is one conversation only for a while.
MARKED: list[tuple[Any, ...]] = [
    ("say", 0, 10, 0, SAID[0], "whatsapp"), ("mark", 0, 40, "swap", True), ("derive", 100), ("mark", 0, 20, "swap", False),
    ("mark", 1, 30, "swap", True), ("derive", 1), ("mark", 1, 30, "swap", True), ("join", 1), ("derive", 100),
    ("mark", 1, 50, "swap", False), ("mark", 1, 50, "bill", True), ("derive", 100), ("part", 1), ("repeat", 1), ("derive", 1),
]  # fmt: skip


class World:
    """A workspace where things happen to some people, each of whom has a conversation."""

    def __init__(self) -> None:
        self.place = Workspace.objects.create(slug=f"any-{uuid4().hex[:12]}", name="Loja")
        self.people = [Customer.objects.create(workspace=self.place, name=f"p{n}") for n in range(PEOPLE)]
        self.talks = [
            Conversation.objects.create(workspace=self.place, customer=one, opened_at=START) for one in self.people
        ]
        self.said: dict[tuple[int, int], UUID] = {}
        self.serial = count(1)

    def tell(self, one: int, kind: str, at: int, *, in_talk: bool = True, **more: Any) -> None:
        """Append an event to history."""
        HistoryEvent.objects.create(
            workspace=self.place,
            customer=self.people[one],
            conversation=self.talks[one] if in_talk else None,
            type=kind,
            occurred_at=START + timedelta(minutes=at),
            external_id=f"e{next(self.serial)}",
            **more,
        )

    def say(self, one: int, at: int, number: int, said: tuple[str, str], channel: str) -> None:
        """Let a message come or go; its number may be one that was there already: then it is told twice."""
        kind, actor = said
        agent = f"{'ana' if number % 2 else 'rui'}@loja.example" if actor == "agent" else ""
        message = self.said.setdefault((one, number), uuid4())
        self.tell(
            one, kind, at, message_id=message, channel_kind=channel, actor_kind=actor, actor_email=agent, data={"kind": "text"}
        )  # fmt: skip

    def fail(self, one: int, at: int, number: int, recovers: bool) -> None:
        """Tell what became of a message, which may come later than this."""
        message = self.said.setdefault((one, number), uuid4())
        self.tell(one, "message.recovered" if recovers else "message.failed", at, message_id=message)

    def happen(self, one: int, at: int, kind: str) -> None:
        """Let a conversation come to something."""
        data = {"agent": "leo@loja.example"} if kind == "assigned" else {}
        self.tell(one, f"conversation.{kind}", at, actor_kind="agent", actor_email="ana@loja.example", data=data)

    def mark(self, one: int, at: int, label: str, is_put: bool) -> None:
        """Put a label on a conversation, or take it off."""
        self.tell(
            one, f"conversation.{'' if is_put else 'un'}labeled", at, data={"label": label.title(), "label_id": label}
        )

    def buy(self, one: int, at: int, number: int, kind: str, channel: str) -> None:
        """Let a person do something beside writing."""
        data = {
            "order": str(number),
            "cart": str(number),
            "value": 10 * number,
            "currency": "BRL",
            "survey": "csat",
            "score": 4,
        }
        self.tell(one, kind, at, in_talk=False, source="shop", channel_kind=channel, data=data)

    def repeat(self, number: int) -> None:
        """Tell something once more that was told."""
        told = list(HistoryEvent.objects.of(self.place).order_by("id"))
        if told:
            again = told[number % len(told)]
            again.pk, again.external_id = None, f"e{next(self.serial)}"
            again.save(force_insert=True)

    def join(self, one: int) -> None:
        """Let a person be the first one, and the conversations one."""
        Customer.objects.filter(pk=self.people[one].pk).update(merged_into=self.people[0])
        Conversation.objects.filter(pk=self.talks[one].pk).update(folded_into=self.talks[0])

    def part(self, one: int) -> None:
        """Take them apart again."""
        Customer.objects.filter(pk=self.people[one].pk).update(merged_into=None)
        Conversation.objects.filter(pk=self.talks[one].pk).update(folded_into=None)

    def derive(self, limit: int) -> None:
        """Derive some of what is new."""
        derive_pending(limit=limit)

    def derived(self) -> dict[str, list[Any]]:
        """Return every derived row, without the numbers of cells."""
        tables: tuple[Table, ...] = (*OF_CONVERSATIONS, *OF_PEOPLE)
        rows = {table.name: list(_model(table).objects.of(self.place).order_by("id").values()) for table in tables}
        kept = Cell.objects.of(self.place).order_by(*cells.Key._fields)
        return rows | {"cells": list(kept.values_list(*cells.COLUMNS))}

    def forget(self) -> None:
        """Throw every derived row away."""
        for table in (*OF_CONVERSATIONS, *OF_PEOPLE):
            _model(table).objects.of(self.place).delete()
        Cell.objects.of(self.place).delete()


def _model(table: Table) -> Any:
    return next(
        found for found in Cell._meta.apps.get_app_config("metrics").get_models() if found._meta.db_table == table.name
    )


@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(story=st.lists(steps, min_size=8, max_size=24))
@example(story=ASKED_ABOUT)
@example(story=LED)
@example(story=MARKED)
def test_step_by_step_comes_to_the_same_bytes_as_from_nothing(
    transactional_db: None, story: list[tuple[Any, ...]]
) -> None:
    world = World()
    for verb, *words in story:
        act: Callable[..., None] = getattr(world, verb)
        with transaction.atomic():
            act(*words)
    derive_all()
    step_by_step = world.derived()
    assert list(differences(world.place)) == []
    rebuild(world.place)
    assert world.derived() == step_by_step
    world.forget()
    rebuild(world.place)
    assert world.derived() == step_by_step
