"""``/customers``: people, and everything that happened with them."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import represent, shapes, taking, timeline
from conversations.api.operations import changes, lists, shows
from conversations.models import Customer
from hub.access import caller_of
from hub.inputs import Filters
from hub.pagination import page, turned, window


class CustomerList(APIView):
    """All people."""

    @lists("list_customers", shapes.CustomerShape, search=str)
    def get(self, request: Request) -> Response:
        """List people, newest first; `search` looks in names and addresses. Who was merged is one person."""
        rows = Customer.objects.of(caller_of(request).workspace).people().for_reading()
        words = Filters(request).text("search")
        if words is not None:
            rows = rows.matching(words)
        return Response(page(request, rows, {"id": UUID}, represent.customer))


class CustomerDetail(APIView):
    """One person."""

    @shows("get_customer", shapes.CustomerShape)
    def get(self, request: Request, customer_id: UUID) -> Response:
        """Show a person with the addresses they write from; of a merged customer the person they count as."""
        row = Customer.objects.of(caller_of(request).workspace).for_reading().person(customer_id)
        return Response(represent.customer(row, customer_id))

    @changes("fill_customer", taking.AttributesInput, shapes.CustomerShape)
    def patch(self, request: Request, customer_id: UUID) -> Response:
        """Fill in custom fields of a person; null empties one."""
        return taking.fill_customer(request, customer_id)


class CustomerTimeline(APIView):
    """Everything that happened with one person."""

    @lists("get_timeline", shapes.TimelineEntryShape, 404)
    def get(self, request: Request, customer_id: UUID) -> Response:
        """List messages and events over all channels and conversations, oldest first.

        A message comes with the fields of a message, an event with its own; that a message was received or sent is not
        said again beside it.
        """
        whole = Customer.objects.of(caller_of(request).workspace).whole(customer_id)
        seen = window(request, timeline.KINDS)
        entries = timeline.read(whole, seen)
        return Response(turned(request, seen, entries, lambda entry: entry.place, lambda entry: entry.shown))
