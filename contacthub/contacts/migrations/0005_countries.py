"""Write each stored country in one way: its English name where a name stands, its alpha-2 code where a code stands."""

from django.db import migrations

from contacthub.core.countries import COUNTRY_CODES, country_name, find_country

LIST_COUNTRIES = """
SELECT country FROM contacts_contact WHERE country IS NOT NULL
UNION SELECT pii ->> 'country' FROM contacts_contact WHERE pii ? 'country'
UNION SELECT country FROM contacts_company WHERE country IS NOT NULL
"""
MAKE_NAMES = "CREATE TEMPORARY TABLE country_written (text text PRIMARY KEY, code text, name text) ON COMMIT DROP"
CHANGE_COMPANIES = """
UPDATE contacts_company AS company SET
    country = coalesce(known.name, company.country, of_code.name),
    country_code = coalesce(company.country_code, known.code)
FROM contacts_company AS stored
LEFT JOIN country_written AS known ON known.text = stored.country
LEFT JOIN country_written AS of_code ON of_code.text = stored.country_code
WHERE company.id = stored.id
AND (stored.country, stored.country_code) IS DISTINCT FROM
    (coalesce(known.name, stored.country, of_code.name), coalesce(stored.country_code, known.code))
"""
CHANGE_CONTACTS = """
UPDATE contacts_contact SET country = known.name
FROM country_written AS known WHERE known.text = country AND known.name <> country
"""
CHANGE_RECORDS = """
UPDATE contacts_contact SET pii = pii || jsonb_build_object('country', known.name)
FROM country_written AS known WHERE known.text = pii ->> 'country' AND known.name <> pii ->> 'country'
"""
# The country is the last value of a document, and quotes inside a value are escaped.
CHANGE_DOCUMENTS = r"""
UPDATE contacts_contactdocument AS document
SET pii = regexp_replace(document.pii, '"country":(null|"(\\.|[^"\\])*")\}$', '')
    || '"country":' || to_json(now.country) || '}'
FROM (
    SELECT id, coalesce(pii ->> 'country', country) AS country FROM contacts_contact WHERE pii IS NOT NULL
) AS now
WHERE now.id = document.contact_id AND now.country IS NOT NULL
AND document.pii::json ->> 'country' IS DISTINCT FROM now.country
"""
CHANGE_COMPANY_FACTS = """
UPDATE contacts_companyfacts AS facts SET company_country_code = fresh.country_code, company_places = fresh.places
FROM (
    SELECT id, country_code, array_remove(ARRAY[
        'country:' || lower(country),
        'state:' || lower(state) || '||' || lower(country),
        'city:' || lower(city) || '||' || lower(state) || '||' || lower(country),
        'city:' || lower(city) || '||||' || lower(country)
    ], NULL) AS places FROM contacts_company
) AS fresh
WHERE fresh.id = facts.company_id
AND (facts.company_country_code, facts.company_places) IS DISTINCT FROM (fresh.country_code, fresh.places)
"""
CHANGE_CONTACT_FACTS = """
UPDATE contacts_contactfacts AS facts SET country = lower(contact.country)
FROM contacts_contact AS contact
WHERE contact.id = facts.contact_id AND facts.country IS DISTINCT FROM lower(contact.country);
UPDATE contacts_contactfacts AS facts
SET company_country_code = company.company_country_code, company_places = company.company_places
FROM contacts_companyfacts AS company WHERE company.company_id = facts.company_id
AND (facts.company_country_code, facts.company_places)
    IS DISTINCT FROM (company.company_country_code, company.company_places);
"""


def write_countries(apps, schema_editor):
    """Map each different text once, then change rows by set."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(LIST_COUNTRIES)
        texts = {text for (text,) in cursor.fetchall()} | COUNTRY_CODES
        known = [(text, code, country_name(code)) for text in texts if (code := find_country(text))]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(MAKE_NAMES)
        cursor.executemany("INSERT INTO country_written VALUES (%s, %s, %s)", known)
        for statement in (
            CHANGE_COMPANIES,
            CHANGE_CONTACTS,
            CHANGE_RECORDS,
            CHANGE_DOCUMENTS,
            CHANGE_COMPANY_FACTS,
            CHANGE_CONTACT_FACTS,
        ):
            cursor.execute(statement)


class Migration(migrations.Migration):
    """Rows only."""

    dependencies = [("contacts", "0004_fill_facts")]
    operations = [migrations.RunPython(write_countries, migrations.RunPython.noop)]
