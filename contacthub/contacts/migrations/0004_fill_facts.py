"""The facts of what is stored already, and indexes for text anywhere, where Postgres has what they need.

The trigrams of the contacts' own columns go: nothing asks these any more. As before, once an administrator has created
pg_trgm, `manage.py migrate contacts 0003` and `migrate` again make the indexes.
"""

from django.db import migrations

FILL_COMPANIES = """
INSERT INTO contacts_companyfacts AS facts (company_id, owner, number, name, domain, company_text,
    company_created_at, company_has_generic_email, company_has_linkedin, company_country_code, company_tld,
    company_functions, company_industries, company_technologies, company_places, company_nace)
SELECT company.id, coalesce(organization_id, 0), number, coalesce(name, domain, ''), domain,
    lower(concat_ws(' ', name, domain)), created_at, has_generic_email, linkedin_url IS NOT NULL, country_code, tld,
    functions, industries, technologies,
    array_remove(ARRAY[
        'country:' || lower(country),
        'state:' || lower(state) || '||' || lower(country),
        'city:' || lower(city) || '||' || lower(state) || '||' || lower(country),
        'city:' || lower(city) || '||||' || lower(country)
    ], NULL),
    nace_codes || ARRAY(
        SELECT DISTINCT unnest(ARRAY[
            'in:' || left(code, 2),
            'level:' || CASE WHEN length(code) < 3 THEN length(code) ELSE length(code) - 1 END
        ]) FROM unnest(nace_codes) AS code
    )
FROM contacts_company AS company
"""
FILL_CONTACTS = """
INSERT INTO contacts_contactfacts AS facts (contact_id, company_id, owner, number, key, full_name,
    quality_score, confidence, created_at, is_stale, is_speculative, verified, has_email, has_phone,
    has_personal_email, has_linkedin, is_decision_maker, is_in_crm, is_sourced_by_people_ai,
    has_account_or_opportunity, source, seniority, seniority_level, email_status, department, country, state,
    name_text, title_text, email, company_created_at, company_has_generic_email, company_has_linkedin,
    company_country_code, company_tld, company_functions, company_industries, company_technologies,
    company_places, company_nace)
SELECT contact.id, contact.company_id, coalesce(contact.organization_id, 0), contact.number, contact.key,
    contact.full_name, quality_score, confidence, contact.created_at, is_stale, is_speculative, verified,
    email IS NOT NULL, phone IS NOT NULL, has_personal_email, linkedin_url IS NOT NULL, is_decision_maker,
    is_in_crm, is_sourced_by_people_ai, has_account OR has_opportunity, source, seniority, seniority_level,
    email_status, department, lower(country), lower(state), lower(full_name), lower(job_title), email,
    company.company_created_at, company.company_has_generic_email, company.company_has_linkedin,
    company.company_country_code, company.company_tld, company.company_functions, company.company_industries,
    company.company_technologies, company.company_places, company.company_nace
FROM contacts_contact AS contact
LEFT JOIN contacts_companyfacts AS company ON company.company_id = contact.company_id
ORDER BY contact.id
"""
CREATE = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX contact_facts_name_trigrams ON contacts_contactfacts USING gin (name_text gin_trgm_ops);
        CREATE INDEX contact_facts_title_trigrams ON contacts_contactfacts USING gin (title_text gin_trgm_ops);
        CREATE INDEX contact_facts_email_trigrams ON contacts_contactfacts USING gin (email gin_trgm_ops);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_trgm may not be created: searches for text anywhere will scan';
END
$$;
DROP INDEX IF EXISTS contact_full_name_trigrams;
DROP INDEX IF EXISTS contact_job_title_trigrams;
DROP INDEX IF EXISTS contact_email_trigrams;
ANALYZE contacts_companyfacts, contacts_contactfacts;
"""
DROP = """
DROP INDEX IF EXISTS contact_facts_name_trigrams;
DROP INDEX IF EXISTS contact_facts_title_trigrams;
DROP INDEX IF EXISTS contact_facts_email_trigrams;
TRUNCATE contacts_companyfacts, contacts_contactfacts;
"""


class Migration(migrations.Migration):
    """Fill the tables of facts and make the trigram indexes, or none."""

    dependencies = [("contacts", "0003_facts")]
    operations = [
        migrations.RunSQL(FILL_COMPANIES, migrations.RunSQL.noop),
        migrations.RunSQL(FILL_CONTACTS, migrations.RunSQL.noop),
        migrations.RunSQL(CREATE, DROP),
    ]
