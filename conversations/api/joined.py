"""How merges and suggestions look from outside, and their shapes for the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from conversations.api import represent
from conversations.api.represent import Shown, identifier, moment
from conversations.api.shapes import AgentShape, CustomerShape, Shape
from conversations.models import Merge, Suggestion

OURS = "conversation"  # what undoing needs of the evidence; nobody outside does


class MergeShape(Shape):
    """Two customers who count as one person until `undone_at`: `reason` is who or what said so, `evidence` what spoke for it."""

    id = serializers.UUIDField()
    survivor = serializers.UUIDField()
    survivor_name = serializers.CharField(allow_blank=True)
    absorbed = serializers.UUIDField()
    absorbed_name = serializers.CharField(allow_blank=True)
    reason = serializers.ChoiceField(["agent", "provider", "token", "link", "source"])
    evidence = serializers.DictField()
    by = AgentShape(allow_null=True)
    created_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = AgentShape(allow_null=True)


class SuggestionShape(Shape):
    """Somebody who may be the same person, and what speaks for it."""

    id = serializers.UUIDField()
    customer = serializers.UUIDField()
    other = CustomerShape()
    evidence = serializers.DictField()
    state = serializers.ChoiceField(["open", "accepted", "dismissed"])
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = AgentShape(allow_null=True)


def merge(row: Merge) -> Shown:
    """Return a merge; needs ``survivor``, ``absorbed``, ``by`` and ``undone_by``."""
    return {
        "id": str(row.pk),
        "survivor": str(row.survivor_id),
        "survivor_name": row.survivor.name,
        "absorbed": str(row.absorbed_id),
        "absorbed_name": row.absorbed.name,
        "reason": row.reason,
        "evidence": {name: value for name, value in row.evidence.items() if name != OURS},
        "by": represent.agent(row.by),
        "created_at": moment(row.created_at),
        "undone_at": moment(row.undone_at),
        "undone_by": represent.agent(row.undone_by),
    }


def suggestion(row: Suggestion, person: UUID, other: Mapping[str, Any]) -> Shown:
    """Return a suggestion as seen from ``person``: ``other`` is the person on its other side, as shown."""
    return {
        "id": str(row.pk),
        "customer": identifier(person),
        "other": other,
        "evidence": row.evidence,
        "state": row.state,
        "created_at": moment(row.created_at),
        "decided_at": moment(row.decided_at),
        "decided_by": represent.agent(row.decided_by),
    }
