"""Jobs name what they work on; the address of its page, which was kept before, is made where pages are."""

from django.db import migrations, models

# The longer beginnings first.
KINDS = (
    ("/exports/jobs/", "contact-job"),
    ("/exports/", "export"),
    ("/enrichment/uploads/", "upload"),
    ("/enrichment/", "enrichment"),
    ("/contacts/pulls/", "pull"),
    ("/live/", "live-save"),
)
NAME = "UPDATE jobs_job SET subject = '{kind} ' || split_part(substr(subject, {length} + 1), '/', 1) WHERE subject LIKE '{start}%'"
ADDRESS = "UPDATE jobs_job SET subject = '{start}' || split_part(subject, ' ', 2) || '/' WHERE subject LIKE '{kind} %'"


def spell(statement):
    return [statement.format(start=start, kind=kind, length=len(start)) for start, kind in KINDS]


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0009_fragment_places'),
    ]

    operations = [
        migrations.RenameField(model_name='job', old_name='path', new_name='subject'),
        migrations.RunSQL(spell(NAME), spell(ADDRESS)),
    ]
