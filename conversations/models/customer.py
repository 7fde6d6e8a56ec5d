"""A person, and the addresses they write from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from conversations.querysets.customer import Customers
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace


class Customer(models.Model):
    """A person: the identities joined to them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="customers")
    name = models.CharField(max_length=160, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    # Whom this customer counts as while a merge is in force: always the person at the end, never a link between.
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="absorbed")
    erased_at = models.DateTimeField(null=True)  # stands for nobody any more: figures alone count it
    created_at = models.DateTimeField(db_default=Now())

    objects = Customers.as_manager()

    class Meta:
        indexes: ClassVar = [
            # GET /customers, newest first
            models.Index(fields=["workspace", "-id"], name="customer_by_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """An address a person writes from: ``wa_id``, ``bsuid``, ``igsid``, ``phone``, ``email``, ``visitor``, ``external_id``.

    ``scope`` limits where a value means this person (an IGSID only on its account); empty means the whole workspace.
    ``match_key`` is what other writings of the same telephone number have in common, empty for other kinds.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="identities")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=200)
    scope = models.CharField(max_length=120, blank=True, default="")
    match_key = models.CharField(max_length=40, blank=True, default="")
    channel_kind = models.CharField(max_length=20, blank=True)
    username = models.CharField(max_length=120, blank=True)
    verified = models.BooleanField(default=False)
    replaced_at = models.DateTimeField(null=True)
    opted_out_at = models.DateTimeField(null=True)  # asked to be left alone: nothing may be sent here
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Identity"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "value", "scope"], name="identity_belongs_to_one_customer"
            ),
        ]
        indexes: ClassVar = [
            # identify: another writing of the same number
            models.Index(
                fields=["workspace", "match_key"], condition=~models.Q(match_key=""), name="identity_by_match_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"
