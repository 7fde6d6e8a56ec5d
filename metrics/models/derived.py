"""How far history has been derived, what must be looked at again, and what every fact has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from hub.models import OfWorkspace, Workspace


class Mark(models.Model):
    """Up to which transaction a workspace's history has been derived. Locked by whoever derives."""

    workspace = models.OneToOneField(Workspace, primary_key=True, on_delete=models.CASCADE, related_name="+")
    transaction = models.BigIntegerField(default=0)  # every event of an earlier transaction is in the facts
    at = models.DateTimeField(db_default=Now())
    timezone = models.CharField(max_length=60)  # whose midnights the rollup cells are cut at

    objects = OfWorkspace["Mark"].as_manager()


class Stale(models.Model):
    """A conversation whose history was erased or given to another person; written by triggers, emptied by derive."""

    id = models.BigAutoField(primary_key=True)
    # No constraint: a workspace that goes away leaves rows here, which derive clears.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    conversation_id = models.UUIDField()

    objects = OfWorkspace["Stale"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # derive: what else to look at
            models.Index(fields=["workspace", "id"], name="stale_of_workspace"),
        ]


class Fact(models.Model):
    """What every fact has: whose it is. Conversations are named, not referenced: an erased one is taken out by derive."""

    # No constraint, which would look the workspace up for every row: a trigger takes facts along when it goes.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    conversation_id = models.UUIDField()
    customer_id = models.UUIDField()

    objects = OfWorkspace["Fact"].as_manager()

    class Meta:
        abstract = True
