"""Find contacts by profile link, phone number, and the name of their company without its legal form."""

from django.contrib.postgres.indexes import HashIndex
from django.db import migrations, models

# The name of a company as matching compares it: `enrichment.keys.forms.company_key` makes the same of a user's text.
# Facts hold the search keys of name and domain behind each other; a domain in another script has two.
CREATE = r"""
CREATE FUNCTION contacts_company_key(company_text text, domain text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(regexp_replace(btrim(regexp_replace(replace(CASE
        WHEN domain IS NULL THEN company_text
        WHEN strpos(domain, 'xn--') = 0
            THEN left(company_text, greatest(length(company_text) - length(domain) - 1, 0))
        ELSE regexp_replace(company_text, ' ?[^ ]+ [^ ]+$', '')
    END, '.', ''), ' +', ' ', 'g')),
    '[ ,]+(gmbh & co kg|gmbh|ag|kg|ohg|ug|se|inc|incorporated|llc|llp|ltd|limited|plc|corp|corporation|co|company|sa|sas|sarl|srl|spa|bv|nv|as|asa|ab|aps|a/s|oy|oyj|kft|sp z o o|s r o)$',
    ''), '')
$$;
CREATE INDEX company_facts_match ON contacts_companyfacts USING hash (contacts_company_key(company_text, domain));
"""
DROP = """
DROP INDEX company_facts_match;
DROP FUNCTION contacts_company_key(text, text);
"""


class Migration(migrations.Migration):
    """Make the indexes."""

    dependencies = [("contacts", "0011_facets")]
    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=HashIndex(fields=["linkedin_url"], name="contact_by_linkedin"),
        ),
        migrations.AddIndex(
            model_name="contactphone",
            index=models.Index(fields=["phone"], name="phone_by_number"),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
