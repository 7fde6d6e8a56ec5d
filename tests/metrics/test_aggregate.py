"""Deriving what is new: gap-free, once, and always equal to deriving everything again."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from conversations.models import Conversation, Customer, HistoryEvent
from hub.models import Workspace
from metrics import aggregate, cells, facts
from metrics.aggregate import derive_pending, horizon
from metrics.models import Cell, ConversationFact, Mark, Stale, VolumeFact, WaitFact
from metrics.rebuild import conversations_of
from metrics.tasks import derive
from tests.metrics.conftest import Tell, derive_all
from tests.metrics.stories import DAY, story, write
from tests.together import together

F3 = "C 10:00, C 10:02, A 10:05, A 10:06, C 10:10, B 10:11, A 10:20"


def everything(workspace: Workspace) -> tuple[facts.Rows, dict[cells.Key, cells.Sum]]:
    """Return all facts and cells there are."""
    ids = [one for some in conversations_of(workspace) for one in some]
    return facts.kept(workspace.pk, ids), cells.kept(workspace.pk)


def from_scratch(workspace: Workspace) -> tuple[facts.Rows, dict[cells.Key, cells.Sum]]:
    """Derive all facts and cells of committed history, beside those there are."""
    ids = [one for some in conversations_of(workspace) for one in some]
    rows = facts.derived(workspace.pk, facts.family(workspace.pk, ids))
    tally = cells.Tally(ZoneInfo(workspace.timezone))
    tally.count(facts.difference(facts.NONE, rows))
    return rows, tally.sums()


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    conversation = tell(F3)
    assert derive_pending() == 1
    waits = WaitFact.objects.of(workspace).order_by("started_at")
    assert [(wait.conversation_id, wait.elapsed, wait.outcome) for wait in waits] == [
        (conversation.pk, 300_000_000, "answered"),
        (conversation.pk, 600_000_000, "answered"),
    ]
    assert ConversationFact.objects.of(workspace).get().response_elapsed == 300_000_000
    volume = VolumeFact.objects.of(workspace).get()
    assert (len(volume.inbound), len(volume.outbound)) == (3, 4)
    reply = Cell.objects.of(workspace).get(measure="reply", dimension="agent", span="day")
    assert (reply.value, reply.n, reply.total, str(reply.day)) == ("ana@loja.example", 2, 900_000_000, "2026-03-02")
    assert (reply.hours[7], sum(reply.hours)) == (2, 2)


def test_it_has_nothing_to_do_twice(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    derive_all()
    before = everything(workspace)
    assert derive_pending() == 0
    assert everything(workspace) == before


def test_it_cuts_cells_at_the_workspaces_midnights(workspace: Workspace, tell: Tell) -> None:
    """Fixture F6: half past one in the morning of 1 November in UTC is the evening of 31 October in São Paulo."""
    tell("C 01:30", day=DAY.replace(year=2025, month=11, day=1))
    derive_all()
    cell = Cell.objects.of(workspace).get(measure="conversations", span="day")
    assert (str(cell.day), cell.hours[22]) == ("2025-10-31", 1)


def test_a_later_event_heals_what_was_derived(workspace: Workspace, tell: Tell) -> None:
    conversation = tell("C 10:00, A 10:05")
    derive_all()
    sent = HistoryEvent.objects.get(conversation=conversation, type="message.sent")
    HistoryEvent.objects.create(
        workspace=workspace,
        conversation=conversation,
        customer=conversation.customer,
        type="message.failed",
        message_id=sent.message_id,
        occurred_at=sent.occurred_at,
    )
    derive_all()
    assert WaitFact.objects.of(workspace).get().outcome == "open"
    assert not Cell.objects.of(workspace).filter(measure__in=["reply", "first_response"]).exists()
    assert everything(workspace) == from_scratch(workspace)


def test_an_uncommitted_event_is_waited_for(workspace: Workspace, tell: Tell) -> None:
    """A transaction that started earlier and commits later must not be jumped over."""
    wrote, go_on = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            tell("C 08:00, A 08:10")
            wrote.set()
            go_on.wait(60)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    wrote.wait(60)
    tell("C 09:00, A 09:05")
    derive_all()
    assert WaitFact.objects.of(workspace).count() == 0
    go_on.set()
    writer.join()
    derive_all()
    assert WaitFact.objects.of(workspace).count() == 2
    assert Mark.objects.of(workspace).get().transaction <= horizon()


def test_two_at_once_count_nothing_twice(workspace: Workspace, tell: Tell) -> None:
    for _ in range(30):
        tell(F3)

    def deriver() -> None:
        for _ in range(20):
            derive_pending(limit=15)

    together(*[deriver] * 4)
    derive_all()
    assert WaitFact.objects.of(workspace).count() == 60
    assert everything(workspace) == from_scratch(workspace)


def test_an_erased_conversation_leaves_no_figure(workspace: Workspace, tell: Tell) -> None:
    conversation = tell(F3)
    tell("C 11:00, A 11:01")
    derive_all()
    Conversation.objects.get(pk=conversation.pk).delete()
    derive_all()
    assert WaitFact.objects.of(workspace).get().elapsed == 60_000_000
    assert Stale.objects.count() == 0
    assert everything(workspace) == from_scratch(workspace)


def test_a_conversation_that_moves_to_another_person_takes_its_facts_along(workspace: Workspace, tell: Tell) -> None:
    conversation = tell(F3)
    derive_all()
    other = Customer.objects.create(workspace=workspace, name="Bia again")
    Conversation.objects.filter(pk=conversation.pk).update(customer=other)
    derive_all()
    assert set(WaitFact.objects.of(workspace).values_list("customer_id", flat=True)) == {other.pk}


def test_another_zone_of_the_workspace_cuts_the_cells_anew(workspace: Workspace, tell: Tell) -> None:
    tell("C 01:30")
    derive_all()
    Workspace.objects.filter(pk=workspace.pk).update(timezone="UTC")
    derive_pending()
    assert str(Cell.objects.of(workspace).get(measure="conversations", span="day").day) == "2026-03-02"


def test_workspaces_do_not_mix(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    other = Workspace.objects.create(slug="other", name="Other")
    person = Customer.objects.create(workspace=other)
    write(Conversation.objects.create(workspace=other, customer=person, opened_at=DAY), story("C 10:00, A 10:01"))
    assert derive_pending() == 2
    assert WaitFact.objects.of(workspace).count() == 2
    assert WaitFact.objects.of(other).get().elapsed == 60_000_000


def test_history_that_moved_to_another_conversation_counts_there(
    workspace: Workspace, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two is derived first, also one by one."""
    monkeypatch.setattr(aggregate, "CONVERSATIONS_A_READ", 1)
    one, other = tell(F3), tell("C 1d 12:00, A 1d 12:01")
    derive_all()
    for source, target in ((one, other), (other, one)):
        HistoryEvent.objects.filter(conversation=source).update(conversation=target)
        derive_all()
        assert set(WaitFact.objects.of(workspace).values_list("conversation_id", flat=True)) == {target.pk}
        assert WaitFact.objects.count() == 3
        assert everything(workspace) == from_scratch(workspace)


def test_the_wake_up_derives_until_nothing_waits(workspace: Workspace, tell: Tell) -> None:
    for _ in range(3):
        tell(F3)
    assert derive() == 3
    assert derive() == 0


def test_an_erased_workspace_leaves_nothing(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    derive()
    workspace.delete()
    derive()
    tables = (WaitFact, ConversationFact, VolumeFact, Cell, Mark, Stale)
    assert [table.objects.count() for table in tables] == [0] * 6
