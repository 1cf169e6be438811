"""What is known of the made-up people: with gaps, doubts and old checks, as real data has them."""

import datetime as dt
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any
from zlib import crc32

from contacthub.credentials.protocols import PROTOCOLS
from contacthub.demo.world.companies import Company
from contacthub.demo.world.countries import fill_digits
from contacthub.demo.world.people import Person

# A section of a contact is missing (not asked or no record), empty (a record that holds nothing), or filled.
MISSING, EMPTY, FILLED = "missing", "empty", "filled"
SECTION_WEIGHTS = {"pii": (7, 4, 89), "emails": (11, 5, 84), "phones": (33, 9, 58)}
STATUSES = ("valid", "catch_all", "pending", "invalid", None)
STATUS_WEIGHTS = (63, 14, 9, 8, 6)
SOURCES = ("website", "linkedin", "manual", "facebook", "twitter")
SOURCE_WEIGHTS = (38, 32, 16, 8, 6)
VENDORS = tuple(PROTOCOLS)
PERSONAL_DOMAINS = ("mail.example", "post.example", "webmail.example")


# No quality is higher: what the sandbox's vendor has comes first in a search by quality.
BEST_QUALITY = 96


def describe(
    rng: Random, person: Person, today: dt.date, *, has_gaps: bool = True
) -> dict[str, Any]:
    """Return a contact as a row of an import file; docs/import-format.md says what each field means."""
    created_on = today - dt.timedelta(days=int(1 + 1100 * rng.random() ** 1.6))
    updated_on = created_on + (today - created_on) * rng.random() ** 0.5
    is_stale = rng.random() < (0.3 if (today - updated_on).days > 300 else 0.05)
    row: dict[str, Any] = {
        "contact_id": person.contact_id,
        "full_name": person.full_name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "job_title": person.title,
        "department": person.department.name,
        "seniority": person.seniority.name,
        "seniority_level": person.seniority.level,
        "is_decision_maker": person.seniority.is_decision_maker,
        "titles": [person.title],
        "job_levels": [person.seniority.name],
        "job_functions": [person.department.name],
        "country": person.country.name,
        "state": person.city.state or None,
        "linkedin_handle": person.profile,
        "twitter_handle": person.handle.replace(".", "") if rng.random() < 0.12 else None,
        "linkedin_url": person.linkedin_url if rng.random() < 0.81 else None,
        "is_stale": is_stale,
        "is_speculative": rng.random() < 0.07,
        "created_at": (created_at := _at(rng, created_on)),
        "updated_at": max(created_at, _at(rng, updated_on)),
        "company": describe_company(person.company),
    }
    row |= _judge(rng, person, is_stale=is_stale)
    row |= _place_in_crm(rng, person)
    for name, make in SECTIONS.items():
        state = FILLED
        if has_gaps:
            state = rng.choices((MISSING, EMPTY, FILLED), SECTION_WEIGHTS[name])[0]
        if state != MISSING:
            row[name] = make(rng, person, today, is_empty=state == EMPTY)
    return row


def describe_company(company: Company) -> dict[str, Any]:
    """Return a company as the nested object of a contact's row."""
    return {
        "name": company.name,
        "domain": company.domain,
        "tld": "example",
        "industries": [company.trade.name],
        "functions": list(company.trade.functions),
        "technologies": list(company.technologies),
        "keywords": list(company.keywords),
        "employees": str(company.employees),
        "revenue": company.revenue,
        "nace_codes": list(company.nace_codes),
        "location": {
            "city": company.city.name,
            "state": company.city.state or None,
            "country": company.country.name,
        },
        "country_code": company.country.code,
        "linkedin_url": company.linkedin_url,
        "created_at": f"{company.created_on}T00:00:00Z",
    }


def _at(rng: Random, day: dt.date) -> str:
    """Return a moment of office hours on a day."""
    return f"{day}T{7 + int(rng.random() * 11):02}:{int(rng.random() * 60):02}:00Z"


def _judge(rng: Random, person: Person, *, is_stale: bool) -> dict[str, Any]:
    """Return where the contact was found and how good it is thought to be."""
    source = rng.choices(SOURCES, SOURCE_WEIGHTS)[0]
    is_good = source in ("website", "linkedin")
    quality = rng.gauss(76 if is_good else 58, 13) - (22 if is_stale else 0)
    urls = {"website": f"https://{person.company.domain}/team", "linkedin": person.linkedin_url}
    return {
        "source": source,
        "source_url": urls.get(source),
        "verified": is_good and rng.random() < 0.55,
        "quality_score": min(BEST_QUALITY, max(3, round(quality))),
        "confidence": round(min(0.99, max(0.05, rng.gauss(quality / 100, 0.08))), 2),
    }


def _place_in_crm(rng: Random, person: Person) -> dict[str, Any]:
    """Return what a CRM would say, and how much was written and met."""
    has_account = rng.random() < 0.62
    is_in_crm = has_account and rng.random() < 0.55
    place: dict[str, Any] = {
        "has_account": has_account,
        "has_opportunity": has_account and rng.random() < 0.2,
        "is_in_crm": is_in_crm,
        "is_sourced_by_people_ai": rng.random() < 0.3,
    }
    if has_account:
        company = person.company
        place |= {
            "account_name": company.name,
            "account_type": rng.choice(("Customer", "Prospect", "Prospect", "Partner")),
            "account_domain": company.slug,
            "account_crm_id": f"001{crc32(company.domain.encode()):012d}",
        }
    if is_in_crm:
        for name, most in (("inbound", 40), ("outbound", 60), ("meetings", 9)):
            total = int(rng.random() ** 2 * most)
            place |= {f"total_{name}": total, f"total_{name}_30d": int(total * rng.random() * 0.3)}
    return place


def _pii(rng: Random, person: Person, today: dt.date, *, is_empty: bool) -> dict[str, Any]:
    """Return the demographic and postal record; what an intent record repeats of it is the same."""
    if is_empty:
        return {}
    record: dict[str, Any] = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "city": person.city.name,
        "state": person.city.state or None,
        "country": person.country.name,
    }
    if person.has_full_profile:
        record |= {
            "gender": person.gender,
            "age_range": person.age_range,
            "address": person.address,
            "postal_code": person.postal_code,
        }
    return record


def _emails(rng: Random, person: Person, today: dt.date, *, is_empty: bool) -> list[dict[str, Any]]:
    if is_empty:
        return []
    addresses = [(f"{person.handle}@{person.company.domain}", "work")]
    if rng.random() < 0.24:
        letter, _, rest = person.handle.partition(".")
        addresses.append((f"{letter[0]}.{rest}@{person.company.domain}", "work"))
    if rng.random() < 0.31:
        # The key makes the address one person's: a thousand companies have an Anna Svensson.
        addresses.append(
            (f"{person.handle}.{person.key % 9973}@{rng.choice(PERSONAL_DOMAINS)}", "personal")
        )
    return [_observe_email(rng, address, kind, today) for address, kind in addresses]


def _observe_email(rng: Random, address: str, kind: str, today: dt.date) -> dict[str, Any]:
    status = rng.choices(STATUSES, STATUS_WEIGHTS)[0]
    # A status without a date is shown as unverified: some sources never say when they checked.
    is_dated = status not in (None, "pending") and rng.random() < 0.88
    checked = today - dt.timedelta(days=int(1 + 500 * rng.random() ** 2.2))
    return {
        "email": address,
        "type": kind,
        "status": status,
        "checked_on": checked.isoformat() if is_dated else None,
        "confidence": round(0.4 + 0.59 * rng.random() ** 0.6, 2),
        "source": rng.choice(VENDORS),
    } | _observe(rng, today)


def _phones(rng: Random, person: Person, today: dt.date, *, is_empty: bool) -> list[dict[str, Any]]:
    if is_empty:
        return []
    kinds = [("landline" if rng.random() < 0.8 else "voip", person.country.landlines)]
    if rng.random() < 0.45:
        kinds.append(("mobile", person.country.mobiles))
    return [
        {
            "phone": fill_digits(rng, rng.choice(ranges)),
            "type": kind,
            "is_do_not_call": rng.random() < 0.06,
            "confidence": round(0.3 + 0.69 * rng.random(), 2),
            "source": rng.choice(VENDORS),
        }
        | _observe(rng, today)
        for kind, ranges in kinds
    ]


def _observe(rng: Random, today: dt.date) -> dict[str, Any]:
    """Return when a value was seen first and last, and how often."""
    first = today - dt.timedelta(days=int(10 + 900 * rng.random()))
    last = first + (today - first) * rng.random() ** 0.4
    return {
        "first_seen": first.isoformat(),
        "last_seen": last.isoformat(),
        "observations": 1 + int(rng.expovariate(0.35)),
    }


SECTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"pii": _pii, "emails": _emails, "phones": _phones}
)
