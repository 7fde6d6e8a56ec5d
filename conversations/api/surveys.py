"""``/surveys`` and ``/survey_requests``: what customers are asked, and what they answered."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations.api import shapes
from conversations.api.operations import changes, creates, lists, shows
from conversations.api.represent import moment
from conversations.models import Survey, SurveyRequest
from conversations.surveys import TRIGGERS, keeping
from conversations.surveys.keeping import LONGEST_DELAY, NAME_LENGTH, Plan
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Filters, Id, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page

STATES = ("due", "asked", "answered", "skipped")


class SurveyInput(serializers.Serializer[Any]):
    """A survey: `csat` (1 to 5) or `nps` (0 to 10), what starts it, how long after, and of whom."""

    name = Text(max_length=NAME_LENGTH, required=False)
    kind = Choice(["csat", "nps"], required=False)
    trigger = Choice(list(TRIGGERS), required=False)
    delay_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_DELAY, required=False)
    team = Id(required=False, allow_null=True)
    channel_kinds = serializers.ListField(child=Choice(shapes.CHANNEL_KINDS), required=False, max_length=20)
    texts = serializers.DictField(child=serializers.DictField(), required=False)
    template = Text(max_length=512, required=False, allow_blank=True)
    active = YesNo(required=False)


class SurveyShape(shapes.Shape):
    """A survey; `template` is what WhatsApp takes once its window has closed, `texts` the words that are not the house's own."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(["csat", "nps"])
    trigger = serializers.ChoiceField(list(TRIGGERS))
    delay_seconds = serializers.IntegerField()
    team = serializers.UUIDField(allow_null=True)
    channel_kinds = serializers.ListField(child=serializers.ChoiceField(shapes.CHANNEL_KINDS))
    texts = serializers.DictField()
    template = serializers.CharField(allow_blank=True)
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class SurveyRequestShape(shapes.Shape):
    """One question to one person: due, asked, answered, or `skipped` and why (`reason`)."""

    id = serializers.UUIDField()
    survey = serializers.UUIDField()
    kind = serializers.ChoiceField(["csat", "nps"])
    customer = serializers.UUIDField()
    conversation = serializers.UUIDField(allow_null=True)
    message = serializers.UUIDField(allow_null=True)
    subject = serializers.CharField()
    touchpoint = serializers.CharField()
    agent = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(STATES)
    reason = serializers.CharField(allow_blank=True)
    score = serializers.IntegerField(allow_null=True)
    comment = serializers.CharField(allow_blank=True)
    due_at = serializers.DateTimeField()
    asked_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


def shown(row: Survey) -> dict[str, Any]:
    """Return a survey as the API shows it."""
    return {
        "id": str(row.pk),
        "name": row.name,
        "kind": row.kind,
        "trigger": row.trigger,
        "delay_seconds": row.delay_seconds,
        "team": str(row.team_id) if row.team_id else None,
        "channel_kinds": row.channel_kinds,
        "texts": row.texts,
        "template": row.template,
        "active": row.active,
        "created_at": moment(row.created_at),
    }


def _request(row: SurveyRequest) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "survey": str(row.survey_id),
        "kind": row.survey.kind,
        "customer": str(row.customer_id),
        "conversation": str(row.conversation_id) if row.conversation_id else None,
        "message": str(row.message_id) if row.message_id else None,
        "subject": row.subject,
        "touchpoint": row.touchpoint,
        "agent": row.agent_email or None,
        "state": row.state,
        "reason": row.reason,
        "score": row.score,
        "comment": row.comment,
        "due_at": moment(row.due_at),
        "asked_at": moment(row.asked_at),
        "answered_at": moment(row.answered_at),
    }


def plan_of(given: dict[str, Any], row: Survey | None = None) -> Plan:
    """Return what is asked for; what is not said stays as ``row`` has it."""
    kept: dict[str, Any] = {"name": "", "kind": ""}
    if row is not None:
        kept = {name: getattr(row, name) for name in Plan.__struct_fields__}
    if "team" in given:
        given = {**given, "team_id": given["team"]}
        del given["team"]
    return Plan(**{**kept, **given})


class SurveyList(APIView):
    """All surveys; keeping one."""

    role: ClassVar = Role.ADMIN

    @lists("list_surveys", SurveyShape)
    def get(self, request: Request) -> Response:
        """List the surveys, newest first."""
        return Response(page(request, Survey.objects.of(caller_of(request).workspace), {"id": UUID}, shown))

    @creates("create_survey", SurveyInput, SurveyShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a survey."""
        caller, given = caller_of(request), checked(SurveyInput, request)
        with transaction.atomic():
            row = keeping.keep(caller.workspace, plan_of(given))
            audit.note(caller, "survey.created", row)
        row.refresh_from_db()
        return Response(shown(row), status=201)


class SurveyDetail(APIView):
    """One survey."""

    role: ClassVar = Role.ADMIN

    @shows("get_survey", SurveyShape)
    def get(self, request: Request, survey_id: UUID) -> Response:
        """Show a survey."""
        return Response(shown(Survey.objects.of(caller_of(request).workspace).get(pk=survey_id)))

    @changes("change_survey", SurveyInput, SurveyShape)
    def patch(self, request: Request, survey_id: UUID) -> Response:
        """Change a survey; what is not said stays. Its kind stays for good."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Survey.objects.of(caller.workspace).select_for_update().get(pk=survey_id)
            before = shown(row)
            after = shown(keeping.keep(caller.workspace, plan_of(checked(SurveyInput, request), row), row))
            changed = {field: (before[field], after[field]) for field in before if before[field] != after[field]}
            audit.note(caller, "survey.changed", row, changed)
        return Response(after)


class SurveyRequestList(APIView):
    """What was asked and answered."""

    role: ClassVar = Role.SUPERVISOR

    @lists("list_survey_requests", SurveyRequestShape, survey=UUID, state=str, customer=UUID, conversation=UUID)
    def get(self, request: Request) -> Response:
        """List the questions, newest first: due, asked, answered, or skipped and why."""
        filters = Filters(request)
        rows = SurveyRequest.objects.of(caller_of(request).workspace).select_related("survey")
        for field in ("survey", "customer", "conversation"):
            if (key := filters.uuid(field)) is not None:
                rows = rows.filter(**{field: key})
        if (states := filters.choices("state", STATES)) is not None:
            rows = rows.filter(state__in=states)
        return Response(page(request, rows, {"id": UUID}, _request))
