"""Numbers as JSON has them: 7, 7.0 and 0.7e1 are one number, and a client may write any of them (RFC 8259 §6)."""

from pydantic import BeforeValidator

# Up to here a double holds every integer (I-JSON, RFC 7493 §2.2).
MOST_EXACT = 2**53


def read_whole(value: object) -> object:
    """Return the integer that a number of JSON is; anything else stays, for pydantic to refuse."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MOST_EXACT:
        return int(value)
    return value


# Behind a `StrictInt` and its limits: not 7.5, not true, not "7".
IN_ANY_FORM = BeforeValidator(read_whole)
