"""InsideView (Demandbase): details of contacts in bulk, by the vendor's own ids.

Source: the vendor's "Contact Details Job", "Using the Bulk APIs", "API Error Codes" and the token page; the messages
are in `insideview_messages`. Where a sibling page shows another word, both are taken.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from contacthub.connectors import bulk, records
from contacthub.connectors import insideview_messages as messages
from contacthub.connectors.base import Capability, Connector, Credentials, Term
from contacthub.connectors.bulk import BulkState
from contacthub.connectors.client import NOBODY, Client, Patience, Request
from contacthub.connectors.errors import (
    NotEntitled,
    QuotaShort,
    Refused,
    Throttled,
    VendorError,
)
from contacthub.connectors.gate import Gate
from contacthub.connectors.replies import (
    Reply,
    broken,
    clean_sentence,
    failure_of,
    parse,
    retry_after,
)
from contacthub.connectors.tokens import Token, TokenAuthorizer
from contacthub.core import clock
from contacthub.core.errors import Invalid
from contacthub.wire import insideview as wire

JOB_PATH, LIST_PATH = "/api/v1/contact/job", "/api/v1/admin/jobs"
TOKEN_PATH = "/Auth/login/v1/token.json"  # noqa: S105
# The vendor's own tokens come from another host.
DEFAULT_BASE_URL, LOGIN_URL = "https://api.insideview.com", "https://login.insideview.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MOST_RESULT_BYTES = 128 * 1024 * 1024
EMAIL_STATUSES = {
    "ValidEmail": "valid",
    "ValidDomain": "catch_all",
    "Invalid": "invalid",
    "Unknown": "pending",
}
NOT_FOUND = "NotFound"
# What a row needs; the other columns may come and go.
NEEDED = ("contactId", "status")
# The error of a quota that is short, and of too many jobs, by number; the vendor's own numbers are not public, so
# that their sentences count as well.
QUOTA_NUMBER, JOBS_NUMBER = "400-201", "400-202"
QUOTA = re.compile(r"insufficient transaction quota", re.IGNORECASE)
JOBS = re.compile(r"jobs? (is|are) already running|too many jobs", re.IGNORECASE)
FIGURES = re.compile(r"requested (\d{1,9}), remaining (\d{1,9})")


class InsideView(Connector):
    """An account at InsideView."""

    vendor = "insideview"
    label = "InsideView"
    default_base_url = DEFAULT_BASE_URL
    terms = (
        Term("client_id", "Client id", "Of an API client in Demandbase.", is_secret=False),
        Term("client_secret", "Client secret"),
    )
    capabilities = Capability.BULK_JOBS
    most_bulk_ids = wire.MOST_IDS

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return a client with a token in `accessToken`, which it gets when the first call needs it."""
        self._login_url = LOGIN_URL if base_url == DEFAULT_BASE_URL else base_url
        self._form = urlencode(
            {
                "clientId": credentials["client_id"],
                "clientSecret": credentials["client_secret"],
                "grantType": "cred",
            }
        ).encode()
        return Client(
            base_url=base_url,
            gate=gate,
            patience=patience,
            authorizer=TokenAuthorizer(
                fetch=self._get_token, format_headers=lambda text: {"accessToken": text}
            ),
            read_error=read_error,
        )

    def _get_token(self) -> Token:
        return self.client.call(
            Request(
                operation="get token",
                method="POST",
                base_url=self._login_url,
                path=TOKEN_PATH,
                content=self._form,
                headers=FORM,
                read=_read_token,
                authorizer=NOBODY,
            )
        )

    def check(self) -> records.Standing:
        """List today's jobs."""
        today = clock.today()
        self.list_bulk(since=today, until=today)
        return records.Standing(("Bulk contact details",))

    def start_bulk(
        self, request: bulk.BulkRequest, *, answered: Callable[[], None] | None = None
    ) -> bulk.BulkJob:
        """Look up to 10,000 contacts up. Each different id costs a transaction once the work begins."""
        if not isinstance(request, bulk.IdList):
            raise Invalid("InsideView looks up contacts by their ids.")
        ids = _clean_ids(request.vendor_ids)
        made = self.client.call(
            Request(
                operation="start bulk job",
                method="POST",
                path=JOB_PATH,
                query=[("webhook", request.webhook)] if request.webhook else (),
                content="\n".join(ids).encode(),
                headers={"Content-Type": "text/plain"},
                read=partial(parse, message=messages.Accepted),
                is_repeatable=False,
                answered=answered,
                price=lambda _: len(ids),
            )
        )
        return bulk.BulkJob(
            job_id=made.jobId, state=messages.read_state(made.status, BulkState.QUEUED)
        )

    def get_bulk(self, job_id: str) -> bulk.BulkJob:
        """Return where a job stands. A finished one has one fragment."""
        found = self.client.call(
            Request(
                operation="get bulk job",
                method="GET",
                path=f"{JOB_PATH}/{_clean_id(job_id)}",
                read=partial(parse, message=messages.JobStatus),
            )
        )
        state = messages.read_state(found.status)
        return bulk.BulkJob(
            job_id=found.jobId,
            state=state,
            fragment_count=1 if state is BulkState.COMPLETED else None,
            processed=found.totalProcessed,
        )

    def list_bulk(self, *, since: dt.date, until: dt.date) -> list[bulk.BulkJob]:
        """List the account's contact jobs of some days, newest first, at most 50."""
        query = {
            "period": "day",
            "start": since.isoformat(),
            "end": until.isoformat(),
            "jobTypes": "2",
            "resultsPerPage": str(wire.MOST_PER_PAGE),
        }
        found = self.client.call(
            Request(
                operation="list bulk jobs",
                method="GET",
                path=LIST_PATH,
                query=list(query.items()),
                read=partial(parse, message=messages.JobList),
                count=lambda reply: len(reply.bulkJobs),
            )
        )
        return [
            bulk.BulkJob(
                job_id=job.jobId, state=messages.read_state(job.jobStatus), cost=job.creditsConsumed
            )
            for job in found.bulkJobs
        ]

    def cancel_bulk(self, job_id: str) -> bulk.BulkJob:
        """Cancel a job whose processing has not begun; later it is `Refused`."""
        found = self.client.call(
            Request(
                operation="cancel bulk job",
                method="DELETE",
                path=f"{JOB_PATH}/{_clean_id(job_id)}",
                read=partial(parse, message=messages.Aborted),
                # A second request would be refused although the job is cancelled.
                is_repeatable=False,
            )
        )
        return bulk.BulkJob(job_id=found.jobId, state=messages.read_state(found.status))

    def read_bulk(self, job_id: str, fragment: int) -> list[records.Contact]:
        """Read the file of a finished job: the contacts that were found. Its only fragment is 0."""
        if fragment != 0:
            raise Invalid("A job of InsideView has one fragment.", field="fragment")
        found = self.client.call(
            Request(
                operation="find bulk results",
                method="GET",
                path=f"{JOB_PATH}/{_clean_id(job_id)}/results",
                read=partial(parse, message=messages.Results),
            )
        )
        if found.resultsUrl is None:
            raise Refused(
                "The vendor has no results for this job.",
                status=200,
                vendor_says=clean_sentence(found.errorMessage),
            )
        # The link is signed; the token must not go to wherever it leads. It is judged like any other URL.
        rows = self.client.call(
            Request(
                operation="read bulk results",
                method="GET",
                base_url=found.resultsUrl,
                path="",
                headers={"Accept": "text/csv"},
                read=_read_rows,
                count=len,
                authorizer=NOBODY,
                most_bytes=MOST_RESULT_BYTES,
            )
        )
        return [_contact(row) for row in rows if row["status"] != NOT_FOUND]


def _clean_ids(numbers: Sequence[int]) -> list[str]:
    if not 1 <= len(numbers) <= wire.MOST_IDS:
        raise Invalid(f"Request 1 to {wire.MOST_IDS:,} ids at a time.", field="vendor_ids")
    if any(not 1 <= number <= wire.MOST_ID for number in numbers):
        raise Invalid("An InsideView id is a positive number.", field="vendor_ids")
    return list(dict.fromkeys(map(str, numbers)))


def _clean_id(job_id: str) -> str:
    # It becomes part of a path.
    if not (job_id.isascii() and job_id.isalnum()):
        raise Invalid("This is not an InsideView job.", field="job_id")
    return job_id


def _read_token(reply: Reply) -> Token:
    details = parse(reply, messages.Token).accessTokenDetails
    ends_at = details.ends_at
    left = None if ends_at is None else (ends_at - clock.now()).total_seconds()
    return Token(details.accessToken, left)


def _read_rows(reply: Reply) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(
            io.StringIO(reply.body.decode("utf-8-sig"), newline=""), strict=True
        )
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise broken("(body)", "it is not a CSV file", reply.body) from None
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise broken(f"(header).{missing[0]}", "the column is missing", b"")
    for place, row in enumerate(rows):
        # A row with other than the header's number of cells was cut.
        if None in row or None in row.values():
            raise broken(f"{place}", "not as many cells as the header", b"")
    return rows


def read_error(reply: Reply) -> VendorError:
    """Return what a failure is. 405 says that the account may not use the API, not that the method is wrong."""
    try:
        found = messages.Error.model_validate_json(reply.body)
    except ValueError:
        number, says = "", ""
    else:
        number, says = found.errorNumber, clean_sentence(found.message)
    if reply.status == 405:
        return NotEntitled("The account may not use this API.", vendor_says=says)
    if reply.status == 400 and (number == QUOTA_NUMBER or QUOTA.search(says)):
        figures = FIGURES.search(says)
        requested, remaining = map(int, figures.groups()) if figures else (None, None)
        return QuotaShort(
            "The account has too few transactions left.",
            requested=requested,
            remaining=remaining,
            vendor_says=says,
        )
    if reply.status == 400 and (number == JOBS_NUMBER or JOBS.search(says)):
        return Throttled(
            "The vendor runs as many jobs as it accepts.",
            retry_after=retry_after(reply),
            vendor_says=says,
        )
    return failure_of(reply, vendor_says=says)


# --- The vendor's words in ours -------------------------------------------------------------------


def _contact(row: dict[str, str]) -> records.Contact:
    def get(name: str) -> str | None:
        return row.get(name) or None

    titles = _pipes(row, "titles")
    email, phone = get("email"), get("phone")
    company = records.Company(vendor_id=get("companyId"), name=get("companyName"))
    return records.Contact(
        vendor_id=row["contactId"],
        first_name=get("firstName"),
        last_name=get("lastName"),
        full_name=get("fullName"),
        job_title=titles[0] if titles else None,
        titles=titles,
        job_levels=_pipes(row, "jobLevels"),
        job_functions=_pipes(row, "jobFunctions"),
        linkedin_handle=get("linkedinHandle"),
        facebook_handle=get("facebookHandle"),
        twitter_handle=get("twitterHandle"),
        image_url=get("imageUrl"),
        description=get("description"),
        confidence=_percent(get("confidenceScore")),
        emails=(_email(email, get("emailValidationStatus")),) if email else None,
        phones=(records.Phone(phone),) if phone else None,
        company=company if company.vendor_id or company.name else None,
    )


def _email(address: str, status: str | None) -> records.Email:
    return records.Email(address, status=EMAIL_STATUSES.get(status or ""))


def _pipes(row: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(part for part in (row.get(name) or "").split("|") if part)


def _percent(text: str | None) -> float | None:
    try:
        score = float(text or "")
    except ValueError:
        return None
    return score / 100 if 0 <= score <= 100 else None
