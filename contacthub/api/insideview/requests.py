"""What a client asks for, read from bodies, queries and forms. All raise `ProblemFound` with an error number."""

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from contacthub.api.gateway.problems import Kind, Problem, ProblemFound
from contacthub.api.insideview.protocol import (
    BAD_ID,
    BAD_WEBHOOK,
    ILLEGAL_VALUE,
    NOT_A_NUMBER,
    TOO_BIG,
    TOO_SMALL,
    refuse,
)
from contacthub.core import outbound
from contacthub.core.errors import Invalid
from contacthub.core.text import normalize
from contacthub.wire import insideview as wire

ID_TYPES = ("text/plain", "application/octet-stream")
FORM = "application/x-www-form-urlencoded"
SEPARATORS = re.compile(r"[,\r\n]")
ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
# How a day, month and year is written.
PERIODS = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    "month": re.compile(r"(\d{4})-(\d{2})", re.ASCII),
    "year": re.compile(r"(\d{4})", re.ASCII),
}
STATUS_NAMES: dict[str, str] = {name: code for code, name in wire.STATUS_CODES.items()}
TYPE_NAMES = {name: code for code, name in wire.TYPE_CODES.items()}


def read_ids(request: HttpRequest) -> list[int]:
    """Return the contact ids of a body in their order, duplicates included."""
    if request.content_type not in ID_TYPES:
        message = f"The Content-Type header is mandatory: {' or '.join(ID_TYPES)}."
        raise ProblemFound(Problem(Kind.MEDIA_TYPE, message))
    try:
        text = normalize(request.body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refuse(ILLEGAL_VALUE, "The body is not text in UTF-8.", "body") from error
    found = [item for item in map(str.strip, SEPARATORS.split(text)) if item]
    if not found:
        raise refuse(TOO_SMALL, "The body has no contact id.", "body")
    if len(found) > wire.MOST_IDS:
        message = f"A job has at most {wire.MOST_IDS} contact ids, this one has {len(found)}."
        raise refuse(TOO_BIG, message, "body")
    return [_read_id(item) for item in found]


def _read_id(text: str) -> int:
    if not ID.fullmatch(text) or int(text) > wire.MOST_ID:
        raise refuse(BAD_ID, f"The contact id {text[:40]!r} is not valid.", "body")
    return int(text)


def read_webhook(request: HttpRequest) -> str:
    """Return the URL to tell how the job ended, or ""."""
    text = request.GET.get("webhook", "")
    if not text:
        return ""
    try:
        return outbound.check_url(text)
    except Invalid as error:
        raise refuse(BAD_WEBHOOK, f"webhook: {error}", "query", "webhook") from error


@dataclass(frozen=True)
class Listing:
    """Which jobs to list. `statuses` is None for all."""

    first_day: dt.date | None
    last_day: dt.date | None
    statuses: tuple[wire.Status, ...] | None
    has_ours: bool
    page: int
    per_page: int


def read_listing(query: QueryDict) -> Listing:
    """Return which jobs a query asks for."""
    period = query.get("period", "day")
    if period not in PERIODS:
        raise refuse(ILLEGAL_VALUE, "period is day, month or year.", "query", "period")
    first = _read_days(query, "start", period)
    last = _read_days(query, "end", period)
    if first and last and first[0] > last[1]:
        raise refuse(ILLEGAL_VALUE, "start is after end.", "query", "start")
    statuses = _read_codes(query, "jobStatuses", (*wire.STATUS_CODES, wire.NO_STATUS), STATUS_NAMES)
    types = _read_codes(query, "jobTypes", tuple(wire.TYPE_CODES), TYPE_NAMES)
    return Listing(
        first_day=first[0] if first else None,
        last_day=last[1] if last else None,
        statuses=tuple(wire.STATUS_CODES[code] for code in statuses if code != wire.NO_STATUS)
        if statuses
        else None,
        has_ours=not types or TYPE_NAMES[wire.OURS] in types,
        page=_read_whole(query, "page", 1, wire.MOST_PAGE),
        per_page=_read_whole(query, "resultsPerPage", 10, wire.MOST_PER_PAGE),
    )


def _read_days(query: QueryDict, name: str, period: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day of a day, month or year."""
    text = query.get(name)
    if text is None:
        return None
    match = PERIODS[period].fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month, day = (*map(int, match.groups()), None, None)[:3]
        last_month = month or 12
        last_day = day or calendar.monthrange(year or 0, last_month)[1]
        return dt.date(year or 0, month or 1, day or 1), dt.date(year or 0, last_month, last_day)
    except (ValueError, calendar.IllegalMonthError) as error:
        shape = {"day": "YYYY-MM-DD", "month": "YYYY-MM", "year": "YYYY"}[period]
        raise refuse(ILLEGAL_VALUE, f"{name} is written {shape}.", "query", name) from error


def _read_codes(
    query: QueryDict, name: str, codes: tuple[str, ...], names: dict[str, str]
) -> set[str]:
    """Return the codes of a list: separated by commas or the parameter several times, codes or names."""
    found = set()
    for item in _items(query, name):
        code = names.get(item, item)
        if code not in codes:
            raise refuse(ILLEGAL_VALUE, f"{name}: there is no {item[:40]!r}.", "query", name)
        found.add(code)
    return found


def _items(query: QueryDict, name: str) -> Iterator[str]:
    for value in query.getlist(name):
        yield from (item.strip() for item in value.split(","))


def _read_whole(query: QueryDict, name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not WHOLE.fullmatch(text):
        raise refuse(NOT_A_NUMBER, f"{name} is not a valid number.", "query", name)
    value = int(text)
    if value < 1:
        raise refuse(TOO_SMALL, f"{name} is below its minimum, 1.", "query", name)
    if value > most:
        raise refuse(TOO_BIG, f"{name} is above its maximum, {most}.", "query", name)
    return value


def read_client(request: HttpRequest) -> tuple[str, str]:
    """Return client id and secret, each there once, of the form or the query of the token endpoint."""
    form = request.POST if request.content_type == FORM else QueryDict()
    found = {}
    for name in ("clientId", "clientSecret", "grantType"):
        values = form.getlist(name) + request.GET.getlist(name)
        if len(values) != 1 or not values[0]:
            message = f"Send {name} once, in a body of {FORM} or in the query."
            raise refuse(ILLEGAL_VALUE, message, "body", name)
        found[name] = values[0]
    if found["grantType"] != "cred":
        raise refuse(ILLEGAL_VALUE, "The only grantType is cred.", "body", "grantType")
    return found["clientId"], found["clientSecret"]
