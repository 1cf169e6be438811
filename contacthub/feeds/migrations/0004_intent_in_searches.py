"""Hand the last days of domains and contacts to the catalog, whose searches filter and sort by them."""

from django.db import migrations

MOVE = [
    "INSERT INTO contacts_intentdomain (feed, domain, last_day) SELECT feed_id, domain, last_day FROM feeds_feeddomain",
    "INSERT INTO contacts_intentcontact (feed, contact_key, last_day)"
    " SELECT feed_id, contact_key, last_day FROM feeds_feedcontact",
]
MOVE_BACK = [
    "INSERT INTO feeds_feeddomain (feed_id, domain, last_day) SELECT feed, domain, last_day FROM contacts_intentdomain",
    "INSERT INTO feeds_feedcontact (feed_id, contact_key, last_day)"
    " SELECT feed, contact_key, last_day FROM contacts_intentcontact",
    "DELETE FROM contacts_intentdomain",
    "DELETE FROM contacts_intentcontact",
]


class Migration(migrations.Migration):
    """Move the rows of two tables; 0005 adds what was not kept before."""

    dependencies = [("contacts", "0016_intent"), ("feeds", "0003_remote")]
    operations = [
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.DeleteModel("FeedDomain"),
        migrations.DeleteModel("FeedContact"),
    ]
