"""Intent records made in the database itself: the statements of an import, without a file to read."""

from django.db import connection, transaction

from contacthub.core import clock
from contacthub.feeds import intake, sql
from contacthub.feeds.models import Feed, IntentBatch

# Records of one import.
BATCH_ROWS = 1_000_000
# Days, domains, topics, scores and contacts are independent of each other; of six domains five are companies.
FILL_STAGE = """
INSERT INTO intent_stage (observed_on, domain, topic, score, company_name, industry, contact_id, first_name, last_name,
    city, country, linkedin_url, job_title, company_domain, seniority)
SELECT %(today)s - (draw %% 90)::int, domain, 'Topic number ' || draw / 97 %% 41, 20 + draw / 4001 %% 80,
    'Company ' || firm, (ARRAY['Software', 'Manufacturing', 'Logistics'])[1 + firm %% 3],
    CASE WHEN other %% 10 < 6 THEN 1 + other / 10 %% %(contacts)s END, 'Ingrid', 'Surname' || other %% 5000,
    'Oslo', 'NO', 'https://linkedin.example/in/x' || other %% 1000000, 'VP Engineering', domain, 'vp'
FROM (
    SELECT abs(hashint8extended(n, 1)) AS draw, abs(hashint8extended(n, 2)) AS other,
        1 + abs(hashint8extended(n, 3)) %% %(domains)s AS firm
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS numbers
CROSS JOIN LATERAL (SELECT 'company' || firm || '.example') AS named (domain)
"""


def fill_intent(feed: Feed, *, records: int, contacts: int) -> None:
    """Import records of the last 90 days about the companies that `bench.contacts` makes of so many contacts."""
    for first in range(1, records + 1, BATCH_ROWS):
        _import(feed, first, min(first + BATCH_ROWS - 1, records), contacts)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@transaction.atomic
def _import(feed: Feed, first: int, last: int, contacts: int) -> None:
    today = clock.today()
    sql.create_stage(intake.STAGE)
    values = {"today": today, "first": first, "last": last, "contacts": contacts}
    with connection.cursor() as cursor:
        cursor.execute(FILL_STAGE, values | {"domains": max(contacts * 12 // 100, 1)})
    locked = Feed.objects.select_for_update().get(pk=feed.pk)
    locked.last_batch += 1
    inserted = sql.insert_records(feed_id=feed.pk, batch=locked.last_batch, columns=intake.NAMES)
    sql.add_sums(feed_id=feed.pk, batch=locked.last_batch, records=inserted, today=today)
    IntentBatch.objects.create(
        feed=feed,
        number=locked.last_batch,
        file_name="bench",
        row_count=inserted,
        duplicate_count=0,
        rejected_count=0,
    )
    locked.refreshed_at = clock.now()
    locked.save(update_fields=["last_batch", "refreshed_at"])
