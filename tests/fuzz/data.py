"""Data in which the ids of the documents' examples are real, so that a generated call can get past its look-ups."""

import json
from pathlib import Path

import httpx

from contacthub.wire import backstory, contactbased, insideview
from tests.browser.conftest import fill
from tests.stack import Stack

# Enough that no run meets it; the rate has tests of its own.
RATE = 1_000_000


def load(stack: Stack) -> str:
    """Fill a stack whose web process runs; returns a key of acme that may do everything."""
    fill(stack)
    key = issue_key(stack, "acme")
    load_contactbased(stack, key)
    load_contact_jobs(stack, key)
    return key


def issue_key(stack: Stack, organization: str) -> str:
    printed = stack.manage(
        "issue_key", "--organization", organization, "--scopes", "all", "--rate", RATE
    )
    return printed.splitlines()[0]


def load_contactbased(stack: Stack, key: str) -> None:
    """Give a feed, a saved search, an export and a contact the ids of the examples."""
    stack.query(
        "UPDATE feeds_feed SET public_id = %s WHERE description = 'Payroll modernization'",
        contactbased.FEED_ID,
    )
    with httpx.Client(base_url=stack.base_url, headers={"X-API-Key": key}) as program:
        window = {"feed_id": contactbased.FEED_ID, "lookback_days": 30}
        search = program.post("/intent/feeds/search", json=window).json()["job_id"]
        stack.query("UPDATE feeds_search SET id = %s WHERE id = %s", contactbased.JOB_ID, search)
        made = program.post("/intent/feeds/exports", json={"job_id": contactbased.JOB_ID}).json()
    stack.query(
        "UPDATE exports_export SET id = %s WHERE id = %s",
        contactbased.EXPORT_ID,
        made["export_id"],
    )
    import_contact(
        stack,
        {
            "contact_id": contactbased.CONTACT_ID,
            "full_name": "Ingrid Solheim",
            "emails": ["ingrid@haldenrobotics.example"],
            "phones": [{"phone": "+4722555018", "type": "landline"}],
            "pii": {"first_name": "Ingrid", "last_name": "Solheim", "city": "Oslo"},
        },
    )


def load_contact_jobs(stack: Stack, key: str) -> None:
    """Give a finished Backstory job and a finished InsideView job the ids of the examples."""
    window = {"start_date": "2026-01-01", "end_date": "2026-12-31", "include_historical": True}
    with httpx.Client(base_url=stack.base_url) as program:
        extract = program.post(
            "/pull/v1/export/contacts/jobs",
            json=window,
            headers={"Authorization": f"Bearer {key}"},
        ).json()["job_id"]
        details = program.post(
            "/api/v1/contact/job",
            content="1,2,3",
            headers={
                "accessToken": key,
                "Accept": "application/json",
                "Content-Type": "text/plain",
            },
        ).json()["jobId"]
    stack.await_jobs()
    for made, example in ((extract, backstory.JOB_ID), (details, insideview.JOB_ID)):
        stack.query(
            "UPDATE contact_jobs_contactjob SET public_id = %s WHERE public_id = %s", example, made
        )


def import_contact(stack: Stack, contact: dict[str, object]) -> None:
    path = Path(stack.folder) / "example.jsonl"
    path.write_text(json.dumps(contact) + "\n")
    stack.manage("import_contacts", path)
