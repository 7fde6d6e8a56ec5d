"""What agents work with: labels, canned replies, macros, saved views, custom fields, drafts and mentions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from hub.ids import new_id
from hub.models import OfWorkspace, Team, Workspace


class Label(models.Model):
    """A word put on conversations; ``color`` is one of the design system's names."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=60)
    color = models.CharField(max_length=12, default="grey")
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Label"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), "workspace", name="label_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A text to say again, called by ``/shortcut``; ``{{customer.name}}`` and the like are filled in when it is taken."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="canned_replies")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")  # None: everybody's
    shortcut = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    used_count = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfWorkspace["CannedReply"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "team", "shortcut"], nulls_distinct=False, name="shortcut_is_unique_in_its_team"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Macro(models.Model):
    """Some acts done at once: ``actions`` in the vocabulary of automation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="macros")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    actions = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfWorkspace["Macro"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="macro_name_is_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A view of the inbox somebody kept: ``filters`` and ``sort`` in the words of ``GET /conversations``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )  # None: shared
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)
    sort = models.CharField(max_length=12, default="activity")
    position = models.PositiveIntegerField(default=0)

    objects = OfWorkspace["SavedView"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "owner", "name"], nulls_distinct=False, name="view_name_is_unique_for_its_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A field the workspace added to customers or conversations."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="custom_fields")
    of = models.CharField(max_length=12)  # customer | conversation
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, default="text")  # text | number | date | choice | yes_no
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = OfWorkspace["CustomField"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "of", "key"], name="field_key_is_unique_in_workspace"),
            models.CheckConstraint(
                condition=models.Q(of__in=["customer", "conversation"]), name="field_belongs_to_something_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["text", "number", "date", "choice", "yes_no"]), name="field_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Draft(models.Model):
    """What a member has begun to write in a conversation, an answer and a note apart."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    private = models.BooleanField(default=False)
    text = models.TextField()
    reply_to = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)  # a screen that saves over a newer one is told
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfWorkspace["Draft"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "user", "private"], name="one_draft_per_person_and_conversation"
            ),
        ]


class Mention(models.Model):
    """A member named in a note."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="mentions")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Mention"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "user"], name="member_is_mentioned_once_in_a_note"),
        ]
        indexes: ClassVar = [
            # the view of mentions
            models.Index(fields=["workspace", "user", "-created_at"], name="mention_of_member"),
        ]


class Attention(models.Model):
    """Who looks at a conversation right now, or writes in it; a row that was not renewed for a while says nothing."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attention", db_index=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    doing = models.CharField(max_length=8)  # views | writes
    since = models.DateTimeField(db_default=Now())
    at = models.DateTimeField(db_default=Now())

    objects = OfWorkspace["Attention"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "user"], name="one_attention_per_person_and_conversation"),
            models.CheckConstraint(condition=models.Q(doing__in=["views", "writes"]), name="attention_is_known"),
        ]
