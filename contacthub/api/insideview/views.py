"""InsideView's calls. Each makes one call into the house and writes the answer.

Source: InsideView, "Contact Details Job" and "Using the Bulk APIs"; docs/protocols.md says what is our choice.
"""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from contacthub.api.gateway import ApiRequest, GatewayAPI, spends
from contacthub.api.gateway.documents import IDEMPOTENCY_KEY, describe
from contacthub.api.gateway.exchange import IssuedToken, exchange
from contacthub.api.gateway.files import serve_file
from contacthub.api.gateway.keys import admit
from contacthub.api.insideview import requests, translate
from contacthub.api.insideview.links import make_link, read_link
from contacthub.api.insideview.protocol import (
    JSON_TOKEN_PATH,
    PROTOCOL,
    TOKEN_PATH,
    AccountAdmission,
)
from contacthub.api.insideview.rendering import CSV, JSON, XML, choose, reply
from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.core.errors import NotReady
from contacthub.wire import insideview as wire

api = GatewayAPI(PROTOCOL, AccountAdmission)

AUTHENTICATION, JOBS = "Authentication", "Contact details jobs"
JOB_PATH, LIST_PATH = "/api/v1/contact/job", "/api/v1/admin/jobs"
TOKEN_LIFE = dt.timedelta(days=wire.TOKEN_DAYS)
SCHEMAS = "#/components/schemas/"
JOB_LINKS = {
    name: {"operationId": name, "parameters": {"job_id": "$response.body#/jobId"}}
    for name in ("get_job", "cancel_job", "get_results")
}


def _both(model: type[wire.Message], root: str) -> dict[str, Any]:
    """Return the two shapes of a reply for the document; the root's name is what XML adds."""
    schema = {"$ref": SCHEMAS + model.__name__}
    return {XML: {**schema, "xml": {"name": root}}, JSON: schema}


def _query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "in": "query",
        "name": name,
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _texts(*values: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": list(values)}}


WEBHOOK = _query(
    "webhook",
    "An http(s) URL that is told how the job ended; not a private address.",
    examples=["https://hooks.example.com/jobs"],
)
IDS = {
    "required": True,
    "content": {
        kind: {"schema": {"type": "string", "examples": ["13496440,8802619,225"]}}
        for kind in requests.ID_TYPES
    },
}
LISTING = [
    _query("period", "How `start` and `end` are written.", enum=list(requests.PERIODS)),
    _query("start", "The first day, month or year, in UTC.", examples=["2026-11-01"]),
    _query("end", "The last day, month or year, in UTC.", examples=["2026-11-30"]),
    _query(
        "jobStatuses",
        "Codes or names; several separated by commas or in several parameters.",
        **_texts(wire.NO_STATUS, *wire.STATUS_CODES, *requests.STATUS_NAMES),
    ),
    _query(
        "jobTypes",
        "Codes or names, likewise; ours are 2, `contacts`.",
        **_texts(*wire.TYPE_CODES, *requests.TYPE_NAMES),
    ),
    _query("page", "From 1.", type="integer", minimum=1, maximum=wire.MOST_PAGE, default=1),
    _query("resultsPerPage", "Jobs a page.", type="integer", minimum=1, maximum=wire.MOST_PER_PAGE, default=10),
]  # fmt: skip
OPEN: dict[str, Any] = {"x-open": True}
TOKEN_EXTRA: dict[str, Any] = {
    **OPEN,
    "requestBody": {
        "required": True,
        "content": {requests.FORM: {"schema": wire.TokenRequest.model_json_schema()}},
    },
}


# --- Tokens ---------------------------------------------------------------------------------------


@api.post(
    TOKEN_PATH,
    auth=None,
    response={200: wire.TokenDetails},
    tags=[AUTHENTICATION],
    openapi_extra=describe(
        400,
        401,
        answers={
            XML: {"$ref": SCHEMAS + "TokenDetails", "xml": {"name": translate.TOKEN_ROOT}},
            JSON: {"$ref": SCHEMAS + "Token"},
        },
        **TOKEN_EXTRA,
    ),
)
def create_token(request: HttpRequest) -> HttpResponse:
    """Exchange a key for a token of a year: its public id is the client id, the whole key the secret.

    The vendor's own clients send the three fields in the query, which works as well; proxies may log them there.
    """
    return _reply_token(request, _exchange(request), choose(request))


@api.post(
    JSON_TOKEN_PATH,
    auth=None,
    response={200: wire.Token},
    tags=[AUTHENTICATION],
    openapi_extra=describe(400, 401, **TOKEN_EXTRA),
)
def create_json_token(request: HttpRequest) -> HttpResponse:
    """Exchange a key for a token, in JSON whatever `Accept` says."""
    return _reply_token(request, _exchange(request), JSON)


def _exchange(request: HttpRequest) -> IssuedToken:
    client_id, client_secret = requests.read_client(request)
    return exchange(
        request, PROTOCOL, client_id=client_id, client_secret=client_secret, life=TOKEN_LIFE
    )


def _reply_token(request: HttpRequest, issued: IssuedToken, kind: str) -> HttpResponse:
    details = translate.token(issued)
    value = {translate.TOKEN_ROOT: details} if kind == JSON else details
    return reply(request, translate.TOKEN_ROOT, value, kind=kind)


# --- Jobs -----------------------------------------------------------------------------------------


@api.post(
    JOB_PATH,
    auth=api.write,
    response={200: wire.Accepted},
    tags=[JOBS],
    openapi_extra=describe(
        400,
        415,
        idempotent=True,
        answers=_both(wire.Accepted, translate.STATUS_ROOT),
        links=JOB_LINKS,
        parameters=[IDEMPOTENCY_KEY, WEBHOOK],
        requestBody=IDS,
    ),
)
@spends
def submit_job(request: ApiRequest) -> HttpResponse:
    """Look the details of up to 10,000 contacts up by their ids, separated by commas or lines.

    Each different id costs a transaction when the work begins. At most two jobs may be unfinished.
    """
    numbers = requests.read_ids(request)
    job = actions.create_details(
        organization=request.organization,
        actor=request.actor,
        numbers=numbers,
        webhook_url=requests.read_webhook(request),
    )
    return reply(request, translate.STATUS_ROOT, translate.accepted(job))


@api.get(
    JOB_PATH + "/{job_id}",
    auth=api.read,
    response={200: wire.JobStatus},
    tags=[JOBS],
    openapi_extra=describe(404, answers=_both(wire.JobStatus, translate.STATUS_ROOT)),
)
def get_job(request: ApiRequest, job_id: wire.JobId) -> HttpResponse:
    """Look a job up. Free."""
    return reply(request, translate.STATUS_ROOT, translate.status(_get_job(request, job_id)))


@api.delete(
    JOB_PATH + "/{job_id}",
    auth=api.write,
    response={200: wire.Aborted},
    tags=[JOBS],
    openapi_extra=describe(400, 404, answers=_both(wire.Aborted, translate.STATUS_ROOT)),
)
def cancel_job(request: ApiRequest, job_id: wire.JobId) -> HttpResponse:
    """Cancel a job whose processing has not started. Free."""
    found = _get_job(request, job_id)
    job = actions.cancel_waiting(
        organization=request.organization, actor=request.actor, public_id=found.public_id
    )
    return reply(request, translate.STATUS_ROOT, translate.aborted(job))


@api.get(
    JOB_PATH + "/{job_id}/results",
    auth=api.read,
    response={200: wire.Results},
    tags=[JOBS],
    openapi_extra=describe(
        400,
        404,
        410,
        416,
        answers={**_both(wire.Results, translate.RESULTS_ROOT), CSV: {"type": "string"}},
    ),
)
def get_results(request: ApiRequest, job_id: wire.JobId) -> HttpResponseBase:
    """Fetch the file of a finished job as `text/csv`, or learn where it is and what it cost. Free."""
    found = _get_job(request, job_id)
    kind = choose(request, XML, JSON, CSV)
    if found.phase == ContactJob.Phase.FAILED and kind != CSV:
        return reply(request, translate.RESULTS_ROOT, translate.results(found, None), kind=kind)
    if found.phase != ContactJob.Phase.COMPLETED:
        raise NotReady("The results of this job are not ready.")
    if kind == CSV:
        return _serve(request, found)
    queries.get_result(job=found)
    url = make_link(key=request.key, path=f"{JOB_PATH}/{found.public_id}/results/file")
    return reply(request, translate.RESULTS_ROOT, translate.results(found, url), kind=kind)


@api.get(
    JOB_PATH + "/{job_id}/results/file",
    auth=None,
    response={200: str},
    tags=[JOBS],
    openapi_extra=describe(
        400,
        401,
        404,
        410,
        416,
        answers={CSV: {"type": "string"}},
        **OPEN,
    ),
)
def get_results_file(
    request: HttpRequest, job_id: wire.JobId, signature: wire.Signature = ""
) -> HttpResponseBase:
    """Fetch the file by the link that `results` gave: for 24 hours, without an accessToken."""
    key = read_link(request, signature=signature)
    admit(request, key)
    return _serve(request, _get_job(request, job_id))


def _serve(request: Any, found: ContactJob) -> HttpResponseBase:
    response, size = serve_file(request, queries.get_result(job=found))
    actions.record_download(contact_job=found, actor=request.actor, size=size)
    return response


@api.get(
    LIST_PATH,
    auth=api.read,
    response={200: wire.JobList},
    tags=[JOBS],
    openapi_extra=describe(
        400, answers=_both(wire.JobList, translate.LIST_ROOT), parameters=LISTING
    ),
)
def list_jobs(request: ApiRequest) -> HttpResponse:
    """List the organization's jobs, newest first. Free."""
    asked = requests.read_listing(request.GET)
    found = queries.list_contact_jobs(
        organization=request.organization,
        kind=ContactJob.Kind.DETAILS,
        phases=None
        if asked.statuses is None
        else [translate.PHASES[status] for status in asked.statuses],
        first_day=asked.first_day,
        last_day=asked.last_day,
    )
    start = (asked.page - 1) * asked.per_page
    shown = found[start : start + asked.per_page] if asked.has_ours else ()
    jobs = [translate.listed(job) for job in shown]
    if choose(request) == JSON:
        return reply(request, translate.LIST_ROOT, {"bulkJobs": jobs})
    return reply(request, translate.LIST_ROOT, {"bulkJob": jobs})


def _get_job(request: Any, job_id: str) -> ContactJob:
    return queries.get_contact_job(
        organization=request.organization, public_id=job_id, kind=ContactJob.Kind.DETAILS
    )
