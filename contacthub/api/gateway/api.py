"""A django-ninja API whose every failure is written by its protocol."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation

from contacthub.api.gateway.bodies import StrictParser
from contacthub.api.gateway.keys import Admission
from contacthub.api.gateway.problems import Kind, Problem, problem_of
from contacthub.api.gateway.protocol import Protocol


class GatewayAPI(NinjaAPI):
    """The routes of one protocol. `api.get(path, auth=api.read)` or `api.write` says what a key must allow."""

    def __init__(self, protocol: Protocol, admission: type[Admission] = Admission) -> None:
        super().__init__(
            title=protocol.title,
            version=protocol.version,
            description=protocol.description,
            urls_namespace=protocol.name,
            parser=StrictParser(),
            openapi_url=None,
            docs_url=None,
        )
        self.protocol = protocol
        self.read: Callable[..., Any] = admission(protocol, write=False)
        self.write: Callable[..., Any] = admission(protocol, write=True)
        for kind in (Exception, Http404, HttpError, ValidationError):
            self.add_exception_handler(kind, self._render_error)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name a call by its view: `create_export`."""
        return str(operation.view_func.__name__)

    def _render_error(
        self, request: HttpRequest, error: Exception | type[Exception]
    ) -> HttpResponse:
        if isinstance(error, Http404):
            problem = Problem(Kind.NOT_FOUND, "Not found")
        else:
            problem = problem_of(error if isinstance(error, Exception) else error())
        return render_problem(self.protocol, request, problem)


def render_problem(protocol: Protocol, request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a problem in the protocol's form, marked as such."""
    response = protocol.render_problem(request, problem)
    for name, value in problem.headers.items():
        response[name] = value
    response.is_of_protocol = True  # type: ignore[attr-defined]
    return response
