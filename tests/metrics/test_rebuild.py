"""Rebuilding: everything from history, to the same bytes; checking changes nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from conversations.models import HistoryEvent
from hub.models import Workspace
from metrics import cells as cells_kept, statistics
from metrics.models import Cell, ConversationFact, Mark, VolumeFact, WaitFact
from metrics.rebuild import rebuild
from tests.metrics.conftest import Tell, derive_all

F3 = "C 10:00, C 10:02, A 10:05, A 10:06, C 10:10, B 10:11, A 10:20"


def run(*words: str) -> str:
    """Run the command and return what it said."""
    out = StringIO()
    call_command("rebuild_metrics", *words, stdout=out)
    return out.getvalue()


def everything() -> list[list[str]]:
    """Return every derived row in words, without the numbers of cells."""
    cells = Cell.objects.values_list(*cells_kept.COLUMNS[1:])
    tables = [WaitFact.objects.values_list(), ConversationFact.objects.values_list(), VolumeFact.objects.values_list()]
    return [sorted(map(repr, rows)) for rows in (*tables, cells)]


def test_it_works(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    tell("C 11:00, resolve 11:30 by=rule, C 12:00, A 12:10")
    derive_all()
    before = everything()
    WaitFact.objects.all().delete()
    Cell.objects.all().delete()
    assert run() == "loja: 2 conversations derived again.\n"
    assert everything() == before


def test_it_moves_the_mark_behind_what_it_read(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    rebuild(workspace)
    assert WaitFact.objects.count() == 2
    assert derive_all() == 0
    assert Mark.objects.of(workspace).get().transaction > 0


def test_a_check_of_what_is_right_finds_nothing(workspace: Workspace, tell: Tell) -> None:
    tell(F3)
    assert run("--check") == "No differences.\n"
    derive_all()
    assert run("--check") == "No differences.\n"


def test_a_check_prints_each_difference_and_changes_nothing(workspace: Workspace, tell: Tell) -> None:
    conversation = tell(F3)
    derive_all()
    WaitFact.objects.filter(position=0).update(elapsed=1)
    WaitFact.objects.filter(position=1).delete()
    before = everything()
    out = StringIO()
    with pytest.raises(CommandError, match=r"6 differences\.") as refused:
        call_command("rebuild_metrics", "--check", stdout=out)
    assert refused.value.returncode == 1
    lines = out.getvalue().splitlines()
    assert f"of conversation {conversation.pk}: elapsed is 1, should be 300000000" in lines[0]
    assert lines[1].endswith(": is missing")
    assert lines[2:4] == [
        "loja: cell reply agent ana@loja.example day 2026-03-02: n is 2, should be 1",
        "loja: cell reply agent ana@loja.example month 2026-03-01: n is 2, should be 1",
    ]
    assert everything() == before


def test_it_refuses_a_workspace_nobody_knows(workspace: Workspace) -> None:
    with pytest.raises(CommandError, match=r"There is no workspace nowhere\."):
        run("--workspace", "nowhere")


def test_a_restored_history_from_a_longer_life_is_derived(workspace: Workspace, tell: Tell) -> None:
    """A dump carries the numbers of transactions of the database it came from."""
    tell(F3)
    HistoryEvent.objects.update(transaction=2**40)
    assert derive_all() == 0
    run()
    assert WaitFact.objects.count() == 2


def test_what_changed_much_is_looked_at_anew_by_the_planner(
    workspace: Workspace, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MANY", 2)
    statistics.refresh()
    for _ in range(3):
        tell(F3)
    derive_all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    assert "metrics_waitfact" in statistics.refresh()
    assert statistics.refresh() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'metrics_waitfact'")
        assert cursor.fetchone() == (6,)
