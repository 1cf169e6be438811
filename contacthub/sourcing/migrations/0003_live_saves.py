"""Rows saved from live searches come here from enrichment. Their tables exist, and stay as they are."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0008_normalizing'),
        ('enrichment', '0007_vendor_answer_by_contact'),
        ('jobs', '0008_webhooks_move'),
        ('organizations', '0004_row_policies'),
        ('sourcing', '0002_answered'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='LiveSave',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                        ('connection_key', models.UUIDField()),
                        ('connection_name', models.CharField(max_length=100)),
                        ('vendor', models.CharField(max_length=20)),
                        ('of_companies', models.BooleanField()),
                        ('asked', models.JSONField()),
                        ('words', models.CharField(blank=True, max_length=1000)),
                        ('state', models.CharField(choices=[('running', 'Running'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='running', max_length=9)),
                        ('row_limit', models.IntegerField()),
                        ('counted', models.IntegerField(null=True)),
                        ('seen_count', models.IntegerField(default=0)),
                        ('saved_count', models.IntegerField(default=0)),
                        ('refused_count', models.IntegerField(default=0)),
                        ('new_count', models.IntegerField(default=0)),
                        ('changed_count', models.IntegerField(default=0)),
                        ('is_limited', models.BooleanField(default=False)),
                        ('list_name', models.CharField(blank=True, max_length=200)),
                        ('created_by_name', models.CharField(max_length=200)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('request_key', models.CharField(max_length=200, null=True)),
                        ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='enrichment.enrichmentbatch')),
                        ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                        ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='live_save', to='jobs.job')),
                        ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='live_saves', to='organizations.organization')),
                    ],
                    options={
                        'db_table': 'enrichment_livesave',
                    },
                ),
                migrations.CreateModel(
                    name='LiveSaveRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('vendor_id', models.CharField(max_length=200)),
                        ('contact_key', models.BigIntegerField(null=True)),
                        ('company', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='live_rows', to='contacts.company')),
                        ('save_of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='sourcing.livesave')),
                    ],
                    options={
                        'db_table': 'enrichment_livesaverow',
                    },
                ),
                migrations.AddIndex(
                    model_name='livesave',
                    index=models.Index(fields=['organization', '-created_at', '-id'], name='live_save_newest'),
                ),
                migrations.AddConstraint(
                    model_name='livesave',
                    constraint=models.UniqueConstraint(fields=('organization', 'request_key'), name='live_save_request_unique'),
                ),
                migrations.AddConstraint(
                    model_name='livesave',
                    constraint=models.CheckConstraint(condition=models.Q(('row_limit__range', (1, 10000)), ('seen_count__lte', models.F('row_limit'))), name='live_save_within_limit'),
                ),
                migrations.AddConstraint(
                    model_name='livesave',
                    constraint=models.CheckConstraint(condition=models.Q(('seen_count', django.db.models.expressions.CombinedExpression(models.F('saved_count'), '+', models.F('refused_count')))), name='live_save_counts'),
                ),
                migrations.AddConstraint(
                    model_name='livesaverow',
                    constraint=models.UniqueConstraint(fields=('save_of', 'vendor_id'), name='live_save_row_once'),
                ),
            ],
        ),
    ]
