"""Receipts: the proof of a shown number; it says what was asked and answered, and computes it again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from hub.models import Workspace
from metrics import facts, shape
from metrics.models import Receipt
from metrics.query import Answer, Freshness, answer
from metrics.question import Question, metric_named, read

CHANGES_SHOWN = 100
WITHIN = 0.0102  # how far figures from histograms may lie from the exact ones
type Json = Any


def write(given: Answer) -> Receipt:
    """Keep the proof of an answer; the same answer to the same question at the same mark has one receipt."""
    question = given.question
    body = shape.of_rows(given)
    words = question.parameters()
    said = json.dumps([question.metric.id, question.metric.version, words, given.freshness.mark, body], sort_keys=True)
    receipt, _ = Receipt.objects.get_or_create(
        workspace=question.workspace,
        digest=hashlib.sha256(said.encode()).hexdigest(),
        defaults={
            "metric": question.metric.id,
            "version": question.metric.version,
            "parameters": words,
            "mark": given.freshness.mark,
            "as_of": given.freshness.as_of,
            "answer": body,
        },
    )
    return receipt


def question_of(receipt: Receipt) -> Question:
    """Return the question a receipt answers."""
    words = QueryDict(mutable=True)
    for name, value in receipt.parameters.items():
        words.setlist(name, value if isinstance(value, list) else [value])
    return read(receipt.workspace, metric_named(receipt.metric), words, timezone.now())


def recompute(receipt: Receipt) -> dict[str, Json]:
    """Compute a receipt's answer again: as of its mark, from history alone, and as of now, with what changed and why."""
    question = question_of(receipt)
    with transaction.atomic(), _facts_as_of(question, receipt.mark):
        then = shape.of_rows(answer(question, Freshness(receipt.mark, receipt.as_of), cells=False))
        before = _counted(question)
    now = answer(question)
    today = shape.of_rows(now)
    return {
        "as_of_mark": {**then, "equal": _equal(then, receipt.answer)},
        "now": {
            "as_of": shape.stamp(now.freshness.as_of),
            **today,
            "equal": _equal(today, receipt.answer),
            "changes": _changes(question.workspace, receipt.mark, before, _counted(question)),
        },
    }


def _equal(one: Json, other: Json) -> bool:
    """Compare answers; figures marked approximate may differ by what histograms lose."""
    if isinstance(one, dict) and isinstance(other, dict):
        loose = one.get("approximate") or other.get("approximate")
        return all(
            _near(one.get(name), other.get(name)) if loose else _equal(one.get(name), other.get(name))
            for name in {*one, *other} - {"approximate"}
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def _near(one: Json, other: Json) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return math.isclose(one, other, rel_tol=WITHIN) if numbers else bool(one == other)


@contextmanager
def _facts_as_of(question: Question, mark: int) -> Iterator[None]:
    """Let the tables of facts hold, inside, what followed from the history before ``mark`` in the question's period.

    Temporary tables of the same names stand before the real ones, so that the very same queries read them. Expects a
    transaction. Every fact of a period has an event in it, so other conversations are not looked at.
    """
    workspace_id = question.workspace.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT coalesce(c.folded_into_id, c.id) FROM conversations_historyevent e "
            "JOIN conversations_conversation c ON c.id = e.conversation_id "
            "WHERE e.workspace_id = %s AND e.occurred_at >= %s AND e.occurred_at < %s AND e.transaction < %s",
            [workspace_id, question.start, question.end, mark],
        )
        ids = [row[0] for row in cursor.fetchall()]
        for table in facts.TABLES:
            cursor.execute(f"CREATE TEMPORARY TABLE {table.name} (LIKE public.{table.name}) ON COMMIT DROP")
    nothing: facts.Rows = {table: {} for table in facts.TABLES}
    for some in batched(ids, 500):
        derived = facts.derived(workspace_id, facts.family(workspace_id, some), mark)
        facts.replace(workspace_id, facts.difference(nothing, derived))
    yield
    with connection.cursor() as cursor:
        for table in facts.TABLES:
            cursor.execute(f"DROP TABLE pg_temp.{table.name}")


def _counted(question: Question) -> dict[tuple[UUID, int], tuple[Any, ...]]:
    """Return what the question counts now: by conversation and fact, what matters of it."""
    source = question.metric.source
    columns = [source.anchor, *source.lengths.values(), *source.dimensions.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT conversation_id, id, {', '.join(columns)} FROM {source.table} "  # noqa: S608  names of the registry
            f"WHERE workspace_id = %s AND {source.anchor} >= %s AND {source.anchor} < %s AND {source.counts}",
            [question.workspace.pk, question.start, question.end],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def _changes(workspace: Workspace, mark: int, before: dict[Any, Any], after: dict[Any, Any]) -> list[dict[str, Any]]:
    """Say which conversations count differently, and which events that came after the mark made it so."""
    touched = {key[0] for key in {*before, *after} if before.get(key) != after.get(key)}
    shown = sorted(touched)[:CHANGES_SHOWN]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conversation_id, array_agg(DISTINCT type ORDER BY type) FROM conversations_historyevent "
            "WHERE workspace_id = %s AND conversation_id = ANY(%s) AND transaction >= %s GROUP BY 1",
            [workspace.pk, shown, mark],
        )
        since = dict(cursor.fetchall())
    return [{"conversation": str(one), "because": since.get(one) or ["history.erased_or_moved"]} for one in shown]
