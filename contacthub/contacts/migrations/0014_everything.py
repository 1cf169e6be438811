"""One index of trigrams over everything that is written of a contact, in place of one for each column.

Two words, such as a name and a company, are found by the rarer of them whichever columns they stand in. The company's
name and domain stand in the facts of its contacts for that.
"""

from django.db import migrations, models

# Rows of one step.
STEP = 20_000
FILL = """
UPDATE contacts_contactfacts AS facts SET company_text = company.company_text
FROM contacts_companyfacts AS company
WHERE company.company_id = facts.company_id AND facts.contact_id > %s AND facts.contact_id <= %s
"""
CREATE = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX contact_facts_everything_trigrams ON contacts_contactfacts USING gin ((
            name_text || ' ' || coalesce(title_text, '') || ' ' || coalesce(email_text, '')
            || ' ' || coalesce(company_text, '')
        ) gin_trgm_ops);
    END IF;
END
$$;
DROP INDEX IF EXISTS contact_facts_name_trigrams;
DROP INDEX IF EXISTS contact_facts_title_trigrams;
DROP INDEX IF EXISTS contact_facts_email_trigrams;
ANALYZE contacts_contactfacts;
"""
DROP = """
DROP INDEX IF EXISTS contact_facts_everything_trigrams;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX contact_facts_name_trigrams ON contacts_contactfacts USING gin (name_text gin_trgm_ops);
        CREATE INDEX contact_facts_title_trigrams ON contacts_contactfacts USING gin (title_text gin_trgm_ops);
        CREATE INDEX contact_facts_email_trigrams ON contacts_contactfacts USING gin (email_text gin_trgm_ops);
    END IF;
END
$$;
"""


def copy_companies(apps, schema_editor):
    """Write the names and domains of companies into the facts of their contacts, in steps."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(contact_id), 0) FROM contacts_contactfacts")
        last = cursor.fetchone()[0]
        for after in range(0, last, STEP):
            cursor.execute(FILL, [after, after + STEP])


class Migration(migrations.Migration):
    """The column first, then what it holds, then the index."""

    dependencies = [("contacts", "0013_provenance")]
    operations = [
        migrations.AddField("contactfacts", "company_text", models.TextField(null=True)),
        migrations.RunPython(copy_companies, migrations.RunPython.noop),
        migrations.RunSQL(CREATE, DROP),
    ]
