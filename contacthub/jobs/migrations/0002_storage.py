"""Keep fragments out of line and as they are: they are compressed already."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE jobs_fragment ALTER COLUMN body SET STORAGE EXTERNAL",
            "ALTER TABLE jobs_fragment ALTER COLUMN body SET STORAGE EXTENDED",
        )
    ]
