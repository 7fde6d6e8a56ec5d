"""Goals, the matrix of stages and channels, and letters with figures."""

import django.db.models.deletion
import django.db.models.functions.datetime
import hub.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep what people want of the figures."""

    dependencies = [
        ('hub', '0003_place_to_work'),
        ('metrics', '0008_saved_dashboards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('metrics', models.JSONField()),
                ('weekday', models.PositiveSmallIntegerField(null=True)),
                ('hour', models.PositiveSmallIntegerField(default=8)),
                ('zone', models.CharField(max_length=60)),
                ('language', models.CharField(max_length=8)),
                ('is_on', models.BooleanField(default=True)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recipients', models.ManyToManyField(blank=True, related_name='+', to='hub.membership')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='DigestLetter',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('tried_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=1)),
                ('sent_at', models.DateTimeField(null=True)),
                ('digest', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='metrics.digest')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.membership')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('metric', models.CharField(max_length=60)),
                ('version', models.PositiveSmallIntegerField()),
                ('filters', models.JSONField(blank=True, default=dict)),
                ('clock', models.CharField(default='elapsed', max_length=10)),
                ('target', models.FloatField()),
                ('direction', models.CharField(max_length=8)),
                ('baseline', models.FloatField(null=True)),
                ('start', models.DateField()),
                ('deadline', models.DateField()),
                ('reason', models.CharField(max_length=300)),
                ('changes', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='StageModel',
            fields=[
                ('id', models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='MatrixCell',
            fields=[
                ('id', models.UUIDField(default=hub.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('stage', models.CharField(max_length=14)),
                ('channel', models.CharField(blank=True, default='', max_length=20)),
                ('metric', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='hub.workspace')),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='metrics.stagemodel')),
            ],
        ),
        migrations.AddConstraint(
            model_name='digest',
            constraint=models.UniqueConstraint(fields=('workspace', 'name'), name='digest_name_is_unique_in_workspace'),
        ),
        migrations.AddConstraint(
            model_name='digest',
            constraint=models.CheckConstraint(condition=models.Q(('hour__lt', 24), models.Q(('weekday', None), ('weekday__lt', 7), _connector='OR')), name='digest_is_due_at_an_hour_of_the_week'),
        ),
        migrations.AddConstraint(
            model_name='digestletter',
            constraint=models.UniqueConstraint(fields=('digest', 'member', 'due_at'), name='letter_of_a_period_goes_out_once'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('deadline__gte', models.F('start'))), name='goal_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['at_least', 'at_most'])), name='goal_direction_is_known'),
        ),
        migrations.AddConstraint(
            model_name='stagemodel',
            constraint=models.UniqueConstraint(fields=('workspace',), name='workspace_has_one_stage_model'),
        ),
        migrations.AddConstraint(
            model_name='matrixcell',
            constraint=models.UniqueConstraint(fields=('model', 'stage', 'channel', 'metric'), name='figure_stands_once_in_a_cell'),
        ),
        migrations.AddConstraint(
            model_name='matrixcell',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ('attention', 'consideration', 'decision', 'service', 'loyalty'))), name='matrix_stage_is_known'),
        ),
    ]
