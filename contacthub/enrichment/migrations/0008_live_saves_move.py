"""Rows saved from live searches go to sourcing, which has their tables from now on."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sourcing', '0003_live_saves'),
        ('enrichment', '0007_vendor_answer_by_contact'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(
                    model_name='livesaverow',
                    name='save_of',
                ),
                migrations.RemoveField(
                    model_name='livesaverow',
                    name='company',
                ),
                migrations.DeleteModel(
                    name='LiveSave',
                ),
                migrations.DeleteModel(
                    name='LiveSaveRow',
                ),
            ],
        ),
    ]
