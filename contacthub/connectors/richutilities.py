"""Rich Utilities, Nordic contacts: live search by cursor.

Source: the vendor's API reference ("Contacts API"); the messages are in `richutilities_messages`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from contacthub.connectors import people, records
from contacthub.connectors import richutilities_messages as messages
from contacthub.connectors.base import Capability, Connector, Credentials, Term
from contacthub.connectors.client import Client, FixedHeaders, Patience, Request
from contacthub.connectors.errors import VendorError
from contacthub.connectors.gate import Gate
from contacthub.connectors.questions import CANNOT, Parameter, encode, only_one
from contacthub.connectors.replies import Reply, broken, failure_of, parse
from contacthub.core import clock
from contacthub.wire.richutilities import MOST_LENGTH, MOST_LIMIT


def _word(value: bool) -> str:
    return "true" if value else "false"


def _leave_out(value: bool) -> object:
    """Say that such rows are left out; the vendor has no way to request only them."""
    return CANNOT if value else "true"


def _commas(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def _sections(branches: Sequence[str]) -> object:
    """Return branches of NACE that are sections; the vendor's document has no codes below them."""
    return _commas(branches) if all(len(each) == 1 for each in branches) else CANNOT


CONTACT_TABLE = {
    "text": Parameter("q"),
    "sources": Parameter("source", only_one),
    "verified": Parameter("verified", _word),
    "has_email": Parameter("has_email", _word),
    "has_phone": Parameter("has_phone", _word),
    "department": Parameter("department"),
    "departments": Parameter("department", only_one),
    "job_titles": Parameter("job_title", only_one),
    "seniority_levels": Parameter("seniority_level", only_one),
    "min_quality_score": Parameter("min_quality_score", str),
    "max_quality_score": Parameter("max_quality_score", str),
    "min_confidence": Parameter("min_confidence", str),
    "max_confidence": Parameter("max_confidence", str),
    "email_statuses": Parameter("email_status", only_one),
    "is_stale": Parameter("exclude_stale", _leave_out),
    "is_speculative": Parameter("exclude_speculative", _leave_out),
    "company.nace_sections": Parameter("industry_section", _commas),
    "company.nace_branches": Parameter("industry_section", _sections),
    "company.nace_levels": Parameter("industry_level", _commas),
    "company.country_codes": Parameter("country_code", _commas),
    "company.exclude_country_codes": Parameter("exclude_country_code", _commas),
}
# The fields of its contact object. Of the company there is nothing but a number.
CONTACT_CARRIES = frozenset(
    (
        "full_name", "job_title", "department", "seniority_level", "source", "verified", "quality_score", "confidence",
        "is_stale", "is_speculative", "created_at", "emails", "emails.status", "phones",
    )
)  # fmt: skip
# Someone who is looked up: never a record that the vendor inferred or considers outdated.
CERTAIN = {"exclude_stale": "true", "exclude_speculative": "true"}
# A search that does not mention them wants them, too; the vendor leaves them out unless requested.
UNSAID = {"exclude_stale": "false", "exclude_speculative": "false"}


class RichUtilities(Connector):
    """An account at Rich Utilities."""

    vendor = "richutilities"
    label = "Rich Utilities"
    default_base_url = "https://api.richutilities.com"
    terms = (Term("api_key", "API key", "A v2 key (ru_v2_…) with the scope contacts:read."),)
    capabilities = Capability.CONTACT_SEARCH | Capability.PERSON_LOOKUP
    contact_table = CONTACT_TABLE
    contact_carries = CONTACT_CARRIES
    most_page_size = MOST_LIMIT
    most_enriched = 1
    # A name in one piece is not a profile: which part is the last name would be a guess.
    enriched_sections = ("emails", "phones")
    asks_by = "an e-mail address, or a full name with a profile link or the company's domain"

    def make_client(
        self, base_url: str, credentials: Credentials, gate: Gate, patience: Patience
    ) -> Client:
        """Return a client with the key as Bearer."""
        return Client(
            base_url=base_url,
            gate=gate,
            patience=patience,
            authorizer=FixedHeaders(Authorization=f"Bearer {credentials['api_key']}"),
            read_error=read_error,
        )

    def check(self) -> records.Standing:
        """Ask for one contact."""
        self.search_contacts({}, size=1)
        return records.Standing(("Contact search",))

    def search_contacts(
        self, question: records.Question, *, position: str | None = None, size: int = 50
    ) -> records.Page[records.Contact]:
        """Read a page of contacts, the best quality first. `position` is the vendor's cursor."""
        query: dict[str, Any] = {
            **UNSAID,
            **encode(CONTACT_TABLE, question, label=self.label),
            "limit": str(size),
        }
        if position is not None:
            query["cursor"] = position

        def read(reply: Reply) -> messages.ContactsReply:
            found = parse(reply, messages.ContactsReply)
            paging = found.pagination
            # A cursor that does not move would page for ever.
            if paging.has_more and paging.next_cursor in (None, "", position):
                raise broken("pagination.next_cursor", "it leads nowhere", reply.body)
            return found

        found = self.client.call(
            Request(
                operation="search contacts",
                method="GET",
                path="/v1/contacts",
                query=list(query.items()),
                read=read,
                count=lambda reply: len(reply.data),
            )
        )
        paging = found.pagination
        return records.Page(
            tuple(map(_contact, found.data)), paging.next_cursor if paging.has_more else None
        )

    @classmethod
    def can_ask_about(cls, person: records.Person) -> bool:
        """Return whether the vendor's text search can find the person, and the record can be recognized."""
        asked = _text_of(person)
        return people.can_be_told(person) and bool(asked) and len(asked) <= MOST_LENGTH

    def enrich_person(
        self,
        person: records.Person,
        *,
        sections: Sequence[records.Section] = records.SECTIONS,
    ) -> records.Enrichment:
        """Search by the address, else by the full name, and take the one record that is certainly the person's."""

        def read(reply: Reply) -> tuple[records.Contact | None, str]:
            found = parse(reply, messages.ContactsReply)
            # Whether there is one such record only, more pages would have to tell.
            is_whole = not found.pagination.has_more
            listed = tuple(map(_contact, found.data)) if is_whole else ()
            return people.find_person(person, listed), reply.request_id

        query = {**CERTAIN, "q": _text_of(person), "limit": str(MOST_LIMIT)}
        record, request_id = self.client.call(
            Request(
                operation="look up contact",
                method="GET",
                path="/v1/contacts",
                query=list(query.items()),
                read=read,
                count=lambda result: int(result[0] is not None),
            )
        )
        result = records.Enriched(person.contact_id)
        if record is not None:
            # There is a record: without an address it is one that is empty.
            result = records.Enriched(
                person.contact_id,
                emails=(record.emails or ()) if "emails" in sections else None,
                phones=(record.phones or ()) if "phones" in sections else None,
            )
        return records.Enrichment((result,), clock.now(), request_id or None)


def _text_of(person: records.Person) -> str:
    # It finds parts as they are written: two blanks would be found nowhere.
    return person.email or " ".join((person.full_name or "").split())


def read_error(reply: Reply) -> VendorError:
    """Return what a failure is: its sentence is `error.message`."""
    try:
        reason = messages.Failure.model_validate_json(reply.body).error
    except ValueError:
        return failure_of(reply)
    return failure_of(reply, vendor_says=reason.message)


# --- The vendor's words in ours -------------------------------------------------------------------


def _contact(found: messages.Contact) -> records.Contact:
    return records.Contact(
        vendor_id=found.id,
        full_name=found.full_name,
        job_title=found.job_title,
        department=found.department,
        seniority_level=found.seniority_level,
        source=found.source,
        source_url=found.source_url,
        verified=found.verified,
        quality_score=found.quality_score,
        confidence=found.confidence,
        is_stale=found.is_stale,
        is_speculative=found.is_speculative,
        created_at=found.created_at,
        updated_at=found.updated_at,
        emails=(records.Email(found.email, status=found.email_status),) if found.email else None,
        phones=(records.Phone(found.phone),) if found.phone else None,
        # All that is said of the company is its number, which is the vendor's own.
        company=records.Company(vendor_id=found.company_id) if found.company_id else None,
    )
