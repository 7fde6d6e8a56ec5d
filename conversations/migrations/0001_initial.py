"""The tables of the story: channels, customers, conversations, history, what comes in, what leaves, what agents work with.

It stands for the steps before the first release: a database that took all of them has what is here, one that took some
is refused and has to be made anew. Two indexes look for people and words by their letters, hence the extensions.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension, UnaccentExtension
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models
from django.db.migrations import CreateModel
from django.db.models import (
    CASCADE,
    PROTECT,
    SET_NULL,
    CheckConstraint,
    F,
    ForeignKey,
    Index,
    OneToOneField,
    Q,
    UniqueConstraint,
)
from django.db.models.functions import Least, Lower, Now

from conversations.models.history import CurrentTransaction
from hub.ids import new_id
from hub.secrets import SealedBox
from hub.tables import CreateModels

MODELS = [
    CreateModel(
        name="Connection",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="connections", to="hub.workspace")),
            ("provider", models.CharField(max_length=20)),
            ("name", models.CharField(blank=True, max_length=120)),
            ("settings", models.JSONField(blank=True, default=dict)),
            ("deleted_at", models.DateTimeField(null=True)),
            ("sealed_credentials", SealedBox()),
            ("refused_signatures", models.PositiveBigIntegerField(default=0)),
            ("refused_at", models.DateTimeField(null=True)),
            ("token_set_at", models.DateTimeField(null=True)),
            ("parse_attempts", models.PositiveSmallIntegerField(default=0)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
    ),
    CreateModel(
        name="Channel",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="channels", to="hub.workspace")),
            (
                "connection",
                ForeignKey(null=True, on_delete=CASCADE, related_name="channels", to="conversations.connection"),
            ),
            ("kind", models.CharField(max_length=20)),
            ("name", models.CharField(max_length=120)),
            ("address", models.CharField(blank=True, max_length=120)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("deleted_at", models.DateTimeField(null=True)),
            ("last_inbound_at", models.DateTimeField(null=True)),
            ("last_outbound_at", models.DateTimeField(null=True)),
            ("last_error_at", models.DateTimeField(null=True)),
            ("last_error", models.JSONField(null=True)),
            ("settings", models.JSONField(blank=True, default=dict)),
            ("stopped_at", models.DateTimeField(null=True)),
            ("stop_reason", models.JSONField(null=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    condition=Q(("deleted_at", None), Q(("address", ""), _negated=True)),
                    fields=("connection", "kind", "address"),
                    name="address_belongs_to_one_channel_of_a_connection",
                )
            ]
        },
    ),
    CreateModel(
        name="Customer",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="customers", to="hub.workspace")),
            ("name", models.CharField(blank=True, max_length=160)),
            ("attributes", models.JSONField(blank=True, default=dict)),
            (
                "merged_into",
                ForeignKey(null=True, on_delete=SET_NULL, related_name="absorbed", to="conversations.customer"),
            ),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={"indexes": [Index(fields=["workspace", "-id"], name="customer_by_workspace")]},
    ),
    CreateModel(
        name="Identity",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="identities", to="hub.workspace")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="identities", to="conversations.customer")),
            ("kind", models.CharField(max_length=20)),
            ("value", models.CharField(max_length=200)),
            ("scope", models.CharField(blank=True, default="", max_length=120)),
            ("match_key", models.CharField(blank=True, default="", max_length=40)),
            ("channel_kind", models.CharField(blank=True, max_length=20)),
            ("username", models.CharField(blank=True, max_length=120)),
            ("verified", models.BooleanField(default=False)),
            ("replaced_at", models.DateTimeField(null=True)),
            ("opted_out_at", models.DateTimeField(null=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [
                Index(
                    condition=Q(("match_key", ""), _negated=True),
                    fields=["workspace", "match_key"],
                    name="identity_by_match_key",
                )
            ],
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "kind", "value", "scope"), name="identity_belongs_to_one_customer"
                )
            ],
        },
    ),
    CreateModel(
        name="SlaPolicy",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="sla_policies", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("position", models.PositiveIntegerField(default=0)),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="hub.team")),
            ("channel_kinds", ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list)),
            ("priorities", ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list)),
            ("first_response", models.PositiveIntegerField(null=True)),
            ("next_response", models.PositiveIntegerField(null=True)),
            ("resolution", models.PositiveIntegerField(null=True)),
            ("clock", models.CharField(default="business", max_length=8)),
            ("pauses", models.BooleanField(default=True)),
            ("active", models.BooleanField(default=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "name"), name="policy_name_is_unique_in_workspace"),
                CheckConstraint(condition=Q(("clock__in", ["elapsed", "business"])), name="policy_clock_is_known"),
                CheckConstraint(
                    condition=Q(
                        Q(("first_response", None), ("first_response__gt", 0), _connector="OR"),
                        Q(("next_response", None), ("next_response__gt", 0), _connector="OR"),
                        Q(("resolution", None), ("resolution__gt", 0), _connector="OR"),
                    ),
                    name="promise_is_longer_than_nothing",
                ),
            ]
        },
    ),
    CreateModel(
        name="Bot",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="bots", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("url", models.URLField(max_length=500)),
            ("sealed_secret", SealedBox()),
            ("channel_ids", ArrayField(base_field=models.UUIDField(), blank=True, default=list)),
            ("active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("workspace", "name"), name="bot_name_is_unique_in_workspace")]
        },
    ),
    CreateModel(
        name="Conversation",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="conversations", to="hub.workspace")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="conversations", to="conversations.customer")),
            (
                "status",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("open", "Open"),
                        ("pending", "Pending"),
                        ("snoozed", "Snoozed"),
                        ("resolved", "Resolved"),
                    ],
                    default="waiting",
                    max_length=10,
                ),
            ),
            ("assignee", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("team", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="hub.team")),
            ("channel_ids", ArrayField(base_field=models.UUIDField(), default=list)),
            ("last_channel", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.channel")),
            ("opened_at", models.DateTimeField()),
            ("first_response_at", models.DateTimeField(null=True)),
            ("waiting_since", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            ("snoozed_until", models.DateTimeField(null=True)),
            ("reopened_count", models.PositiveIntegerField(default=0)),
            ("last_inbound_at", models.DateTimeField(null=True)),
            ("last_message_at", models.DateTimeField(null=True)),
            (
                "last_message",
                ForeignKey(
                    db_constraint=False, null=True, on_delete=SET_NULL, related_name="+", to="conversations.message"
                ),
            ),
            ("last_seq", models.PositiveIntegerField(default=0)),
            ("unread", models.PositiveIntegerField(default=0)),
            ("route_reason", models.JSONField(null=True)),
            (
                "folded_into",
                ForeignKey(null=True, on_delete=SET_NULL, related_name="folded", to="conversations.conversation"),
            ),
            ("label_ids", ArrayField(base_field=models.UUIDField(), db_default=models.Value("{}"), default=list)),
            ("priority", models.PositiveSmallIntegerField(db_default=0, default=0)),
            ("language", models.CharField(blank=True, db_default="", default="", max_length=8)),
            ("attributes", models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict)),
            ("assigned_at", models.DateTimeField(null=True)),
            ("queued_at", models.DateTimeField(null=True)),
            ("sla_policy", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.slapolicy")),
            ("due_at", models.DateTimeField(null=True)),
            ("due_kind", models.CharField(blank=True, db_default="", default="", max_length=16)),
            ("due_told", models.CharField(blank=True, db_default="", default="", max_length=8)),
            ("bot", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.bot")),
            ("outside", models.BooleanField(db_default=False, default=False)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [
                Index(fields=["workspace", "status", "-last_message_at", "-id"], name="conversation_by_status"),
                Index(fields=["workspace", "-last_message_at", "-id"], name="conversation_by_activity"),
                Index(
                    condition=Q(("status", "resolved"), _negated=True),
                    fields=["workspace", "assignee", "-last_message_at", "-id"],
                    name="conversation_by_assignee",
                ),
                Index(
                    condition=Q(("waiting_since__isnull", False), Q(("status", "resolved"), _negated=True)),
                    fields=["workspace", "waiting_since"],
                    name="conversation_by_wait",
                ),
                Index(
                    condition=Q(("queued_at__isnull", False), Q(("status", "resolved"), _negated=True)),
                    fields=["workspace", "queued_at"],
                    name="conversation_to_route",
                ),
                Index(
                    condition=Q(("due_at__isnull", False), Q(("status", "resolved"), _negated=True)),
                    fields=["workspace", "due_at"],
                    name="conversation_by_due",
                ),
                GinIndex(fastupdate=False, fields=["label_ids"], name="conversation_by_label"),
                Index(fields=["customer", "-opened_at"], name="conversation_by_customer"),
            ],
            "constraints": [
                UniqueConstraint(
                    condition=Q(Q(("status", "resolved"), _negated=True), ("folded_into", None)),
                    fields=("workspace", "customer"),
                    name="one_open_conversation_per_customer",
                ),
                CheckConstraint(
                    condition=Q(("status__in", ["waiting", "open", "pending", "snoozed", "resolved"])),
                    name="conversation_status_is_known",
                ),
                CheckConstraint(
                    condition=Q(
                        Q(("status", "resolved"), _negated=True), ("resolved_at__isnull", False), _connector="OR"
                    ),
                    name="resolved_has_resolved_at",
                ),
                CheckConstraint(condition=Q(("priority__lte", 4)), name="priority_is_known"),
                CheckConstraint(
                    condition=Q(
                        Q(("due_at", None), ("due_kind", "")),
                        Q(
                            ("due_at__isnull", False),
                            ("due_kind__in", ["first_response", "next_response", "resolution"]),
                        ),
                        _connector="OR",
                    ),
                    name="what_is_due_has_its_time",
                ),
                CheckConstraint(
                    condition=Q(
                        Q(("status", "snoozed"), _negated=True), ("snoozed_until__isnull", False), _connector="OR"
                    ),
                    name="snoozed_has_snoozed_until",
                ),
            ],
        },
    ),
    CreateModel(
        name="Rule",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="rules", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("position", models.PositiveIntegerField(default=0)),
            ("event", models.CharField(max_length=40)),
            ("conditions", models.JSONField(default=list)),
            ("actions", models.JSONField(default=list)),
            ("active", models.BooleanField(default=False)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("workspace", "name"), name="rule_name_is_unique_in_workspace")]
        },
    ),
    CreateModel(
        name="RuleRun",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("rule", ForeignKey(db_index=False, on_delete=CASCADE, related_name="runs", to="conversations.rule")),
            (
                "conversation",
                ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="conversations.conversation"),
            ),
            ("event_id", models.BigIntegerField()),
            ("fired", models.BooleanField()),
            ("why", models.JSONField(default=dict)),
            ("at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [Index(fields=["workspace", "-id"], name="rule_run_by_workspace")],
            "constraints": [UniqueConstraint(fields=("rule", "event_id"), name="rule_runs_once_per_event")],
        },
    ),
    CreateModel(
        name="Follower",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("name", models.CharField(max_length=20)),
            ("transaction", models.BigIntegerField(default=0)),
            ("at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("workspace", "name"), name="follower_has_one_mark_per_workspace")]
        },
    ),
    CreateModel(
        name="BotCall",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("bot", ForeignKey(db_index=False, on_delete=CASCADE, related_name="calls", to="conversations.bot")),
            ("conversation", ForeignKey(on_delete=CASCADE, related_name="+", to="conversations.conversation")),
            ("event", models.CharField(max_length=40)),
            ("message_id", models.UUIDField(null=True)),
            ("state", models.CharField(default="queued", max_length=8)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("not_before", models.DateTimeField(db_default=Now())),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [Index(condition=Q(("state", "queued")), fields=["not_before"], name="bot_call_to_send")],
            "constraints": [
                CheckConstraint(
                    condition=Q(("state__in", ["queued", "done", "failed"])), name="bot_call_state_is_known"
                )
            ],
        },
    ),
    CreateModel(
        name="Delivery",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            (
                "connection",
                ForeignKey(db_index=False, on_delete=CASCADE, related_name="deliveries", to="conversations.connection"),
            ),
            ("received_at", models.DateTimeField(db_default=Now())),
            ("method", models.CharField(default="POST", max_length=4)),
            ("url", models.TextField(blank=True)),
            ("content_type", models.CharField(blank=True, max_length=120)),
            ("headers", models.JSONField(db_default={}, default=dict)),
            ("body", models.BinaryField()),
            ("parsed", models.BooleanField(default=False)),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("processed", "Processed"),
                        ("duplicate", "Duplicate"),
                        ("ignored", "Ignored"),
                        ("unroutable", "Unroutable"),
                        ("invalid", "Invalid"),
                        ("failed", "Failed"),
                    ],
                    default="pending",
                    max_length=10,
                ),
            ),
            ("reason", models.TextField(blank=True)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                Index(condition=Q(("parsed", False)), fields=["connection", "id"], name="delivery_to_parse"),
                Index(condition=Q(("outcome", "pending")), fields=["received_at"], name="delivery_pending"),
                Index(fields=["workspace", "outcome", "-id"], name="delivery_by_outcome"),
                Index(fields=["workspace", "-id"], name="delivery_by_workspace"),
            ],
            "constraints": [
                CheckConstraint(
                    condition=Q(
                        (
                            "outcome__in",
                            ["pending", "processed", "duplicate", "ignored", "unroutable", "invalid", "failed"],
                        )
                    ),
                    name="delivery_outcome_is_known",
                )
            ],
        },
    ),
    CreateModel(
        name="Lane",
        fields=[
            ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("has_work", models.BooleanField(default=True)),
            ("not_before", models.DateTimeField(db_default=Now())),
            ("claim", models.UUIDField(null=True)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
        ],
        options={"indexes": [Index(condition=Q(("has_work", True)), fields=["not_before"], name="lane_with_work")]},
    ),
    CreateModel(
        name="Item",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("delivery", ForeignKey(on_delete=CASCADE, related_name="items", to="conversations.delivery")),
            (
                "channel",
                ForeignKey(db_index=False, null=True, on_delete=CASCADE, related_name="+", to="conversations.channel"),
            ),
            (
                "lane",
                ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    null=True,
                    on_delete=CASCADE,
                    related_name="items",
                    to="conversations.lane",
                ),
            ),
            ("body", models.JSONField()),
            (
                "state",
                models.CharField(
                    choices=[("pending", "Pending"), ("done", "Done"), ("quarantined", "Quarantined")],
                    default="pending",
                    max_length=11,
                ),
            ),
            ("outcome", models.CharField(blank=True, max_length=10)),
            ("reason", models.TextField(blank=True)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
        ],
        options={
            "indexes": [
                Index(condition=Q(("state", "pending")), fields=["lane", "id"], name="item_waiting_on_lane"),
                Index(condition=Q(("state", "quarantined")), fields=["workspace", "id"], name="item_quarantined"),
                Index(condition=Q(("outcome", "unroutable")), fields=["workspace", "delivery"], name="item_unroutable"),
            ],
            "constraints": [
                CheckConstraint(
                    condition=Q(("state__in", ["pending", "done", "quarantined"])), name="item_state_is_known"
                )
            ],
        },
    ),
    CreateModel(
        name="ParkedItem",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("channel", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="conversations.channel")),
            ("delivery", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="conversations.delivery")),
            ("lane_key", models.CharField(max_length=200)),
            ("target", models.CharField(max_length=255)),
            ("body", models.JSONField()),
            ("parked_at", models.DateTimeField(db_default=Now())),
        ],
        options={"indexes": [Index(fields=["channel", "target"], name="parked_for_message")]},
    ),
    CreateModel(
        name="Exchange",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            (
                "connection",
                ForeignKey(
                    db_index=False, null=True, on_delete=CASCADE, related_name="+", to="conversations.connection"
                ),
            ),
            (
                "channel",
                ForeignKey(db_index=False, null=True, on_delete=CASCADE, related_name="+", to="conversations.channel"),
            ),
            ("message_id", models.UUIDField(null=True)),
            ("method", models.CharField(max_length=8)),
            ("url", models.TextField()),
            ("status", models.PositiveSmallIntegerField(null=True)),
            ("request", models.TextField(blank=True)),
            ("response", models.TextField(blank=True)),
            ("error", models.CharField(blank=True, max_length=200)),
            ("milliseconds", models.PositiveIntegerField(default=0)),
            ("at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [
                Index(fields=["workspace", "channel", "-id"], name="exchange_of_channel"),
                Index(
                    condition=Q(("message_id", None), _negated=True), fields=["message_id"], name="exchange_of_message"
                ),
                Index(fields=["at"], name="exchange_by_age"),
            ]
        },
    ),
    CreateModel(
        name="FeedHead",
        fields=[
            (
                "workspace",
                OneToOneField(
                    on_delete=CASCADE, primary_key=True, related_name="feed_head", serialize=False, to="hub.workspace"
                ),
            ),
            ("last_seq", models.PositiveBigIntegerField(default=0)),
        ],
    ),
    CreateModel(
        name="FeedEvent",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("seq", models.PositiveBigIntegerField()),
            ("kind", models.CharField(max_length=40)),
            ("subject_id", models.UUIDField()),
            ("conversation_id", models.UUIDField(null=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [Index(fields=["created_at"], name="feed_by_age")],
            "constraints": [UniqueConstraint(fields=("workspace", "seq"), name="feed_sequence_is_taken_once")],
        },
    ),
    CreateModel(
        name="HistoryEvent",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            (
                "customer",
                ForeignKey(
                    db_index=False, null=True, on_delete=CASCADE, related_name="events", to="conversations.customer"
                ),
            ),
            (
                "conversation",
                ForeignKey(
                    db_index=False, null=True, on_delete=CASCADE, related_name="events", to="conversations.conversation"
                ),
            ),
            ("message_id", models.UUIDField(null=True)),
            ("type", models.CharField(max_length=40)),
            ("occurred_at", models.DateTimeField()),
            ("received_at", models.DateTimeField(db_default=Now())),
            ("recorded_at", models.DateTimeField(db_default=Now())),
            ("source", models.CharField(default="novelo", max_length=40)),
            ("external_id", models.CharField(max_length=255, null=True)),
            ("channel_kind", models.CharField(blank=True, max_length=20)),
            ("channel_id", models.UUIDField(null=True)),
            ("actor_kind", models.CharField(blank=True, max_length=12)),
            (
                "actor",
                ForeignKey(
                    db_index=False, null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("actor_email", models.CharField(blank=True, max_length=254)),
            ("skewed", models.BooleanField(default=False)),
            ("data", models.JSONField(default=dict)),
            ("transaction", models.BigIntegerField(db_default=CurrentTransaction())),
        ],
        options={
            "indexes": [
                Index(fields=["conversation", "occurred_at", "id"], name="event_of_conversation"),
                Index(fields=["customer", "occurred_at", "id"], name="event_of_customer"),
                Index(fields=["workspace", "transaction"], name="event_since_mark"),
            ],
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "source", "external_id"), name="event_is_recorded_once_per_source"
                )
            ],
        },
    ),
    CreateModel(
        name="ImportJob",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="imports", to="hub.workspace")),
            ("kind", models.CharField(max_length=20)),
            ("filename", models.CharField(max_length=200)),
            ("size", models.PositiveIntegerField()),
            ("stored_as", models.CharField(blank=True, max_length=200)),
            ("header", models.JSONField(default=list)),
            ("options", models.JSONField(default=dict)),
            (
                "state",
                models.CharField(
                    choices=[("uploaded", "Uploaded"), ("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                    default="uploaded",
                    max_length=8,
                ),
            ),
            ("reason", models.TextField(blank=True)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("rows", models.PositiveIntegerField(default=0)),
            ("read", models.PositiveIntegerField(default=0)),
            ("accepted", models.PositiveIntegerField(default=0)),
            ("duplicate", models.PositiveIntegerField(default=0)),
            ("invalid", models.PositiveIntegerField(default=0)),
            ("created_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["workspace", "-id"], name="import_by_workspace"),
                Index(condition=Q(("state", "waiting")), fields=["id"], name="import_waiting"),
            ],
            "constraints": [
                CheckConstraint(
                    condition=Q(("state__in", ["uploaded", "waiting", "done", "failed"])), name="import_state_is_known"
                )
            ],
        },
    ),
    CreateModel(
        name="ImportRefusal",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("job", ForeignKey(on_delete=CASCADE, related_name="refusals", to="conversations.importjob")),
            ("row", models.PositiveIntegerField()),
            ("field", models.CharField(blank=True, max_length=80)),
            ("reason", models.TextField()),
        ],
    ),
    CreateModel(
        name="Invitation",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="invitations", to="conversations.customer")),
            ("channel", ForeignKey(on_delete=CASCADE, related_name="+", to="conversations.channel")),
            ("code", models.CharField(max_length=20)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("expires_at", models.DateTimeField()),
            ("used_at", models.DateTimeField(null=True)),
        ],
        options={"constraints": [UniqueConstraint(fields=("workspace", "code"), name="invitation_code_is_given_once")]},
    ),
    CreateModel(
        name="Merge",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("survivor", ForeignKey(on_delete=CASCADE, related_name="merges", to="conversations.customer")),
            ("absorbed", ForeignKey(on_delete=CASCADE, related_name="merged_by", to="conversations.customer")),
            ("reason", models.CharField(max_length=20)),
            ("evidence", models.JSONField(default=dict)),
            ("by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("undone_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("undone_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [Index(fields=["workspace", "-id"], name="merge_by_workspace")],
            "constraints": [
                UniqueConstraint(
                    condition=Q(("undone_at", None)), fields=("absorbed",), name="customer_is_absorbed_by_one_other"
                ),
                CheckConstraint(
                    condition=Q(("survivor", F("absorbed")), _negated=True), name="customer_is_not_merged_with_itself"
                ),
            ],
        },
    ),
    CreateModel(
        name="Suggestion",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="suggestions", to="conversations.customer")),
            ("other", ForeignKey(on_delete=CASCADE, related_name="+", to="conversations.customer")),
            ("evidence", models.JSONField(default=dict)),
            ("state", models.CharField(default="open", max_length=10)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("decided_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("decided_at", models.DateTimeField(null=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("customer", "other"), name="two_customers_are_suggested_once"),
                CheckConstraint(
                    condition=Q(("state__in", ["open", "accepted", "dismissed"])), name="suggestion_state_is_known"
                ),
            ]
        },
    ),
    CreateModel(
        name="Message",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation", ForeignKey(on_delete=CASCADE, related_name="messages", to="conversations.conversation")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="messages", to="conversations.customer")),
            ("channel", ForeignKey(on_delete=PROTECT, related_name="+", to="conversations.channel")),
            ("identity", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.identity")),
            ("direction", models.CharField(max_length=8)),
            ("author_kind", models.CharField(max_length=10)),
            ("author", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("author_name", models.CharField(blank=True, max_length=160)),
            ("kind", models.CharField(max_length=12)),
            ("text", models.TextField(blank=True)),
            ("payload", models.JSONField(default=dict)),
            ("provider_id", models.CharField(max_length=255, null=True)),
            ("client_id", models.CharField(max_length=100, null=True)),
            ("reply_to_provider_id", models.CharField(blank=True, max_length=255)),
            ("reply_to", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.message")),
            ("referral", models.JSONField(null=True)),
            ("sent_at", models.DateTimeField()),
            ("received_at", models.DateTimeField(db_default=Now())),
            (
                "shown_at",
                models.GeneratedField(
                    db_persist=True, expression=Least("sent_at", "received_at"), output_field=models.DateTimeField()
                ),
            ),
            ("seq", models.PositiveIntegerField()),
            ("status", models.CharField(max_length=10)),
            ("error", models.JSONField(null=True)),
            ("edited_at", models.DateTimeField(null=True)),
            ("earlier_texts", models.JSONField(default=list)),
            ("deleted_at", models.DateTimeField(null=True)),
            ("imported", models.BooleanField(default=False)),
        ],
        options={
            "indexes": [
                Index(fields=["conversation", "shown_at", "seq"], name="message_in_thread"),
                Index(fields=["customer", "shown_at", "seq"], name="message_on_timeline"),
                Index(fields=["workspace", "-id"], name="message_by_workspace"),
            ],
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "channel", "provider_id"), name="message_unique_per_channel_and_provider_id"
                ),
                UniqueConstraint(
                    fields=("workspace", "conversation", "client_id"),
                    name="message_unique_per_conversation_and_client_id",
                ),
                UniqueConstraint(
                    fields=("workspace", "conversation", "seq"), name="message_has_its_own_place_in_conversation"
                ),
                CheckConstraint(
                    condition=Q(("direction__in", ["inbound", "outbound"])), name="message_direction_is_known"
                ),
                CheckConstraint(
                    condition=Q(("author_kind__in", ["customer", "agent", "bot", "system", "campaign", "device"])),
                    name="message_author_is_known",
                ),
                CheckConstraint(
                    condition=Q(
                        (
                            "kind__in",
                            [
                                "text",
                                "image",
                                "audio",
                                "video",
                                "document",
                                "sticker",
                                "location",
                                "contacts",
                                "interactive",
                                "template",
                                "order",
                                "story",
                                "share",
                                "note",
                                "unsupported",
                            ],
                        )
                    ),
                    name="message_kind_is_known",
                ),
                CheckConstraint(
                    condition=Q(
                        ("status__in", ["queued", "sending", "unknown", "sent", "failed", "delivered", "read"])
                    ),
                    name="message_status_is_known",
                ),
                CheckConstraint(
                    condition=Q(("direction", "outbound"), ("author_kind", "customer"), _connector="OR"),
                    name="inbound_is_by_the_customer",
                ),
            ],
        },
    ),
    CreateModel(
        name="Attachment",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            (
                "message",
                ForeignKey(null=True, on_delete=CASCADE, related_name="attachments", to="conversations.message"),
            ),
            ("kind", models.CharField(max_length=10)),
            ("provider_ref", models.CharField(blank=True, max_length=255)),
            ("source_url", models.TextField(blank=True)),
            ("mime_type", models.CharField(blank=True, max_length=255)),
            ("filename", models.TextField(blank=True)),
            ("size", models.BigIntegerField(null=True)),
            ("sha256", models.CharField(blank=True, max_length=64)),
            ("voice", models.BooleanField(default=False)),
            ("state", models.CharField(default="pending", max_length=11)),
            ("reason", models.TextField(blank=True)),
            ("stored_as", models.CharField(blank=True, db_default="", max_length=255)),
            ("thumbnail", models.CharField(blank=True, db_default="", max_length=255)),
            ("width", models.PositiveIntegerField(null=True)),
            ("height", models.PositiveIntegerField(null=True)),
            ("attempts", models.PositiveSmallIntegerField(db_default=0)),
            ("not_before", models.DateTimeField(db_default=Now())),
            ("uploaded_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [Index(condition=Q(("state", "pending")), fields=["not_before"], name="attachment_to_fetch")],
            "constraints": [
                CheckConstraint(
                    condition=Q(("state__in", ["pending", "stored", "unavailable"])), name="attachment_state_is_known"
                )
            ],
        },
    ),
    CreateModel(
        name="Reaction",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("message", ForeignKey(on_delete=CASCADE, related_name="reactions", to="conversations.message")),
            ("by", models.CharField(max_length=10)),
            ("emoji", models.CharField(blank=True, max_length=64)),
            ("at", models.DateTimeField()),
        ],
        options={"constraints": [UniqueConstraint(fields=("message", "by"), name="one_reaction_per_message_and_side")]},
    ),
    CreateModel(
        name="MessageStatus",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("message", ForeignKey(on_delete=CASCADE, related_name="statuses", to="conversations.message")),
            ("status", models.CharField(max_length=10)),
            ("at", models.DateTimeField(null=True)),
            ("error", models.JSONField(null=True)),
            ("pricing", models.JSONField(null=True)),
            ("recorded_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("message", "status"), name="status_is_logged_once_per_message")]
        },
    ),
    CreateModel(
        name="OutboxEntry",
        fields=[
            (
                "message",
                OneToOneField(
                    on_delete=CASCADE,
                    primary_key=True,
                    related_name="outbox",
                    serialize=False,
                    to="conversations.message",
                ),
            ),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("channel", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="conversations.channel")),
            ("conversation_id", models.UUIDField()),
            ("position", models.PositiveIntegerField()),
            ("state", models.CharField(default="queued", max_length=8)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("not_before", models.DateTimeField(db_default=Now())),
            ("bulk", models.BooleanField(default=False)),
            ("queued_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [
                Index(condition=Q(("state", "queued")), fields=["channel", "bulk", "not_before"], name="outbox_lanes"),
                Index(condition=Q(("state", "sending")), fields=["not_before"], name="outbox_sending"),
                Index(
                    condition=Q(("state", "done"), _negated=True),
                    fields=["conversation_id", "position"],
                    name="outbox_in_order",
                ),
            ],
            "constraints": [
                CheckConstraint(condition=Q(("state__in", ["queued", "sending", "done"])), name="outbox_state_is_known")
            ],
        },
    ),
    CreateModel(
        name="Gesture",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("channel", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="conversations.channel")),
            ("message", OneToOneField(on_delete=CASCADE, related_name="gesture", to="conversations.message")),
            ("emoji", models.CharField(blank=True, max_length=64)),
            ("state", models.CharField(default="queued", max_length=8)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("not_before", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [
                Index(condition=Q(("state", "done"), _negated=True), fields=["not_before"], name="gesture_to_send")
            ],
            "constraints": [
                CheckConstraint(
                    condition=Q(("state__in", ["queued", "sending", "done"])), name="gesture_state_is_known"
                )
            ],
        },
    ),
    CreateModel(
        name="Budget",
        fields=[
            ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("tokens", models.FloatField()),
            ("refilled_at", models.DateTimeField(db_default=Now())),
        ],
    ),
    CreateModel(
        name="AlertRule",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="alert_rules", to="hub.workspace")),
            ("kind", models.CharField(max_length=12)),
            ("threshold", models.PositiveIntegerField()),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="hub.team")),
            ("channel_kind", models.CharField(blank=True, max_length=20)),
            ("active", models.BooleanField(default=True)),
        ],
        options={
            "constraints": [
                CheckConstraint(
                    condition=Q(("kind__in", ["depth", "oldest_wait", "breach"])), name="alert_kind_is_known"
                )
            ]
        },
    ),
    CreateModel(
        name="Incident",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="incidents", to="hub.workspace")),
            ("rule", ForeignKey(on_delete=CASCADE, related_name="incidents", to="conversations.alertrule")),
            ("opened_at", models.DateTimeField(db_default=Now())),
            ("closed_at", models.DateTimeField(null=True)),
            ("cause", models.JSONField(default=dict)),
            ("taken_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
        ],
        options={
            "constraints": [
                UniqueConstraint(condition=Q(("closed_at", None)), fields=("rule",), name="one_open_incident_per_rule")
            ]
        },
    ),
    CreateModel(
        name="KioskLink",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("digest", models.CharField(max_length=64, unique=True)),
            ("created_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("expires_at", models.DateTimeField()),
            ("revoked_at", models.DateTimeField(null=True)),
        ],
    ),
    CreateModel(
        name="PushSubscription",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("user", ForeignKey(on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("endpoint", models.TextField()),
            ("public_key", models.CharField(max_length=120)),
            ("auth_secret", models.CharField(max_length=60)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("failed_at", models.DateTimeField(null=True)),
        ],
        options={"constraints": [UniqueConstraint(fields=("user", "endpoint"), name="browser_is_subscribed_once")]},
    ),
    CreateModel(
        name="SearchEntry",
        fields=[
            (
                "message",
                OneToOneField(
                    on_delete=CASCADE, primary_key=True, related_name="+", serialize=False, to="conversations.message"
                ),
            ),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("at", models.DateTimeField()),
            ("words", SearchVectorField()),
        ],
        options={
            "indexes": [
                Index(fields=["workspace", "-at", "-message"], name="search_by_age"),
                GinIndex(fields=["workspace", "words"], gin_pending_list_limit=512, name="search_by_words"),
            ]
        },
    ),
    CreateModel(
        name="SearchWord",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("word", models.CharField(max_length=40)),
            ("count", models.PositiveBigIntegerField(default=0)),
        ],
        options={
            "indexes": [GinIndex(fields=["word"], name="search_word_by_letters", opclasses=["gin_trgm_ops"])],
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "word"),
                    name="word_is_counted_once_per_workspace",
                    opclasses=["uuid_ops", "varchar_pattern_ops"],
                )
            ],
        },
    ),
    CreateModel(
        name="Survey",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="surveys", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("kind", models.CharField(max_length=4)),
            ("trigger", models.CharField(default="conversation.resolved", max_length=40)),
            ("delay_seconds", models.PositiveIntegerField(default=0)),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="hub.team")),
            ("channel_kinds", ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list)),
            ("texts", models.JSONField(default=dict)),
            ("template", models.CharField(blank=True, max_length=512)),
            ("active", models.BooleanField(default=False)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "name"), name="survey_name_is_unique_in_workspace"),
                CheckConstraint(condition=Q(("kind__in", ["csat", "nps"])), name="survey_kind_is_known"),
            ]
        },
    ),
    CreateModel(
        name="SurveyRequest",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("survey", ForeignKey(on_delete=CASCADE, related_name="requests", to="conversations.survey")),
            ("customer", ForeignKey(on_delete=CASCADE, related_name="+", to="conversations.customer")),
            (
                "conversation",
                ForeignKey(
                    null=True, on_delete=CASCADE, related_name="survey_requests", to="conversations.conversation"
                ),
            ),
            ("channel", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="conversations.channel")),
            ("message_id", models.UUIDField(null=True)),
            ("subject", models.CharField(max_length=120)),
            ("touchpoint", models.CharField(default="service", max_length=12)),
            ("agent_email", models.CharField(blank=True, max_length=254)),
            ("state", models.CharField(default="due", max_length=8)),
            ("reason", models.CharField(blank=True, max_length=120)),
            ("due_at", models.DateTimeField()),
            ("asked_at", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("score", models.PositiveSmallIntegerField(null=True)),
            ("comment", models.TextField(blank=True)),
        ],
        options={
            "indexes": [
                Index(condition=Q(("state", "due")), fields=["due_at"], name="survey_request_due"),
                Index(fields=["customer", "-asked_at"], name="survey_request_of_customer"),
            ],
            "constraints": [
                UniqueConstraint(fields=("survey", "subject"), name="survey_asks_once_per_subject"),
                CheckConstraint(
                    condition=Q(("state__in", ["due", "asked", "answered", "skipped"])),
                    name="survey_request_state_is_known",
                ),
            ],
        },
    ),
    CreateModel(
        name="Template",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("channel", ForeignKey(on_delete=CASCADE, related_name="templates", to="conversations.channel")),
            ("name", models.CharField(max_length=512)),
            ("language", models.CharField(max_length=20)),
            ("category", models.CharField(blank=True, max_length=40)),
            ("status", models.CharField(max_length=40)),
            ("reason", models.TextField(blank=True)),
            ("components", models.JSONField(default=list)),
            ("provider_id", models.CharField(blank=True, max_length=255)),
            ("synced_at", models.DateTimeField(db_default=Now())),
            ("gone_at", models.DateTimeField(null=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("channel", "name", "language"), name="template_unique_per_channel_name_and_language"
                )
            ]
        },
    ),
    CreateModel(
        name="Label",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="labels", to="hub.workspace")),
            ("name", models.CharField(max_length=60)),
            ("color", models.CharField(default="grey", max_length=12)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [UniqueConstraint(Lower("name"), F("workspace"), name="label_name_is_unique_in_workspace")]
        },
    ),
    CreateModel(
        name="CannedReply",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="canned_replies", to="hub.workspace")),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="hub.team")),
            ("shortcut", models.SlugField(max_length=40)),
            ("title", models.CharField(max_length=120)),
            ("text", models.TextField()),
            ("language", models.CharField(blank=True, max_length=8)),
            ("used_count", models.PositiveIntegerField(default=0)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "team", "shortcut"),
                    name="shortcut_is_unique_in_its_team",
                    nulls_distinct=False,
                )
            ]
        },
    ),
    CreateModel(
        name="Macro",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="macros", to="hub.workspace")),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="hub.team")),
            ("name", models.CharField(max_length=80)),
            ("actions", models.JSONField(default=list)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("workspace", "name"), name="macro_name_is_unique_in_workspace")]
        },
    ),
    CreateModel(
        name="SavedView",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="saved_views", to="hub.workspace")),
            ("owner", ForeignKey(null=True, on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("name", models.CharField(max_length=60)),
            ("filters", models.JSONField(default=dict)),
            ("sort", models.CharField(default="activity", max_length=12)),
            ("position", models.PositiveIntegerField(default=0)),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "owner", "name"),
                    name="view_name_is_unique_for_its_owner",
                    nulls_distinct=False,
                )
            ]
        },
    ),
    CreateModel(
        name="CustomField",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="custom_fields", to="hub.workspace")),
            ("of", models.CharField(max_length=12)),
            ("key", models.SlugField(max_length=40)),
            ("title", models.CharField(max_length=80)),
            ("kind", models.CharField(default="text", max_length=8)),
            ("choices", models.JSONField(blank=True, default=list)),
            ("position", models.PositiveIntegerField(default=0)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "of", "key"), name="field_key_is_unique_in_workspace"),
                CheckConstraint(
                    condition=Q(("of__in", ["customer", "conversation"])), name="field_belongs_to_something_known"
                ),
                CheckConstraint(
                    condition=Q(("kind__in", ["text", "number", "date", "choice", "yes_no"])),
                    name="field_kind_is_known",
                ),
            ]
        },
    ),
    CreateModel(
        name="Draft",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation", ForeignKey(on_delete=CASCADE, related_name="drafts", to="conversations.conversation")),
            ("user", ForeignKey(on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("private", models.BooleanField(default=False)),
            ("text", models.TextField()),
            ("reply_to", models.UUIDField(null=True)),
            ("version", models.PositiveIntegerField(default=1)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("conversation", "user", "private"), name="one_draft_per_person_and_conversation"
                )
            ]
        },
    ),
    CreateModel(
        name="Mention",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation", ForeignKey(on_delete=CASCADE, related_name="mentions", to="conversations.conversation")),
            ("message", ForeignKey(on_delete=CASCADE, related_name="mentions", to="conversations.message")),
            ("user", ForeignKey(on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("seen_at", models.DateTimeField(null=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "indexes": [Index(fields=["workspace", "user", "-created_at"], name="mention_of_member")],
            "constraints": [UniqueConstraint(fields=("message", "user"), name="member_is_mentioned_once_in_a_note")],
        },
    ),
    CreateModel(
        name="Attention",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "conversation",
                ForeignKey(
                    db_index=False, on_delete=CASCADE, related_name="attention", to="conversations.conversation"
                ),
            ),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("user", ForeignKey(on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("doing", models.CharField(max_length=8)),
            ("since", models.DateTimeField(db_default=Now())),
            ("at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("conversation", "user"), name="one_attention_per_person_and_conversation"),
                CheckConstraint(condition=Q(("doing__in", ["views", "writes"])), name="attention_is_known"),
            ]
        },
    ),
]


class Migration(migrations.Migration):
    """Lay the tables, with their constraints and indexes."""

    initial = True
    replaces = [
        ("conversations", "0002_every_channel"),
        ("conversations", "0003_outbox_lanes"),
        ("conversations", "0004_place_to_work"),
        ("conversations", "0006_survey_trigger"),
        ("conversations", "0007_imports"),
        ("conversations", "0008_unroutable_items"),
        ("conversations", "0009_links_are_signed"),
    ]
    dependencies = [("hub", "0001_initial")]
    operations = [UnaccentExtension(), TrigramExtension(), BtreeGinExtension(), CreateModels(MODELS)]
