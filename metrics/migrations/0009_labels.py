"""Labels of conversations as facts; what history tells labels of is derived again, so that theirs come to be."""

import django.db.models.deletion
from django.db import migrations, models

FACTS = ("wait", "conversation", "volume", "stay")
FORGET = """
CREATE OR REPLACE FUNCTION metrics_forget_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {}
    RETURN NULL;
END $$;
"""
LABELED = """
INSERT INTO metrics_stale (workspace_id, conversation_id)
SELECT DISTINCT workspace_id, conversation_id FROM conversations_historyevent
WHERE type = 'conversation.labeled' AND conversation_id IS NOT NULL
"""


def forgetting(facts: tuple[str, ...]) -> str:
    """Return what lets a workspace that goes take these facts along."""
    return FORGET.format(" ".join(f"DELETE FROM metrics_{name}fact WHERE workspace_id = OLD.id;" for name in facts))  # noqa: S608


class Migration(migrations.Migration):
    """Make the table; remember the conversations that were labeled."""

    dependencies = [("metrics", "0008_smaller_cells"), ("conversations", "0001_initial"), ("hub", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="LabelFact",
            fields=[
                ("conversation_id", models.UUIDField()),
                ("customer_id", models.UUIDField()),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("label", models.TextField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hub.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "label", "conversation_id"], name="labeled_with")],
                "constraints": [
                    models.UniqueConstraint(fields=("conversation_id", "label"), name="one_label_once"),
                ],
            },
        ),
        migrations.RunSQL(forgetting((*FACTS, "label")), forgetting(FACTS)),
        migrations.RunSQL(LABELED, migrations.RunSQL.noop),
    ]
