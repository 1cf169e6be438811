"""E-mail addresses stay out of the addresses of pages: out of the browser's history, Referer and every access log.

A search form is sent by POST. Its values go to the address of the same page, as usual, but those that hold an e-mail
address go there as one encrypted parameter, `view`. Views know nothing of it: `request.GET` has the values, and writes
itself sealed wherever a link is made of it. A link stays good for reload, back, paging and for colleagues; in another
organization it opens nothing.
"""

import unicodedata
from collections.abc import Callable, MutableMapping
from functools import wraps
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict

from contacthub.core.secrets import SecretUnreadable, seal, unseal
from contacthub.organizations.models import Organization
from contacthub.web.errors import error_response

GetResponse = Callable[[HttpRequest], HttpResponse]
VIEW = "view"
# No query that fits into the longest address is longer.
MOST_CHARACTERS = 8_000
# Answers that send a browser, or htmx, to an address.
HEADERS = ("Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url")
LOST = "The search in this link cannot be read here: it belongs to another organization, or is damaged."


class PrivateQuery(QueryDict):
    """A query that writes values with an e-mail address sealed for one organization; without one it leaves them out."""

    organization: Organization | None = None

    @classmethod
    def of(cls, query: QueryDict, organization: Organization | None) -> Self:
        """Return the query with its `view` opened. Raises `SecretUnreadable`."""
        opened = cls("", mutable=True, encoding=query.encoding)
        opened.organization = organization
        for name, values in query.lists():
            if name != VIEW:
                opened.setlist(name, values)
        text = query.get(VIEW, "")
        if text and organization is None:
            # Before sign-in the link stays as it is.
            opened[VIEW] = text
        elif text and organization is not None:
            for name, values in _open(text, organization):
                opened.setlist(name, values)
        opened._mutable = False
        return opened

    def __deepcopy__(self, memo: MutableMapping[int, Any]) -> Self:
        """Return a copy that can be changed, sealed for the same organization."""
        result = super().__deepcopy__(memo)
        result.organization = self.organization
        return result

    def __copy__(self) -> Self:
        """Return a copy,, too."""
        result = super().__copy__()
        result.organization = self.organization
        return result

    @property
    def has_private(self) -> bool:
        """Return whether a value must not stand in an address."""
        return any(is_private(value) for _, values in self.lists() for value in values)

    def urlencode(self, safe: str | None = None) -> str:
        """Return the query as it may stand in an address."""
        if not self.has_private:
            return super().urlencode(safe)
        public, private = QueryDict("", mutable=True, encoding=self.encoding), {}
        for name, values in self.lists():
            if any(map(is_private, values)):
                private[name] = values
            else:
                public.setlist(name, values)
        if self.organization is not None:
            public[VIEW] = _close(private, self.organization)
        return public.urlencode(safe)


def is_private(text: object) -> bool:
    """Return whether a value holds an e-mail address or the beginning of one, in whatever width or encoding."""
    return isinstance(text, str) and (
        "@" in unicodedata.normalize("NFKC", text) or "%40" in text or "%ef%bc%a0" in text.lower()
    )


def _close(values: dict[str, list[Any]], organization: Organization) -> str:
    text = orjson.dumps(values).decode()
    return seal(text, owner=_owner(organization)).decode().rstrip("=")


def _open(text: str, organization: Organization) -> list[tuple[str, list[str]]]:
    if len(text) > MOST_CHARACTERS or not text.isascii():
        raise SecretUnreadable(LOST)
    padded = text + "=" * (-len(text) % 4)
    return list(orjson.loads(unseal(padded.encode(), owner=_owner(organization))).items())


def _owner(organization: Organization) -> str:
    return f"view:{organization.pk}"


class PrivateQueryMiddleware:
    """Open `view` for the pages, and neither show a page nor redirect to an address with an e-mail in it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request with such an address with a redirect to the sealed one."""
        organization = getattr(request, "organization", None)
        asked = PrivateQuery.of(_without_view(request.GET), organization)
        try:
            request.GET = PrivateQuery.of(request.GET, organization)  # type: ignore[assignment]
        except SecretUnreadable:
            return error_response(request, 404, LOST)
        is_read = request.method in ("GET", "HEAD")
        if asked.has_private and is_read and organization is None:
            return HttpResponseRedirect(_address(request, asked))
        response = self.get_response(request)
        for header in HEADERS:
            if header in response:
                response[header] = seal_address(response[header], organization)
        if asked.has_private and is_read and "Location" not in response:
            return _move(request, response)
        return response


def _without_view(query: QueryDict) -> QueryDict:
    kept = query.copy()
    kept.pop(VIEW, None)
    return kept


def _move(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    query = request.GET
    address = _address(request, query)
    if not getattr(request, "htmx", False):
        return HttpResponseRedirect(address)
    if "HX-Redirect" not in response:
        response.setdefault("HX-Replace-Url", address)
    return response


def _address(request: HttpRequest, query: QueryDict) -> str:
    text = query.urlencode(safe=";,:")
    return f"{request.path}?{text}" if text else request.path


def seal_address(address: str, organization: Organization | None) -> str:
    """Return an address of ours with e-mail addresses in its query sealed; any other address as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    query = QueryDict(parts.query)
    if not any(is_private(value) for _, values in query.lists() for value in values):
        return address
    sealed = PrivateQuery.of(_without_view(query), organization)
    return urlunsplit(parts._replace(query=sealed.urlencode(safe=";,:/")))


def searches_by_post(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let the search form of a list be sent by POST: its values go to the list's own address, sealed as needed."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        query = PrivateQuery("", mutable=True)
        query.organization = getattr(request, "organization", None)
        for name, values in request.POST.lists():
            if name not in ("csrfmiddlewaretoken", VIEW):
                query.setlist(name, values)
        response = HttpResponseRedirect(_address(request, query))
        response.status_code = 303
        return response

    return answer
