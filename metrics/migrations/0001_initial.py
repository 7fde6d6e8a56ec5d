"""The tables of the figures: facts, cells, marks of what is stale, receipts, and what people want of figures.

It stands for the steps before the first release: a database that took all of them has what is here, one that took some
is refused and has to be made anew.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.migrations import CreateModel
from django.db.models import (
    CASCADE,
    DO_NOTHING,
    SET_NULL,
    CheckConstraint,
    F,
    ForeignKey,
    Index,
    OneToOneField,
    Q,
    UniqueConstraint,
)
from django.db.models.functions import Now

from hub.ids import new_id
from hub.tables import CreateModels

MODELS = [
    CreateModel(
        name="Mark",
        fields=[
            (
                "workspace",
                OneToOneField(
                    on_delete=CASCADE, primary_key=True, related_name="+", serialize=False, to="hub.workspace"
                ),
            ),
            ("transaction", models.BigIntegerField(default=0)),
            ("at", models.DateTimeField(db_default=Now())),
            ("timezone", models.CharField(max_length=60)),
        ],
    ),
    CreateModel(
        name="Stale",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            (
                "workspace",
                ForeignKey(
                    db_constraint=False, db_index=False, on_delete=DO_NOTHING, related_name="+", to="hub.workspace"
                ),
            ),
            ("conversation_id", models.UUIDField()),
        ],
        options={"indexes": [Index(fields=["workspace", "id"], name="stale_of_workspace")]},
    ),
    CreateModel(
        name="Goal",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("metric", models.CharField(max_length=60)),
            ("version", models.PositiveSmallIntegerField()),
            ("filters", models.JSONField(blank=True, default=dict)),
            ("clock", models.CharField(default="elapsed", max_length=10)),
            ("target", models.FloatField()),
            ("direction", models.CharField(max_length=8)),
            ("baseline", models.FloatField(null=True)),
            ("start", models.DateField()),
            ("deadline", models.DateField()),
            ("owner", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("reason", models.CharField(max_length=300)),
            ("changes", models.JSONField(blank=True, default=list)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("closed_at", models.DateTimeField(null=True)),
        ],
        options={
            "constraints": [
                CheckConstraint(condition=Q(("deadline__gte", F("start"))), name="goal_ends_after_it_starts"),
                CheckConstraint(
                    condition=Q(("direction__in", ["at_least", "at_most"])), name="goal_direction_is_known"
                ),
            ]
        },
    ),
    CreateModel(
        name="StageModel",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("changed_at", models.DateTimeField(db_default=Now())),
        ],
        options={"constraints": [UniqueConstraint(fields=("workspace",), name="workspace_has_one_stage_model")]},
    ),
    CreateModel(
        name="MatrixCell",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("model", ForeignKey(db_index=False, on_delete=CASCADE, related_name="cells", to="metrics.stagemodel")),
            ("stage", models.CharField(max_length=14)),
            ("channel", models.CharField(blank=True, default="", max_length=20)),
            ("metric", models.CharField(max_length=60)),
            ("position", models.PositiveSmallIntegerField(default=0)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("model", "stage", "channel", "metric"), name="figure_stands_once_in_a_cell"),
                CheckConstraint(
                    condition=Q(("stage__in", ("attention", "consideration", "decision", "service", "loyalty"))),
                    name="matrix_stage_is_known",
                ),
            ]
        },
    ),
    CreateModel(
        name="Digest",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("owner", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("name", models.CharField(max_length=60)),
            ("metrics", models.JSONField()),
            ("weekday", models.PositiveSmallIntegerField(null=True)),
            ("hour", models.PositiveSmallIntegerField(default=8)),
            ("zone", models.CharField(max_length=60)),
            ("language", models.CharField(max_length=8)),
            ("is_on", models.BooleanField(default=True)),
            ("since", models.DateTimeField(db_default=Now())),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("recipients", models.ManyToManyField(blank=True, related_name="+", to="hub.membership")),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "name"), name="digest_name_is_unique_in_workspace"),
                CheckConstraint(
                    condition=Q(("hour__lt", 24), Q(("weekday", None), ("weekday__lt", 7), _connector="OR")),
                    name="digest_is_due_at_an_hour_of_the_week",
                ),
            ]
        },
    ),
    CreateModel(
        name="DigestLetter",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("digest", ForeignKey(db_index=False, on_delete=CASCADE, related_name="letters", to="metrics.digest")),
            ("member", ForeignKey(on_delete=CASCADE, related_name="+", to="hub.membership")),
            ("due_at", models.DateTimeField()),
            ("tried_at", models.DateTimeField()),
            ("attempts", models.PositiveSmallIntegerField(default=1)),
            ("sent_at", models.DateTimeField(null=True)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("digest", "member", "due_at"), name="letter_of_a_period_goes_out_once")
            ]
        },
    ),
    CreateModel(
        name="Receipt",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("digest", models.CharField(max_length=64)),
            ("metric", models.CharField(max_length=60)),
            ("version", models.PositiveIntegerField()),
            ("parameters", models.JSONField()),
            ("mark", models.BigIntegerField()),
            ("as_of", models.DateTimeField()),
            ("answer", models.JSONField()),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={"constraints": [UniqueConstraint(fields=("workspace", "digest"), name="same_answer_has_one_receipt")]},
    ),
    CreateModel(
        name="Cell",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("measure", models.CharField(max_length=16)),
            ("dimension", models.CharField(max_length=7)),
            ("value", models.CharField(max_length=254)),
            ("span", models.CharField(max_length=5)),
            ("day", models.DateField()),
            ("n", models.BigIntegerField()),
            ("total", models.BigIntegerField()),
            ("hours", ArrayField(base_field=models.BigIntegerField())),
            ("histogram", models.BinaryField()),
            ("members", models.BinaryField(default=b"")),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "measure", "dimension", "span", "day", "value"), name="cell_is_kept_once"
                ),
                CheckConstraint(condition=Q(("dimension__in", ["channel", "agent"])), name="cell_dimension_is_known"),
                CheckConstraint(condition=Q(("span__in", ["day", "month"])), name="cell_span_is_known"),
                CheckConstraint(condition=Q(("n__gt", 0)), name="cell_is_not_empty"),
            ]
        },
    ),
    CreateModel(
        name="ExchangeRate",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("currency", models.CharField(max_length=3)),
            ("day", models.DateField()),
            ("rate", models.DecimalField(decimal_places=8, max_digits=18)),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "currency", "day"), name="one_rate_per_currency_and_day"),
                CheckConstraint(condition=Q(("rate__gt", 0)), name="exchange_rate_is_positive"),
            ]
        },
    ),
    CreateModel(
        name="StalePerson",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            (
                "workspace",
                ForeignKey(
                    db_constraint=False, db_index=False, on_delete=DO_NOTHING, related_name="+", to="hub.workspace"
                ),
            ),
            ("customer_id", models.UUIDField()),
        ],
        options={"indexes": [Index(fields=["workspace", "id"], name="stale_person_of_workspace")]},
    ),
    CreateModel(
        name="OrderFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("source", models.CharField(max_length=40)),
            ("number", models.CharField(max_length=255)),
            ("channel_kind", models.CharField(max_length=20)),
            ("store", models.CharField(max_length=120)),
            ("pickup", models.BooleanField()),
            ("coupon", models.CharField(max_length=120)),
            ("placed_at", models.DateTimeField(null=True)),
            ("paid_at", models.DateTimeField(null=True)),
            ("cancelled_at", models.DateTimeField(null=True)),
            ("ready_at", models.DateTimeField(null=True)),
            ("picked_up_at", models.DateTimeField(null=True)),
            ("shipped_at", models.DateTimeField(null=True)),
            ("first_delivered_at", models.DateTimeField(null=True)),
            ("delivered_at", models.DateTimeField(null=True)),
            ("promised_at", models.DateTimeField(null=True)),
            ("currency", models.CharField(max_length=3)),
            ("gross", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("refunded", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("net", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("excluded", models.CharField(max_length=11)),
            ("position", models.PositiveIntegerField(null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="order_of_person"),
                Index(fields=["workspace", "paid_at", "id"], name="order_by_payment"),
                Index(
                    condition=Q(("promised_at", None), _negated=True),
                    fields=["workspace", "promised_at"],
                    name="order_by_promise",
                ),
            ]
        },
    ),
    CreateModel(
        name="MovementFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("order_id", models.BigIntegerField()),
            ("at", models.DateTimeField()),
            ("kind", models.CharField(max_length=8)),
            ("channel_kind", models.CharField(max_length=20)),
            ("store", models.CharField(max_length=120)),
            ("coupon", models.CharField(max_length=120)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("net", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("excluded", models.CharField(max_length=11)),
            ("position", models.PositiveIntegerField(null=True)),
            ("first_at", models.DateTimeField(null=True)),
            ("goods", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="movement_of_person"),
                Index(fields=["workspace", "at", "id"], name="movement_by_instant"),
                Index(fields=["workspace", "first_at"], name="movement_by_first_sale"),
            ]
        },
    ),
    CreateModel(
        name="CartFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("source", models.CharField(max_length=40)),
            ("number", models.CharField(max_length=255)),
            ("channel_kind", models.CharField(max_length=20)),
            ("started_at", models.DateTimeField()),
            ("last_at", models.DateTimeField()),
            ("idle_at", models.DateTimeField(null=True)),
            ("paid_at", models.DateTimeField(null=True)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="cart_of_person"),
                Index(fields=["workspace", "last_at", "id"], name="cart_by_last_activity"),
            ]
        },
    ),
    CreateModel(
        name="LinkFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("source", models.CharField(max_length=40)),
            ("number", models.CharField(max_length=255)),
            ("channel_kind", models.CharField(max_length=20)),
            ("sent_at", models.DateTimeField()),
            ("opened_at", models.DateTimeField(null=True)),
            ("paid_at", models.DateTimeField(null=True)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="link_of_person"),
                Index(fields=["workspace", "sent_at", "id"], name="link_by_sending"),
            ]
        },
    ),
    CreateModel(
        name="OpportunityFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("source", models.CharField(max_length=40)),
            ("number", models.CharField(max_length=255)),
            ("channel_kind", models.CharField(max_length=20)),
            ("owner", models.CharField(max_length=254)),
            ("opened_at", models.DateTimeField()),
            ("closed_at", models.DateTimeField(null=True)),
            ("outcome", models.CharField(max_length=4)),
            ("stage", models.CharField(max_length=80)),
            ("reason", models.CharField(max_length=200)),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
            ("elapsed", models.BigIntegerField(null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="opportunity_of_person"),
                Index(fields=["workspace", "opened_at", "id"], name="opportunity_by_opening"),
                Index(fields=["workspace", "closed_at", "id"], name="opportunity_by_close"),
            ]
        },
    ),
    CreateModel(
        name="StageFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("opportunity_id", models.BigIntegerField()),
            ("stage", models.CharField(max_length=80)),
            ("channel_kind", models.CharField(max_length=20)),
            ("owner", models.CharField(max_length=254)),
            ("entered_at", models.DateTimeField()),
            ("left_at", models.DateTimeField(null=True)),
            ("outcome", models.CharField(max_length=8)),
            ("elapsed", models.BigIntegerField(null=True)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="stage_of_person"),
                Index(fields=["workspace", "left_at", "id"], name="stage_by_leaving"),
                Index(condition=Q(("left_at", None)), fields=["workspace", "entered_at"], name="stage_still_open"),
            ]
        },
    ),
    CreateModel(
        name="BenefitFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("benefit", models.CharField(max_length=120)),
            ("channel_kind", models.CharField(max_length=20)),
            ("exposed_at", models.DateTimeField()),
            ("used_at", models.DateTimeField(null=True)),
            ("used_channel_kind", models.CharField(max_length=20)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="benefit_of_person"),
                Index(fields=["workspace", "exposed_at", "id"], name="benefit_by_exposure"),
            ]
        },
    ),
    CreateModel(
        name="SurveyFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("conversation_id", models.UUIDField(null=True)),
            ("survey", models.CharField(max_length=4)),
            ("touchpoint", models.CharField(max_length=40)),
            ("channel_kind", models.CharField(max_length=20)),
            ("agent", models.CharField(max_length=254)),
            ("sent_at", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("score", models.PositiveSmallIntegerField(null=True)),
            ("counts", models.BooleanField()),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="survey_of_person"),
                Index(fields=["workspace", "answered_at", "id"], name="survey_by_answer"),
                Index(condition=Q(("answered_at", None)), fields=["workspace", "sent_at"], name="survey_silent"),
                Index(condition=Q(("counts", False)), fields=["workspace", "answered_at"], name="survey_replaced"),
            ]
        },
    ),
    CreateModel(
        name="TouchFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("kind", models.CharField(max_length=40)),
            ("channel_kind", models.CharField(max_length=20)),
            ("at", models.DateTimeField()),
            ("store", models.CharField(max_length=120)),
            ("campaign", models.CharField(max_length=120)),
        ],
        options={
            "indexes": [
                Index(fields=["customer_id"], name="touch_of_person"),
                Index(fields=["workspace", "at", "id"], name="touch_by_instant"),
            ]
        },
    ),
    CreateModel(
        name="CostFact",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("customer_id", models.UUIDField(null=True)),
            ("kind", models.CharField(max_length=20)),
            ("channel_kind", models.CharField(max_length=20)),
            ("first_day", models.DateField()),
            ("end_day", models.DateField()),
            ("amount", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
        ],
        options={
            "indexes": [Index(fields=["workspace", "first_day", "id"], name="cost_by_day")],
            "constraints": [CheckConstraint(condition=Q(("end_day__gt", F("first_day"))), name="cost_covers_a_day")],
        },
    ),
    CreateModel(
        name="SavedDashboard",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("owner", ForeignKey(on_delete=CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("is_shared", models.BooleanField(default=False)),
            ("name", models.CharField(max_length=60)),
            ("page", models.CharField(max_length=400)),
            ("words", models.CharField(blank=True, max_length=2000)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "owner", "name"), name="dashboard_name_is_unique_for_its_owner")
            ]
        },
    ),
    CreateModel(
        name="WaitFact",
        fields=[
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation_id", models.UUIDField()),
            ("customer_id", models.UUIDField()),
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("position", models.PositiveIntegerField()),
            ("channel_kind", models.CharField(max_length=20)),
            ("opening_message_id", models.UUIDField(null=True)),
            ("closing_message_id", models.UUIDField(null=True)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("outcome", models.CharField(max_length=10)),
            ("elapsed", models.BigIntegerField(null=True)),
            ("business", models.BigIntegerField(null=True)),
            ("agent", models.CharField(max_length=254)),
            ("team", models.CharField(max_length=80)),
        ],
        options={
            "indexes": [
                Index(fields=["conversation_id"], name="wait_of_conversation"),
                Index(fields=["workspace", "ended_at", "id"], name="wait_by_end"),
                Index(condition=Q(("outcome", "unanswered")), fields=["workspace", "ended_at"], name="wait_unanswered"),
                Index(condition=Q(("outcome", "open")), fields=["workspace", "started_at"], name="wait_still_open"),
            ],
            "constraints": [
                CheckConstraint(
                    condition=Q(("outcome__in", ["answered", "unanswered", "open"])), name="wait_outcome_is_known"
                ),
                CheckConstraint(
                    condition=Q(
                        Q(("elapsed", None), ("ended_at", None), ("outcome", "open")),
                        Q(Q(("outcome", "open"), _negated=True), ("elapsed__gte", 0), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="ended_wait_has_end_and_length",
                ),
            ],
        },
    ),
    CreateModel(
        name="ConversationFact",
        fields=[
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation_id", models.UUIDField()),
            ("customer_id", models.UUIDField()),
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("opened_at", models.DateTimeField()),
            ("opened_by_customer", models.BooleanField()),
            ("channel_kind", models.CharField(max_length=20)),
            ("closing_channel_kind", models.CharField(max_length=20)),
            ("crossed", models.BooleanField()),
            ("team", models.CharField(max_length=80)),
            ("response", models.CharField(max_length=10)),
            ("response_from", models.CharField(max_length=7)),
            ("response_started_at", models.DateTimeField(null=True)),
            ("responded_at", models.DateTimeField(null=True)),
            ("response_elapsed", models.BigIntegerField(null=True)),
            ("response_business", models.BigIntegerField(null=True)),
            ("any_elapsed", models.BigIntegerField(null=True)),
            ("from_inbound_elapsed", models.BigIntegerField(null=True)),
            ("from_handoff_elapsed", models.BigIntegerField(null=True)),
            ("response_agent", models.CharField(max_length=254)),
            ("response_team", models.CharField(max_length=80)),
            ("opening_message_id", models.UUIDField(null=True)),
            ("response_message_id", models.UUIDField(null=True)),
            ("first_resolved_at", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            ("resolved_by", models.CharField(max_length=12)),
            ("resolver", models.CharField(max_length=254)),
            ("first_resolution_elapsed", models.BigIntegerField(null=True)),
            ("resolution_elapsed", models.BigIntegerField(null=True)),
            ("resolution_business", models.BigIntegerField(null=True)),
            ("active_elapsed", models.BigIntegerField(null=True)),
            ("answered", models.BooleanField()),
            ("reopened_count", models.PositiveIntegerField()),
        ],
        options={
            "indexes": [
                Index(fields=["workspace", "opened_at", "id"], name="fact_by_opening"),
                Index(fields=["workspace", "responded_at", "id"], name="fact_by_response"),
                Index(fields=["workspace", "resolved_at", "id"], name="fact_by_resolution"),
                Index(
                    condition=Q(("response", "unanswered")),
                    fields=["workspace", "responded_at"],
                    name="response_unanswered",
                ),
                Index(
                    condition=Q(("answered", False), ("resolved_by", "rule")),
                    fields=["workspace", "resolved_at"],
                    name="resolved_by_inactivity",
                ),
                Index(condition=Q(("resolved_at", None)), fields=["workspace", "opened_at"], name="fact_not_resolved"),
                Index(
                    condition=Q(("response", "open")),
                    fields=["workspace", "response_started_at"],
                    name="response_still_open",
                ),
            ],
            "constraints": [
                UniqueConstraint(fields=("workspace", "conversation_id"), name="one_fact_per_conversation"),
                CheckConstraint(
                    condition=Q(("response__in", ["answered", "unanswered", "open", "none"])),
                    name="response_outcome_is_known",
                ),
                CheckConstraint(
                    condition=Q(
                        Q(("response", "answered"), _negated=True),
                        Q(("responded_at__isnull", False), ("response_elapsed__gte", 0)),
                        _connector="OR",
                    ),
                    name="answered_conversation_has_response_length",
                ),
            ],
        },
    ),
    CreateModel(
        name="VolumeFact",
        fields=[
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation_id", models.UUIDField()),
            ("customer_id", models.UUIDField()),
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("channel_kind", models.CharField(max_length=20)),
            ("day", models.DateField()),
            ("inbound", ArrayField(base_field=models.DateTimeField())),
            ("outbound", ArrayField(base_field=models.DateTimeField())),
        ],
        options={
            "indexes": [Index(fields=["workspace", "day"], name="volume_by_day")],
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "conversation_id", "channel_kind", "day"),
                    name="one_volume_per_conversation_and_day",
                )
            ],
        },
    ),
    CreateModel(
        name="StayFact",
        fields=[
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("conversation_id", models.UUIDField()),
            ("customer_id", models.UUIDField()),
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=5)),
            ("channel_kind", models.CharField(max_length=20)),
            ("agent", models.CharField(max_length=254)),
            ("team", models.CharField(max_length=80)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("outcome", models.CharField(max_length=9)),
            ("elapsed", models.BigIntegerField(null=True)),
            ("business", models.BigIntegerField(null=True)),
            ("off_hours", models.BooleanField()),
        ],
        options={
            "indexes": [
                Index(fields=["conversation_id"], name="stay_of_conversation"),
                Index(fields=["workspace", "kind", "ended_at", "id"], name="stay_by_end"),
                Index(condition=Q(("ended_at", None)), fields=["workspace", "kind", "started_at"], name="stay_lasting"),
            ],
            "constraints": [
                CheckConstraint(condition=Q(("kind__in", ["queue", "held", "focus"])), name="stay_kind_is_known"),
                CheckConstraint(
                    condition=Q(
                        Q(("elapsed", None), ("ended_at", None), ("outcome", "open")),
                        Q(Q(("outcome", "open"), _negated=True), ("elapsed__gte", 0), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="ended_stay_has_end_and_length",
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    """Lay the tables, with their constraints and indexes."""

    initial = True
    replaces = [
        ("metrics", "0005_sales"),
        ("metrics", "0008_saved_dashboards"),
        ("metrics", "0009_plans"),
        ("metrics", "0012_cells_of_months"),
    ]
    dependencies = [("hub", "0001_initial")]
    operations = [CreateModels(MODELS)]
