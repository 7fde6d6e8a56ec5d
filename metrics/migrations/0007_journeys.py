"""What led to sales, as facts; whoever has bought is derived again, so that theirs come to be."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

BUYERS = """
INSERT INTO metrics_staleperson (workspace_id, customer_id)
SELECT DISTINCT workspace_id, customer_id FROM metrics_orderfact WHERE position IS NOT NULL
"""


class Migration(migrations.Migration):
    """Make the table; remember the buyers."""

    dependencies = [("metrics", "0006_rates_at_once"), ("hub", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="JourneyFact",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("customer_id", models.UUIDField(null=True)),
                ("touches", models.PositiveIntegerField()),
                ("last", models.PositiveSmallIntegerField()),
                ("sought", models.PositiveSmallIntegerField()),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None),
                ),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
                ),
                ("fresh", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.workspace",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["customer_id"], name="journey_of_person")],
            },
        ),
        migrations.RunSQL(BUYERS, migrations.RunSQL.noop),
    ]
