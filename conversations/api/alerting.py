"""``/alert_rules``, ``/incidents`` and ``/kiosk_links``: what supervisors are told of, what holds now, and walls that show it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import alerts, kiosk
from conversations.act import act
from conversations.alerts import keeping
from conversations.alerts.looking import KINDS
from conversations.api import represent, shapes
from conversations.api.operations import changes, creates, does, lists, removes
from conversations.api.represent import moment
from conversations.models import AlertRule, Incident, KioskLink
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Filters, Id, Instant, Partly, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page


class AlertRuleInput(serializers.Serializer[Any]):
    """A rule to make. `threshold` counts conversations (`depth`, `breach`) or seconds (`oldest_wait`)."""

    kind = Choice(list(KINDS))
    threshold = serializers.IntegerField()
    team = Id(source="team_id", required=False, allow_null=True)
    channel_kind = Text(max_length=20, required=False, allow_blank=True)
    active = YesNo(required=False)


class AlertRuleChangeInput(Partly, AlertRuleInput):
    """What shall be otherwise about a rule; what is not said stays."""


class AlertRuleShape(shapes.Shape):
    """A rule: an incident is open while it holds."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(list(KINDS))
    threshold = serializers.IntegerField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    channel_kind = serializers.CharField(allow_blank=True)
    active = serializers.BooleanField()


class WatchedShape(shapes.Shape):
    """The rule of an incident."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(list(KINDS))
    threshold = serializers.IntegerField()
    team = shapes.TeamShape(allow_null=True)
    channel_kind = serializers.CharField(allow_null=True)


class CauseShape(shapes.Shape):
    """What a rule measured: its `value`, how many conversations are in it, the oldest and since when it waits."""

    value = serializers.IntegerField()
    count = serializers.IntegerField()
    conversation = serializers.UUIDField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class IncidentShape(shapes.Shape):
    """An alert that holds, or held until `closed_at`."""

    id = serializers.UUIDField()
    rule = WatchedShape()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    cause = CauseShape()
    taken_by = shapes.AgentShape(allow_null=True)


class KioskLinkInput(serializers.Serializer[Any]):
    """A link to make."""

    name = Text(max_length=kiosk.NAME_LENGTH)
    expires_at = Instant()


class KioskLinkShape(shapes.Shape):
    """A link to the board without names; `address` is shown once, when it is made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    address = serializers.CharField(allow_null=True)


def link_shown(row: KioskLink, token: str = "") -> dict[str, Any]:
    """Return a link as the API shows it."""
    return {
        "id": str(row.pk),
        "name": row.name,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "revoked_at": moment(row.revoked_at),
        "address": address_of(token) if token else None,
    }


def address_of(token: str) -> str:
    """Return where a link leads."""
    return f"{settings.PUBLIC_URL}/wallboard/kiosk/{token}/"


class AlertRuleList(APIView):
    """All alert rules; making one."""

    roles: ClassVar = {"GET": Role.SUPERVISOR, "POST": Role.ADMIN}

    @lists("list_alert_rules", AlertRuleShape)
    def get(self, request: Request) -> Response:
        """List the rules, the oldest first."""
        rows = AlertRule.objects.of(caller_of(request).workspace)
        return Response(page(request, rows, {"id": UUID}, AlertRuleShape.shown, descending=False))

    @creates("create_alert_rule", AlertRuleInput, AlertRuleShape)
    @once
    def post(self, request: Request) -> Response:
        """Make a rule."""
        given = checked(AlertRuleInput, request)
        row = keeping.keep(caller_of(request), keeping.Plan(**given))
        return Response(AlertRuleShape.shown(row), status=201)


class AlertRuleDetail(APIView):
    """One alert rule."""

    roles: ClassVar = {"PATCH": Role.ADMIN, "DELETE": Role.ADMIN}

    @changes("change_alert_rule", AlertRuleChangeInput, AlertRuleShape)
    def patch(self, request: Request, rule_id: UUID) -> Response:
        """Change a rule."""
        caller = caller_of(request)
        row = AlertRule.objects.of(caller.workspace).get(pk=rule_id)
        given = checked(AlertRuleChangeInput, request)
        plan = msgspec.structs.replace(keeping.plan_of(row), **given)
        return Response(AlertRuleShape.shown(keeping.keep(caller, plan, row)))

    @removes("remove_alert_rule")
    def delete(self, request: Request, rule_id: UUID) -> Response:
        """Remove a rule with what it told."""
        keeping.remove(caller_of(request), rule_id)
        return Response(status=204)


class IncidentList(APIView):
    """What holds, and what held."""

    roles: ClassVar = {"GET": Role.SUPERVISOR}

    @lists("list_incidents", IncidentShape, state=str)
    def get(self, request: Request) -> Response:
        """List incidents, the newest first; `state=open` only those that hold."""
        rows = Incident.objects.of(caller_of(request).workspace).select_related("rule__team", "taken_by")
        states = Filters(request).choices("state", ["open", "closed"])
        if states and len(set(states)) == 1:
            rows = rows.filter(closed_at__isnull=states[0] == "open")
        return Response(page(request, rows, {"id": UUID}, represent.incident))


class IncidentTake(APIView):
    """Seeing to an incident."""

    roles: ClassVar = {"POST": Role.SUPERVISOR}

    @does("take_incident", None, IncidentShape, 403, 404, 409)
    @once
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Say that the caller sees to it; 409 when somebody else does, or it is over."""
        caller = caller_of(request)
        get_object_or_404(Incident.objects.of(caller.workspace), pk=incident_id)
        if caller.user is None:
            raise PermissionDenied(_("A token is nobody: this belongs to a person."))
        taken = act(caller.workspace.pk, partial(alerts.take, caller.workspace, incident_id, caller.user))
        return Response(represent.incident(taken.incident))


class KioskLinkList(APIView):
    """All links to the board; making one."""

    roles: ClassVar = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @lists("list_kiosk_links", KioskLinkShape)
    def get(self, request: Request) -> Response:
        """List the links, those that ended too, the newest first."""
        return Response(page(request, KioskLink.objects.of(caller_of(request).workspace), {"id": UUID}, link_shown))

    @creates("create_kiosk_link", KioskLinkInput, KioskLinkShape)
    @once
    def post(self, request: Request) -> Response:
        """Make a link; its address is shown this once."""
        given = checked(KioskLinkInput, request)
        made = kiosk.make(caller_of(request), given["name"], given["expires_at"])
        return Response(link_shown(made.row, made.token), status=201)


class KioskLinkDetail(APIView):
    """One link."""

    roles: ClassVar = {"DELETE": Role.ADMIN}

    @removes("revoke_kiosk_link")
    def delete(self, request: Request, link_id: UUID) -> Response:
        """Take a link back: walls that show it go dark."""
        kiosk.revoke(caller_of(request), link_id)
        return Response(status=204)
