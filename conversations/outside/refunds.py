"""Refunds larger than their orders: refused where the order is known, whatever came first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from conversations.models import HistoryEvent
from conversations.outside.people import Register, key_of
from conversations.outside.shapes import Told
from conversations.refusal import Refused
from hub.models import Workspace

WORTH = {"order.placed", "order.paid"}

type Order = tuple[str, str, str]  # source, order, currency


def beyond_their_orders(workspace: Workspace, events: Mapping[int, Told], register: Register) -> dict[int, Refused]:
    """Return by place the refunds by which more would be given back than was paid; an order nobody knows yet limits nothing."""
    refunds = {place: told for place, told in events.items() if told.type == "order.refunded"}
    if not refunds:
        return {}
    worth: dict[Order, Decimal] = {}
    back: dict[Order, Decimal] = defaultdict(Decimal)
    for source, kind, data in _told(workspace, refunds, register):
        _count(source, kind, data, worth, back)
    for told in events.values():
        if told.type in WORTH:
            _count(told.source, told.type, told.data, worth, back)
    refused: dict[int, Refused] = {}
    for place, told in refunds.items():
        order = _order(told.source, told.data)
        total = back[order] + Decimal(told.data["value"])
        if order in worth and total > worth[order]:
            amounts = {"total": f"{total:f}", "worth": f"{worth[order]:f}", "currency": order[2]}
            sentence = _("Would give back %(total)s of an order of %(worth)s %(currency)s.") % amounts
            refused[place] = Refused("data.value", sentence)
        else:
            back[order] = total
    return refused


def _told(
    workspace: Workspace, refunds: Mapping[int, Told], register: Register
) -> list[tuple[str, str, Mapping[str, str]]]:
    """Return what is known of these orders: the orders of the people who are given something back."""
    owners: set[UUID] = set()
    for told in refunds.values():
        for address in told.addresses:
            for known in register.meant(key_of(told, address)):
                owners |= {known.customer_id, known.person_id}
    if not owners:
        return []
    rows = HistoryEvent.objects.of(workspace).filter(
        customer__in=owners,
        type__in=[*WORTH, "order.refunded"],
        data__order__in=sorted({told.data["order"] for told in refunds.values()}),
    )
    return list(rows.values_list("source", "type", "data"))


def _order(source: str, data: Mapping[str, str]) -> Order:
    return source, data["order"], data["currency"]


def _count(
    source: str, kind: str, data: Mapping[str, str], worth: dict[Order, Decimal], back: dict[Order, Decimal]
) -> None:
    order, value = _order(source, data), Decimal(data["value"])
    if kind in WORTH:
        worth[order] = max(worth.get(order, value), value)
    else:
        back[order] += value
