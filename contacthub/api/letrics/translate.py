"""ContactHub's contacts and companies in Letrics' words, and its criteria in ours."""

from collections.abc import Sequence
from typing import Any

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Company, Contact
from contacthub.wire import letrics as wire

Serialized = dict[str, Any]


def contact_filters(wanted: wire.ContactsRequest) -> ContactFilters:
    """Serialize what contacts are wanted. False asks nothing."""
    return ContactFilters(
        job_titles=_texts(wanted.job_titles),
        departments=_texts(wanted.departments),
        seniorities=_texts(wanted.seniorities),
        has_personal_email=wanted.has_personal_emails or wanted.has_personal_email or None,
        has_linkedin=wanted.has_linkedin_profile or None,
        is_decision_maker=wanted.is_decision_maker or None,
        exclude_job_titles=_texts(wanted.exclude_job_titles),
        exclude_departments=_texts(wanted.exclude_departments),
        exclude_seniorities=_texts(wanted.exclude_seniorities),
        company=CompanyFilters(
            has_generic_email=wanted.company_has_generic_email or None,
            has_linkedin=wanted.company_has_linkedin_profile or None,
            **_company_words(wanted),
        ),
    )


def company_filters(wanted: wire.CompaniesRequest) -> CompanyFilters:
    """Serialize what companies are wanted."""
    return CompanyFilters(**_company_words(wanted))


def _company_words(wanted: wire.CompaniesRequest) -> dict[str, Any]:
    return {
        "created_from": wanted.added_after,
        "created_until": wanted.added_before,
        "locations": _locations(wanted.locations),
        "functions": _texts(wanted.functions),
        "industries": _texts(wanted.industries),
        "tlds": _texts(wanted.tlds),
        "technologies": _texts(wanted.technologies),
        "exclude_locations": _locations(wanted.exclude_locations),
        "exclude_functions": _texts(wanted.exclude_functions),
        "exclude_industries": _texts(wanted.exclude_industries),
        "exclude_tlds": _texts(wanted.exclude_tlds),
        "exclude_technologies": _texts(wanted.exclude_technologies),
    }


def _texts(texts: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(texts or ())


def _locations(texts: Sequence[str] | None) -> tuple[Location, ...]:
    places = map(wire.parse_place, texts or ())
    return tuple(Location(it.country, it.state or "", it.city or "") for it in places)


def contact(found: Contact) -> Serialized:
    """Serialize a contact that was read with its company and its addresses."""
    return {
        "id": found.number,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "full_name": found.full_name or None,
        "job_title": found.job_title,
        "department": found.department,
        "seniority": found.seniority,
        "is_decision_maker": found.is_decision_maker,
        "emails": [{"email": email.address, "type": email.type} for email in found.emails.all()],
        "linkedin_url": found.linkedin_url,
        "company": company(found.company) if found.company else None,
    }


def company(found: Company) -> Serialized:
    """Serialize a company."""
    return {
        "id": found.number,
        "name": found.name,
        "domain": found.domain,
        "tld": found.tld,
        "industry": found.industries[0] if found.industries else None,
        "functions": found.functions,
        "technologies": found.technologies,
        "location": {"city": found.city, "state": found.state, "country": found.country},
        "linkedin_url": found.linkedin_url,
        "created_at": found.created_at,
    }
