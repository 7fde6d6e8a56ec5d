"""A table's rows as events of the contract: orders with their steps, sales, costs, people."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from conversations.imports import cells
from conversations.imports.kinds import KINDS
from conversations.imports.shapes import Choices, Line
from conversations.imports.tables import Row, Table
from conversations.outside import reading
from conversations.refusal import Refused

# What an order with a status has gone through, by the status' word without accents.
STATUSES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("placed",): (
        "", "placed", "pending", "pendente", "aguardando", "aguardando pagamento", "pagamento pendente", "on hold", "pendiente", "aberto",
        "em aberto", "authorized", "autorizado", "unpaid", "nao pago",
    ),
    ("placed", "paid"): (
        "paid", "pago", "paga", "processing", "processando", "aprovado", "aprovada", "faturado", "pagado", "pagamento aprovado",
        "pagamento confirmado", "pedido pago", "completed", "concluido", "concluida", "finalizado", "completado", "delivered", "entregue",
        "entregado", "pedido entregue", "shipped", "enviado", "enviada", "pedido enviado",
    ),
    ("placed", "cancelled"): (
        "cancelled", "canceled", "cancelado", "cancelada", "pedido cancelado", "voided", "failed", "expired", "expirado", "recusado",
    ),
    ("placed", "paid", "refunded"): ("refunded", "reembolsado", "reembolsada", "devolvido", "estornado"),
}  # fmt: skip
STEPS = {word: steps for steps, words in STATUSES.items() for word in words}
KINDS_OF_COSTS: dict[str, tuple[str, ...]] = {
    "media": ("media", "midia", "anuncios", "ads", "marketing", "publicidade", "publicidad", "trafego"),
    "salaries": ("salaries", "salarios", "salario", "folha", "equipe", "pessoal", "payroll", "sueldos"),
    "messages": ("messages", "mensagens", "mensajes", "whatsapp", "sms"),
    "tools": ("tools", "ferramentas", "software", "sistemas", "herramientas"),
    "other": ("other", "outros", "outro", "outras", "otros"),
}
COSTS = {word: kind for kind, words in KINDS_OF_COSTS.items() for word in words}

type Cells = Mapping[str, str]


def lines(kind: str, table: Table, choices: Choices, skip: int = 0) -> Iterator[Line]:
    """Yield each row after the first ``skip`` as a line: its events, all understood, or the field at fault and why.

    Raises ``Unreadable``.
    """
    for row, given in islice(by_field(kind, table, choices), skip, None):
        shown = tuple(row.cells.get(name, "") for name in table.header)
        try:
            events = _understood(kind, row, given, choices)
        except Refused as refused:
            field = refused.field.removeprefix("data.").removeprefix("customer.")
            yield Line(number=row.line, field=field, reason=refused.sentence, shown=shown)
        else:
            yield Line(number=row.line, events=events, shown=shown)


def by_field(kind: str, table: Table, choices: Choices) -> Iterator[tuple[Row, Cells]]:
    """Yield each row that is a line, with its cells by the field they are chosen for, not understood yet. Raises ``Unreadable``."""
    chosen = [(column.name, choices.columns.get(column.name, "")) for column in KINDS[kind].columns]
    above = ""
    for row in table.rows():
        given = {field: row.cells.get(column, "") for field, column in chosen}
        if kind == "orders" and above and given["order"] == above and not given["value"]:
            continue  # one more thing in the order of the row above, which said what all of it costs
        above = given.get("order", "")
        yield row, given


def _understood(kind: str, row: Row, given: Cells, choices: Choices) -> tuple[dict[str, Any], ...]:
    """Return a row's events, all of them good. Raises ``Refused``."""
    if row.overflows:  # as where an amount's comma was taken for the next column's
        raise Refused("", _("Holds more cells than there are columns."))
    for column in KINDS[kind].columns:
        if column.required and not given[column.name]:
            raise Refused(column.name, _("Must be given."))
    events = tuple(READERS[kind](given, _base(row.cells, given), choices))
    for event in events:
        reading.read(event)
    return events


def _base(row: Cells, given: Cells) -> str:
    """Return what tells a row from others: its id, else all it says."""
    if given.get("id"):
        return given["id"]
    return hashlib.sha256(msgspec.json.encode(sorted(row.items()))).hexdigest()[:32]


def _person(given: Cells, choices: Choices) -> dict[str, str]:
    found = {name: given.get(name, "") for name in ("external_id", "email", "instagram", "name")}
    for name in ("phone", "whatsapp"):
        if given.get(name):
            found[name] = cells.phone(name, given[name], choices.country)
    return {name: value for name, value in found.items() if value}


def _orders(given: Cells, base: str, choices: Choices) -> Iterator[dict[str, Any]]:
    status = cells.bare(given["status"])
    if status not in STEPS or (given["status"] and not status):
        raise Refused("status", _("Must be a status like paid, cancelled or refunded."))
    steps = STEPS[status] if status or given["paid_at"] else ("placed", "paid")
    if given["paid_at"] and steps == ("placed",):
        steps = ("placed", "paid")
    base = given["id"] or given["order"]
    order = _sale(given, choices, "ecommerce")
    times = {"at": _moment("at", given, choices)}
    if given["paid_at"]:
        times["paid"] = _moment("paid_at", given, choices)
    for step in steps:
        yield order | {"id": f"{base}/{step}", "type": f"order.{step}", "at": times.get(step, times["at"])}


def _store_sales(given: Cells, base: str, choices: Choices) -> Iterator[dict[str, Any]]:
    sale = _sale({**given, "order": given["order"] or base, "pickup": ""}, choices, "store")
    yield sale | {"id": base, "type": "order.paid", "at": _moment("at", given, choices)}


def _moment(field: str, given: Cells, choices: Choices) -> str:
    return cells.moment(field, given[field], choices.days, choices.zone)


def _sale(given: Cells, choices: Choices, channel: str) -> dict[str, Any]:
    """Return what every step of an order has in common."""
    data: dict[str, Any] = {
        "order": given["order"],
        "value": cells.amount("value", given["value"], choices.decimal),
        "currency": given["currency"] or cells.currency(given["value"]) or choices.currency,
    }
    data |= {name: given[name] for name in ("coupon", "store") if given[name]}
    if given["items"]:
        if not given["items"].isascii() or not given["items"].isdigit():
            raise Refused("items", _("Must be a whole number."))
        data["items"] = int(given["items"][:18])
    if given["pickup"]:
        data["pickup"] = cells.yes_no("pickup", given["pickup"])
    return {"source": choices.source, "customer": _person(given, choices), "channel": channel, "data": data}


def _costs(given: Cells, base: str, choices: Choices) -> Iterator[dict[str, Any]]:
    kind = COSTS.get(cells.bare(given["kind"]))
    if kind is None:
        raise Refused("kind", _("Must be one of: %(words)s.") % {"words": ", ".join(KINDS_OF_COSTS)})
    begin = _moment("from", given, choices)
    end = _moment("to", given, choices) if given["to"] else begin
    data = {
        "kind": kind,
        "amount": cells.amount("amount", given["amount"], choices.decimal),
        "currency": given["currency"] or cells.currency(given["amount"]) or choices.currency,
        "from": begin[:10],
        "to": end[:10],
    }
    yield {"id": base, "source": choices.source, "type": "cost.recorded", "at": begin, "data": data}


def _contacts(given: Cells, base: str, choices: Choices) -> Iterator[dict[str, Any]]:
    yield {
        "id": base,
        "source": choices.source,
        "type": "customer.updated",
        "at": choices.now,
        "customer": _person(given, choices),
    }


READERS: dict[str, Callable[[Cells, str, Choices], Iterator[dict[str, Any]]]] = {
    "orders": _orders,
    "store_sales": _store_sales,
    "costs": _costs,
    "contacts": _contacts,
}
