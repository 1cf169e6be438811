"""What the vendor of the sandbox knows and the other organizations do not: people abroad, and what others lack."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from contacthub.contacts.intake.identity import Marks, find_key
from contacthub.demo.world.companies import make_companies
from contacthub.demo.world.contacts import BEST_QUALITY, SECTIONS, describe
from contacthub.demo.world.countries import COUNTRIES_OF_VENDOR
from contacthub.demo.world.people import Person, make_people

COMPANY_COUNT = 400
PERSON_COUNT = 3_000
# The vendor's own numbers, which InsideView asks for: the first person's and the first company's.
FIRST_PERSON, FIRST_COMPANY = 70_000_001, 7_000_001
# The share of contacts with missing values that the vendor can complete, by section.
KNOWN_SHARES = {"pii": 0.3, "emails": 0.7, "phones": 0.35}


def make_staff(
    rng: Random, today: dt.date, *, scale: float, taken: Collection[str]
) -> dict[str, list[Person]]:
    """Return people abroad by the domain they work at; none of the domains in `taken`.

    Their ids are those that they get when saved by their address, so that they can be enriched afterwards.
    """
    drawn = make_companies(rng, today, round(COMPANY_COUNT * scale), COUNTRIES_OF_VENDOR)
    companies = [company for company in drawn if company.domain not in taken]
    staff: dict[str, list[Person]] = {}
    for person in make_people(rng, companies, count=round(PERSON_COUNT * scale)):
        staff.setdefault(person.company.domain, []).append(_known_by_address(person))
    return staff


def _known_by_address(person: Person) -> Person:
    email = f"{person.handle}@{person.company.domain}"
    return replace(person, key=int(find_key(Marks(None, email, None, None, None, None)) or 0))


def describe_own(
    rng: Random, staff: dict[str, list[Person]], today: dt.date
) -> Iterator[dict[str, Any]]:
    """Yield the people abroad as rows of an import file: without gaps, and of the best quality there is."""
    number = FIRST_PERSON
    for place, people in enumerate(staff.values()):
        for person in people:
            row = describe(rng, person, today, has_gaps=False)
            row["company"] |= {"id": FIRST_COMPANY + place}
            yield row | {
                "id": number,
                "verified": True,
                "is_stale": False,
                "is_speculative": False,
                "quality_score": BEST_QUALITY + 1 + int(4 * rng.random()),
            }
            number += 1


def fill_gaps(
    rng: Random, person: Person, row: dict[str, Any], today: dt.date
) -> dict[str, Any] | None:
    """Return what the vendor knows of what the row of a person lacks; None if it cannot help."""
    found = {
        name: make(rng, person, today, is_empty=False)
        for name, make in SECTIONS.items()
        if not row.get(name) and rng.random() < KNOWN_SHARES[name]
    }
    return {"contact_id": person.contact_id, **found} if found else None
