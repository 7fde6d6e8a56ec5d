"""Rebuild: every derived row of a workspace once more from history, to write it or to compare it."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from hub.models import Workspace
from metrics import cells, facts, statistics
from metrics.aggregate import conversations_of, horizon, locked_mark, rederive, rederive_persons
from metrics.models import Mark, Stale, StalePerson
from metrics.persons import rows as persons


def rebuild(workspace: Workspace) -> int:
    """Derive every conversation and person again, write what differs, add the cells up anew; return how many conversations.

    One transaction under the workspace's mark, which afterwards stands where the history was read up to.
    """
    count = 0
    with transaction.atomic():
        _no_limits()
        mark = _locked(workspace)
        end = horizon()
        _pull_back_the_future(workspace, end)
        Stale.objects.of(workspace).delete()
        StalePerson.objects.of(workspace).delete()
        for ids in conversations_of(workspace):
            rederive(workspace, ids, before=end, count=False)
            count += len(ids)
        for people in persons.everybody(workspace.pk):
            rederive_persons(workspace, people, before=end, count=False)
        cells.recount(workspace.pk, ZoneInfo(workspace.timezone))
        Mark.objects.filter(pk=mark.pk).update(transaction=end, timezone=workspace.timezone)
    statistics.refresh()
    return count


def differences(workspace: Workspace) -> Iterator[str]:
    """Yield a sentence for each derived row that is not what history says; changes nothing.

    Compares as of the mark, so that history which merely waits to be derived is no difference.
    """
    with transaction.atomic():
        _no_limits()
        mark = _locked(workspace)
        for ids in conversations_of(workspace):
            whole = facts.family(workspace.pk, ids)
            change = facts.difference(
                facts.kept(workspace.pk, whole.ids), facts.derived(workspace.pk, whole, before=mark.transaction)
            )
            yield from _sentences(change)
        for people in persons.everybody(workspace.pk):
            circle = persons.circle(workspace.pk, people)
            derived = persons.derived(workspace, circle, before=mark.transaction)
            yield from _sentences(facts.difference(persons.kept(workspace.pk, circle), derived))
        kept = cells.kept(workspace.pk)
        counted = cells.counted(workspace.pk, ZoneInfo(mark.timezone))
        for key in sorted({*kept, *counted}):
            if kept.get(key) != counted.get(key):
                has, should = kept.get(key, cells.Sum()), counted.get(key, cells.Sum())
                where = f"cell {key.measure} {key.dimension} {key.value or '-'} {key.span} {key.day}"
                if has.n != should.n:
                    yield f"{where}: n is {has.n}, should be {should.n}"
                else:
                    differ = [name for name in cells.CONTENT if getattr(has, name) != getattr(should, name)]
                    yield f"{where}: {' and '.join(differ)} differ from its facts"


def _sentences(change: facts.Change) -> Iterator[str]:
    for table, pairs in change.items():
        for old, new in pairs:
            yield _difference(table, old, new)


def _difference(table: facts.Table, old: facts.Row | None, new: facts.Row | None) -> str:
    row = new or old or ()
    where = f"{table.name} {table.id_of(row)} of {table.columns[0].removesuffix('_id')} {row[0]}"
    if old is None or new is None:
        return f"{where}: {'is missing' if old is None else 'should not be'}"
    changed = [
        f"{name} is {before}, should be {after}"
        for name, before, after in zip(table.columns, old, new, strict=True)
        if before != after
    ]
    return f"{where}: {'; '.join(changed)}"


def _locked(workspace: Workspace) -> Mark:
    mark = locked_mark(workspace)
    assert mark is not None  # waited for
    return mark


def _no_limits() -> None:
    """Lift the limits of time that guard pages: this may take as long as it takes."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _pull_back_the_future(workspace: Workspace, end: int) -> None:
    """Renumber events of transactions that never were here.

    A database restored from a dump counts its transactions from the start again; what it brought along would be seen
    as still to come, for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_historyevent SET transaction = 0 WHERE workspace_id = %s AND transaction > "
            "greatest(%s, pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
            [workspace.pk, end],
        )
