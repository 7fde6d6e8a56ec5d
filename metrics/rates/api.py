"""``/exchange-rates``: what money in other currencies is worth, from a day on until the next rate."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import creates, lists, removes
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, Text, checked
from hub.models import Role
from hub.pagination import page
from metrics.models import ExchangeRate
from metrics.rates import keeping


class ExchangeRateInput(serializers.Serializer[Any]):
    """A rate to keep, in the place of that day's: one unit of ``currency`` in the workspace's. Days are the workspace's."""

    currency = Text(max_length=3, help_text="ISO 4217, another than the workspace's.")
    day = serializers.DateField()
    rate = serializers.DecimalField(max_digits=keeping.DIGITS, decimal_places=keeping.PLACES)


class ExchangeRateShape(shapes.Shape):
    """A rate as it is kept."""

    id = serializers.IntegerField()
    currency = serializers.CharField()
    day = serializers.DateField()
    rate = serializers.CharField(help_text="A decimal in words: `5.4321`.")


def shown(row: ExchangeRate) -> dict[str, Any]:
    """Return a rate as the API shows it."""
    return {"id": row.pk, "currency": row.currency, "day": row.day.isoformat(), "rate": keeping.plain(row.rate)}


class ExchangeRateList(APIView):
    """All rates; keeping one."""

    role: ClassVar[str] = Role.SUPERVISOR

    @lists("list_exchange_rates", ExchangeRateShape, currency=str)
    def get(self, request: Request) -> Response:
        """List the rates, what was entered last first."""
        rows = ExchangeRate.objects.of(caller_of(request).workspace)
        if currency := Filters(request).text("currency"):
            rows = rows.filter(currency=currency.upper())
        return Response(page(request, rows, {"id": int}, shown))

    @creates("keep_exchange_rate", ExchangeRateInput, ExchangeRateShape, 409)
    @once
    def post(self, request: Request) -> Response:
        """Keep a rate, also in the place of that day's; figures of all money in its currency from that day on follow."""
        caller, given = caller_of(request), checked(ExchangeRateInput, request)
        (row,) = keeping.keep(caller, [keeping.read(caller.workspace, **given)])
        return Response(shown(row), status=201)


class ExchangeRateDetail(APIView):
    """One rate."""

    role: ClassVar[str] = Role.SUPERVISOR

    @removes("remove_exchange_rate")
    def delete(self, request: Request, rate: int) -> Response:
        """Remove a rate: the one before it holds on, and without any its money is left out as unconverted."""
        keeping.remove(caller_of(request), rate)
        return Response(status=204)
