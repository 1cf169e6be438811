"""InsideView's replies as the connector reads them. What we serve ourselves is `wire.insideview`."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, TypeAdapter, ValidationError

from contacthub.connectors.bulk import BulkState
from contacthub.connectors.tolerant import Items, Maybe, Message, Moment, Small, read_word
from contacthub.core.http_times import read_date
from contacthub.wire.insideview import EXPIRATION

# By word, and by the numbers of the list of jobs.
STATES = {
    "accepted": BulkState.QUEUED,
    "1": BulkState.QUEUED,
    "processing": BulkState.RUNNING,
    "2": BulkState.RUNNING,
    "finished": BulkState.COMPLETED,
    "3": BulkState.COMPLETED,
    "aborted": BulkState.CANCELLED,
    "4": BulkState.CANCELLED,
    "failed": BulkState.FAILED,
    "0": BulkState.FAILED,
}
MOMENT: TypeAdapter[dt.datetime] = TypeAdapter(Moment)


def read_state(word: str, unknown: BulkState = BulkState.RUNNING) -> BulkState:
    """Return what a state means; `unknown` for one that is not known."""
    return read_word(word, STATES) or unknown


def _clean_job_id(text: str) -> str:
    # It becomes part of a path.
    text = text.strip()
    if not (text.isascii() and text.isalnum() and len(text) <= 100):
        raise ValueError("a job has letters and digits")
    return text


JobId = Annotated[str, AfterValidator(_clean_job_id)]


class Accepted(Message):
    """A submitted job."""

    jobId: JobId
    status: str = "accepted"


class JobStatus(Message):
    """Where a job stands."""

    jobId: JobId
    status: str
    totalProcessed: Maybe[Small]


class Aborted(Message):
    """A cancelled job."""

    jobId: JobId
    status: str


class Results(Message):
    """Where the file of an ended job is."""

    resultsUrl: str | None = None
    errorMessage: str | None = None


class ListedJob(Message):
    """A job in the list, which holds those of other kinds too."""

    jobId: JobId
    jobStatus: str
    creditsConsumed: Maybe[Small]


class JobList(Message):
    """A list of jobs."""

    bulkJobs: Items[ListedJob]


class TokenDetails(Message):
    """A token. Its kind does not matter: it travels in a header of its own."""

    accessToken: str
    expirationTime: str | None = None

    @property
    def ends_at(self) -> dt.datetime | None:
        """Return when it ends; None if that is missing or cannot be read."""
        text = (self.expirationTime or "").strip()
        try:
            return dt.datetime.strptime(text, EXPIRATION).replace(tzinfo=dt.UTC)
        except ValueError:
            pass
        seconds = read_date(text)
        try:
            return MOMENT.validate_python(text if seconds is None else seconds)
        except ValidationError:
            return None


class Token(Message):
    """Reply of the token endpoint in JSON."""

    accessTokenDetails: TokenDetails


class Error(Message):
    """A failure."""

    errorNumber: str = ""
    message: str = ""
