"""The models of webhooks go to an app of their own, which has their tables from now on."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0001_initial'),
        ('jobs', '0007_texts_cut'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(
                    model_name='webhookdelivery',
                    name='organization',
                ),
                migrations.RemoveField(
                    model_name='webhooksecret',
                    name='organization',
                ),
                migrations.DeleteModel(
                    name='WebhookAttempt',
                ),
                migrations.DeleteModel(
                    name='WebhookDelivery',
                ),
                migrations.DeleteModel(
                    name='WebhookSecret',
                ),
            ],
        ),
    ]
