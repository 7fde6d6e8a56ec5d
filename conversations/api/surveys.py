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
    team = Id(source="team_id", required=False, allow_null=True)
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
    team = serializers.UUIDField(source="team_id", allow_null=True)
    channel_kinds = serializers.ListField(child=serializers.ChoiceField(shapes.CHANNEL_KINDS))
    texts = serializers.DictField()
    template = serializers.CharField(allow_blank=True)
    active = serializers.BooleanField()
    created_at = shapes.Moment()


class OrNobody(serializers.CharField):
    """An e-mail address, null for none."""

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]  # the framework's own may be null too
        """Return the address."""
        return value or None


class SurveyRequestShape(shapes.Shape):
    """One question to one person: due, asked, answered, or `skipped` and why (`reason`)."""

    id = serializers.UUIDField()
    survey = serializers.UUIDField(source="survey_id")
    kind = serializers.ChoiceField(["csat", "nps"], source="survey.kind")
    customer = serializers.UUIDField(source="customer_id")
    conversation = serializers.UUIDField(source="conversation_id", allow_null=True)
    message = serializers.UUIDField(source="message_id", allow_null=True)
    subject = serializers.CharField()
    touchpoint = serializers.CharField()
    agent = OrNobody(source="agent_email", allow_null=True)
    state = serializers.ChoiceField(STATES)
    reason = serializers.CharField(allow_blank=True)
    score = serializers.IntegerField(allow_null=True)
    comment = serializers.CharField(allow_blank=True)
    due_at = shapes.Moment()
    asked_at = shapes.Moment(allow_null=True)
    answered_at = shapes.Moment(allow_null=True)


def plan_of(given: dict[str, Any], row: Survey | None = None) -> Plan:
    """Return what is asked for; what is not said stays as ``row`` has it."""
    kept: dict[str, Any] = {"name": "", "kind": ""}
    if row is not None:
        kept = {name: getattr(row, name) for name in Plan.__struct_fields__}
    return Plan(**{**kept, **given})


class SurveyList(APIView):
    """All surveys; keeping one."""

    role: ClassVar = Role.ADMIN

    @lists("list_surveys", SurveyShape)
    def get(self, request: Request) -> Response:
        """List the surveys, newest first."""
        return Response(page(request, Survey.objects.of(caller_of(request).workspace), {"id": UUID}, SurveyShape.shown))

    @creates("create_survey", SurveyInput, SurveyShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a survey."""
        caller, given = caller_of(request), checked(SurveyInput, request)
        with transaction.atomic():
            row = keeping.keep(caller.workspace, plan_of(given))
            audit.note(caller, "survey.created", row)
        row.refresh_from_db()
        return Response(SurveyShape.shown(row), status=201)


class SurveyDetail(APIView):
    """One survey."""

    role: ClassVar = Role.ADMIN

    @shows("get_survey", SurveyShape)
    def get(self, request: Request, survey_id: UUID) -> Response:
        """Show a survey."""
        return Response(SurveyShape.shown(Survey.objects.of(caller_of(request).workspace).get(pk=survey_id)))

    @changes("change_survey", SurveyInput, SurveyShape)
    def patch(self, request: Request, survey_id: UUID) -> Response:
        """Change a survey; what is not said stays. Its kind stays for good."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Survey.objects.of(caller.workspace).select_for_update().get(pk=survey_id)
            before = SurveyShape.shown(row)
            after = SurveyShape.shown(keeping.keep(caller.workspace, plan_of(checked(SurveyInput, request), row), row))
            audit.note(caller, "survey.changed", row, audit.difference(before, after))
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
        return Response(page(request, rows, {"id": UUID}, SurveyRequestShape.shown))
