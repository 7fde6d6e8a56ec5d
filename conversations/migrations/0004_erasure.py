"""The register of who was erased, and the marks of what stands for nobody any more."""

import django.db.models.deletion
import django.db.models.functions
from django.conf import settings
from django.db import migrations, models

import hub.ids
import hub.secrets

REASONS = {
    "request": "The person asked for it",
    "consent": "The person withdrew their consent",
    "purpose": "The data is not needed any more",
    "unlawful": "The data should not have been kept",
}
KNOWN = models.Q(finished_at=None) | models.Q(sealed_traces=None)
UNFINISHED = models.Q(finished_at=None)


class Migration(migrations.Migration):
    """Add what erasing a person stands on; both marks are constants to every row there is, so no table is written anew."""

    dependencies = [
        ("conversations", "0003_words_of_workspaces"),
        ("hub", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("customer", "erased_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "erased", models.BooleanField(db_default=False, default=False)),
        migrations.CreateModel(
            "Erasure",
            [
                ("id", models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("reason", models.CharField(choices=list(REASONS.items()), max_length=8)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.Now())),
                ("sealed_traces", hub.secrets.SealedBox(null=True)),
                ("after", models.UUIDField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        "conversations.customer",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        "hub.workspace", db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["customer"], name="person_is_erased_once"),
                    models.CheckConstraint(condition=KNOWN, name="finished_erasure_keeps_no_traces"),
                ],
                "indexes": [
                    models.Index(fields=["workspace", "-at"], name="erasure_by_workspace"),
                    models.Index(condition=UNFINISHED, fields=["id"], name="erasure_unfinished"),
                ],
            },
        ),
    ]
