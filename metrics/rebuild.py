"""Rebuild: every derived row of a workspace once more from history, to write it or to compare it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from hub.models import Workspace
from metrics import binary, cells, facts, statistics
from metrics.aggregate import CONVERSATIONS_A_READ, horizon, locked_mark
from metrics.binary import Row
from metrics.models import Mark, Stale, StalePerson
from metrics.persons import rows as persons


def rebuild(workspace: Workspace) -> int:
    """Derive every conversation and person again, write what differs, add the cells up anew; return how many conversations.

    One transaction under the workspace's mark, which afterwards stands where the history was read up to.
    """
    with transaction.atomic():
        _no_limits()
        mark = _locked(workspace)
        end = horizon()
        _pull_back_the_future(workspace, end)
        Stale.objects.of(workspace).delete()
        StalePerson.objects.of(workspace).delete()
        tally = cells.Tally(ZoneInfo(workspace.timezone))
        count = _rebuild_conversations(workspace, end, tally)
        _rebuild_persons(workspace, end, tally)
        cells.replace(workspace.pk, tally)
        Mark.objects.filter(pk=mark.pk).update(transaction=end, timezone=workspace.timezone)
    statistics.refresh()
    return count


CONVERSATIONS = f"""
SELECT id FROM conversations_conversation WHERE workspace_id = %(workspace)s AND folded_into_id IS NULL
UNION
SELECT conversation_id FROM ({
    " UNION ALL ".join(
        f"SELECT conversation_id FROM {table.name} WHERE workspace_id = %(workspace)s" for table in facts.TABLES
    )
}) AS derived WHERE NOT EXISTS (SELECT 1 FROM conversations_conversation WHERE id = conversation_id)
ORDER BY 1
"""  # noqa: S608  names of our own


def conversations_of(workspace: Workspace) -> Iterator[list[bytes]]:
    """Yield every conversation that counts by itself, and what has facts and is gone, some hundreds at a time, by id."""
    for some in batched(binary.read(CONVERSATIONS, {"workspace": workspace.pk}), CONVERSATIONS_A_READ):
        yield [row[0] for row in some]


def _rebuild_conversations(workspace: Workspace, end: int, tally: cells.Tally) -> int:
    """Derive all conversations from the history before ``end``, add them up, and write what differs; return how many."""
    count = 0
    is_new = not facts.are_kept(workspace.pk, facts.TABLES)
    for ids in conversations_of(workspace):
        whole = facts.family(workspace.pk, ids)
        derived = facts.derived(workspace.pk, whole, end)
        tally.count(facts.difference(facts.NONE, derived))
        kept = facts.NONE if is_new else facts.kept(workspace.pk, whole.ids, but_for=derived)
        facts.replace(workspace.pk, facts.difference(kept, derived))
        count += len(ids)
    return count


def _rebuild_persons(workspace: Workspace, end: int, tally: cells.Tally) -> None:
    """Do the same with everybody who did more than write."""
    is_new = not facts.are_kept(workspace.pk, persons.TABLES)
    for people in persons.everybody(workspace.pk):
        circle = persons.circle(workspace.pk, people)
        derived = persons.derived(workspace, circle, end)
        tally.count(facts.difference(persons.NONE, derived))
        kept = persons.NONE if is_new else persons.kept(workspace.pk, circle, but_for=derived)
        facts.replace(workspace.pk, facts.difference(kept, derived))


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
        yield from _cell_sentences(
            cells.kept(workspace.pk), cells.counted(workspace.pk, ZoneInfo(mark.timezone)).sums()
        )


def _cell_sentences(kept: dict[cells.Key, cells.Sum], counted: dict[cells.Key, cells.Sum]) -> Iterator[str]:
    for key in sorted({*kept, *counted}):
        has, should = kept.get(key, cells.Sum()), counted.get(key, cells.Sum())
        if has == should:
            continue
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


def _difference(table: facts.Table, old: Row | None, new: Row | None) -> str:
    row = new or old or ()
    where = f"{table.name} {table.id_of(row)} of {table.columns[0].removesuffix('_id')} {_said(row[0])}"
    if old is None or new is None:
        return f"{where}: {'is missing' if old is None else 'should not be'}"
    changed = [
        f"{name} is {_said(before)}, should be {_said(after)}"
        for name, before, after in zip(table.columns, old, new, strict=True)
        if before != after
    ]
    return f"{where}: {'; '.join(changed)}"


def _said(value: object) -> str:
    return str(UUID(bytes=value) if isinstance(value, bytes) else value)


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
