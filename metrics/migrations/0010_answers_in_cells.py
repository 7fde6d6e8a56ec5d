"""Keep answers to surveys in cells, and let every workspace's cells be counted anew once: those there are know none."""

from django.db import migrations, models

ANEW = (
    "UPDATE metrics_mark SET timezone = 'Etc/GMT+12'"  # nobody lives there: derive sees another zone, and counts again
)


class Migration(migrations.Migration):
    """Index the answers that count no more; ask for a recount."""

    dependencies = [("metrics", "0009_plans")]
    operations = [
        migrations.AddIndex(
            "surveyfact",
            models.Index(fields=["workspace", "answered_at"], condition=models.Q(counts=False), name="survey_replaced"),
        ),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
