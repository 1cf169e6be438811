"""Backstory's calls. Each makes one call into the house and writes the answer.

Source: People.ai, "Enriched Contacts API"; docs/protocols.md says what is our choice.
"""

import datetime as dt
import re
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from ninja import Query
from pydantic import WithJsonSchema

from contacthub.api.backstory import translate
from contacthub.api.backstory.protocol import GRANT_TYPE, INVALID_FRAGMENT, PROTOCOL, TOKEN_PATH
from contacthub.api.gateway import (
    ApiRequest,
    FieldProblem,
    GatewayAPI,
    Kind,
    Problem,
    ProblemFound,
    json_reply,
    spends,
)
from contacthub.api.gateway.documents import describe
from contacthub.api.gateway.exchange import exchange
from contacthub.api.gateway.files import serve_file
from contacthub.api.gateway.keys import basic_client_of
from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.layouts import layout_of
from contacthub.contact_jobs.models import ContactJob
from contacthub.wire import backstory as wire

api = GatewayAPI(PROTOCOL)

AUTHENTICATION, JOBS = "Authentication", "Enriched contacts"
JOBS_PATH = "/pull/v1/export/contacts/jobs"
TOKEN_LIFE = dt.timedelta(seconds=wire.TOKEN_SECONDS)
FORM = "application/x-www-form-urlencoded"
NUMBER = re.compile(r"\d{1,9}", re.ASCII)
TOKEN_EXTRA: dict[str, Any] = {
    "x-open": True,
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": wire.TokenRequest.model_json_schema()}},
    },
}
JOB_LINKS = {
    "JobStatus": {"operationId": "get_job", "parameters": {"job_id": "$response.body#/job_id"}},
    "JobData": {"operationId": "get_job_data", "parameters": {"job_id": "$response.body#/job_id"}},
}


@api.post(
    TOKEN_PATH,
    auth=None,
    response={200: wire.Token},
    tags=[AUTHENTICATION],
    openapi_extra=describe(400, 401, 403, **TOKEN_EXTRA),
)
def create_token(request: HttpRequest) -> HttpResponse:
    """Exchange a key for a token of two hours: its public id is the client id, the whole key the secret.

    The client may be in the form or in `Authorization: Basic`.
    """
    form = _read_form(request)
    if form["grant_type"] != "client_credentials":
        raise _refusal(GRANT_TYPE, "The only grant_type is client_credentials.")
    issued = exchange(
        request,
        PROTOCOL,
        client_id=form["client_id"],
        client_secret=form["client_secret"],
        life=TOKEN_LIFE,
    )
    return json_reply(translate.token(issued))


def _read_form(request: HttpRequest) -> dict[str, str]:
    """Return the three fields, each there once (RFC 6749 §3.2); the client may be in `Authorization: Basic` instead.

    A body that is no form has none of them.
    """
    given = request.POST if request.content_type == FORM else QueryDict()
    fields = {name: given.getlist(name) for name in wire.TokenRequest.model_fields}
    for name, value in (basic_client_of(request) or {}).items():
        # Some clients send the same in both places, which RFC 6749 §2.3 forbids, but which does no harm.
        if fields[name] != [value]:
            fields[name].append(value)
    for name, values in fields.items():
        if len(values) != 1 or not values[0]:
            raise _refusal(("body", "form"), f"Send {name} once, in a body of {FORM}.")
    return {name: values[0] for name, values in fields.items()}


def _refusal(place: tuple[str, str], message: str) -> ProblemFound:
    return ProblemFound(Problem(Kind.INVALID, message, (FieldProblem(place, message),)))


@api.post(
    JOBS_PATH,
    auth=api.write,
    response={200: wire.Job},
    tags=[JOBS],
    openapi_extra=describe(400, 415, idempotent=True, links=JOB_LINKS),
)
@spends
def create_job(request: ApiRequest, body: wire.CreateJob) -> HttpResponse:
    """Extract the contacts created in a window of at most a year.

    Two jobs run at a time, ten more are queued; beyond that 429 `too_many_jobs`.
    """
    made = actions.create_extract(
        organization=request.organization,
        actor=request.actor,
        conditions=translate.conditions(body),
        format=translate.FORMATS[body.output_format],
    )
    return json_reply(translate.job(made))


@api.get(
    JOBS_PATH + "/{job_id}",
    auth=api.read,
    response={200: wire.Job},
    tags=[JOBS],
    openapi_extra=describe(404),
)
def get_job(request: ApiRequest, job_id: wire.JobId) -> HttpResponse:
    """Look a job up. Poll while it is `Queued` or `Running`."""
    return json_reply(translate.job(_get_job(request, job_id)))


@api.get(
    JOBS_PATH + "/{job_id}/data",
    auth=api.read,
    response={200: list[wire.Contact]},
    tags=[JOBS],
    openapi_extra=describe(
        400,
        404,
        409,
        410,
        416,
        answers={
            "text/csv": {"type": "string"},
            "application/json": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Contact"},
            },
        },
    ),
)
def get_job_data(
    request: ApiRequest,
    job_id: wire.JobId,
    fragment: Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 0})] = Query(  # type: ignore[type-arg]
        None, description="A part by its number from 0; without it, all parts as one file."
    ),
) -> HttpResponseBase:
    """Retrieve the result of a completed job, which is kept for ten days. The whole file honours `Range`."""
    found = _get_job(request, job_id)
    result = queries.get_result(job=found)
    if fragment is None:
        response, size = serve_file(request, result)
    else:
        response, size = _serve_fragment(found, fragment)
    if size:
        actions.record_download(contact_job=found, actor=request.actor, size=size)
    return response


def _serve_fragment(found: ContactJob, asked: str) -> tuple[HttpResponseBase, int]:
    count = found.fragment_count or 0
    number = int(asked) if NUMBER.fullmatch(asked) else count
    if number >= count:
        raise _refusal(INVALID_FRAGMENT, f"This job has the fragments 0 to {count - 1}.")
    body = queries.get_fragment(job=found, number=number)
    response = HttpResponse(body, content_type=layout_of(found).content_type)
    name = f"contacts_{found.public_id}_{number}.{layout_of(found).suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response, len(body)


def _get_job(request: ApiRequest, job_id: str) -> ContactJob:
    return queries.get_contact_job(
        organization=request.organization, public_id=job_id, kind=ContactJob.Kind.EXTRACT
    )
