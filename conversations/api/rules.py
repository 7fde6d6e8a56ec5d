"""``/rules``: what happens by itself, its trial over the last week, and the log of what fired and why."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conversations import automation
from conversations.api import shapes
from conversations.api.operations import changes, creates, does, lists, removes, shows
from conversations.api.represent import moment
from conversations.automation import EVENTS, OPERATORS
from conversations.automation.conditions import MOST_CONDITIONS
from conversations.automation.keeping import NAME_LENGTH, Plan
from conversations.models import Rule, RuleRun
from conversations.perform import MOST_ACTIONS
from hub import audit
from hub.access import caller_of
from hub.idempotency import once
from hub.inputs import Choice, Filters, Text, YesNo, checked
from hub.models import Role
from hub.pagination import page

CONDITIONS = "; ".join(f"{field}: {', '.join(words)}" for field, words in OPERATORS.items())


class RuleInput(serializers.Serializer[Any]):
    """When (`event`), if (`conditions`, all must hold), then (`actions`, in order, in the words of macros)."""

    name = Text(max_length=NAME_LENGTH, required=False)
    event = Choice(list(EVENTS), required=False)
    conditions = serializers.ListField(
        child=serializers.DictField(), max_length=MOST_CONDITIONS, required=False, help_text=CONDITIONS
    )
    actions = serializers.ListField(child=serializers.DictField(), max_length=MOST_ACTIONS, required=False)
    active = YesNo(required=False)
    position = serializers.IntegerField(min_value=0, max_value=100_000, required=False)


class RuleShape(shapes.Shape):
    """A rule; those of an event are tried in the order of `position`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    event = serializers.ChoiceField(list(EVENTS))
    conditions = serializers.ListField(child=serializers.DictField())
    actions = serializers.ListField(child=serializers.DictField())
    active = serializers.BooleanField()
    position = serializers.IntegerField()
    updated_at = shapes.Moment()


class TrialMatchShape(shapes.Shape):
    """An event at which the rule would have fired; `held` says what would have held it back: loop, too_often."""

    event = serializers.CharField()
    at = serializers.DateTimeField()
    conversation = serializers.UUIDField()
    customer_name = serializers.CharField(allow_blank=True)
    held = serializers.CharField(allow_blank=True)


class TrialShape(shapes.Shape):
    """What a rule would have done since then; nothing was done. Conversations are judged as they stand now."""

    since = serializers.DateTimeField()
    looked_at = serializers.IntegerField()
    fired = serializers.IntegerField()
    actions = serializers.ListField(child=serializers.CharField())
    matches = TrialMatchShape(many=True)
    cut = serializers.BooleanField()


class RuleRunShape(shapes.Shape):
    """That a rule fired, or was held back by what cuts loops; `steps` are its acts, whether each was done and why not."""

    id = serializers.CharField()
    rule = serializers.UUIDField()
    rule_name = serializers.CharField()
    conversation = serializers.UUIDField(allow_null=True)
    event = serializers.CharField()
    fired = serializers.BooleanField()
    held = serializers.CharField(allow_blank=True)
    steps = serializers.ListField(child=serializers.DictField())
    at = serializers.DateTimeField()


def _run(row: RuleRun) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "rule": str(row.rule_id),
        "rule_name": row.rule.name,
        "conversation": str(row.conversation_id) if row.conversation_id else None,
        "event": row.why.get("event", ""),
        "fired": row.fired,
        "held": row.why.get("held", ""),
        "steps": row.why.get("steps", []),
        "at": moment(row.at),
    }


def plan_of(given: dict[str, Any], row: Rule | None = None) -> Plan:
    """Return what is asked for; what is not said stays as ``row`` has it."""
    kept = {
        "name": row.name, "event": row.event, "conditions": row.conditions, "actions": row.actions, "active": row.active,
        "position": row.position,
    } if row else {"name": "", "event": ""}  # fmt: skip
    return Plan(**{**kept, **given})


class RuleList(APIView):
    """All rules; keeping one."""

    role: ClassVar = Role.ADMIN

    @lists("list_rules", RuleShape)
    def get(self, request: Request) -> Response:
        """List the rules in the order in which they are tried."""
        rows = Rule.objects.of(caller_of(request).workspace)
        return Response(page(request, rows, {"position": int, "id": UUID}, RuleShape.shown, descending=False))

    @creates("create_rule", RuleInput, RuleShape)
    @once
    def post(self, request: Request) -> Response:
        """Keep a rule; one that would start itself is refused."""
        caller, given = caller_of(request), checked(RuleInput, request)
        with transaction.atomic():
            row = automation.keep(caller.workspace, plan_of(given))
            audit.note(caller, "rule.created", row)
        return Response(RuleShape.shown(row), status=201)


class RuleDetail(APIView):
    """One rule."""

    role: ClassVar = Role.ADMIN

    @shows("get_rule", RuleShape)
    def get(self, request: Request, rule_id: UUID) -> Response:
        """Show a rule."""
        return Response(RuleShape.shown(Rule.objects.of(caller_of(request).workspace).get(pk=rule_id)))

    @changes("change_rule", RuleInput, RuleShape)
    def patch(self, request: Request, rule_id: UUID) -> Response:
        """Change a rule; what is not said stays."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Rule.objects.of(caller.workspace).select_for_update().get(pk=rule_id)
            before = RuleShape.shown(row)
            after = RuleShape.shown(automation.keep(caller.workspace, plan_of(checked(RuleInput, request), row), row))
            audit.note(
                caller, "rule.changed", row, audit.difference(before, after | {"updated_at": before["updated_at"]})
            )
        return Response(after)

    @removes("remove_rule")
    def delete(self, request: Request, rule_id: UUID) -> Response:
        """Remove a rule and its log."""
        caller = caller_of(request)
        with transaction.atomic():
            row = Rule.objects.of(caller.workspace).get(pk=rule_id)
            audit.note(caller, "rule.removed", row)
            row.delete()
        return Response(status=204)


class RuleDryRun(APIView):
    """Trying a rule."""

    role: ClassVar = Role.ADMIN

    @does("dry_run_rule", None, TrialShape, 400, 404)
    @once
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Say what the rule would have done over the last week; nothing is done."""
        workspace = caller_of(request).workspace
        row = Rule.objects.of(workspace).get(pk=rule_id)
        trial = automation.dry_run(workspace, row.event, automation.made_ready(row))
        matches = [
            {
                "event": str(one.event_id),
                "at": moment(one.at),
                "conversation": str(one.conversation_id),
                "customer_name": one.customer,
                "held": one.held,
            }
            for one in trial.matches
        ]
        return Response(
            {
                "since": moment(trial.since),
                "looked_at": trial.looked_at,
                "fired": trial.fired,
                "actions": list(trial.done),
                "matches": matches,
                "cut": trial.cut,
            }
        )


class RuleRunList(APIView):
    """The log of rules."""

    role: ClassVar = Role.ADMIN

    @lists("list_rule_runs", RuleRunShape, rule=UUID, conversation=UUID)
    def get(self, request: Request) -> Response:
        """List what fired, and what was held back and why, newest first."""
        filters, rows = Filters(request), RuleRun.objects.of(caller_of(request).workspace).select_related("rule")
        if (rule := filters.uuid("rule")) is not None:
            rows = rows.filter(rule=rule)
        if (talk := filters.uuid("conversation")) is not None:
            rows = rows.filter(conversation=talk)
        return Response(page(request, rows, {"id": int}, _run))
