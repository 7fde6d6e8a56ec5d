"""Receipts: the proof of a shown number; it says what was asked and answered, and computes it again."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Set as AbstractSet
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from conversations.models import HistoryEvent
from hub.models import Workspace
from metrics import evidence, shape
from metrics.bygone import facts_as_of
from metrics.models import Receipt
from metrics.persons.rows import SURVEYS
from metrics.query import Answer, Freshness, answer, values_of
from metrics.question import Question, metric_named, read
from metrics.regrouped import MERGES

CHANGES_SHOWN = 100
WITHIN = 0.0102  # how far figures from histograms may lie from the exact ones
ROUNDING = 1e-12  # what the order of adding may change
SERVICE = ("conversation.", "message.")
ASKED = "survey."
GONE = "history.erased_or_moved"  # no event tells of it: what counted is not there any more
BY_ITSELF = {"oldest_open_seconds", "km_p50", "km_p75"}  # what time moves while nothing happens
# Who was joined with whom, or parted, since a mark.
JOINED = """
SELECT who, type FROM conversations_historyevent
CROSS JOIN LATERAL (VALUES (customer_id::text), (data->>'other')) AS both_of(who)
WHERE workspace_id = %(workspace)s AND transaction >= %(mark)s AND type = ANY(%(types)s)
"""
SEEN = "id::text, anchor, conversation::text, customer::text, split"
SAID = "length, amount, divisor, counted"
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
    is_proven = _equal(then, receipt.answer)
    # Of what was erased since nobody can say any more whose it was.
    gone = [] if is_proven else [{"customer": None, "because": [GONE]}]
    return {
        "as_of_mark": {**then, "equal": is_proven},
        "now": {
            "as_of": shape.stamp(now.freshness.as_of),
            **today,
            "equal": _equal(today, receipt.answer, BY_ITSELF),
            "changes": _changes(question, receipt.mark, before, _counted(question, now.freshness)) + gone,
        },
    }


def _equal(one: Json, other: Json, but_for: AbstractSet[str] = frozenset()) -> bool:
    """Compare answers but for some fields; figures marked approximate may differ by what histograms lose."""
    if isinstance(one, dict) and isinstance(other, dict):
        loose = one.get("approximate") or other.get("approximate")
        return all(
            _near(one.get(name), other.get(name)) if loose else _equal(one.get(name), other.get(name), but_for)
            for name in {*one, *other} - {"approximate"} - but_for
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(*pair, but_for) for pair in zip(one, other, strict=True))
    return _near(one, other, ROUNDING)


def _near(one: Json, other: Json, within: float = WITHIN) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return math.isclose(one, other, rel_tol=within) if numbers else bool(one == other)


class _Seen(NamedTuple):
    """Whose row it is, and what matters of it: two that say the same are equal whoever they count for."""

    owner: tuple[str, str | None]  # a conversation, or where none stands behind it a customer
    customer: str | None
    said: tuple[Any, ...]


def _counted(question: Question, freshness: Freshness) -> dict[tuple[Any, ...], _Seen]:
    """Return what the question counts and tells beside it, by which row it is; how it is split changes nothing of that."""
    asked, source = question._replace(by=()), question.metric.source
    # One purchase more changes what is expected of everybody: then what is known of each is compared.
    known = [f"beside[{place}]" for place, name in enumerate(source.beside, start=1) if name in source.observed]
    said = f"SELECT {SEEN}, {', '.join(known) or SAID} FROM"
    parts = [f"{said} ({part}) AS seen" for part in (evidence.sides(asked), *evidence.beside(asked))]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values_of(asked, freshness))
        return {
            (number, anchor): _Seen(("conversation", talk) if talk else ("customer", person), person, tuple(said))
            for number, anchor, talk, person, *said in cursor.fetchall()
        }


def _changes(
    question: Question, mark: int, before: Mapping[Any, _Seen], after: Mapping[Any, _Seen]
) -> list[dict[str, Any]]:
    """Say whose rows count differently, and which events that came after the mark made it so."""
    touched: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in {*before, *after}:
        then, now = before.get(key), after.get(key)
        if then is None or now is None or then.said != now.said:
            for seen in filter(None, (then, now)):
                kind, one = seen.owner
                touched[kind, one or ""].add(seen.customer or "")
    is_of_surveys = SURVEYS.name in question.metric.source.table
    shown = sorted(touched)[:CHANGES_SHOWN]
    people_of = {("customer", one) for owner in shown for one in touched[owner]}
    since = _told_since(question.workspace, mark, {*shown, *people_of})
    with connection.cursor() as cursor:
        cursor.execute(JOINED, {"workspace": question.workspace.pk, "mark": mark, "types": list(MERGES)})
        joined = cursor.fetchall()
    for owner in shown:
        people = touched[owner]
        since[owner] |= {why for one, why in joined if one in people}
        if is_of_surveys:  # what came from outside is told of the person, and counts for a conversation
            since[owner] |= {why for one in people for why in since["customer", one] if why.startswith(ASKED)}
        if not since[owner]:  # what was said moved here when something else of theirs came
            since[owner] |= {why for one in people for why in since["customer", one] if why.startswith(SERVICE)}
    return [{kind: one or None, "because": sorted(since[kind, one]) or [GONE]} for kind, one in shown]


def _told_since(
    workspace: Workspace, mark: int, owners: Collection[tuple[str, str]]
) -> dict[tuple[str, str], set[str]]:
    """Return the types of events told of each owner since the mark; of nobody's, such as costs, those of nobody or else all."""
    since: dict[tuple[str, str], set[str]] = defaultdict(set)
    told = HistoryEvent.objects.of(workspace).filter(transaction__gte=mark)
    for kind in ("conversation", "customer"):
        ids = [one for what, one in owners if what == kind and one]
        for one, why in told.filter(**{f"{kind}__in": ids}).values_list(f"{kind}_id", "type").distinct():
            since[kind, str(one)].add(why)
    nobody = ("customer", "")
    if nobody in owners:
        types = told.values_list("type", flat=True).distinct()
        since[nobody] |= set(types.filter(customer=None)) or set(types)
    return since
