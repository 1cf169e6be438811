"""InsideView (Demandbase), Contact Details Job: requests and replies, field by field.

Source: the vendor's "Contact Details Job", "Using the Bulk APIs", "API Error Codes" and pages of sibling endpoints.
What these do not say (error numbers from 400-201 on, the columns of the file) is ContactHub's choice, see
docs/protocols.md.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_IDS = 10_000
MOST_ID = 2**63 - 1
MOST_PER_PAGE = 50
MOST_PAGE = 1_000_000
TOKEN_DAYS = 365
LINK_SECONDS = 24 * 3600
EXPIRATION = "%a, %b %d, %Y %I:%M:%S %p GMT"
JOB_ID = "v9qh2to86kg85s03trag"

Status = Literal["accepted", "processing", "finished", "failed", "aborted"]
# The codes of the list of jobs; -1, "Not Found", is no job's.
STATUS_CODES: dict[str, Status] = {
    "0": "failed",
    "1": "accepted",
    "2": "processing",
    "3": "finished",
    "4": "aborted",
}
NO_STATUS = "-1"
# Codes and names of the kinds of jobs. Ours are those of code 2.
TYPE_CODES = {
    "1": "companies",
    "2": "contacts",
    "3": "enrich",
    "4": "contactLookup",
    "5": "newContacts",
}
OURS = "contacts"

Signature = Annotated[
    str, Field(description="As in the link that `results` gave.", examples=["eyJr…"])
]
JobId = Annotated[
    str,
    Field(description="20 digits of base 32.", examples=[JOB_ID]),
]


class Message(BaseModel):
    """A message; names it does not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class Accepted(Message):
    """Reply of submit. In XML the root is `BulkLeadEnrichmentStatus`."""

    jobId: JobId
    status: Literal["accepted"]
    type: Literal["contacts"]


class JobStatus(Message):
    """Reply of status. In XML the root is `BulkLeadEnrichmentStatus`."""

    jobId: JobId
    status: Status
    totalProcessed: int = Field(ge=0, description="Contacts looked up so far.")
    type: Literal["contact"]


class Aborted(Message):
    """Reply of cancel. In XML the root is `BulkLeadEnrichmentStatus`."""

    jobId: JobId
    status: Literal["aborted"]
    type: Literal["contact"]


class Results(Message):
    """Where the file of an ended job is. In XML the root is `bulkJob`."""

    createdDate: str = Field(description="ISO 8601.", examples=["2026-11-21T10:00:00.123+00:00"])
    creditsConsumed: int = Field(ge=0, description="Transactions used: one a different id.")
    jobId: JobId
    jobStatus: Literal["finished", "failed"]
    jobType: Literal["contacts"]
    resultsUrl: str | None = Field(
        None, description="Of a finished job: the CSV file, for 24 hours, without an accessToken."
    )
    errorMessage: str | None = Field(None, description="Of a failed job.")


class ListedJob(Message):
    """A job in the list. In XML the element is `bulkJob`."""

    jobId: JobId
    jobType: Literal["contacts"]
    jobStatus: Status
    createdDate: str = Field(examples=["2026-11-21"], description="UTC.")
    creditsConsumed: int = Field(ge=0)


class JobList(Message):
    """Reply of the list of jobs, newest first. In XML the root is `bulkJobs`."""

    bulkJobs: list[ListedJob]


class TokenRequest(Message):
    """A form: the public id of a key, and the key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "clientId": "7Qm2vX9dTe",
                    "clientSecret": "chub_live_7Qm2vX9dTe_…",
                    "grantType": "cred",
                }
            ]
        }
    )

    clientId: str = Field(description="Public id of a key.", examples=["7Qm2vX9dTe"])
    clientSecret: str = Field(description="The whole key.", examples=["chub_live_7Qm2vX9dTe_…"])
    grantType: Literal["cred"]
    code: str | None = Field(None, description="Not used.")


class TokenDetails(Message):
    """A token for the header `accessToken`. In XML the root is `accessTokenDetails`."""

    accessToken: str
    expirationTime: str = Field(examples=["Tue, Jul 21, 2026 09:08:17 PM GMT"])
    tokenType: Literal["bearer"]


class Token(Message):
    """Reply of the token endpoint in JSON."""

    accessTokenDetails: TokenDetails


class Error(Message):
    """A failure. In XML the root is `error`."""

    errorType: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    errorNumber: str = Field(examples=["404-12"], description="HTTP status, and a number.")
    message: str = Field(examples=["Job not found."])
    diagnosticCode: str = Field(description="Names this failure in ContactHub's log.")


def webhook_body(job_id: str, status: Status, processed: int) -> dict[str, Any]:
    """Return what a webhook says: nothing of any person."""
    return {"jobId": job_id, "status": status, "type": "contact", "totalProcessed": processed}
