"""Find addresses that differ only in what their owner may add, such as +news."""

from django.db import migrations

# `contacts.duplicates.cards.plain_address` says the same. Most addresses are plain themselves and found by the index of
# addresses; this one holds the others.
CREATE = """
CREATE FUNCTION contacts_plain_address(address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN replace(split_part(split_part(address, '@', 1), '+', 1), '.', '') || '@gmail.com'
        ELSE split_part(split_part(address, '@', 1), '+', 1) || '@' || split_part(address, '@', 2)
    END
$$;
CREATE INDEX email_by_plain_address ON contacts_contactemail (contacts_plain_address(address))
    WHERE contacts_plain_address(address) <> address;
"""
DROP = """
DROP INDEX email_by_plain_address;
DROP FUNCTION contacts_plain_address(text);
"""


class Migration(migrations.Migration):
    """Make the function and its index."""

    dependencies = [("contacts", "0022_company_size")]
    operations = [migrations.RunSQL(CREATE, DROP)]
