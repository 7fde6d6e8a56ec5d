"""Receipts: the proof of a shown number; it says what was asked and answered, and computes it again."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from hub.models import Workspace
from metrics import evidence, shape
from metrics.bygone import facts_as_of
from metrics.models import Receipt
from metrics.query import Answer, Freshness, answer, values_of
from metrics.question import Question, metric_named, read

CHANGES_SHOWN = 100
WITHIN = 0.0102  # how far figures from histograms may lie from the exact ones
ROUNDING = 1e-12  # what the order of adding may change
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
    with transaction.atomic(), facts_as_of(question, receipt.mark):
        bygone = Freshness(receipt.mark, receipt.as_of)
        then = shape.of_rows(answer(question, bygone, cells=False))
        before = _counted(question, bygone)
    now = answer(question)
    today = shape.of_rows(now)
    return {
        "as_of_mark": {**then, "equal": _equal(then, receipt.answer)},
        "now": {
            "as_of": shape.stamp(now.freshness.as_of),
            **today,
            "equal": _equal(today, receipt.answer),
            "changes": _changes(question.workspace, receipt.mark, before, _counted(question, now.freshness)),
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
    return _near(one, other, ROUNDING)


def _near(one: Json, other: Json, within: float = WITHIN) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return math.isclose(one, other, rel_tol=within) if numbers else bool(one == other)


def _counted(question: Question, freshness: Freshness) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return what the question counts now: by whose it is and which row, what matters of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN conversation IS NULL THEN 'customer' ELSE 'conversation' END, "  # noqa: S608  our own SQL
            "coalesce(conversation, customer)::text, id::text, anchor, split, length, amount, divisor, counted "
            f"FROM ({evidence.sides(question)}) AS seen",
            values_of(question, freshness),
        )
        return {row[:4]: row[4:] for row in cursor.fetchall()}


def _changes(workspace: Workspace, mark: int, before: dict[Any, Any], after: dict[Any, Any]) -> list[dict[str, Any]]:
    """Say whose rows count differently, and which events that came after the mark made it so."""
    touched = {key[:2] for key in {*before, *after} if before.get(key) != after.get(key)}
    shown = sorted((kind, one or "") for kind, one in touched)[:CHANGES_SHOWN]
    since: dict[tuple[str, str], list[str]] = {}
    with connection.cursor() as cursor:
        for kind in ("conversation", "customer"):
            cursor.execute(
                f"SELECT {kind}_id::text, array_agg(DISTINCT type ORDER BY type) FROM conversations_historyevent "  # noqa: S608
                f"WHERE workspace_id = %s AND {kind}_id = ANY(%s::uuid[]) AND transaction >= %s GROUP BY 1",
                [workspace.pk, [one for what, one in shown if what == kind and one], mark],
            )
            since |= {(kind, one): types for one, types in cursor.fetchall()}
    return [
        {kind: one or None, "because": since.get((kind, one)) or ["history.erased_or_moved"]} for kind, one in shown
    ]
