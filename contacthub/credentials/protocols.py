"""The table of the protocols that programs may speak: what is said of each outside its vendor's own folders.

A new vendor adds its folders (`wire`, `connectors`, `api/<name>`), one entry here and its name in
`connectors.registry`; scopes, the forms of keys, the reference pages and the calls that pages offer read this table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProtocolEntry:
    """One protocol, as keys and pages speak of it. How it answers is `api/<name>/protocol.py`."""

    name: str
    label: str
    # What it is for, in a line.
    subject: str
    # What a key may do with the scopes `<name>:read` and `<name>:write`, in a few words.
    reads: str
    writes: str
    # The header in which a key travels, and what stands there before the key.
    key_header: str
    key_prefix: str = ""
    # A GET with which a key that may read can be tried, and which spends nothing. Empty if the protocol has none.
    sample_path: str = ""


# In the order people see them.
_ENTRIES = (
    ProtocolEntry(
        name="contactbased",
        label="ContactBased",
        subject="Intent feeds, searches, exports in pages, enrichment of contacts.",
        reads="Feeds, finished exports, contacts",
        writes="Runs searches, exports, spends rows",
        key_header="X-API-Key",
        sample_path="/organization/feeds",
    ),
    ProtocolEntry(
        name="letrics",
        label="Letrics",
        subject="Contacts and companies by criteria.",
        reads="Contacts and companies",
        writes="No call needs it today",
        key_header="Authorization",
        key_prefix="Bearer ",
        sample_path="/api/contacts",
    ),
    ProtocolEntry(
        name="backstory",
        label="Backstory",
        subject="Bulk extraction of contacts as jobs, in fragments or as one file.",
        reads="State and data of bulk jobs",
        writes="Creates and cancels bulk jobs",
        key_header="Authorization",
        key_prefix="Bearer ",
    ),
    ProtocolEntry(
        name="richutilities",
        label="Rich Utilities",
        subject="Nordic contacts with filters, sorting and a cursor.",
        reads="Contacts",
        writes="No call needs it today",
        key_header="Authorization",
        key_prefix="Bearer ",
        sample_path="/v1/contacts",
    ),
    ProtocolEntry(
        name="insideview",
        label="InsideView",
        subject="Contact details for up to 10,000 ids as a job, in XML or JSON.",
        reads="State and results of jobs",
        writes="Creates jobs",
        key_header="accessToken",
        sample_path="/api/v1/admin/jobs",
    ),
)
PROTOCOLS = {entry.name: entry for entry in _ENTRIES}
