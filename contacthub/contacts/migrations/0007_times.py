"""No contact was changed before it was known."""

from django.db import migrations, models

MEND = "UPDATE contacts_contact SET updated_at = created_at WHERE updated_at < created_at"


class Migration(migrations.Migration):
    """Mend what is stored, and let the database keep it so."""

    dependencies = [("contacts", "0006_search_keys")]
    operations = [
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("updated_at__gte", models.F("created_at"))), name="contact_times"
            ),
        ),
    ]
