"""Indexes for text anywhere in names, titles and addresses, where Postgres has what they need.

pg_trgm comes with the system packages of Postgres and every hosted one, not with the small wheel that laptops use:
there the same searches scan the table. A role that may not create the extension is no obstacle either; once an
administrator has created it, `manage.py migrate contacts 0001` and `migrate` again make the indexes.
"""

from django.db import migrations

CREATE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX contact_full_name_trigrams ON contacts_contact USING gin (full_name gin_trgm_ops);
        CREATE INDEX contact_job_title_trigrams ON contacts_contact USING gin (job_title gin_trgm_ops);
        CREATE INDEX contact_email_trigrams ON contacts_contact USING gin (email gin_trgm_ops);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_trgm may not be created: searches for text anywhere will scan';
END
$$
"""
DROP = """
DROP INDEX IF EXISTS contact_full_name_trigrams;
DROP INDEX IF EXISTS contact_job_title_trigrams;
DROP INDEX IF EXISTS contact_email_trigrams;
"""


class Migration(migrations.Migration):
    """Make the trigram indexes, or none."""

    dependencies = [("contacts", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
