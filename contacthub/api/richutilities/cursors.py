"""Cursors: a place in an order, signed, of use only to the organization and in the order that it was made for."""

import base64
import binascii
from typing import NamedTuple

import orjson
from django.utils.crypto import constant_time_compare, salted_hmac

from contacthub.api.gateway import FieldProblem, Kind, Problem, ProblemFound
from contacthub.contacts.search import Position

SALT = "contacthub.api.richutilities.cursor"
MAC_BYTES = 16
OTHER_SORT = "This cursor was made for sort_by={}, sort_order={}: ask for the first page again."
REFUSED = "This cursor is not one of ours: pass next_cursor on as it came, or leave it out for the first page."


class Bound(NamedTuple):
    """The key that a cursor is for, and the order in which it is a place."""

    organization: int
    sort_by: str
    sort_order: str


def make_cursor(position: Position, bound: Bound) -> str:
    """Return a cursor of base64url (RFC 4648 §5) without padding."""
    text = orjson.dumps([bound.sort_by, bound.sort_order, position.value, position.number])
    return base64.urlsafe_b64encode(_sign(text, bound) + text).rstrip(b"=").decode()


def read_cursor(cursor: str, bound: Bound) -> Position:
    """Return the place of a cursor. Raises `ProblemFound` for one of another order, or that we never made."""
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise _refusal(REFUSED) from error
    mac, text = signed[:MAC_BYTES], signed[MAC_BYTES:]
    if not constant_time_compare(mac, _sign(text, bound)):
        raise _refusal(REFUSED)
    sort_by, sort_order, value, number = orjson.loads(text)
    if (sort_by, sort_order) != (bound.sort_by, bound.sort_order):
        raise _refusal(OTHER_SORT.format(sort_by, sort_order))
    return Position(value, number)


def _sign(text: bytes, bound: Bound) -> bytes:
    salt = f"{SALT}.{bound.organization}"
    return salted_hmac(salt, text, algorithm="sha256").digest()[:MAC_BYTES]


def _refusal(message: str) -> ProblemFound:
    return ProblemFound(
        Problem(Kind.INVALID, message, (FieldProblem(("query", "cursor"), message),))
    )
