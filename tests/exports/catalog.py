"""Selections of the catalog and their exports, for tests."""

from pathlib import Path
from typing import Any

from contacthub.contacts import selections
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Filters
from contacthub.contacts.models import Selection
from contacthub.contacts.selections import Question
from contacthub.exports import actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.contacts.files import Row, take_in


def make_person(number: int) -> Row:
    """Return a person with two addresses, a phone, a profile and a company; odd ones are VPs."""
    return {
        "contact_id": f"id_{number:016x}",
        "id": number,
        "full_name": f"Person {number:03}",
        "first_name": "Person",
        "last_name": f"{number:03}",
        "job_title": "VP, =Sales" if number == 1 else "VP Sales",
        "seniority": "VP" if number % 2 else "Director",
        "country": "Norway",
        "quality_score": min(number, 100),
        "linkedin_url": f"https://linkedin.com/in/person-{number}",
        "emails": [
            {
                "email": f"person.{number}@company{number % 5}.example",
                "type": "work",
                "status": "valid",
                "checked_on": "2026-11-20",
                "confidence": 0.9,
                "source": "letrics",
            },
            {"email": f"p{number}@mail.example", "type": "personal", "source": "upload"},
        ],
        "phones": [{"phone": f"+47222{number:05}", "type": "landline"}],
        "pii": {"address": f"Storgata {number}", "city": "Oslo", "postal_code": "0155"},
        "company": {
            "domain": f"company{number % 5}.example",
            "name": f"Company {number % 5}",
            "country": "Norway",
        },
    }


def fill_catalog(folder: Path, organization: Organization, count: int = 60) -> None:
    """Give an organization people of its own, half of them VPs."""
    take_in(folder, *map(make_person, range(1, count + 1)), organization=organization)


VPS = ContactFilters(seniorities=("VP",))


def select(
    organization: Organization,
    actor: Actor,
    filters: Filters = VPS,
    words: str = "Seniority is VP",
    **more: Any,
) -> Selection:
    """Select all that match, in the order of their names."""
    of_companies = isinstance(filters, CompanyFilters)
    question = Question(
        of_companies=of_companies,
        filters=filters,
        sort="name" if of_companies else "full_name",
        is_descending=False,
        **more,
    )
    return selections.save_selection(
        organization=organization,
        actor=actor,
        question=question,
        shown=selections.count_question(organization=organization, question=question),
        words=words,
    )


def make_catalog_export(
    selection: Selection,
    actor: Actor,
    *,
    get_pii: bool = False,
    request_key: str | None = None,
    **order: Any,
) -> Export:
    """Make an export; one with personal values has a purpose unless it is given another."""
    if get_pii:
        order.setdefault("purpose", "Campaign")
    export, _ = actions.create_export(
        organization=selection.organization,
        actor=actor,
        order=ExportOrder(
            options=ExportOptions(get_pii=get_pii),
            selection_id=selection.pk,
            **({"format": "csv"} | order),
        ),
        request_key=request_key,
    )
    return export
