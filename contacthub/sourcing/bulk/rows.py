"""A vendor's contacts as rows of an import: in compressed lines of JSON while they wait."""

from collections.abc import Iterable
from typing import Any

import orjson
import zstandard

from contacthub.connectors.errors import ContractBroken
from contacthub.connectors.records import Contact
from contacthub.sourcing.bulk.models import Pull

# Longer ones are no list of 10,000 contacts with every field full.
MOST_BODY_BYTES = 1024 * 1024 * 1024
VENDOR_ID = "vendor_id"


def pack(contacts: Iterable[Contact], *, source: str) -> bytes:
    """Return contacts as they are kept. `source` is where addresses and numbers come from: the connection's name."""
    lines = b"\n".join(orjson.dumps(_row(contact, source)) for contact in contacts)
    return zstandard.ZstdCompressor(level=3).compress(lines)


def _row(contact: Contact, source: str) -> dict[str, Any]:
    row = contact.as_row()
    for section in ("emails", "phones"):
        for item in row.get(section, ()):
            item["source"] = source
    return {VENDOR_ID: contact.vendor_id or "", **row}


def unpack(body: bytes) -> list[dict[str, Any]]:
    """Return rows that were kept, each with its `vendor_id`."""
    lines = zstandard.ZstdDecompressor().decompress(body, max_output_size=MOST_BODY_BYTES)
    return [orjson.loads(line) for line in lines.split(b"\n") if line]


def check(pull: Pull, contacts: Iterable[Contact]) -> None:
    """Raise `ContractBroken` for contacts by id that were not requested, or that came twice.

    It also distinguishes a job from another one of the same account.
    """
    if not pull.ids:
        return
    asked, seen = set(map(str, pull.ids)), set[str]()
    for place, contact in enumerate(contacts):
        number = contact.vendor_id or ""
        if number not in asked or number in seen:
            raise ContractBroken(
                "The vendor's result holds other contacts than requested.",
                path=f"{place}.contactId",
            )
        seen.add(number)
