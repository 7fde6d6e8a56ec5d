"""Dashboards somebody kept."""

import django.db.models.deletion
import django.db.models.functions.datetime
import hub.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep dashboards under a name."""

    dependencies = [
        ('hub', '0003_place_to_work'),
        ('metrics', '0007_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedDashboard',
            fields=[
                ('id', models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('is_shared', models.BooleanField(default=False)),
                ('name', models.CharField(max_length=60)),
                ('page', models.CharField(max_length=400)),
                ('words', models.CharField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace', 'owner', 'name'), name='dashboard_name_is_unique_for_its_owner')],
            },
        ),
    ]
