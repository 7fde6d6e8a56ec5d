"""Facts: reads the histories of many conversations at once, and replaces what was derived from them, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from metrics.derive import RANK, Episode, Facts, Happening, Volume, Wait, derive

OWNER = ("workspace_id", "conversation_id", "customer_id")
type Row = tuple[Any, ...]


class Table(NamedTuple):
    """One table of facts: its columns are those of ``OWNER``, then those of the fact."""

    name: str
    fact: type[Wait | Episode | Volume]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of a row."""
        return (*OWNER, *self.fact._fields)


WAITS = Table("metrics_waitfact", Wait)
EPISODES = Table("metrics_conversationfact", Episode)
VOLUMES = Table("metrics_volumefact", Volume)
TABLES = (WAITS, EPISODES, VOLUMES)
type Rows = Mapping[Table, set[Row]]


class Change(NamedTuple):
    """What a replacement takes away and what it brings."""

    gone: Rows
    new: Rows

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not any(self.gone.values()) and not any(self.new.values())


def histories(
    workspace_id: UUID, conversation_ids: Sequence[UUID], before: int | None = None
) -> dict[UUID, list[Happening]]:
    """Return the events of these conversations that measure service, in no order; ``before`` leaves out later transactions."""
    found: dict[UUID, list[Happening]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conversation_id, id, type, occurred_at, message_id, channel_kind, "
            "coalesce(nullif(actor_kind, ''), data->>'author', data->>'by', ''), "
            "coalesce(nullif(actor_email, ''), data->>'agent', ''), "
            "coalesce(data->>'team', ''), coalesce(data->>'kind', '') "
            "FROM conversations_historyevent WHERE workspace_id = %s AND conversation_id = ANY(%s) "
            "AND type = ANY(%s) AND (%s::bigint IS NULL OR transaction < %s)",
            [workspace_id, list(conversation_ids), list(RANK), before, before],
        )
        for conversation_id, *event in cursor.fetchall():
            found[conversation_id].append(Happening._make(event))
    return found


def derived(workspace_id: UUID, conversation_ids: Sequence[UUID], before: int | None = None) -> Rows:
    """Derive the facts of these conversations from their history, as rows; a conversation that is gone has none."""
    rows: dict[Table, set[Row]] = {table: set() for table in TABLES}
    stories = histories(workspace_id, conversation_ids, before)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, customer_id FROM conversations_conversation WHERE workspace_id = %s AND id = ANY(%s)",
            [workspace_id, list(stories)],
        )
        people = cursor.fetchall()
    for conversation_id, customer_id in people:
        owner = (workspace_id, conversation_id, customer_id)
        for table, facts in _by_table(derive(stories[conversation_id])):
            rows[table].update(owner + fact for fact in facts)
    return rows


def kept(workspace_id: UUID, conversation_ids: Sequence[UUID]) -> Rows:
    """Return the facts these conversations have now, as rows."""
    rows: dict[Table, set[Row]] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT {', '.join(table.columns)} FROM {table.name} "
                "WHERE workspace_id = %s AND conversation_id = ANY(%s)",
                [workspace_id, list(conversation_ids)],
            )
            rows[table] = {_hashable(row) for row in cursor.fetchall()}
    return rows


def difference(old: Rows, new: Rows) -> Change:
    """Return what must go and what must come so that ``old`` becomes ``new``."""
    return Change(
        {table: old[table] - new[table] for table in TABLES}, {table: new[table] - old[table] for table in TABLES}
    )


def replace(change: Change) -> None:
    """Write a change: expects the workspace's mark to be locked in the running transaction."""
    with connection.cursor() as cursor:
        for table in TABLES:
            if change.gone[table]:
                place = table.columns.index("id")
                ids = [row[place] for row in change.gone[table]]
                cursor.execute(f"DELETE FROM {table.name} WHERE id = ANY(%s)", [ids])
            copy(table.name, table.columns, change.new[table])


def copy(table: str, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Append rows to a table by COPY: the cheapest way for a handful and for a million."""
    rows = list(rows)
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as lines:
        for row in rows:
            lines.write_row([list(value) if isinstance(value, tuple) else value for value in row])


def _by_table(facts: Facts) -> Iterable[tuple[Table, Iterable[Row]]]:
    yield WAITS, facts.waits
    yield EPISODES, (facts.episode,) if facts.episode else ()
    yield VOLUMES, facts.volumes


def _hashable(row: Row) -> Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
