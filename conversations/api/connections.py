"""``/connections``: stores and programs whose webhooks tell what happens elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import creates, lists, removes, shows
from conversations.api.represent import Shown, moment
from conversations.integrations import keeping
from conversations.integrations.keeping import STORES
from conversations.models import Connection
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import checked
from hub.models import Role, Workspace
from hub.pagination import page


class StoreConnectionInput(serializers.Serializer[Any]):
    """A store or program to connect, with the secret its webhooks are signed with: it never comes back."""

    provider = serializers.ChoiceField(list(STORES))
    name = serializers.CharField(max_length=keeping.NAME_LENGTH)
    secret = serializers.CharField(max_length=keeping.SECRET_LENGTH, write_only=True)


class StoreConnectionShape(shapes.Shape):
    """A store or program: its webhook's address and the `source` its events carry."""

    id = serializers.UUIDField()
    provider = serializers.ChoiceField(list(STORES))
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the contract's word
    webhook_url = serializers.CharField()
    refused_signatures = serializers.IntegerField()
    created_at = serializers.DateTimeField()


def _rows(workspace: Workspace) -> Any:
    return Connection.objects.of(workspace).filter(provider__in=STORES, deleted_at=None)


def _shown(row: Connection) -> Shown:
    return {
        "id": str(row.pk),
        "provider": row.provider,
        "name": row.name,
        "source": row.settings.get("source", row.provider),
        "webhook_url": f"{settings.PUBLIC_URL}/webhooks/{row.pk}/",
        "refused_signatures": row.refused_signatures,
        "created_at": moment(row.created_at),
    }


class ConnectionList(APIView):
    """All integrations; connecting one."""

    role: ClassVar = Role.ADMIN

    @lists("list_connections", StoreConnectionShape)
    def get(self, request: Request) -> Response:
        """List the stores and programs that tell what happens elsewhere, newest first."""
        return Response(page(request, _rows(caller_of(request).workspace), {"id": UUID}, _shown))

    @creates("connect_store", StoreConnectionInput, StoreConnectionShape)
    @once
    def post(self, request: Request) -> Response:
        """Connect a store or program: what its webhooks tell from now on becomes events of the contract."""
        caller, given = caller_of(request), checked(StoreConnectionInput, request)
        with transaction.atomic():
            made = keeping.create(caller.workspace, given["provider"], given["name"], given["secret"])
            subject = audit.Subject("integration", str(made.connection.pk), made.connection.name)
            audit.note(caller, "integration.connected", subject)
        made.connection.refresh_from_db()
        return Response(_shown(made.connection), status=201)


class ConnectionDetail(APIView):
    """One integration."""

    role: ClassVar = Role.ADMIN

    @shows("get_connection", StoreConnectionShape)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Show a store or program."""
        return Response(_shown(_rows(caller_of(request).workspace).get(pk=connection_id)))

    @removes("remove_connection")
    def delete(self, request: Request, connection_id: UUID) -> Response:
        """Let a store go: its webhooks are refused from now on, what it told stays."""
        caller = caller_of(request)
        with transaction.atomic():
            row = _rows(caller.workspace).select_for_update(no_key=True).get(pk=connection_id)
            keeping.remove(row)
            audit.note(caller, "integration.removed", audit.Subject("integration", str(row.pk), row.name))
        return Response(status=204)
