"""Facts: reads the histories of many conversations at once, and replaces what was derived from them, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from metrics import binary
from metrics.binary import AMONG_IDS, AMONG_NUMBERS, Row, Statement
from metrics.business import Calendars, calendars
from metrics.derive import RANK, derive
from metrics.labels import LABELING
from metrics.records import NOBODY, Episode, Happening, Labeled, Stay, Volume, Wait

OWNER = ("conversation_id", "customer_id")
type Pair = tuple[Row | None, Row | None]  # a row that was, and what it became


class Table(NamedTuple):
    """One table of facts: its columns are those that say whose it is, then those of the fact, whose first is ``id``."""

    name: str
    fact: type[Any]  # a named tuple
    owner: tuple[str, ...] = OWNER
    arrays: int = 0  # how many of its columns, the last ones, are arrays

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of a row."""
        return (*self.owner, *self.fact._fields)

    def id_of(self, row: Row) -> int:
        """Return the fact's id."""
        return row[len(self.owner)]  # type: ignore[no-any-return]


ID = len(OWNER)  # the place of ``id`` in a row
WAITS = Table("metrics_waitfact", Wait)
EPISODES = Table("metrics_conversationfact", Episode)
VOLUMES = Table("metrics_volumefact", Volume, arrays=2)
STAYS = Table("metrics_stayfact", Stay)
LABELS = Table("metrics_labelfact", Labeled)
TABLES = (WAITS, EPISODES, VOLUMES, STAYS, LABELS)
type Rows = Mapping[
    Table, dict[int, Row]
]  # by the fact's id: whose it is, then the fact; ids of people and such are bytes
type Change = Mapping[Table, list[Pair]]
NONE: Rows = {table: {} for table in TABLES}
TOLD = [*RANK, *sorted(LABELING)]  # the types of event that are read
HISTORY = f"""
SELECT conversation_id, id, type, occurred_at, message_id, channel_kind,
       coalesce(nullif(actor_kind, ''), data->>'author', data->>'by', ''),
       coalesce(nullif(actor_email, ''), data->>'agent', ''), coalesce(data->>'team', ''), coalesce(data->>'kind', ''),
       CASE WHEN type = 'conversation.assigned'
            THEN coalesce(data->>'agent', CASE WHEN jsonb_exists(data, 'agent') THEN %s END, '')
            WHEN type IN ('conversation.labeled', 'conversation.unlabeled') THEN coalesce(data->>'label_id', data->>'label', '')
            ELSE '' END
FROM conversations_historyevent
WHERE workspace_id = %s AND conversation_id = {AMONG_IDS} AND type = ANY(%s) AND (%s::bigint IS NULL OR transaction < %s)
"""  # noqa: S608  words of our own


class Family(NamedTuple):
    """Conversations with all that count as one with them while people are joined; ids are their bytes.

    ``ids`` names them all, ``owners`` those that have facts as (conversation, the customer who stands for the person), and
    ``heads`` by folded conversation the one it counts as part of.
    """

    ids: list[bytes]
    owners: list[tuple[bytes, bytes]]
    heads: dict[bytes, bytes]


# The index on the folded ones answers "who else?"; most conversations have nobody.
FAMILY = f"""
WITH asked AS (
  SELECT DISTINCT coalesce(folded_into_id, id) AS id FROM conversations_conversation
  WHERE workspace_id = %s AND id = {AMONG_IDS}
)
SELECT c.id, coalesce(p.merged_into_id, p.id), NULL
FROM asked JOIN conversations_conversation c ON c.id = asked.id JOIN conversations_customer p ON p.id = c.customer_id
UNION ALL
SELECT c.id, NULL, asked.id FROM asked JOIN conversations_conversation c ON c.folded_into_id = asked.id
"""  # noqa: S608  words of our own


def family(workspace_id: UUID, conversation_ids: Iterable[bytes]) -> Family:
    """Return these conversations with those that are derived together with them; what is gone is in ``ids`` alone."""
    asked = list(conversation_ids)
    rows = binary.read(FAMILY, [workspace_id, array(one.hex() for one in asked)])
    return Family(
        ids=list(dict.fromkeys([*asked, *(row[0] for row in rows)])),
        owners=[(row[0], row[1]) for row in rows if row[2] is None],
        heads={row[0]: row[2] for row in rows if row[2] is not None},
    )


def histories(workspace_id: UUID, of: Family, before: int | None = None) -> dict[bytes, list[Happening]]:
    """Return the events that measure service and those of labels, by the conversation they count for, in no order.

    ``before`` leaves out later transactions.
    """
    found: dict[bytes, list[Happening]] = defaultdict(list)
    for row in binary.read(HISTORY, [NOBODY, workspace_id, array(one.hex() for one in of.ids), TOLD, before, before]):
        counts_for = of.heads.get(row[0]) or row[0]
        found[counts_for].append(Happening(*row[1:]))
    return found


def derived(workspace_id: UUID, of: Family, before: int | None = None) -> Rows:
    """Derive the facts of these conversations from their history; one that is gone, or part of another, has none."""
    return told(workspace_id, of.owners, histories(workspace_id, of, before))


def told(
    workspace_id: UUID, owners: Iterable[tuple[bytes, bytes]], stories: Mapping[bytes, Sequence[Happening]]
) -> Rows:
    """Derive the facts of conversations, each with the customer it counts for, from what happened in them."""
    return _of_stories(owners, stories, calendars(workspace_id))


def changed(workspace_id: UUID, of: Family, before: int | None = None, *, has_moved: bool) -> Change:
    """Derive these conversations from their history, and return what of their facts must become what.

    ``has_moved`` says that history was moved between conversations, or that they were joined or parted, and that what stands
    under another one may have to give way; what moves from now on is noticed. Expects the mark to be locked.
    """
    stories, hours = histories(workspace_id, of, before), calendars(workspace_id)
    questions = [*_standing(workspace_id, of.ids), (MOVES, [workspace_id])]
    with binary.sent(questions) as answers:
        new = _of_stories(of.owners, stories, hours)  # while PostgreSQL looks for the old
        *found, moves = answers()
    old = {table: by_id(table, rows) for table, rows in zip(TABLES, found, strict=True)}
    return difference(_with_strays(workspace_id, old, new) if has_moved or moves else old, new)


def _of_stories(
    owners: Iterable[tuple[bytes, bytes]], stories: Mapping[bytes, Sequence[Happening]], hours: Calendars
) -> Rows:
    waits: dict[int, Row] = {}
    episodes: dict[int, Row] = {}
    volumes: dict[int, Row] = {}
    stays: dict[int, Row] = {}
    labels: dict[int, Row] = {}
    for owner in owners:
        facts = derive(stories.get(owner[0], ()), hours)
        for wait in facts.waits:
            waits[wait.id] = owner + wait
        if facts.episode:
            episodes[facts.episode.id] = owner + facts.episode
        for volume in facts.volumes:
            volumes[volume.id] = owner + volume
        for stay in facts.stays:
            stays[stay.id] = owner + stay
        for labeled in facts.labels:
            labels[labeled.id] = owner + labeled
    return {WAITS: waits, EPISODES: episodes, VOLUMES: volumes, STAYS: stays, LABELS: labels}


def kept(workspace_id: UUID, conversation_ids: Iterable[bytes], but_for: Rows = NONE) -> Rows:
    """Return the facts these conversations have now.

    ``but_for`` are facts about to be written: also returned are those that stand in their places under another
    conversation, as after a move of history.
    """
    with binary.sent(_standing(workspace_id, conversation_ids)) as answers:
        found = answers()
    rows = {table: by_id(table, some) for table, some in zip(TABLES, found, strict=True)}
    return _with_strays(workspace_id, rows, but_for)


# Whoever moves history notes it in the same transaction: asked after history was read, this knows of all that was moved in it.
MOVES = "SELECT 1 FROM metrics_stale WHERE workspace_id = %s LIMIT 1"


def _standing(workspace_id: UUID, conversation_ids: Iterable[bytes]) -> list[Statement]:
    ids = array(one.hex() for one in conversation_ids)
    return [selection(table, workspace_id, f"conversation_id = {AMONG_IDS}", ids) for table in TABLES]


def _with_strays(workspace_id: UUID, rows: Rows, but_for: Rows) -> Rows:
    """Add to rows those that stand elsewhere in the places of what is to be written."""
    return {
        table: some | read(table, workspace_id, f"id = {AMONG_NUMBERS}", array(strays))
        if (strays := but_for[table].keys() - some.keys())
        else some
        for table, some in rows.items()
    }


def are_kept(workspace_id: UUID, tables: Iterable[Table]) -> bool:
    """Whether the workspace has any facts in these tables."""
    return any(
        binary.read(f"SELECT 1 FROM {table.name} WHERE workspace_id = %s LIMIT 1", [workspace_id])  # noqa: S608
        for table in tables
    )


def read(table: Table, workspace_id: UUID, condition: str, *values: object) -> dict[int, Row]:
    """Return the rows of a table of facts for which a condition holds."""
    return by_id(table, binary.read(*selection(table, workspace_id, condition, *values)))


def selection(table: Table, workspace_id: UUID, condition: str, *values: object) -> Statement:
    """Return what asks for the rows of a table of facts for which a condition holds."""
    sql = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE workspace_id = %s AND {condition}"  # noqa: S608  names of our own
    return sql, [workspace_id, *values]


def by_id(table: Table, rows: Iterable[Row]) -> dict[int, Row]:
    """Return rows as read by the facts' ids."""
    return {table.id_of(row): row for row in map(as_derived(table), rows)}


def array(values: Iterable[object]) -> str:
    """Write ids or numbers as an array: one string instead of a value each."""
    return "{" + ",".join(map(str, values)) + "}"


def as_derived(table: Table) -> Callable[[Row], Row]:
    """Return what turns a row as read into the row as derived: arrays are tuples."""
    if not (first := -table.arrays):
        return lambda row: row
    return lambda row: (*row[:first], *map(tuple, row[first:]))


def difference(old: Rows, new: Rows) -> Change:
    """Return what must become what so that ``old`` becomes ``new``; what is equal is left out."""
    changes: dict[Table, list[Pair]] = {}
    for table, after in new.items():
        before = old[table]
        pairs: list[Pair] = [(was, row) for key, row in after.items() if (was := before.get(key)) != row]
        pairs += [(row, None) for key, row in before.items() if key not in after]
        changes[table] = pairs
    return changes


def replace(workspace_id: UUID, change: Change) -> None:
    """Write a change: expects the workspace's mark to be locked in the running transaction."""
    of = (workspace_id.bytes,)
    gone = {
        table: array(ids) for table, pairs in change.items() if (ids := [table.id_of(old) for old, _ in pairs if old])
    }
    if gone:
        with binary.sent(
            (f"DELETE FROM {table.name} WHERE id = {AMONG_NUMBERS}", [ids])  # noqa: S608  names of our own
            for table, ids in gone.items()
        ):
            pass  # nothing comes of it
    for table, pairs in change.items():
        rows: list[Row] = [of + new for _, new in pairs if new]
        if first := -table.arrays:  # as lists: what else comes in several is a composite to the driver
            rows = [(*row[:first], *map(list, row[first:])) for row in rows]
        binary.append(table.name, ("workspace_id", *table.columns), rows)
