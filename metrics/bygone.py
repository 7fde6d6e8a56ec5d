"""Bygone: lets the tables of facts hold, for a while and for one reader, what followed from the history before a mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import batched
from typing import NamedTuple

from django.db import connection

from metrics import facts, regrouped
from metrics.persons import rows as persons
from metrics.question import Question
from metrics.registry import Ratio
from metrics.regrouped import Regrouped

CONVERSATIONS_A_READ = 500


class FactFamily(NamedTuple):
    """Tables of facts that are derived together, and how to fill them with what a question could read as of a mark.

    ``fill(question, mark, then)`` derives from the history of transactions before ``mark`` alone, of whom it was then, and
    writes into tables of these names, which stand empty before the real ones.
    """

    tables: tuple[str, ...]
    fill: Callable[[Question, int, Regrouped], None]


def _conversations(question: Question, mark: int, then: Regrouped) -> None:
    """Derive the conversations with history in the question's period: every fact of a period has an event in it."""
    workspace_id, source = question.workspace.pk, question.metric.source
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT coalesce(c.folded_into_id, c.id) FROM conversations_historyevent e "
            "JOIN conversations_conversation c ON c.id = e.conversation_id "
            "WHERE e.workspace_id = %s AND e.occurred_at >= %s AND (e.occurred_at < %s OR %s) AND e.transaction < %s "
            "AND c.customer_id <> ALL(%s::uuid[])",
            [
                workspace_id,
                question.start - source.reaches_back,
                question.end,
                source.looks_ahead,
                mark,
                facts.array(then.roots),
            ],
        )
        ids = [row[0] for row in cursor.fetchall()]
    for some in batched(ids, CONVERSATIONS_A_READ):
        derived = facts.derived(workspace_id, facts.family(workspace_id, [one.bytes for one in some]), mark)
        facts.replace(workspace_id, facts.difference(facts.NONE, derived))
    for derived in regrouped.derived(question.workspace, then, mark):
        facts.replace(workspace_id, facts.difference(facts.NONE, derived))


def _people(question: Question, mark: int, then: Regrouped) -> None:
    """Derive everybody who did more than write: what somebody bought before the period says who they are in it."""
    workspace = question.workspace
    others = {one.bytes: root.bytes for one, root in then.roots.items()}
    with_journeys = persons.JOURNEYS.name in _sql_of(question)
    for some in persons.everybody(workspace.pk):
        now = persons.circle(workspace.pk, some)
        as_ever = {one: root for one, root in now.roots.items() if one not in others}
        derived = persons.derived(workspace, now._replace(roots=as_ever), mark, with_journeys=with_journeys)
        facts.replace(workspace.pk, facts.difference(persons.NONE, derived))
    talks = regrouped.talks(workspace, then, mark)
    regrouped_then = persons.Circle(list(others), others, has_costs=False)
    derived = persons.derived(workspace, regrouped_then, mark, talks, with_journeys=with_journeys)
    facts.replace(workspace.pk, facts.difference(persons.NONE, derived))


FAMILIES = (
    FactFamily(tuple(table.name for table in facts.TABLES), _conversations),
    FactFamily(tuple(table.name for table in persons.TABLES), _people),
)


@contextmanager
def facts_as_of(question: Question, mark: int) -> Iterator[None]:
    """Let the tables of facts the question reads hold, inside, what followed from the history before ``mark``.

    Temporary tables of the same names stand before the real ones, so that the very same queries read them. Expects a
    transaction.
    """
    read = _sql_of(question)
    needed = [family for family in FAMILIES if any(table in read for table in family.tables)]
    tables = [table for family in needed for table in family.tables]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table}) ON COMMIT DROP")
        # A plan this connection keeps knows the real tables, and would go on reading them.
        cursor.execute("DISCARD PLANS")
    then = regrouped.regrouped(question.workspace, mark)
    for family in needed:
        family.fill(question, mark, then)
    yield
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE pg_temp.{table}")


def _sql_of(question: Question) -> str:
    """Return the SQL of every source of the question's metric and of what they are given, to see which facts it reads."""
    kind = question.metric.adding
    sources = [question.metric.source, getattr(kind, "beside", None)]
    sources += [kind.per.source] if isinstance(kind, Ratio) else []
    read = [source for source in sources if source]
    given = [getattr(make, "statement", "") for source in read for make in source.given.values()]
    return " ".join([*(source.table for source in read), *given])
