"""``/customers/{id}/erase``, ``/erasures`` and ``/customers/{id}/export``: what a person may ask of whoever keeps their data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import erase
from conversations.act import act, actor_of
from conversations.api import represent, shapes, whole_person
from conversations.api.operations import does, lists, shows
from conversations.erase import Erased
from conversations.models import Customer, Erasure
from hub import audit
from hub.access import Caller, caller_of
from hub.idempotency import once
from hub.inputs import Choice, checked
from hub.models import Role
from hub.pagination import page


class EraseInput(serializers.Serializer[Any]):
    """Why; the words say nothing of the person, for they are kept."""

    reason = Choice(Erasure.Reason.values)


class ErasureShape(shapes.Shape):
    """That a person was erased; `finished_at` once journals and storage have been looked through as well."""

    id = serializers.UUIDField()
    customer = serializers.UUIDField()
    reason = serializers.ChoiceField(Erasure.Reason.values)
    by = shapes.AgentShape(allow_null=True)
    at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


def shown(row: Erasure) -> dict[str, Any]:
    """Return an entry of the register; needs ``by``."""
    return {
        "id": str(row.pk),
        "customer": str(row.customer_id),
        "reason": row.reason,
        "by": represent.agent(row.by),
        "at": represent.moment(row.at),
        "finished_at": represent.moment(row.finished_at),
    }


class CustomerErase(APIView):
    """Erasing a person."""

    role = Role.ADMIN

    @does("erase_customer", EraseInput, ErasureShape, 400, 404)
    @once
    def post(self, request: Request, customer_id: UUID) -> Response:
        """Erase a person with everything said to them and by them, for good; what figures count stays as nobody's.

        All customers merged with this one go as well, and no merge can be undone after it. Who writes again from the same
        address is somebody new. Asked again it answers with what was done.
        """
        caller = caller_of(request)
        Customer.objects.of(caller.workspace).only("id").get(
            pk=customer_id
        )  # of somebody else nothing is said, not even this
        reason = checked(EraseInput, request)["reason"]
        done = act(caller.workspace.pk, lambda: _noted(caller, customer_id, reason))
        return Response(shown(done.erasure))


def _noted(caller: Caller, customer_id: UUID, reason: str) -> Erased:
    done = erase.erase(caller.workspace, customer_id, reason, actor_of(caller))
    if done.changes:
        subject = audit.Subject("customer", str(done.erasure.customer_id))
        audit.note(caller, "customer.erased", subject, {"reason": ("", reason)})
    return done


class ErasureList(APIView):
    """The register of who was erased."""

    role = Role.ADMIN

    @lists("list_erasures", ErasureShape)
    def get(self, request: Request) -> Response:
        """List erasures, newest first: by whom, when and why, and nothing about whom."""
        rows = Erasure.objects.of(caller_of(request).workspace).select_related("by")
        return Response(page(request, rows, {"id": UUID}, shown))


class CustomerExport(APIView):
    """Everything that is kept about a person."""

    role = Role.ADMIN

    @shows("export_customer", whole_person.WholePersonShape)
    def get(self, request: Request, customer_id: UUID) -> StreamingHttpResponse:
        """Download everything kept about a person as one JSON document, notes and what shops told included.

        `customer` with all addresses, `merges`, `conversations`, `files` (each with its address here), and `timeline`: messages
        and events over all channels, oldest first, as `GET /customers/{id}/timeline` lists them.
        """
        caller = caller_of(request)
        whole = Customer.objects.of(caller.workspace).for_reading().whole(customer_id)
        audit.note(caller, "customer.exported", audit.Subject("customer", str(whole[0].pk)))
        document = StreamingHttpResponse(whole_person.written(caller.workspace, whole), content_type="application/json")
        document["Content-Disposition"] = f'attachment; filename="customer-{whole[0].pk}.json"'
        document["Cache-Control"] = "no-store"
        return document
