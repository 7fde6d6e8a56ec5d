"""Ways of the figures to the few events of history that they seek, and how cells keep who it was."""

from django.db import migrations

INDEXES = """
-- derive: what belongs to nobody
CREATE INDEX event_of_nobody ON conversations_historyevent (workspace_id)
  WHERE customer_id IS NULL AND type = 'cost.recorded';
-- query: when agents were present
CREATE INDEX event_of_presence ON conversations_historyevent (workspace_id, occurred_at)
  WHERE type = 'presence.changed';
"""
BARE = "ALTER TABLE metrics_cell ALTER COLUMN members SET STORAGE EXTERNAL"  # ids do not compress: do not try


class Migration(migrations.Migration):
    """Make the indexes; tell the column."""

    replaces = [("metrics", "0007_stays"), ("metrics", "0010_answers_in_cells")]
    dependencies = [("metrics", "0003_stale_people")]
    operations = [
        migrations.RunSQL(INDEXES, "DROP INDEX event_of_nobody; DROP INDEX event_of_presence"),
        migrations.RunSQL(BARE, migrations.RunSQL.noop),
    ]
