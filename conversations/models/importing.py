"""Files of history somebody brings: what is known of a file, how far it is taken in, and the rows that were refused."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class ImportJob(models.Model):
    """A file on its way into history: read row by row in the background, each thousand in a transaction of its own.

    ``options`` say how it is read (``columns`` by field, ``currency``, ``zone``, ``decimal``, ``days``, ``delimiter``, ``encoding``
    of a table; ``us``, ``phone`` of a chat); ``header`` are its columns, by which the next file of the same shape finds them.
    """

    class State(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded"
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=20)  # orders | store_sales | costs | contacts | chatwoot | whatsapp
    filename = models.CharField(max_length=200)
    size = models.PositiveIntegerField()  # bytes
    stored_as = models.CharField(max_length=200, blank=True)  # empty once the file is forgotten
    header = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.UPLOADED)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # parts begun since the last that was finished
    rows = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)  # rows done
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects = OfWorkspace["ImportJob"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["uploaded", "waiting", "done", "failed"]), name="import_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            # the page: newest first
            models.Index(fields=["workspace", "-id"], name="import_by_workspace"),
            # the worker: what waits
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="import_waiting"),
        ]

    def __str__(self) -> str:
        return self.filename


class ImportRefusal(models.Model):
    """A row of a file that was refused: its number as an editor shows it, the field at fault and why."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="refusals")
    row = models.PositiveIntegerField()
    field = models.CharField(max_length=80, blank=True)
    reason = models.TextField()

    objects = OfWorkspace["ImportRefusal"].as_manager()
