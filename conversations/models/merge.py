"""Two customers who are one person: joined by one row, and suggestions to join them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from conversations.models.customer import Customer
from conversations.querysets.merge import Merges, Suggestions
from hub.ids import new_id
from hub.models import Workspace


class Merge(models.Model):
    """``absorbed`` counts as the same person as ``survivor`` until this is undone; no message moves."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    survivor = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    absorbed = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merged_by")
    reason = models.CharField(max_length=20)  # agent | provider | token | link | source
    evidence = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = Merges.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=models.Q(undone_at=None), name="customer_is_absorbed_by_one_other"
            ),
            models.CheckConstraint(
                condition=~models.Q(survivor=models.F("absorbed")), name="customer_is_not_merged_with_itself"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "-id"], name="merge_by_workspace")]


class Suggestion(models.Model):
    """Two customers who may be one person, and what speaks for it; ``customer`` is the older of the two."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="suggestions")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="open")  # open | accepted | dismissed
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = Suggestions.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "other"], name="two_customers_are_suggested_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "accepted", "dismissed"]), name="suggestion_state_is_known"
            ),
        ]
