"""Contact ids: `id_` and sixteen lower-case hex digits outside, a signed 64-bit integer inside.

The integer takes 8 bytes in a table of millions of rows where the text takes 20, and Postgres reads and writes the
same bits with `to_hex(key)` and `('x' || hex)::bit(64)::bigint`.
Source: ContactBased API, "Contact enrichment" (legacy `cb_` tokens are accepted on input only).
"""

import re

from contacthub.core.errors import Invalid
from contacthub.core.text import normalize

CONTACT_ID = re.compile(r"(?:id|cb)_([0-9a-f]{16})", re.ASCII)


def parse_contact_id(text: str) -> int:
    """Return the key of `id_…` or legacy `cb_…` as a signed 64-bit integer; anything else raises `Invalid`.

    Invisible characters, which copying leaves in a text, make no difference.
    """
    match = CONTACT_ID.fullmatch(normalize(text))
    if match is None:
        raise Invalid(
            "A contact id is id_ followed by 16 lower-case hex digits.", field="contact_id"
        )
    return int.from_bytes(bytes.fromhex(match[1]), "big", signed=True)


def format_contact_id(key: int) -> str:
    """Return the canonical `id_…` form (19 characters) of a key."""
    return "id_" + key.to_bytes(8, "big", signed=True).hex()
