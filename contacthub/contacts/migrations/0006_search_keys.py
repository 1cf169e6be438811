"""Compare text in searches by keys made in Python: case-folded, without accents."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models
from psycopg import sql

from contacthub.contacts.sql.folding import key_of, load_keys

# Rows of one step.
STEP = 20_000
COMPANY_TEXTS = """
SELECT given.text FROM contacts_company AS company CROSS JOIN LATERAL unnest(
    ARRAY[company.name, domain, city, state, country] || functions || industries || technologies
) AS given (text) WHERE company.id > %(after)s AND company.id <= %(until)s
"""
CHANGE_COMPANIES = """
UPDATE contacts_companyfacts AS facts SET
    company_text = concat_ws(' ', {name}, {domain}),
    company_words = ARRAY(
        SELECT 'function:' || {word} FROM unnest(functions) AS word
        UNION ALL SELECT 'industry:' || {word} FROM unnest(industries) AS word
        UNION ALL SELECT 'technology:' || {word} FROM unnest(technologies) AS word
    ),
    company_places = array_remove(ARRAY[
        'country:' || place.country,
        'state:' || place.state || '||' || place.country,
        'city:' || place.city || '||' || place.state || '||' || place.country,
        'city:' || place.city || '||||' || place.country
    ], NULL)
FROM contacts_company AS company
CROSS JOIN LATERAL (SELECT {city} AS city, {state} AS state, {country} AS country) AS place
WHERE facts.company_id = company.id AND company.id > %(after)s AND company.id <= %(until)s
"""
CONTACT_TEXTS = """
SELECT given.text FROM contacts_contact AS contact CROSS JOIN LATERAL (
    VALUES (department), (seniority), (country), (state), (full_name), (job_title), (email)
) AS given (text) WHERE contact.id > %(after)s AND contact.id <= %(until)s
"""
CHANGE_CONTACTS = """
UPDATE contacts_contactfacts AS facts SET
    department_text = {department}, seniority_text = {seniority}, country = {country}, state = {state},
    name_text = {full_name}, title_text = {job_title}, email_text = {email},
    company_words = company.company_words, company_places = company.company_places
FROM contacts_contact AS contact
LEFT JOIN contacts_companyfacts AS company ON company.company_id = contact.company_id
WHERE facts.contact_id = contact.id AND contact.id > %(after)s AND contact.id <= %(until)s
"""


def make_keys(apps, schema_editor):
    """Make the keys of all stored rows, in steps."""
    keys = {"name": key_of("company.name")} | {
        name: key_of(f"company.{name}") for name in ("domain", "city", "state", "country")
    }
    change(schema_editor, "contacts_company", COMPANY_TEXTS, CHANGE_COMPANIES, keys | {"word": key_of("word")})
    names = ("department", "seniority", "country", "state", "full_name", "job_title", "email")
    keys = {name: key_of(f"contact.{name}") for name in names}
    change(schema_editor, "contacts_contact", CONTACT_TEXTS, CHANGE_CONTACTS, keys)


def change(schema_editor, table, texts, statement, keys):
    """Run a statement over a table, so many rows at a time."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table)))
        last = cursor.fetchone()[0]
        for after in range(0, last, STEP):
            bounds = {"after": after, "until": after + STEP}
            load_keys(sql.SQL(texts), bounds)
            cursor.execute(sql.SQL(statement).format(**keys), bounds)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


WORDS = django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)


class Migration(migrations.Migration):
    """Columns first, then what they hold, then their index."""

    dependencies = [("contacts", "0005_countries")]
    operations = [
        migrations.RemoveIndex("contactfacts", "contact_facts_arrays"),
        migrations.RenameField("contactfacts", "email", "email_text"),
        migrations.AddField("contactfacts", "department_text", models.TextField(null=True)),
        migrations.AddField("contactfacts", "seniority_text", models.TextField(null=True)),
        migrations.AddField("companyfacts", "company_words", WORDS),
        migrations.AddField("contactfacts", "company_words", WORDS),
        migrations.RunPython(make_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            "contactfacts",
            django.contrib.postgres.indexes.GinIndex(
                fields=[
                    "company_technologies",
                    "company_industries",
                    "company_functions",
                    "company_words",
                    "company_places",
                    "company_nace",
                ],
                name="contact_facts_arrays",
            ),
        ),
    ]
