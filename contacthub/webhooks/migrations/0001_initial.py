"""The models of webhooks come here from the app of jobs. Their tables exist, and stay as they are."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0007_texts_cut'),
        ('organizations', '0004_row_policies'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='WebhookDelivery',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                        ('event', models.CharField(max_length=60)),
                        ('subject', models.CharField(blank=True, max_length=100)),
                        ('url', models.CharField(max_length=2048)),
                        ('host', models.CharField(max_length=300)),
                        ('content', models.BinaryField()),
                        ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='waiting', max_length=9)),
                        ('tries', models.IntegerField(default=0)),
                        ('token', models.IntegerField(default=0)),
                        ('lease_until', models.DateTimeField(null=True)),
                        ('next_attempt_at', models.DateTimeField()),
                        ('attempts', models.IntegerField(default=0)),
                        ('last_status', models.SmallIntegerField(null=True)),
                        ('last_error', models.CharField(blank=True, max_length=300)),
                        ('last_ms', models.IntegerField(null=True)),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('finished_at', models.DateTimeField(null=True)),
                        ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhook_deliveries', to='organizations.organization')),
                    ],
                    options={
                        'db_table': 'jobs_webhookdelivery',
                    },
                ),
                migrations.CreateModel(
                    name='WebhookAttempt',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.IntegerField()),
                        ('sent_at', models.DateTimeField()),
                        ('duration_ms', models.IntegerField()),
                        ('headers', models.JSONField()),
                        ('status', models.SmallIntegerField(null=True)),
                        ('error', models.CharField(blank=True, max_length=300)),
                        ('answer', models.TextField(blank=True)),
                        ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='history', to='webhooks.webhookdelivery')),
                    ],
                    options={
                        'db_table': 'jobs_webhookattempt',
                    },
                ),
                migrations.CreateModel(
                    name='WebhookSecret',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('sealed', models.BinaryField()),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ('ends_at', models.DateTimeField(null=True)),
                        ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhook_secrets', to='organizations.organization')),
                    ],
                    options={
                        'db_table': 'jobs_webhooksecret',
                    },
                ),
                migrations.AddIndex(
                    model_name='webhookdelivery',
                    index=models.Index(fields=['organization', '-created_at', '-id'], name='webhook_newest'),
                ),
                migrations.AddIndex(
                    model_name='webhookdelivery',
                    index=models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['next_attempt_at'], name='webhook_unfinished'),
                ),
                migrations.AddIndex(
                    model_name='webhookdelivery',
                    index=models.Index(fields=['finished_at'], name='webhook_finished'),
                ),
                migrations.AddConstraint(
                    model_name='webhookdelivery',
                    constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'delivered', 'failed'])), name='webhook_state_known'),
                ),
                migrations.AddConstraint(
                    model_name='webhookdelivery',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until', None)), _connector='OR'), name='webhook_lease_means_sending'),
                ),
                migrations.AddConstraint(
                    model_name='webhookdelivery',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ['delivered', 'failed'])), models.Q(('finished_at', None), ('state__in', ['waiting', 'sending'])), _connector='OR'), name='webhook_finished_means_final'),
                ),
                migrations.AddConstraint(
                    model_name='webhookattempt',
                    constraint=models.UniqueConstraint(fields=('delivery', 'number'), name='webhook_attempt_unique'),
                ),
                migrations.AddConstraint(
                    model_name='webhooksecret',
                    constraint=models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('organization',), name='webhook_secret_current'),
                ),
            ],
        ),
    ]
