"""Credentials with a provider, and the addresses people write to."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from django.db import models
from django.db.models.functions import Now

from conversations.channels.types import Credentials
from conversations.querysets.channel import Channels
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace
from hub.secrets import SealedBox, seal, unseal


class Connection(models.Model):
    """An account with a provider (a Meta app, a Twilio account): its id is the webhook's address, its secrets are sealed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)  # of an integration; channels have names of their own
    # What a store's connection says of itself: ``source``, the word its events carry. No secrets.
    settings = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True)
    sealed_credentials = SealedBox()
    refused_signatures = models.PositiveBigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True)
    token_set_at = models.DateTimeField(null=True)  # since when its access token is in use
    parse_attempts = models.PositiveSmallIntegerField(default=0)  # batches begun since the last success
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Connection"].as_manager()

    def _box(self) -> str:
        field = self._meta.get_field("sealed_credentials")
        assert isinstance(field, SealedBox)
        return field.bound_to(self)

    def credentials(self) -> Credentials:
        """Open the secrets. Raises ``SecretUnreadable`` when no key of the ring fits."""
        return msgspec.convert(unseal(bytes(self.sealed_credentials), self._box()), Credentials)

    def keep(self, credentials: Credentials) -> None:
        """Seal these secrets into the row; the caller saves it."""
        self.sealed_credentials = seal(msgspec.to_builtins(credentials), self._box())


class Channel(models.Model):
    """An address people write to: a WhatsApp number, an Instagram account, a web chat."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="channels")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="channels", null=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(null=True)
    last_outbound_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)
    # What belongs to the kind and is no secret: origins and texts of a web chat, the business account of a number …
    settings = models.JSONField(default=dict, blank=True)
    stopped_at = models.DateTimeField(
        null=True
    )  # its provider refused the channel itself: nothing leaves until it is mended
    stop_reason = models.JSONField(null=True)  # {"code", "title"}

    objects = Channels.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "kind", "address"],
                condition=models.Q(deleted_at=None) & ~models.Q(address=""),
                name="address_belongs_to_one_channel_of_a_connection",
            ),
        ]

    def __str__(self) -> str:
        return self.name
