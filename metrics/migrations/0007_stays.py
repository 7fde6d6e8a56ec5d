"""Where conversations were for a while; once for all that were derived without it, and the way to who was present."""

import django.db.models.deletion
from django.db import migrations, models


CREATE = """
-- query: when agents were present
CREATE INDEX event_of_presence ON conversations_historyevent (workspace_id, occurred_at) WHERE type = 'presence.changed';
INSERT INTO metrics_stale (workspace_id, conversation_id) SELECT workspace_id, conversation_id FROM metrics_conversationfact;
"""
DROP = "DROP INDEX event_of_presence"


class Migration(migrations.Migration):
    """Keep the stays, and have every conversation derived again."""

    dependencies = [
        ('hub', '0003_place_to_work'),
        ('metrics', '0006_stale_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='StayFact',
            fields=[
                ('conversation_id', models.UUIDField()),
                ('customer_id', models.UUIDField()),
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=5)),
                ('channel_kind', models.CharField(max_length=20)),
                ('agent', models.CharField(max_length=254)),
                ('team', models.CharField(max_length=80)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(max_length=9)),
                ('elapsed', models.BigIntegerField(null=True)),
                ('business', models.BigIntegerField(null=True)),
                ('off_hours', models.BooleanField()),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['conversation_id'], name='stay_of_conversation'), models.Index(fields=['workspace', 'kind', 'ended_at', 'id'], name='stay_by_end'), models.Index(condition=models.Q(('ended_at', None)), fields=['workspace', 'kind', 'started_at'], name='stay_lasting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['queue', 'held', 'focus'])), name='stay_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('elapsed', None), ('ended_at', None), ('outcome', 'open')), models.Q(models.Q(('outcome', 'open'), _negated=True), ('elapsed__gte', 0), ('ended_at__isnull', False)), _connector='OR'), name='ended_stay_has_end_and_length')],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
