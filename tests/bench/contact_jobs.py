"""Bulk contact jobs beside psql writing the same rows: 10,000 details by id, and every contact of a year."""

import datetime as dt
from collections.abc import Callable

from django.db import connection

from contacthub.contact_jobs import actions
from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import Conditions
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.bench.measuring import once, report

DETAILS = 10_000
DETAIL_COLUMNS = """
contact.number, 'Found', contact.first_name, contact.last_name, full_name, company.number, company.name, titles,
job_levels, job_functions, email, email_status, confidence, phone, contact.linkedin_url, facebook_handle,
twitter_handle, image_url, contact.description
"""
EXTRACT_COLUMNS = """
contact.first_name, contact.last_name, email, phone, job_title, department, seniority, contact.country, contact.state,
company.name, company.domain, crm
"""
FROM = "FROM contacts_contact AS contact LEFT JOIN contacts_company AS company ON company.id = contact.company_id"


def measure_contact_jobs(
    organization: Organization, actor: Actor, today: dt.date, run_psql: Callable[[str], None]
) -> None:
    """Measure both kinds on the contacts that are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number FROM contacts_contact ORDER BY hashint8(id) LIMIT %s", [DETAILS]
        )
        numbers = [number for (number,) in cursor.fetchall()]
    details = actions.create_details(organization=organization, actor=actor, numbers=numbers)
    chosen = f"WHERE contact.number = ANY('{{{','.join(map(str, numbers))}}}')"
    _measure(f"details of {len(numbers):,} ids", details, run_psql, DETAIL_COLUMNS, chosen)
    year = Conditions(
        today - dt.timedelta(days=365), today, include_historical=True, include_existing=True
    )
    window = f"WHERE contact.created_at >= '{year.start_on}'"
    for format in ContactJob.Format:
        extract = actions.create_extract(
            organization=organization, actor=actor, conditions=year, format=format
        )
        _measure(f"extract of a year, {format}", extract, run_psql, EXTRACT_COLUMNS, window)


def _measure(
    name: str, job: ContactJob, run_psql: Callable[[str], None], columns: str, condition: str
) -> None:
    query = " ".join(f"SELECT {columns} {FROM} {condition}".split())
    limit = min(once(lambda: run_psql(f"\\copy ({query}) TO '/dev/null' CSV")) for _ in range(2))
    seconds = once(lambda: perform(job.job_id, WriteContacts))
    job.refresh_from_db()
    rows = job.row_count or 0
    report(f"{name}: {rows:,} rows, {rows / seconds:,.0f} a second", seconds, "psql copy", limit)
