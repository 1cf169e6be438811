"""When an address was checked is a fact, too, so that contacts can be found by it."""

from django.db import migrations, models

FILL = """
UPDATE contacts_contactfacts AS facts SET email_checked_on = contact.email_checked_on
FROM contacts_contact AS contact WHERE contact.id = facts.contact_id AND contact.email_checked_on IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [("contacts", "0010_moved_members")]
    operations = [
        migrations.AddField("contactfacts", "email_checked_on", models.DateField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
