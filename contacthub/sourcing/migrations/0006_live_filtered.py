from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sourcing', '0005_contacts_of_pulls'),
    ]

    operations = [
        migrations.AddField(
            model_name='livesave',
            name='fetch_limit',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='livesave',
            name='fetched_count',
            field=models.IntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name='livesave',
            name='recounted',
            field=models.IntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='livesave',
            constraint=models.CheckConstraint(condition=models.Q(('fetch_limit__isnull', True), ('fetch_limit__range', (1, 10000)), _connector='OR'), name='live_save_within_fetch_limit'),
        ),
    ]
