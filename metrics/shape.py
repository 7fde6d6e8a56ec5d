"""Shape: figures and observations as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from metrics.estimates import wilson
from metrics.evidence import Observation
from metrics.lifetime import DISCOUNT, ENOUGH, HELD_DAYS, Standing
from metrics.query import Answer, Figure
from metrics.registry import Amounts, Count, Expected, Lengths, Metric, Rate, Ratio, Score, Sum, Variant

SPREAD = ("mean", "p50", "p75", "p90", "p95", "max")


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
        "formula": str(metric.formula),
        "unit": metric.unit,
        "better": metric.better,
        "dimensions": list(metric.dimensions),
        "clocks": list(metric.clocks),
        "headline": metric.headline,
        "variants": [_of_variant(metric.measured(one.id), one) for one in metric.variants],
    }


def _of_variant(metric: Metric, variant: Variant) -> dict[str, Any]:
    """Write one of the ways a metric is measured; ``metric`` is measured that way, the first is the one nobody has to name."""
    return {
        "id": variant.id,
        "title": str(variant.title),
        "definition": str(variant.definition),
        "formula": str(variant.formula),
        "dimensions": list(metric.dimensions),
        "clocks": list(metric.clocks),
        "usual": not metric.variant,
    }


def of_figure(answer: Answer, figure: Figure) -> dict[str, Any]:
    """Write one row of an answer."""
    row: dict[str, Any] = {
        "key": dict(zip(answer.question.by, figure.key, strict=False)),
        "n": figure.n,
        "value": answer.value(figure),
    }
    metric = answer.question.metric
    kind, source = metric.adding, metric.source
    if isinstance(kind, Lengths | Amounts) or (isinstance(kind, Ratio) and kind.spread):
        row |= {name: getattr(figure, name) for name in SPREAD}
    if isinstance(kind, Rate | Score | Ratio):
        row |= {"numerator": figure.numerator, "denominator": figure.denominator}
    if isinstance(kind, Rate | Score | Expected):
        row |= {"ci_low": figure.ci_low, "ci_high": figure.ci_high}
    if source.still_open:
        row |= {"censored": figure.censored, "oldest_open_seconds": figure.oldest_open_seconds}
    if figure.within is not None:
        low, high = wilson(figure.within, figure.n)
        share = {
            "within": figure.within,
            "within_target": figure.within / figure.n,
            "within_ci_low": low,
            "within_ci_high": high,
        }
        row |= {"target": answer.question.target, **share}
    if figure.survival:
        row |= {"km_p50": figure.survival[0], "km_p75": figure.survival[1]}
    row |= {source.set_aside[0]: figure.set_aside} if source.set_aside else {}
    row |= {name: dict(figure.left_out).get(name, 0) for name in source.left_out}
    row |= {"approximate": True} if figure.approximate else {}
    row |= {"small_sample": True} if figure.is_small_sample and not isinstance(kind, Count | Sum) else {}
    if isinstance(kind, Count) and kind.beside:
        row |= {"inbound": figure.inbound, "outbound": figure.outbound, "people": figure.people or 0}
    if isinstance(kind, Expected):
        row |= {"expected_orders": figure.expected_orders, "alive": figure.alive}
    return row | (_standing(figure.standing) if figure.standing else {})


def _standing(one: Standing) -> dict[str, Any]:
    """Write how what is expected stands, and how it would have done before."""
    held = one.held
    return {
        "model": one.kind,
        "parameters": one.parameters,
        "repeat_buyers": one.repeat_buyers,
        "repeat_buyers_needed": ENOUGH,
        "correlation": one.correlation,
        "independent": one.is_independent,
        "margin": one.margin,
        "discount": DISCOUNT,
        "holdout": held and {**held._asdict(), "days": HELD_DAYS, "bands": [band._asdict() for band in held.bands]},
    }


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
        **({"variant": question.metric.variant} if question.metric.variant else {}),
        "unit": question.metric.unit,
        **({"currency": question.workspace.currency} if question.metric.unit == "money" else {}),
        "clock": question.clock if question.metric.clocks else None,
        "tz": question.tz.key,
        "from": question.start.astimezone(question.tz).isoformat(),
        "to": question.end.astimezone(question.tz).isoformat(),
        "as_of": stamp(answer.freshness.as_of),
        **of_rows(answer),
    }


def of_observation(seen: Observation) -> dict[str, Any]:
    """Write one observation of the evidence."""
    row: dict[str, Any] = {
        "conversation": _id(seen.conversation_id),
        "customer": _id(seen.customer_id),
        "channel": seen.split.get("channel"),
        "agent": seen.split.get("agent"),
        "team": seen.split.get("team"),
        **seen.split,
        "opening_message": _id(seen.opening_message_id),
        "closing_message": _id(seen.closing_message_id),
        "started_at": stamp(seen.started_at),
        "ended_at": stamp(seen.anchor),
        "seconds": seen.seconds,
        "excluded_seconds": seen.excluded_seconds,
        "excluded_reason": seen.excluded_reason,
    }
    rest = {"amount": seen.amount, "divisor": seen.divisor, "counted": seen.counted, **seen.beside}
    return row | {name: value for name, value in rest.items() if value is not None}


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
