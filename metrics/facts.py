"""Facts: reads the histories of many conversations at once, and replaces what was derived from them, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from metrics.business import calendars
from metrics.derive import RANK, derive
from metrics.records import NOBODY, Episode, Happening, Stay, Volume, Wait

OWNER = ("conversation_id", "customer_id")
type Row = tuple[Any, ...]  # whose it is (ids as text: they are only compared and copied), then the fact
type Pair = tuple[Row | None, Row | None]  # a row that was, and what it became


class Table(NamedTuple):
    """One table of facts: its columns are those that say whose it is, then those of the fact, whose first is ``id``."""

    name: str
    fact: type[Any]  # a named tuple
    owner: tuple[str, ...] = OWNER

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of a row."""
        return (*self.owner, *self.fact._fields)

    def id_of(self, row: Row) -> int:
        """Return the fact's id."""
        return row[len(self.owner)]  # type: ignore[no-any-return]

    @property
    def selected(self) -> str:
        """The columns as read: ids as text."""
        return ", ".join(f"{name}::text" if name in IDS else name for name in self.columns)


IDS = {*OWNER, "opening_message_id", "closing_message_id", "response_message_id"}
ID = len(OWNER)  # the place of ``id`` in a row
WAITS = Table("metrics_waitfact", Wait)
EPISODES = Table("metrics_conversationfact", Episode)
VOLUMES = Table("metrics_volumefact", Volume)
STAYS = Table("metrics_stayfact", Stay)
TABLES = (WAITS, EPISODES, VOLUMES, STAYS)
type Rows = Mapping[Table, dict[int, Row]]
type Change = Mapping[Table, list[Pair]]
HISTORY = """
SELECT conversation_id::text, id, type, occurred_at, message_id::text, channel_kind,
       coalesce(nullif(actor_kind, ''), data->>'author', data->>'by', ''),
       coalesce(nullif(actor_email, ''), data->>'agent', ''), coalesce(data->>'team', ''), coalesce(data->>'kind', ''),
       CASE WHEN type = 'conversation.assigned'
            THEN coalesce(data->>'agent', CASE WHEN jsonb_exists(data, 'agent') THEN %s END, '') ELSE '' END
FROM conversations_historyevent
WHERE workspace_id = %s AND conversation_id = ANY(%s::uuid[]) AND type = ANY(%s) AND (%s::bigint IS NULL OR transaction < %s)
"""


class Family(NamedTuple):
    """Conversations with all that count as one with them while people are joined.

    ``ids`` names them all, ``owners`` those that have facts as (conversation, the customer who stands for the person), and
    ``heads`` by folded conversation the one it counts as part of.
    """

    ids: list[UUID]
    owners: list[tuple[str, str]]
    heads: dict[str, str]


# The index on the folded ones answers "who else?"; most conversations have nobody.
FAMILY = """
WITH asked AS (
  SELECT DISTINCT coalesce(folded_into_id, id) AS id FROM conversations_conversation
  WHERE workspace_id = %s AND id = ANY(%s::uuid[])
)
SELECT c.id, coalesce(p.merged_into_id, p.id)::text, NULL
FROM asked JOIN conversations_conversation c ON c.id = asked.id JOIN conversations_customer p ON p.id = c.customer_id
UNION ALL
SELECT c.id, NULL, asked.id::text FROM asked JOIN conversations_conversation c ON c.folded_into_id = asked.id
"""


def family(workspace_id: UUID, conversation_ids: Sequence[UUID]) -> Family:
    """Return these conversations with those that are derived together with them; what is gone is in ``ids`` alone."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, [workspace_id, array(conversation_ids)])
        rows = cursor.fetchall()
    return Family(
        ids=list(dict.fromkeys([*conversation_ids, *(row[0] for row in rows)])),
        owners=[(str(row[0]), row[1]) for row in rows if row[2] is None],
        heads={str(row[0]): row[2] for row in rows if row[2] is not None},
    )


def histories(workspace_id: UUID, of: Family, before: int | None = None) -> dict[str, list[Happening]]:
    """Return the events that measure service, by the conversation they count for, in no order.

    ``before`` leaves out later transactions.
    """
    found: dict[str, list[Happening]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [NOBODY, workspace_id, array(of.ids), list(RANK), before, before])
        for row in cursor.fetchall():
            found[of.heads.get(row[0], row[0])].append(Happening._make(row[1:]))
    return found


def derived(workspace_id: UUID, of: Family, before: int | None = None) -> Rows:
    """Derive the facts of these conversations from their history; one that is gone, or part of another, has none."""
    rows: dict[Table, dict[int, Row]] = {table: {} for table in TABLES}
    stories = histories(workspace_id, of, before)
    hours = calendars(workspace_id)
    for owner in of.owners:
        facts = derive(stories.get(owner[0], ()), hours)
        for wait in facts.waits:
            rows[WAITS][wait.id] = owner + wait
        if facts.episode:
            rows[EPISODES][facts.episode.id] = owner + facts.episode
        for volume in facts.volumes:
            rows[VOLUMES][volume.id] = owner + volume
        for stay in facts.stays:
            rows[STAYS][stay.id] = owner + stay
    return rows


def kept(workspace_id: UUID, conversation_ids: Sequence[UUID], but_for: Rows | None = None) -> Rows:
    """Return the facts these conversations have now.

    ``but_for`` are facts about to be written: also returned are those that stand in their places under another
    conversation, as after a move of history.
    """
    rows: dict[Table, dict[int, Row]] = {}
    for table in TABLES:
        rows[table] = _read(table, workspace_id, "conversation_id = ANY(%s::uuid[])", conversation_ids)
        strays = (but_for[table].keys() if but_for else set()) - rows[table].keys()
        if strays:
            rows[table].update(_read(table, workspace_id, "id = ANY(%s::bigint[])", strays))
    return rows


def _read(table: Table, workspace_id: UUID, condition: str, values: Iterable[object]) -> dict[int, Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {table.selected} FROM {table.name} WHERE workspace_id = %s AND {condition}",  # noqa: S608  names of our own
            [workspace_id, array(values)],
        )
        return {row[ID]: row for row in map(as_derived(table), cursor.fetchall())}


def array(values: Iterable[object]) -> str:
    """Write ids or numbers as an array: one string instead of a value each."""
    return "{" + ",".join(map(str, values)) + "}"


def as_derived(table: Table) -> Callable[[Row], Row]:
    """Return what turns a row as read into the row as derived: arrays are tuples."""
    if table is VOLUMES:
        return lambda row: (*row[:-2], tuple(row[-2]), tuple(row[-1]))
    return lambda row: row


def difference(old: Rows, new: Rows) -> Change:
    """Return what must become what so that ``old`` becomes ``new``; what is equal is left out."""
    changes = {}
    for table, after in new.items():
        before = old[table]
        pairs: list[Pair] = [(before.get(key), row) for key, row in after.items() if before.get(key) != row]
        pairs += [(row, None) for key, row in before.items() if key not in after]
        changes[table] = pairs
    return changes


def replace(workspace_id: UUID, change: Change) -> None:
    """Write a change: expects the workspace's mark to be locked in the running transaction."""
    for table, pairs in change.items():
        gone = [table.id_of(old) for old, _ in pairs if old]
        if gone:
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table.name} WHERE id = ANY(%s::bigint[])", [array(gone)])  # noqa: S608  names of our own
        fresh = [(workspace_id, *new) for _, new in pairs if new]
        copy(table.name, ("workspace_id", *table.columns), fresh)


def copy(table: str, columns: Iterable[str], rows: Sequence[Row]) -> None:
    """Append rows to a table by COPY, lines made here: the cheapest way for a handful and for a million."""
    if not rows:
        return
    lines = [
        "\t".join(["\\N" if value is None else _WRITTEN.get(type(value), str)(value) for value in row]) for row in rows
    ]
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
        stream.write("\n".join(lines) + "\n")


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: str) -> str:
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPED)


# How COPY's text format wants what str() does not say right; arrays hold numbers and instants only: nothing to quote.
_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: _text,
    tuple: array,
    list: array,
    bytes: lambda value: "\\\\x" + value.hex(),
}
