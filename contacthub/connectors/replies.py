"""Reading replies: into the vendor's messages, or into the error that they are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import orjson
from pydantic import BaseModel, ValidationError

from contacthub.connectors.errors import (
    ContractBroken,
    NotEntitled,
    NotFound,
    Refused,
    Throttled,
    VendorDown,
    VendorError,
    WrongKey,
)
from contacthub.core import clock
from contacthub.core.http_times import read_retry_after

Message = TypeVar("Message", bound=BaseModel)
BODY = "(body)"
SAMPLE_LENGTH = 600
# Characters of the vendor's own sentence that we keep.
MOST_SAID = 300
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
WORD = re.compile(r"[^\W\d_]", re.UNICODE)


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def request_id(self) -> str:
        """Return the id under which the vendor knows the exchange, or an empty text."""
        found = next((self.headers[n] for n in REQUEST_ID_HEADERS if n in self.headers), "")
        return "".join(filter(str.isprintable, found))[:100]


# How a vendor's failures are read: the error that a reply is, or None if the status says it all.
ErrorReader = Callable[[Reply], VendorError | None]


def parse(reply: Reply, message: type[Message]) -> Message:
    """Return a reply's message. Raises `ContractBroken` with the first path that is wrong."""
    try:
        return message.model_validate_json(reply.body)
    except ValidationError as error:
        raise broken_by(error, reply.body) from None


def broken_by(error: ValidationError, body: bytes) -> ContractBroken:
    """Return the error for a reply that a message does not take, with the first path that is wrong."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return broken(".".join(map(str, first["loc"])) or BODY, first["msg"], body)


def broken(path: str, why: str, body: bytes) -> ContractBroken:
    """Return the error for a reply that is not what the vendor's documents say."""
    # What pydantic says of a value can hold the value; the kind of fault is enough for a person.
    why = why.split(",", 1)[0].split(":", 1)[0][:120]
    # A vendor's own names can be part of the path.
    path = "".join(filter(str.isprintable, path))[:200]
    return ContractBroken(
        f"The vendor's answer breaks its contract at {path}: {why}.",
        path=path,
        sample=outline(body),
    )


def outline(body: bytes) -> str:
    """Return the shape of a body without its values: names and types of JSON, else its text with letters masked."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body[:200].decode("utf-8", "replace")
        masked = re.sub(r"\d", "0", WORD.sub("x", text))
        return f"{len(body):,} bytes, not JSON: {masked}"
    return orjson.dumps(_shape(value)).decode()[:SAMPLE_LENGTH]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {_name(key): _shape(inner) for key, inner in list(value.items())[:40]}
    if isinstance(value, list):
        return [_shape(value[0]), f"… {len(value)}"] if value else []
    return type(value).__name__


def _name(key: str) -> str:
    # A name is a vendor's word; an address or a number in its place is someone's data.
    return key if re.fullmatch(r"[A-Za-z_][A-Za-z_.-]{0,40}", key) else "…"


# --- Failures -------------------------------------------------------------------------------------


def failure(reply: Reply, *, read: ErrorReader | None, vendor_says: str = "") -> VendorError:
    """Return the error that a reply with a status of 400 or more is."""
    return (read and read(reply)) or failure_of(reply, vendor_says=vendor_says)


def failure_of(reply: Reply, *, vendor_says: str = "") -> VendorError:
    """Return the error that a status means with every vendor."""
    status, says = reply.status, clean_sentence(vendor_says)
    if status == 401:
        return WrongKey("The vendor does not accept the credentials.", vendor_says=says)
    if status == 403:
        return NotEntitled("The account may not do this.", vendor_says=says)
    if status == 404:
        return NotFound("The vendor could not find it.", vendor_says=says)
    if status == 429:
        wait = retry_after(reply)
        return Throttled("The vendor asks for fewer calls.", retry_after=wait, vendor_says=says)
    if status >= 500:
        return VendorDown(
            f"The vendor answered {status}.",
            status=status,
            retry_after=retry_after(reply),
            vendor_says=says,
        )
    if status < 400:
        return ContractBroken(
            f"The vendor answered {status}; redirects are not followed.", path="(status)"
        )
    return Refused(f"The vendor refused with {status}.", status=status, vendor_says=says)


def clean_sentence(text: object) -> str:
    """Return a vendor's sentence as it may be shown: one line, printable, not long."""
    words = " ".join(str(text or "").split())
    return "".join(filter(str.isprintable, words))[:MOST_SAID]


def retry_after(reply: Reply) -> float | None:
    """Return the seconds that a Retry-After asks for, at most a day; None if it says nothing usable."""
    return read_retry_after(reply.headers.get("retry-after", ""), now=clock.now())
