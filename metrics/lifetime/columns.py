"""Columns: a forecast as SQL reads it, a row a buyer: the texts of arrays, for a query can join them to facts and group them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metrics.arrays import Numbers
from metrics.lifetime.buyers import Buyers
from metrics.lifetime.forecast import BASES, Forecast, forecast_of
from metrics.lifetime.outlook import Outlook

# Everybody who has bought: what they did, what is expected of them, and as which part of money that counts.
BUYERS = """(
    SELECT began.workspace_id, concat(began.id, ':', basis.basis) AS id, began.customer_id, began.paid_at, began.channel_kind,
        basis.basis, basis.factor, buyer.*, buyer.orders * buyer.worth * basis.factor AS amount
    FROM unnest(
        %(buyers)s::uuid[], %(frequency)s::int[], %(recency)s::int[], %(later)s::float8[],
        %(orders)s::float8[], %(worth)s::float8[], %(alive)s::float8[]
    ) AS buyer(buyer, frequency, recency, later, orders, worth, alive)
    JOIN metrics_orderfact began ON began.workspace_id = %(workspace)s AND began.customer_id = buyer.buyer AND began.position = 1
    CROSS JOIN unnest(%(bases)s::text[], %(factors)s::float8[]) AS basis(basis, factor)
) AS expected"""


def _ids(some: Buyers, _made: Outlook) -> str:
    said = some.ids.tobytes().hex()
    return "{" + ",".join(said[place : place + 32] for place in range(0, len(said), 32)) + "}"


def _array(column: Numbers) -> str:
    return "{" + ",".join(map(repr, column.tolist())) + "}"


def _column(show: Callable[[Buyers, Outlook], str]) -> Callable[[Mapping[str, Any]], str]:
    """Return what makes a column of a forecast; an empty one where nothing is expected of anybody."""

    def make(values: Mapping[str, Any]) -> str:
        made: Forecast = values["forecast"]
        return show(made.buyers, made.outlook) if made.outlook else "{}"

    return make


def _alive(_some: Buyers, made: Outlook) -> str:
    return "{}" if made.alive is None else _array(made.alive)


def _factors(values: Mapping[str, Any]) -> list[float | None]:
    made: Forecast = values["forecast"]
    return [made.factor(basis) for basis in BASES]


GIVEN: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "forecast": forecast_of,  # the others are columns of it
    "buyers": _column(_ids),
    "frequency": _column(lambda some, _made: _array(some.frequency)),
    "recency": _column(lambda some, _made: _array(some.recency)),
    "later": _column(lambda some, _made: _array(some.later)),
    "orders": _column(lambda _some, made: _array(made.orders)),
    "worth": _column(lambda _some, made: _array(made.worth)),
    "alive": _column(_alive),
    "bases": lambda _values: list(BASES),
    "factors": _factors,
}
