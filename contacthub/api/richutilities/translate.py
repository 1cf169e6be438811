"""ContactHub's contacts in Rich Utilities' words, and its parameters in ours."""

from collections.abc import Iterable
from typing import Any

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact
from contacthub.contacts.nace import industry_code
from contacthub.wire import richutilities as wire

# In place of the code of an industry that NACE does not have: no company is assigned it.
NO_CODE = "-"


def filters(query: wire.ContactsQuery) -> ContactFilters:
    """Serialize what contacts are wanted."""
    return ContactFilters(
        text=query.q or "",
        sources=_one(query.source),
        verified=query.verified,
        has_email=query.has_email,
        has_phone=query.has_phone,
        department=query.department or "",
        job_titles=_one(query.job_title),
        seniority_levels=_one(query.seniority_level),
        min_quality_score=query.min_quality_score,
        max_quality_score=query.max_quality_score,
        min_confidence=query.min_confidence,
        max_confidence=query.max_confidence,
        email_statuses=_one(query.email_status),
        is_stale=False if query.exclude_stale else None,
        is_speculative=False if query.exclude_speculative else None,
        company=CompanyFilters(
            numbers=() if query.company_id is None else (query.company_id,),
            nace_codes=_codes(query.industry_id),
            nace_sections=tuple(query.industry_section),
            nace_levels=tuple(query.industry_level),
            country_codes=tuple(query.country_code),
            exclude_nace_codes=_codes(query.exclude_industry_id),
            exclude_country_codes=tuple(query.exclude_country_code),
        ),
    )


def _one(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _codes(numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(industry_code(number) or NO_CODE for number in numbers)


def contact(found: Contact) -> dict[str, Any]:
    """Serialize a contact."""
    return {
        "id": found.number,
        "company_id": found.company.number if found.company else None,
        "full_name": found.full_name,
        "job_title": found.job_title,
        "email": found.email,
        "phone": found.phone,
        "source": found.source,
        "source_url": found.source_url,
        "verified": found.verified,
        "seniority_level": found.seniority_level,
        "email_status": found.email_status,
        "department": found.department,
        "quality_score": found.quality_score,
        "confidence": found.confidence,
        "is_stale": found.is_stale,
        "is_speculative": found.is_speculative,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }
