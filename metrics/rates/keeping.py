"""Keeping exchange rates: entered, replaced and removed, each audited; and which money waits for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import OperationalError, models, transaction
from django.db.models.fields.json import KT
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import HistoryEvent
from conversations.outside import fields
from hub import audit
from hub.access import Caller
from hub.idempotency import LOCK_NOT_AVAILABLE
from hub.models import Workspace
from hub.refusal import Refused, TooLate
from metrics.aggregate import locked_mark
from metrics.models import CostFact, ExchangeRate, OrderFact

FIRST_DAY, AHEAD = date(fields.FIRST_YEAR, 1, 1), timedelta(days=366)
PLACES, DIGITS = 8, 18


class Rate(msgspec.Struct, frozen=True):
    """What one unit of ``currency`` is worth in the workspace's, from ``day`` on until the next rate."""

    currency: str
    day: date
    rate: Decimal


class Waiting(msgspec.Struct, frozen=True):
    """Money that no rate converts: how many paid orders and costs of a currency, and the first day that needs a rate."""

    currency: str
    orders: int
    costs: int
    since: date


def read(workspace: Workspace, currency: Any, day: date, rate: Decimal) -> Rate:
    """Return a rate as it can be kept. Raises ``Refused`` with the field at fault."""
    code = fields.currency("currency", currency.strip() if isinstance(currency, str) else currency)
    if code == workspace.currency:
        raise Refused("currency", _("%(currency)s is the workspace's own currency.") % {"currency": code})
    if not FIRST_DAY <= day <= timezone.localdate(timezone=ZoneInfo(workspace.timezone)) + AHEAD:
        raise Refused("day", _("Must lie between 1970 and a year from now."))
    if not rate.is_finite() or rate <= 0:
        raise Refused("rate", _("Must be a number above 0."))
    if -int(rate.as_tuple().exponent) > PLACES or rate.adjusted() >= DIGITS - PLACES:
        raise Refused("rate", _("At most 10 digits before and 8 after the decimal sign."))
    return Rate(code, day, rate)


def keep(caller: Caller, wanted: Sequence[Rate]) -> list[ExchangeRate]:
    """Keep rates, all or none, each in the place of that day's. Expects no day of a currency twice. Raises ``TooLate``."""
    with _figures_at_rest(caller.workspace):
        known = ExchangeRate.objects.of(caller.workspace).filter(
            currency__in={one.currency for one in wanted}, day__in={one.day for one in wanted}
        )
        before = {(row.currency, row.day): row for row in known}
        rows = [
            ExchangeRate(workspace=caller.workspace, currency=one.currency, day=one.day, rate=one.rate)
            for one in wanted
            if (one.currency, one.day) not in before or before[one.currency, one.day].rate != one.rate
        ]
        ExchangeRate.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["workspace", "currency", "day"], update_fields=["rate"]
        )
        for row in rows:
            old = before.get((row.currency, row.day))
            _note(caller, "changed" if old else "added", row, old.rate if old else None, row.rate)
    kept = before | {(row.currency, row.day): row for row in rows}
    return [kept[one.currency, one.day] for one in wanted]


def remove(caller: Caller, rate_id: int) -> ExchangeRate:
    """Remove a rate; the one before it holds on. Raises ``ExchangeRate.DoesNotExist``, ``TooLate``."""
    with _figures_at_rest(caller.workspace):
        row = ExchangeRate.objects.of(caller.workspace).get(pk=rate_id)
        _note(caller, "removed", row, row.rate, None)
        row.delete()
    return row


def waiting(workspace: Workspace) -> list[Waiting]:
    """Return the currencies in which paid orders or costs are left out for want of a rate, the most orders first."""
    zone = ZoneInfo(workspace.timezone)
    bought = OrderFact.objects.of(workspace).filter(excluded="unconverted", paid_at__isnull=False, gross__isnull=False)
    unspent = CostFact.objects.of(workspace).filter(amount=None).values("id")
    spent = HistoryEvent.objects.of(workspace).filter(id__in=unspent).annotate(currency=Upper(KT("data__currency")))
    found: dict[str, list[Waiting]] = {}
    for name, rows, at in (("orders", bought, "paid_at"), ("costs", spent, "occurred_at")):
        foreign = rows.filter(currency__in=fields.currencies() - {workspace.currency}).order_by()
        for one in foreign.values("currency").annotate(number=models.Count("id"), since=models.Min(at)):
            number, since = {"orders": 0, "costs": 0, name: one["number"]}, one["since"].astimezone(zone).date()
            found.setdefault(one["currency"], []).append(Waiting(one["currency"], since=since, **number))
    summed = [
        Waiting(code, sum(one.orders for one in some), sum(one.costs for one in some), min(one.since for one in some))
        for code, some in found.items()
    ]
    return sorted(summed, key=lambda one: (-one.orders, one.currency))


@contextmanager
def _figures_at_rest(workspace: Workspace) -> Iterator[None]:
    """Open a transaction while nobody derives: whoever is derived by the old rates is seen by the trigger, or comes after."""
    try:
        with transaction.atomic():
            locked_mark(workspace)
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise TooLate(_("The figures are being reckoned anew. Try again in some minutes.")) from error


def _note(caller: Caller, deed: str, row: ExchangeRate, old: Decimal | None, new: Decimal | None) -> None:
    about = audit.Subject("exchangerate", str(row.pk), f"{row.currency} {row.day}")
    audit.note(caller, f"exchange_rate.{deed}", about, {"rate": (old and plain(old), new and plain(new))})


def plain(rate: Decimal) -> str:
    """Return a rate's digits, none of which says nothing: ``5.4321``."""
    return format(rate.normalize(), "f")
