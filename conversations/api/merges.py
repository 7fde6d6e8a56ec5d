"""``/merges`` and ``/suggestions``: joining two customers who are one person, and taking them apart again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import merge, suggest, thread
from conversations.act import act, actor_of
from conversations.api import joined, reading, shapes
from conversations.api.operations import creates, does, lists
from conversations.models import Customer, Merge, Suggestion
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Filters, Id, Text, checked
from hub.models import Workspace
from hub.pagination import page, whole
from hub.problems import Conflict


class MergeInput(serializers.Serializer[Any]):
    """With whom to join the customer, and why, in words."""

    # `with` is no name of a field in Python: see `get_fields`.
    reason = Text(max_length=200, required=False, allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields by the contract's names."""
        return {"with": Id(), **super().get_fields()}


class CustomerMerge(APIView):
    """Joining a customer with another."""

    @creates("merge_customers", MergeInput, joined.MergeShape, 404, 409)
    @once
    def post(self, request: Request, customer_id: UUID) -> Response:
        """Let two customers count as one person, this one standing for both; nothing moves, and it can be undone.

        Where both have an unresolved conversation the younger counts as part of the older from now on. 409 when they are one
        person already.
        """
        caller = caller_of(request)
        workspace = caller.workspace
        Customer.objects.of(workspace).only("id").get(pk=customer_id)
        given = checked(MergeInput, request)
        if given["with"] == customer_id:
            raise ValidationError({"with": _("A customer cannot be joined with themselves.")})
        evidence = {"note": given["reason"]} if given.get("reason") else {}
        ask = merge.Ask(customer_id, given["with"], "agent", evidence)
        done = act(workspace.pk, lambda: merge.join(workspace, ask, actor_of(caller)))
        if done.merge is None:
            raise Conflict(_("These two are one person already."))
        return Response(_shown(workspace, done.merge.pk), status=status.HTTP_201_CREATED)


class MergeUndo(APIView):
    """Taking joined customers apart."""

    @does("undo_merge", None, joined.MergeShape, 404, 409)
    @once
    def post(self, request: Request, merge_id: UUID) -> Response:
        """Give back both people, their conversations and every figure, also when they went on talking in between.

        What came in through an address, and what was said to it, stays with the customer whose it is. 409 when it was undone
        already.
        """
        caller = caller_of(request)
        workspace = caller.workspace
        act(workspace.pk, lambda: merge.undo(workspace, merge_id, actor_of(caller), thread.episode_for))
        return Response(_shown(workspace, merge_id))


def _shown(workspace: Workspace, merge_id: UUID) -> dict[str, Any]:
    return joined.merge(Merge.objects.of(workspace).for_reading().get(pk=merge_id))


class MergeList(APIView):
    """All merges."""

    @lists("list_merges", joined.MergeShape, customer=UUID)
    def get(self, request: Request) -> Response:
        """List merges, newest first, undone ones too; `customer` keeps those of one person."""
        workspace = caller_of(request).workspace
        rows = Merge.objects.of(workspace).for_reading()
        if (customer := Filters(request).uuid("customer")) is not None:
            people = Customer.objects.of(workspace).of_person(customer)
            rows = rows.about(people.values_list("pk", flat=True))
        return Response(page(request, rows, {"id": UUID}, joined.merge))


class CustomerSuggestions(APIView):
    """Who may be the same person."""

    @extend_schema(
        operation_id="list_suggestions",
        responses=shapes.answers(shapes.page_of(joined.SuggestionShape), 404),
    )
    def get(self, request: Request, customer_id: UUID) -> Response:
        """List who may be the same person as this customer, with what speaks for it; decided ones are left out."""
        workspace = caller_of(request).workspace
        return Response(whole(reading.suggestions(workspace, Customer.objects.of(workspace).whole(customer_id))))


class SuggestionDismiss(APIView):
    """Saying that two customers are not one person."""

    @does("dismiss_suggestion", None, joined.SuggestionShape, 404, 409)
    @once
    def post(self, request: Request, suggestion_id: UUID) -> Response:
        """Say that they are two; they are not suggested again. 409 when they were joined meanwhile."""
        caller = caller_of(request)
        workspace = caller.workspace
        act(workspace.pk, lambda: suggest.dismiss(workspace, suggestion_id, actor_of(caller)))
        row = Suggestion.objects.of(workspace).select_related("decided_by").get(pk=suggestion_id)
        other = reading.customers(workspace, [row.other_id])[row.other_id]
        return Response(joined.suggestion(row, row.customer_id, other))
