"""Shape: figures and observations as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from metrics.evidence import Observation
from metrics.query import Answer, Figure
from metrics.registry import Metric

LENGTHS = ("mean", "p50", "p75", "p90", "p95", "max")


def stamp(at: datetime | None) -> str | None:
    """Write an instant: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def of_metric(metric: Metric) -> dict[str, Any]:
    """Write an entry of the catalogue in the language in force."""
    return {
        "id": metric.id,
        "version": metric.version,
        "title": str(metric.title),
        "definition": str(metric.definition),
        "formula": metric.formula,
        "unit": metric.unit,
        "better": metric.better,
        "dimensions": list(metric.dimensions),
        "clocks": list(metric.clocks),
        "headline": metric.headline,
    }


def of_figure(answer: Answer, figure: Figure) -> dict[str, Any]:
    """Write one row of an answer."""
    row: dict[str, Any] = {
        "key": dict(zip(answer.question.by, figure.key, strict=False)),
        "n": figure.n,
        "value": answer.value(figure),
    }
    source = answer.question.metric.source
    if source.lengths:
        row |= {name: getattr(figure, name) for name in LENGTHS}
        row |= {"censored": figure.censored, "oldest_open_seconds": figure.oldest_open_seconds}
        row |= {source.set_aside[0]: figure.set_aside} if source.set_aside else {}
        row |= {"approximate": True} if figure.approximate else {}
        row |= {"small_sample": True} if figure.is_small_sample else {}
    else:
        row |= {"inbound": figure.inbound, "outbound": figure.outbound, "people": figure.people or 0}
    return row


def of_rows(answer: Answer) -> dict[str, Any]:
    """Write rows and total."""
    return {
        "rows": [of_figure(answer, figure) for figure in answer.rows],
        "total": of_figure(answer, answer.total),
    }


def of_answer(answer: Answer) -> dict[str, Any]:
    """Write a whole answer, without its receipt."""
    question = answer.question
    return {
        "metric": question.metric.id,
        "version": question.metric.version,
        "unit": question.metric.unit,
        "clock": question.clock if question.metric.clocks else None,
        "tz": question.tz.key,
        "from": question.start.astimezone(question.tz).isoformat(),
        "to": question.end.astimezone(question.tz).isoformat(),
        "as_of": stamp(answer.freshness.as_of),
        **of_rows(answer),
    }


def of_observation(seen: Observation) -> dict[str, Any]:
    """Write one observation of the evidence."""
    return {
        "conversation": str(seen.conversation_id),
        "customer": str(seen.customer_id),
        "channel": seen.channel_kind,
        "agent": seen.agent,
        "team": seen.team,
        "opening_message": str(seen.opening_message_id) if seen.opening_message_id else None,
        "closing_message": str(seen.closing_message_id) if seen.closing_message_id else None,
        "started_at": stamp(seen.started_at),
        "ended_at": stamp(seen.anchor),
        "seconds": seen.seconds,
        "excluded_seconds": seen.excluded_seconds,
        "excluded_reason": seen.excluded_reason,
    }
