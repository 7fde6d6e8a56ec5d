"""The proofs of shown numbers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class Receipt(models.Model):
    """The proof of a shown number: what was asked, up to which mark, and what was answered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    metric = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    parameters = models.JSONField()
    mark = models.BigIntegerField()
    as_of = models.DateTimeField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Receipt"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="same_answer_has_one_receipt"),
        ]
