"""Contacts to extract and to ask for, and jobs run in this process."""

import datetime as dt
from typing import Any

from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.contact_jobs.records import Conditions
from contacthub.contact_jobs.runner import WriteContacts
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.sql.facts import save_facts
from contacthub.jobs.fragments import STORE
from contacthub.jobs.runner import perform
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

PROGRAM = Actor(name="Key “Tests”")
START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MARCH = Conditions(
    start_on=dt.date(2026, 3, 1),
    end_on=dt.date(2026, 3, 31),
    include_historical=True,
    include_existing=True,
)


def make_contact(key: int, **fields: Any) -> Contact:
    """Save a contact of 1 March 2026 whose number is its key."""
    contact = Contact.objects.create(
        **{
            "key": key,
            "source_number": key,
            "full_name": f"Person {key}",
            "created_at": START,
            **fields,
        }
    )
    save_facts(contacts=[contact.pk])
    return contact


def make_contacts(count: int, **fields: Any) -> None:
    """Save contacts 1 … `count`, the n-th one n minutes after the first of March began."""
    Contact.objects.bulk_create(
        Contact(
            key=n,
            source_number=n,
            full_name=f"Person {n}",
            first_name="Person",
            last_name=str(n),
            created_at=START + dt.timedelta(minutes=n),
            **fields,
        )
        for n in range(1, count + 1)
    )
    save_facts(contacts=list(Contact.objects.values_list("pk", flat=True)))


def make_full_contact(key: int = 13496440, **fields: Any) -> Contact:
    """Save a contact that has every value a record shows."""
    company = Company.objects.create(name="Halden, Robotics", source_number=700, domain="h.example")
    return make_contact(
        key,
        **{
            "company": company,
            "full_name": "Ingrid Solheim",
            "first_name": "Ingrid",
            "last_name": "Solheim",
            "job_title": "VP Supply Chain",
            "titles": ["VP Supply Chain", "Board Member"],
            "job_levels": ["VP", "Director"],
            "job_functions": ["Operations"],
            "department": "Operations",
            "seniority": "VP",
            "country": "United States",
            "state": "New York",
            "email": "ingrid@h.example",
            "email_status": "valid",
            "phone": "+4722334418",
            "confidence": 0.975,
            "linkedin_handle": "ingrids",
            "facebook_handle": "ingrid.s",
            "twitter_handle": "@ingrid",
            "image_url": "https://h.example/i.png",
            "description": 'Says "hi",\nthen leaves',
            "has_account": True,
            "crm": {
                "account_name": "Halden",
                "account_type": "Customer",
                "account_domain": "halden",
                "account_crm_id": "0015",
                "source_peopleai_id": "p-1",
                "response_activity_id": "a-1",
                "source_email": "rep@acme.example",
                "from_cc": False,
                "total_inbound": 12,
                "total_time_spent_30d": 0,
            },
            **fields,
        },
    )


def extract(
    organization: Organization, conditions: Conditions = MARCH, format: str = "csv"
) -> ContactJob:
    """Take an extract in."""
    return actions.create_extract(
        organization=organization,
        actor=PROGRAM,
        conditions=conditions,
        format=ContactJob.Format(format),
    )


def details(organization: Organization, *numbers: int, **more: Any) -> ContactJob:
    """Take a details job in."""
    return actions.create_details(organization=organization, actor=PROGRAM, numbers=numbers, **more)


def run(job: ContactJob) -> ContactJob:
    """Do a job in this process."""
    perform(job.job_id, WriteContacts)
    return fresh(job)


def fresh(job: ContactJob) -> ContactJob:
    return queries.get_contact_job(organization=job.organization, public_id=job.public_id)


def content(job: ContactJob) -> bytes:
    """Return the bytes of a job's whole file."""
    result = queries.get_result(job=job)
    return b"".join(STORE.read(job_id=job.job_id, first=0, last=result.size - 1))


def fragments(job: ContactJob) -> list[bytes]:
    """Return the fragments of a job, each as a file of its own."""
    return [queries.get_fragment(job=job, number=n) for n in range(job.fragment_count or 0)]
