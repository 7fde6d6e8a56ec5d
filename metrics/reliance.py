"""Reliance: how far a forecast can be relied on: what made it, of whom, and how it would have done before, as one card."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from metrics import words
from metrics.charts import line, scale
from metrics.charts.frame import Axis, Places, Series
from metrics.lifetime import DISCOUNT, ENOUGH, HELD_DAYS, Held, Standing
from metrics.plots import Chart, Row, Table, drawn, title_of
from metrics.query import Answer, Figure

MODELS = {"bg_nbd": "BG/NBD × Gamma-Gamma"}


def card(given: Answer) -> Chart:
    """Return the card of an answer that is not lean: facts, and purchases predicted 90 days ago beside those that came."""
    standing, currency = given.total.standing, given.question.workspace.currency
    held = standing.held if standing else None
    bands = held.bands if held else ()
    names = [f"{band.frequency}+" if band is bands[-1] and len(bands) > 1 else str(band.frequency) for band in bands]
    columns = ([band.predicted for band in bands], [band.actual for band in bands])
    series = [
        Series(name, values, [_number(one) for one in values], color)
        for color, (name, values) in enumerate(zip((_("predicted"), _("actual")), columns, strict=True), start=1)
    ]
    title = title_of("reliance", given.question.metric)
    rows = [
        Row([name, words.count(band.people), _number(band.predicted), _number(band.actual)])
        for name, band in zip(names, bands, strict=True)
    ]
    chart = drawn(
        f"reliance-{given.question.metric.id}",
        title,
        lambda size: line.lines(size, title, Places(names), series, Axis(scale.amounts, _number)),
        Table([_("Purchases before"), _("People"), _("Predicted"), _("Actual")], rows),
    )
    return chart._replace(facts=_facts(standing, held, currency) if standing else [])


def warnings(total: Figure) -> tuple[str, ...]:
    """Say in a few words each what speaks against relying on a forecast."""
    if total.standing is None:
        return ()
    few = _("cohort average, %(n)s of %(needed)s bought again") % {
        "n": words.count(total.standing.repeat_buyers), "needed": words.count(ENOUGH)
    }  # fmt: skip
    found = (
        few if total.standing.kind not in MODELS else "",
        "" if total.standing.is_independent else _("value depends on frequency"),
    )
    return tuple(filter(None, found))


def note(beside: Mapping[str, float | None]) -> str:
    """Say of what one person's share of a forecast is made: how many purchases, and how likely they still buy."""
    orders, alive = beside.get("expected_orders"), beside.get("alive")
    if orders is None:
        return ""
    said = _("%(n)s purchases") % {"n": _number(orders)}
    return said if alive is None else f"{said} · {_('still buys: %(share)s') % {'share': words.share(alive)}}"


def _number(value: float) -> str:
    return words.figure("count", value)


def _facts(standing: Standing, held: Held | None, currency: str) -> list[tuple[str, str]]:
    r = "—" if standing.correlation is None else _number(standing.correlation)
    said = _("holds: below 0.3") if standing.is_independent else _("does not hold: 0.3 or more")
    margin = "—" if standing.margin is None else words.share(standing.margin)
    facts = [
        (_("Model"), MODELS.get(standing.kind) or _("Cohort average")),
        (_("Bought again"), _("%(n)s people; %(needed)s needed") % {
            "n": words.count(standing.repeat_buyers), "needed": words.count(ENOUGH)
        }),
        (_("Frequency and value, r"), f"{r} · {said}"),
        (_("Discount a year"), words.share(DISCOUNT)),
        (_("Margin known"), margin),
    ]  # fmt: skip
    if held is None:
        return [*facts, (_("%(n)s days held out") % {"n": HELD_DAYS}, _("history is too short"))]
    of_sales = "—" if held.calibration is None else words.share(held.calibration)
    return [
        *facts,
        (
            _("%(n)s days held out") % {"n": HELD_DAYS},
            _("%(n)s people; below, purchases of each by how often they had bought again")
            % {"n": words.count(held.people)},
        ),
        (
            _("Mean absolute error"),
            f"{words.figure('money', held.mae, currency)} · {_('%(n)s purchases') % {'n': _number(held.orders_mae)}}",
        ),
        (_("Predicted over actual sales"), of_sales),
    ]
