"""Keep cells of months beside those of days, and in those of days who it was; count every workspace's cells anew once."""

from django.db import migrations, models

ANEW = (
    "UPDATE metrics_mark SET timezone = 'Etc/GMT+12'"  # nobody lives there: derive sees another zone, and counts again
)
COLUMNS = ["workspace", "measure", "dimension", "span", "day", "value"]
BARE = "ALTER TABLE metrics_cell ALTER COLUMN members SET STORAGE EXTERNAL"  # ids do not compress: do not try


class Migration(migrations.Migration):
    """Tell days from months; ask for a recount."""

    dependencies = [("metrics", "0011_heard_conversations")]
    operations = [
        migrations.AddField("cell", "span", models.CharField(max_length=5, default="day"), preserve_default=False),
        migrations.AddField("cell", "members", models.BinaryField(default=b"")),
        migrations.RemoveConstraint("cell", "cell_is_kept_once"),
        migrations.AddConstraint("cell", models.UniqueConstraint(fields=COLUMNS, name="cell_is_kept_once")),
        migrations.AddConstraint(
            "cell",
            models.CheckConstraint(condition=models.Q(span__in=["day", "month"]), name="cell_span_is_known"),
        ),
        migrations.RunSQL(BARE, migrations.RunSQL.noop),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
