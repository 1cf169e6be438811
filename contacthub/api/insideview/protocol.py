"""InsideView at the gateway: `accessToken`, XML unless JSON is wanted, errors with numbers, 405 for a missing right."""

import secrets
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse

from contacthub.api.gateway.keys import Admission
from contacthub.api.gateway.problems import FieldProblem, Kind, Problem, ProblemFound
from contacthub.api.gateway.protocol import Protocol
from contacthub.api.insideview import throttle
from contacthub.api.insideview.rendering import JSON, XML, choose, reply
from contacthub.contact_jobs.models import PUBLIC_ID_DIGITS, PUBLIC_ID_LENGTH
from contacthub.core import errors
from contacthub.credentials.models import ApiKey
from contacthub.wire import insideview as wire

logger = structlog.get_logger(__name__)

TOKEN_PATH = "/Auth/login/v1/token"  # noqa: S105
JSON_TOKEN_PATH = TOKEN_PATH + ".json"
STATUSES = {
    Kind.BAD_REQUEST: 400,
    Kind.INVALID: 400,
    Kind.MALFORMED: 400,
    Kind.UNAUTHORIZED: 401,
    Kind.FORBIDDEN: 405,
    Kind.NOT_FOUND: 404,
    Kind.METHOD: 405,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.ADDRESS_TOO_LONG: 414,
    Kind.HEADERS_TOO_LARGE: 431,
    Kind.MEDIA_TYPE: 415,
    Kind.RANGE: 416,
    Kind.LIMITED: 429,
    Kind.INTERNAL: 500,
    Kind.BUSY: 503,
}
# Numbers of "API Error Codes", and from 201 on our own.
ILLEGAL_VALUE, TOO_SMALL, TOO_BIG, NOT_A_NUMBER, BAD_ID = (
    "400-103",
    "400-105",
    "400-106",
    "400-107",
    "400-108",
)
BAD_WEBHOOK = "400-205"
NUMBERS = {400: ILLEGAL_VALUE, 404: "404-1"}
# What the house refuses: the number, and a sentence where the vendor has one.
REFUSALS: tuple[tuple[type[Exception], str, str], ...] = (
    (errors.TransactionsExceeded, "400-201", ""),
    (errors.TooManyJobs, "400-202", ""),
    (errors.NotReady, "400-204", ""),
    (errors.Conflict, "400-203", ""),
    (errors.Expired, "410-1", ""),
    (errors.NotFound, "404-12", "Job not found."),
)
MESSAGES = {
    Kind.UNAUTHORIZED: "Cannot use the APIs without a valid accessToken in the header.",
    Kind.FORBIDDEN: "You are not allowed to access this API.",
}


def refuse(number: str, message: str, *place: str) -> ProblemFound:
    """Return what to raise for a value that cannot be used, with its error number."""
    return ProblemFound(Problem(Kind.INVALID, message, (FieldProblem(place, message, number),)))


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the vendor's error object, in XML or JSON as the client wants its replies."""
    status, number, message = _judge(problem)
    code = "".join(secrets.choice(PUBLIC_ID_DIGITS) for _ in range(PUBLIC_ID_LENGTH))
    logger.info("insideview_refused", diagnostic_code=code, number=number)
    body = {
        "errorType": HTTPStatus(status).phrase,
        "status": status,
        "errorNumber": number,
        "message": message,
        "diagnosticCode": code,
    }
    kind = JSON if request.path == JSON_TOKEN_PATH else choose(request)
    return reply(request, "error", body, status=status, kind=kind)


def _judge(problem: Problem) -> tuple[int, str, str]:
    for refusal, number, message in REFUSALS:
        if isinstance(problem.error, refusal):
            return int(number[:3]), number, message or problem.message
    status = STATUSES[problem.kind]
    field = problem.fields[0] if problem.fields else None
    if status == 400 and field and field.location[0] == "header":
        return 422, "422-1", problem.message
    number = NUMBERS.get(status, f"{status}-1")
    if field and field.type.startswith("400-"):
        number = field.type
    return status, number, MESSAGES.get(problem.kind, problem.message)


class AccountAdmission(Admission):
    """Admits a request unless its organization is locked out."""

    def check_account(self, request: HttpRequest, key: ApiKey) -> None:
        """Count the request. Raises `ProblemFound` (429) for every key of an organization that asked too often."""
        seconds = throttle.count(organization_id=key.organization_id, key_id=key.public_id)
        if seconds:
            raise ProblemFound(throttle.problem_of(seconds))


PROTOCOL = Protocol(
    name="insideview",
    version="1.0.0",
    description=(
        "Details of contacts by id in bulk: submit up to 10,000 ids, poll, fetch the CSV file. Calls need a token or a "
        "key in the header `accessToken`. Replies are XML unless `Accept` wants JSON."
    ),
    prefixes=("/api/v1/", "/Auth/"),
    read_key=lambda request: request.headers.get("accessToken"),
    render_problem=render_problem,
    security={"AccessToken": {"type": "apiKey", "in": "header", "name": "accessToken"}},
    error_model=wire.Error,
    error_media_types=(XML, JSON),
    error_statuses=(400, 401, 405, 413, 414, 429, 431, 500, 503),
    key_before_method=("/api/v1/",),
)
