"""Bulk pulls. They were an app of their own, whose migrations these are; its tables keep their names."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [('pulls', '0001_initial')]

    dependencies = [
        ('credentials', '0004_last_call'),
        ('jobs', '0005_sleep'),
        ('organizations', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pull',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('connection_name', models.CharField(max_length=100)),
                ('vendor', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('window', models.JSONField(default=dict)),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('duplicate_count', models.IntegerField(default=0)),
                ('malformed_count', models.IntegerField(default=0)),
                ('malformed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('most_cost', models.IntegerField(default=0)),
                ('cost', models.IntegerField(default=0)),
                ('asked_at', models.DateTimeField(null=True)),
                ('ask_count', models.SmallIntegerField(default=0)),
                ('listed_before', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), null=True, size=None)),
                ('hook_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('vendor_id', models.CharField(blank=True, max_length=100)),
                ('vendor_state', models.CharField(blank=True, choices=[('queued', 'Queued'), ('running', 'Running'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('failed', 'Failed'), ('gone', 'No longer known')], max_length=9)),
                ('made_at', models.DateTimeField(null=True)),
                ('is_begun', models.BooleanField(default=False)),
                ('processed', models.IntegerField(null=True)),
                ('fragment_count', models.IntegerField(null=True)),
                ('former_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list, size=None)),
                ('troubled_since', models.DateTimeField(null=True)),
                ('trouble', models.CharField(blank=True, max_length=300)),
                ('row_count', models.IntegerField(null=True)),
                ('added', models.IntegerField(default=0)),
                ('changed', models.IntegerField(default=0)),
                ('unchanged', models.IntegerField(default=0)),
                ('refused', models.IntegerField(default=0)),
                ('request_key', models.UUIDField(null=True)),
                ('created_by_name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='credentials.connection')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pull', to='jobs.job')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pulls', to='organizations.organization')),
                ('origin', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trials', to='sourcing.pull')),
            ],
            options={'db_table': 'pulls_pull'},
        ),
        migrations.CreateModel(
            name='PullFragment',
            fields=[
                ('pk', models.CompositePrimaryKey('pull_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('row_count', models.IntegerField()),
                ('imported_count', models.IntegerField(default=0)),
                ('body', models.BinaryField(null=True)),
                ('brought_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('pull', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='fragments', to='sourcing.pull')),
            ],
            options={'db_table': 'pulls_pullfragment'},
        ),
        migrations.CreateModel(
            name='PullReject',
            fields=[
                ('pk', models.CompositePrimaryKey('pull_id', 'fragment', 'line', blank=True, editable=False, primary_key=True, serialize=False)),
                ('fragment', models.IntegerField()),
                ('line', models.IntegerField()),
                ('vendor_id', models.CharField(blank=True, max_length=100)),
                ('reason', models.CharField(max_length=500)),
                ('row', models.TextField()),
                ('pull', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rejects', to='sourcing.pull')),
            ],
            options={'db_table': 'pulls_pullreject'},
        ),
        migrations.AddIndex(
            model_name='pull',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='pull_newest'),
        ),
        migrations.AddIndex(
            model_name='pull',
            index=models.Index(condition=models.Q(('asked_at__isnull', False), ('vendor_id', '')), fields=['connection'], name='pull_asking'),
        ),
        migrations.AddConstraint(
            model_name='pull',
            constraint=models.UniqueConstraint(fields=('organization', 'request_key'), name='pull_request_unique'),
        ),
        migrations.AddConstraint(
            model_name='pull',
            constraint=models.UniqueConstraint(condition=models.Q(('vendor_id', ''), _negated=True), fields=('vendor', 'vendor_id'), name='pull_vendor_job'),
        ),
        migrations.AddConstraint(
            model_name='pull',
            constraint=models.CheckConstraint(condition=models.Q(('vendor_id', ''), models.Q(('asked_at__isnull', False), ('made_at__isnull', False), models.Q(('vendor_state', ''), _negated=True)), _connector='OR'), name='pull_made_is_known'),
        ),
        migrations.AddConstraint(
            model_name='pull',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('cost__lte', models.F('most_cost'))), name='pull_cost_within_cap'),
        ),
        migrations.AddConstraint(
            model_name='pullfragment',
            constraint=models.CheckConstraint(condition=models.Q(('imported_count__gte', 0), ('imported_count__lte', models.F('row_count'))), name='pull_fragment_within_rows'),
        ),
        migrations.AddConstraint(
            model_name='pullfragment',
            constraint=models.CheckConstraint(condition=models.Q(('body__isnull', False), ('imported_count', models.F('row_count')), _connector='OR'), name='pull_fragment_kept'),
        ),
    ]
