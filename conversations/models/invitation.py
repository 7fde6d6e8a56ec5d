"""An invitation to go on elsewhere: a code that a web chat visitor carries to another channel."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.models.connection import Channel
from conversations.models.customer import Customer
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class Invitation(models.Model):
    """Whoever writes ``code`` on ``channel`` before it expires is ``customer``: the two are joined without asking."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = OfWorkspace["Invitation"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "code"], name="invitation_code_is_given_once"),
        ]
