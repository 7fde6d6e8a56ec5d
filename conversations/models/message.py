"""What was said, its files, its reactions, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Least, Now

from conversations.models.connection import Channel
from conversations.models.conversation import Conversation
from conversations.models.customer import Customer, Identity
from conversations.querysets.message import Messages
from hub.ids import new_id
from hub.models import OfWorkspace, Workspace

KINDS = [
    "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive",
    "template", "order", "story", "share", "note", "unsupported",
]  # fmt: skip
# A status never goes back: a webhook that comes late changes nothing. `failed` wins only over what was not yet delivered.
STATUS_RANK = {"queued": 0, "sending": 1, "unknown": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}


class Message(models.Model):
    """Something said, in or out, on one channel. Shown in the order of (``shown_at``, ``seq``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, null=True, on_delete=models.SET_NULL, related_name="+")
    direction = models.CharField(max_length=8)
    author_kind = models.CharField(max_length=10)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    payload = models.JSONField(default=dict)
    provider_id = models.CharField(max_length=255, null=True)  # noqa: DJ001  unknown until the provider has said it
    client_id = models.CharField(max_length=100, null=True)  # noqa: DJ001  only messages sent from here have one
    reply_to_provider_id = models.CharField(max_length=255, blank=True)
    reply_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    referral = models.JSONField(null=True)
    sent_at = models.DateTimeField()  # by the source's clock
    received_at = models.DateTimeField(db_default=Now())  # by ours
    # A clock that runs ahead must not pin a message to the end of the thread.
    shown_at = models.GeneratedField(
        expression=Least("sent_at", "received_at"), output_field=models.DateTimeField(), db_persist=True
    )
    seq = models.PositiveIntegerField()
    status = models.CharField(max_length=10)
    error = models.JSONField(null=True)
    edited_at = models.DateTimeField(null=True)
    earlier_texts = models.JSONField(default=list)  # [{"text", "until"}], oldest first
    deleted_at = models.DateTimeField(null=True)
    imported = models.BooleanField(default=False)

    objects = Messages.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "channel", "provider_id"], name="message_unique_per_channel_and_provider_id"
            ),
            models.UniqueConstraint(
                fields=["workspace", "conversation", "client_id"], name="message_unique_per_conversation_and_client_id"
            ),
            models.UniqueConstraint(
                fields=["workspace", "conversation", "seq"], name="message_has_its_own_place_in_conversation"
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=["inbound", "outbound"]), name="message_direction_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(author_kind__in=["customer", "agent", "bot", "system", "campaign", "device"]),
                name="message_author_is_known",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="message_kind_is_known"),
            models.CheckConstraint(condition=models.Q(status__in=list(STATUS_RANK)), name="message_status_is_known"),
            models.CheckConstraint(
                condition=models.Q(direction="outbound") | models.Q(author_kind="customer"),
                name="inbound_is_by_the_customer",
            ),
        ]
        indexes: ClassVar = [
            # the thread and the timeline
            models.Index(fields=["conversation", "shown_at", "seq"], name="message_in_thread"),
            models.Index(fields=["customer", "shown_at", "seq"], name="message_on_timeline"),
            # GET /messages, newest first
            models.Index(fields=["workspace", "-id"], name="message_by_workspace"),
        ]


class Attachment(models.Model):
    """A file of a message. ``pending`` until fetched, then ``stored`` or ``unavailable``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    # None: uploaded by an agent and not said yet
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=10)
    provider_ref = models.CharField(max_length=255, blank=True)
    source_url = models.TextField(blank=True)
    mime_type = models.CharField(max_length=255, blank=True)
    filename = models.TextField(blank=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    voice = models.BooleanField(default=False)
    state = models.CharField(max_length=11, default="pending")
    reason = models.TextField(blank=True)
    stored_as = models.CharField(max_length=255, blank=True, db_default="")  # its name in the storage
    thumbnail = models.CharField(
        max_length=255, blank=True, db_default=""
    )  # the name of its small picture in the storage
    width = models.PositiveIntegerField(null=True)  # pixels
    height = models.PositiveIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    not_before = models.DateTimeField(db_default=Now())
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Attachment"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "stored", "unavailable"]), name="attachment_state_is_known"
            ),
        ]
        indexes: ClassVar = [
            # media: what waits to be fetched
            models.Index(fields=["not_before"], condition=models.Q(state="pending"), name="attachment_to_fetch"),
        ]


class Reaction(models.Model):
    """What somebody put under a message: one emoji a person; ``emoji`` empty means taken back, kept so that an older one loses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    by = models.CharField(max_length=10)  # customer | business
    emoji = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    objects = OfWorkspace["Reaction"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "by"], name="one_reaction_per_message_and_side"),
        ]


class MessageStatus(models.Model):
    """The log of what a provider said became of a message: append-only, each word once."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="statuses")
    status = models.CharField(max_length=10)
    at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    pricing = models.JSONField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["MessageStatus"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "status"], name="status_is_logged_once_per_message"),
        ]
