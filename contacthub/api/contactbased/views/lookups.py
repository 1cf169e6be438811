"""Contact enrichment: contacts looked up, one or many, section by section."""

from collections.abc import Sequence

from django.http import HttpResponse

from contacthub.api.contactbased import translate
from contacthub.api.contactbased.views.base import api
from contacthub.api.gateway import ApiRequest, Kind, Problem, ProblemFound, json_reply
from contacthub.api.gateway.documents import describe
from contacthub.core.errors import Invalid, NotFound
from contacthub.core.public_ids import parse_contact_id
from contacthub.enrichment.queries.envelopes import Envelope, get_envelopes
from contacthub.organizations.audit import record_read
from contacthub.wire import contactbased as wire

ENRICHMENT = "Contact enrichment"


@api.post(
    "/enrich/contacts/batch",
    auth=api.read,
    response={200: wire.Envelopes},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 415, 422, 502),
)
def enrich_batch(request: ApiRequest, body: wire.BatchRequest) -> HttpResponse:
    """Look up to 1,000 contacts up; `results` aligns by index, an unknown contact has an empty envelope."""
    if len(body.contact_ids) > wire.MOST_IDS:
        message = f"A batch has at most {wire.MOST_IDS} contact_ids, this one has {len(body.contact_ids)}."
        raise ProblemFound(Problem(Kind.TOO_LARGE, message))
    sections = _read_sections(body.include)
    found = get_envelopes(
        organization=request.organization, keys=_read_ids(body.contact_ids), sections=sections
    )
    _record_enrichment(request, found, sections)
    return json_reply(translate.envelopes(found))


@api.get(
    "/enrich/contacts/{contact_id}",
    auth=api.read,
    response={200: wire.Envelope},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 422, 502),
)
def enrich_contact(
    request: ApiRequest,
    contact_id: wire.ContactId,
    include: wire.Include | None = None,
) -> HttpResponse:
    """Return what is known of a contact; 404 where none of the requested sections has a record."""
    sections = _read_sections(None if include is None else include.split(","))
    found = _look_up(request, contact_id, sections)
    if not found.found_sections:
        raise NotFound("No data found for this contact")
    return json_reply(translate.envelope(found))


@api.get(
    "/enrich/contacts/{contact_id}/pii",
    auth=api.read,
    response={200: wire.Pii},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_pii(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the demographic and postal fields; 404 without a PII record."""
    return _reply_section(_look_up(request, contact_id, ("pii",)).pii, "PII")


@api.get(
    "/enrich/contacts/{contact_id}/emails",
    auth=api.read,
    response={200: list[wire.EmailObservation]},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_emails(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the observed addresses with hashes; 404 without a record, `[]` for a record without addresses."""
    return _reply_section(_look_up(request, contact_id, ("emails",)).emails, "email")


@api.get(
    "/enrich/contacts/{contact_id}/phones",
    auth=api.read,
    response={200: list[wire.PhoneObservation]},
    tags=[ENRICHMENT],
    openapi_extra=describe(400, 404, 502),
)
def get_contact_phones(request: ApiRequest, contact_id: wire.ContactId) -> HttpResponse:
    """Return the observed phones; 404 without a record, `[]` for a record without phones."""
    return _reply_section(_look_up(request, contact_id, ("phones",)).phones, "phone")


# --- Ground ---------------------------------------------------------------------------------------


def _read_ids(texts: list[str]) -> list[int]:
    keys, wrong = [], []
    for place, text in enumerate(texts):
        try:
            keys.append(parse_contact_id(text))
        except Invalid:
            wrong.append(place)
    if wrong:
        places = ", ".join(map(str, wrong[:20])) + (" …" if len(wrong) > 20 else "")
        raise _bad(f"Invalid contact_id at index {places}")
    return keys


def _read_sections(names: list[str] | None) -> tuple[str, ...]:
    if names is None:
        return wire.SECTIONS
    wanted = {name.strip() for name in names}
    if not wanted or not wanted.issubset(wire.SECTIONS):
        raise _bad(f"Invalid include: choose from {', '.join(wire.SECTIONS)}")
    return tuple(name for name in wire.SECTIONS if name in wanted)


def _look_up(request: ApiRequest, contact_id: str, sections: tuple[str, ...]) -> Envelope:
    try:
        key = parse_contact_id(contact_id)
    except Invalid as error:
        raise _bad("Invalid contact_id") from error
    found = get_envelopes(organization=request.organization, keys=[key], sections=sections)
    _record_enrichment(request, found, sections)
    return found[0]


def _record_enrichment(
    request: ApiRequest, envelopes: Sequence[Envelope], sections: tuple[str, ...]
) -> None:
    """Note for how many contacts a program received data, and which sections it requested."""
    record_read(
        organization=request.organization,
        actor=request.actor,
        action="Enriched contacts",
        detail=", ".join(sections),
        rows=sum(bool(envelope.found_sections) for envelope in envelopes),
    )


def _reply_section(text: str | None, name: str) -> HttpResponse:
    if text is None:
        raise NotFound(f"No {name} record found for this contact")
    return json_reply(text.encode())


def _bad(message: str) -> ProblemFound:
    return ProblemFound(Problem(Kind.BAD_REQUEST, message))
