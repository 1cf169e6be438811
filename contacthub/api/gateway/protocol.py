"""What makes one protocol differ from another at the gateway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from contacthub.api.gateway.problems import Problem
from contacthub.credentials.models import ApiKey
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

MEBIBYTE = 1024 * 1024


class ApiRequest(HttpRequest):
    """A request whose key was accepted: with which key, for which organization, who acts."""

    key: ApiKey
    organization: Organization
    actor: Actor


@dataclass(frozen=True)
class Protocol:
    """One vendor's protocol: its paths, how a key travels, how an error is written, what its document says."""

    # As in `credentials.protocols.PROTOCOLS`.
    name: str
    version: str
    description: str
    # Beginnings of the paths that are this protocol's, also where nothing is: "/enrich/" has an error shape too.
    prefixes: tuple[str, ...]
    # Return the key or token of a request, or None if it has none.
    read_key: Callable[[HttpRequest], str | None]
    render_problem: Callable[[HttpRequest, Problem], HttpResponse]
    # OpenAPI: the security schemes by name; one of them suffices.
    security: Mapping[str, Mapping[str, Any]]
    # OpenAPI: the shape of an error, its media types, and the statuses that any call may answer with.
    error_model: type[BaseModel]
    error_media_types: tuple[str, ...] = ("application/json",)
    error_statuses: tuple[int, ...] = (400, 401, 403, 413, 414, 429, 431, 500, 503)
    most_body_bytes: int = MEBIBYTE
    # Beginnings of paths where the key is judged before the method is: without a key, a wrong method is 401.
    key_before_method: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the name that people know the protocol by."""
        return PROTOCOLS[self.name].label

    def owns(self, path: str) -> bool:
        """Return whether a path is this protocol's."""
        return path.startswith(self.prefixes)
