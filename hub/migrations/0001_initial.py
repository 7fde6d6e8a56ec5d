"""The tables of the house: workspaces, people and their programs, hours, the audit log.

It stands for the steps before the first release: a database that took all of them has what is here, one that took some
is refused and has to be made anew.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.migrations import CreateModel
from django.db.models import CASCADE, SET_NULL, CheckConstraint, ForeignKey, Index, Q, UniqueConstraint
from django.db.models.functions import Lower, Now

from hub.ids import new_id
from hub.tables import CreateModels

MODELS = [
    CreateModel(
        name="Workspace",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("slug", models.SlugField(max_length=60, unique=True)),
            ("name", models.CharField(max_length=120)),
            ("timezone", models.CharField(default="America/Sao_Paulo", max_length=60)),
            ("currency", models.CharField(default="BRL", max_length=3)),
            ("reopen_window", models.DurationField(default=timedelta(days=1))),
            ("settings", models.JSONField(blank=True, default=dict)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
    ),
    CreateModel(
        name="User",
        fields=[
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "is_superuser",
                models.BooleanField(
                    default=False,
                    help_text="Designates that this user has all permissions without explicitly assigning them.",
                    verbose_name="superuser status",
                ),
            ),
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
            ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
            ("language", models.CharField(blank=True, max_length=8)),
            ("theme", models.CharField(default="auto", max_length=5)),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
            (
                "groups",
                models.ManyToManyField(
                    blank=True,
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.group",
                    verbose_name="groups",
                ),
            ),
            (
                "user_permissions",
                models.ManyToManyField(
                    blank=True,
                    help_text="Specific permissions for this user.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.permission",
                    verbose_name="user permissions",
                ),
            ),
        ],
        options={
            "constraints": [
                UniqueConstraint(Lower("email"), name="email_belongs_to_one_person"),
                CheckConstraint(condition=Q(("theme__in", ["auto", "light", "dark"])), name="theme_is_known"),
            ]
        },
    ),
    CreateModel(
        name="AuditEntry",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="hub.workspace")),
            ("at", models.DateTimeField(db_default=Now())),
            ("user", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("actor_name", models.CharField(max_length=254)),
            ("action", models.CharField(max_length=60)),
            ("subject_kind", models.CharField(blank=True, max_length=40)),
            ("subject_id", models.CharField(blank=True, max_length=64)),
            ("subject_name", models.CharField(blank=True, max_length=160)),
            ("changes", models.JSONField(default=dict)),
        ],
        options={"indexes": [Index(fields=["workspace", "-id"], name="audit_by_workspace")]},
    ),
    CreateModel(
        name="Membership",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="memberships", to="hub.workspace")),
            ("user", ForeignKey(on_delete=CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL)),
            (
                "role",
                models.CharField(
                    choices=[("agent", "Agent"), ("supervisor", "Supervisor"), ("admin", "Administrator")],
                    max_length=10,
                ),
            ),
            (
                "presence",
                models.CharField(
                    choices=[
                        ("online", "Online"),
                        ("busy", "Busy"),
                        ("break", "On a break"),
                        ("away", "Away"),
                        ("offline", "Offline"),
                    ],
                    default="offline",
                    max_length=8,
                ),
            ),
            ("presence_reason", models.CharField(blank=True, default="", max_length=80)),
            ("presence_since", models.DateTimeField(null=True)),
            ("seen_at", models.DateTimeField(null=True)),
            ("assigned_at", models.DateTimeField(null=True)),
            ("capacity", models.PositiveSmallIntegerField(default=6)),
            ("skills", ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list)),
            ("languages", ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list)),
            ("settings", models.JSONField(blank=True, default=dict)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "user"), name="person_has_one_membership_per_workspace"),
                CheckConstraint(
                    condition=Q(("role__in", ["agent", "supervisor", "admin"])), name="membership_role_is_known"
                ),
                CheckConstraint(
                    condition=Q(("presence__in", ["online", "busy", "break", "away", "offline"])),
                    name="presence_is_known",
                ),
            ]
        },
    ),
    CreateModel(
        name="Team",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="teams", to="hub.workspace")),
            ("name", models.CharField(max_length=80)),
            ("routing", models.JSONField(blank=True, default=dict)),
            ("members", models.ManyToManyField(blank=True, related_name="teams", to="hub.membership")),
        ],
        options={
            "constraints": [UniqueConstraint(fields=("workspace", "name"), name="team_name_is_unique_in_workspace")]
        },
    ),
    CreateModel(
        name="MemberInvitation",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="member_invitations", to="hub.workspace")),
            ("email", models.EmailField(max_length=254)),
            (
                "role",
                models.CharField(
                    choices=[("agent", "Agent"), ("supervisor", "Supervisor"), ("admin", "Administrator")],
                    max_length=10,
                ),
            ),
            ("digest", models.CharField(max_length=64, unique=True)),
            ("invited_by", ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("expires_at", models.DateTimeField()),
            ("accepted_at", models.DateTimeField(null=True)),
            ("revoked_at", models.DateTimeField(null=True)),
            ("teams", models.ManyToManyField(blank=True, related_name="+", to="hub.team")),
        ],
        options={
            "constraints": [
                CheckConstraint(
                    condition=Q(("role__in", ["agent", "supervisor", "admin"])), name="invited_role_is_known"
                )
            ]
        },
    ),
    CreateModel(
        name="WorkingHours",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="working_hours", to="hub.workspace")),
            ("team", ForeignKey(null=True, on_delete=CASCADE, related_name="working_hours", to="hub.team")),
            ("since", models.DateTimeField(null=True)),
            ("zone", models.CharField(max_length=60)),
            ("periods", models.JSONField()),
            ("holidays", models.JSONField(default=list)),
            ("region", models.CharField(blank=True, default="", max_length=10)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(
                    fields=("workspace", "team", "since"), name="hours_have_one_version_at_a_time", nulls_distinct=False
                )
            ]
        },
    ),
    CreateModel(
        name="ApiToken",
        fields=[
            ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, related_name="tokens", to="hub.workspace")),
            ("name", models.CharField(max_length=120)),
            (
                "role",
                models.CharField(
                    choices=[("agent", "Agent"), ("supervisor", "Supervisor"), ("admin", "Administrator")],
                    max_length=10,
                ),
            ),
            ("digest", models.CharField(max_length=64, unique=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
            ("last_used_at", models.DateTimeField(null=True)),
            ("revoked_at", models.DateTimeField(null=True)),
        ],
        options={
            "constraints": [
                CheckConstraint(condition=Q(("role__in", ["agent", "supervisor", "admin"])), name="token_role_is_known")
            ]
        },
    ),
    CreateModel(
        name="IdempotencyKey",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("workspace", ForeignKey(on_delete=CASCADE, to="hub.workspace")),
            ("key", models.CharField(max_length=255)),
            ("caller", models.CharField(max_length=64)),
            ("request_digest", models.CharField(max_length=64)),
            ("status_code", models.PositiveSmallIntegerField(null=True)),
            ("answer", models.JSONField(null=True)),
            ("created_at", models.DateTimeField(db_default=Now())),
        ],
        options={
            "constraints": [
                UniqueConstraint(fields=("workspace", "caller", "key"), name="idempotency_key_is_answered_once")
            ]
        },
    ),
]


class Migration(migrations.Migration):
    """Lay the tables, with their constraints and indexes."""

    initial = True
    replaces = [("hub", "0002_working_hours"), ("hub", "0003_place_to_work")]
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [CreateModels(MODELS)]
