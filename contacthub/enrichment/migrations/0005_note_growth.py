"""Let the programs' plain role refresh the planner's statistics of two tables: Postgres lets only an owner do so."""

from django.db import migrations

CREATE = """
CREATE FUNCTION enrichment_note_rows() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$ BEGIN ANALYZE enrichment_enrichmentrow; END $$;
CREATE FUNCTION enrichment_note_answers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$ BEGIN ANALYZE enrichment_enrichmentanswer; END $$;
"""
DROP = """
DROP FUNCTION enrichment_note_rows();
DROP FUNCTION enrichment_note_answers();
"""


class Migration(migrations.Migration):
    """Make both functions."""

    dependencies = [("enrichment", "0004_asking_skipped")]
    operations = [migrations.RunSQL(CREATE, DROP)]
