"""Keep what goods cost; have conversations that the house began, and orders, derived again: what nobody answered is no conversation."""

from django.db import migrations, models

ANEW = """
INSERT INTO metrics_stale (workspace_id, conversation_id)
SELECT workspace_id, conversation_id FROM metrics_conversationfact WHERE NOT opened_by_customer OR crossed;
INSERT INTO metrics_staleperson (workspace_id, customer_id)
SELECT DISTINCT workspace_id, customer_id FROM metrics_movementfact WHERE customer_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    """Add the column; derive does the rest."""

    dependencies = [("metrics", "0010_answers_in_cells")]
    operations = [
        migrations.AddField("movementfact", "goods", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
