"""Pauses of years, read from headers that were nonsense, end within a day."""

from django.db import migrations

BOUND = """
UPDATE credentials_connectionhealth
SET held_until = least(held_until, clock_timestamp() + interval '1 day'),
    rate_resets_at = least(rate_resets_at, clock_timestamp() + interval '1 day')
WHERE held_until > clock_timestamp() + interval '1 day'
    OR rate_resets_at > clock_timestamp() + interval '1 day'
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0004_last_call")]

    operations = [migrations.RunSQL(BOUND, migrations.RunSQL.noop)]
