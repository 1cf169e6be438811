"""Leave room on a grant's page for its many updates: a reservation then stays on the page and touches no index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feeds", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE feeds_feedgrant SET (fillfactor = 50)",
            "ALTER TABLE feeds_feedgrant RESET (fillfactor)",
        )
    ]
