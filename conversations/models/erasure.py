"""Who was erased, when and why: the register that outlives them, without anything that says who they were."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models.customer import Customer
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace
from hub.secrets import SealedBox, seal, unseal


class Erasure(models.Model):
    """One person erased whole: all customers who counted as them.

    ``sealed_traces`` is what journals and storage must still be looked through for; empty once nothing is left. ``after`` is
    the delivery up to which they were.
    """

    class Reason(models.TextChoices):
        """Why, in words that say nothing of the person."""

        REQUEST = "request", _("The person asked for it")
        CONSENT = "consent", _("The person withdrew their consent")
        PURPOSE = "purpose", _("The data is not needed any more")
        UNLAWFUL = "unlawful", _("The data should not have been kept")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    reason = models.CharField(max_length=8, choices=Reason)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_default=Now())
    sealed_traces = SealedBox(null=True)
    after = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OfWorkspace["Erasure"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], name="person_is_erased_once"),
            models.CheckConstraint(
                condition=models.Q(finished_at=None) | models.Q(sealed_traces=None),
                name="finished_erasure_keeps_no_traces",
            ),
        ]
        indexes: ClassVar = [
            # pipeline: the last of a workspace, before which a message may be a retry about somebody erased
            models.Index(fields=["workspace", "-at"], name="erasure_by_workspace"),
            # the worker: what is not finished
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="erasure_unfinished"),
        ]

    def traces(self) -> Any:
        """Open what must still be looked for. Raises ``SecretUnreadable`` when no key of the ring fits."""
        assert self.sealed_traces is not None
        return unseal(bytes(self.sealed_traces), self._box())

    def keep(self, traces: Any) -> None:
        """Seal what must still be looked for into the row; the caller saves it."""
        self.sealed_traces = seal(traces, self._box())

    def _box(self) -> str:
        field = self._meta.get_field("sealed_traces")
        assert isinstance(field, SealedBox)
        return field.bound_to(self)
