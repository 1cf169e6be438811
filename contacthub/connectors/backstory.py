"""Backstory (People.ai): bulk pulls of the contacts created on some days.

Source: the vendor's "Enriched Contacts API", "Authentication" and "Bulk APIs"; the messages are in
`backstory_messages`.
"""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import orjson
from pydantic import TypeAdapter, ValidationError

from contacthub.connectors import backstory_messages as messages
from contacthub.connectors import bulk, records
from contacthub.connectors.base import Capability, Connector, Credentials, Term
from contacthub.connectors.client import NOBODY, Client, Patience, Request
from contacthub.connectors.errors import Throttled, VendorError
from contacthub.connectors.gate import Gate
from contacthub.connectors.replies import Reply, broken, broken_by, failure_of, parse, retry_after
from contacthub.connectors.tokens import Token, TokenAuthorizer
from contacthub.core.errors import Invalid

JOBS_PATH = "/pull/v1/export/contacts/jobs"
TOKEN_PATH = "/auth/v1/tokens"  # noqa: S105
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
# A fragment of 10,000 rows with every field full.
MOST_FRAGMENT_BYTES = 128 * 1024 * 1024
MOST_DAYS = 366
TOO_MANY_JOBS = "too_many_jobs"
# The fields of a record that are the contact's own; the rest is what the CRM knows.
OWN = frozenset(
    {"first_name", "last_name", "email", "phone", "job_title", "department", "seniority",
     "country", "state"}
)  # fmt: skip
ROWS = TypeAdapter(list[messages.Contact])


class Backstory(Connector):
    """An account at Backstory."""

    vendor = "backstory"
    label = "Backstory"
    default_base_url = "https://api.people.ai"
    terms = (
        Term("client_id", "Client id", "From a key pair for the Object APIs.", is_secret=False),
        Term("client_secret", "Client secret"),
    )
    capabilities = Capability.BULK_JOBS

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return a client with a token as Bearer, which it gets when the first call needs it."""
        self._form = urlencode({"grant_type": "client_credentials", **credentials}).encode()
        return Client(
            base_url=base_url,
            gate=gate,
            patience=patience,
            authorizer=TokenAuthorizer(
                fetch=self._get_token,
                format_headers=lambda text: {"Authorization": f"Bearer {text}"},
            ),
            read_error=read_error,
        )

    def _get_token(self) -> Token:
        return self.client.call(
            Request(
                operation="get token",
                method="POST",
                path=TOKEN_PATH,
                content=self._form,
                headers=FORM,
                read=_read_token,
                authorizer=NOBODY,
            )
        )

    def check(self) -> records.Standing:
        """Get a token: no other call is free of effects and of ids."""
        self._get_token()
        return records.Standing(("Bulk contact jobs",))

    def start_bulk(
        self, request: bulk.BulkRequest, *, answered: Callable[[], None] | None = None
    ) -> bulk.BulkJob:
        """Extract the contacts created on some days, at most 366."""
        if not isinstance(request, bulk.DateRange):
            raise Invalid("Backstory extracts contacts by days.")
        if not 0 <= (request.end_on - request.start_on).days < MOST_DAYS:
            raise Invalid(f"Choose 1 to {MOST_DAYS} days.", field="end_on")
        body = {
            "start_date": request.start_on,
            "end_date": request.end_on,
            "output_format": "JSON",
            "include_historical": request.include_historical,
            "include_existing": request.include_existing,
            "is_sourced_by_people_ai": request.is_sourced_by_people_ai,
            **({"country": request.country} if request.country else {}),
            **({"state": request.state} if request.state else {}),
        }
        made = self.client.call(
            Request(
                operation="start bulk job",
                method="POST",
                path=JOBS_PATH,
                content=orjson.dumps(body),
                headers=JSON,
                read=partial(parse, message=messages.Job),
                is_repeatable=False,
                answered=answered,
            )
        )
        return _job(made)

    def get_bulk(self, job_id: str) -> bulk.BulkJob:
        """Return where a job stands."""
        found = self.client.call(
            Request(
                operation="get bulk job",
                method="GET",
                path=f"{JOBS_PATH}/{_clean_id(job_id)}",
                read=partial(parse, message=messages.Job),
            )
        )
        return _job(found)

    def read_bulk(self, job_id: str, fragment: int) -> list[records.Contact]:
        """Read a fragment of a completed job."""
        rows = self.client.call(
            Request(
                operation="read bulk fragment",
                method="GET",
                path=f"{JOBS_PATH}/{_clean_id(job_id)}/data",
                query=[("fragment", str(fragment))],
                read=_read_rows,
                count=len,
                most_bytes=MOST_FRAGMENT_BYTES,
            )
        )
        return list(map(_contact, rows))


def _clean_id(job_id: str) -> str:
    # It becomes part of a path.
    if not job_id or not job_id.replace("-", "").isalnum() or not job_id.isascii():
        raise Invalid("This is not a Backstory job.", field="job_id")
    return job_id


def _read_token(reply: Reply) -> Token:
    found = parse(reply, messages.Token)
    # Another kind of token would have to be sent otherwise. Source: RFC 6749 §7.1.
    if (found.token_type or "bearer").strip().lower() != "bearer":
        raise broken("token_type", "it is not a bearer token", reply.body)
    return Token(found.access_token, found.expires_in)


def _read_rows(reply: Reply) -> list[messages.Contact]:
    try:
        return ROWS.validate_json(reply.body)
    except ValidationError as error:
        raise broken_by(error, reply.body) from None


def read_error(reply: Reply) -> VendorError:
    """Return what a failure is: a code for programs and a sentence."""
    try:
        found = messages.Error.model_validate_json(reply.body)
    except ValueError:
        return failure_of(reply)
    if found.error == TOO_MANY_JOBS:
        return Throttled(
            "The vendor's queue is full.",
            retry_after=retry_after(reply),
            vendor_says=found.sentence,
        )
    return failure_of(reply, vendor_says=found.sentence)


# --- The vendor's words in ours -------------------------------------------------------------------


def _job(found: messages.Job) -> bulk.BulkJob:
    return bulk.BulkJob(
        job_id=found.job_id,
        state=messages.read_state(found.state),
        fragment_count=found.fragments,
        size_bytes=found.results_size,
        created_at=found.job_created_time,
        started_at=found.job_start_time,
        ended_at=found.job_end_time,
    )


def _contact(found: messages.Contact) -> records.Contact:
    return records.Contact(
        first_name=found.first_name,
        last_name=found.last_name,
        job_title=found.job_title,
        department=found.department,
        seniority=found.seniority,
        country=found.country,
        state=found.state,
        emails=(records.Email(found.email),) if found.email else None,
        phones=(records.Phone(found.phone),) if found.phone else None,
        crm={name: value for name, value in found if name not in OWN and value is not None},
    )
