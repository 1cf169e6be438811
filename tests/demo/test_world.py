"""The made-up world: the same everywhere, believable, and nobody's."""

import datetime as dt
import re
from collections import Counter
from itertools import islice
from random import Random
from statistics import mean
from typing import Any
from urllib.parse import urlsplit

import pytest

from contacthub.core.public_ids import CONTACT_ID
from contacthub.demo.catalog import draw_staff
from contacthub.demo.world import contacts, intent
from contacthub.demo.world.feeds import FEEDS
from contacthub.demo.world.people import Person

TODAY = dt.date(2026, 11, 20)  # a Friday
# What regulators keep for fiction (# is any digit): Ofcom, PTS, Bundesnetzagentur, ARCEP, ComReg, NANPA. For Norway,
# Denmark, Finland and the Netherlands: numbers with a first digit that no subscriber's number has.
NOBODYS_PHONES = [
    re.compile(text.replace("+", r"\+").replace("#", r"\d"))
    for text in (
        "+442079460###", "+441134960###", "+441614960###", "+441174960###", "+441314960###", "+441214960###",
        "+447700900###", "+46313900 6##", "+46406280 4##", "+46846500 4##", "+4670174 06##", "+493023125###",
        "+496990009###", "+494066969###", "+492214710###", "+498999998###", "+4917139200##", "+331990 0####",
        "+332619 1####", "+333530 1####", "+334657 1####", "+335364 9####", "+336399 8####", "+35320910####",
        "+1###55501##", "+4701######", "+450#######", "+3580########", "+310########",
    )
    for text in [text.replace(" ", "")]
]  # fmt: skip


@pytest.fixture(scope="module")
def staff() -> dict[str, list[Person]]:
    return draw_staff(TODAY, scale=0.1)


@pytest.fixture(scope="module")
def people(staff: dict[str, list[Person]]) -> dict[str, Person]:
    return {person.contact_id: person for all_of_one in staff.values() for person in all_of_one}


@pytest.fixture(scope="module")
def rows(people: dict[str, Person]) -> list[dict[str, Any]]:
    rng = Random(1)
    return [contacts.describe(rng, person, TODAY) for person in people.values()]


@pytest.fixture(scope="module")
def records(staff: dict[str, list[Person]]) -> list[dict[str, Any]]:
    return list(intent.make_records(Random(2), FEEDS[0], staff, count=20_000, today=TODAY))


def test_full_size_is_five_thousand_companies_and_fifty_thousand_people() -> None:
    everybody = draw_staff(TODAY, scale=1)
    assert len(everybody) == 5_000
    assert len({person.key for people in everybody.values() for person in people}) == 50_000
    assert sum(plan.share for plan in FEEDS) == 1_000
    assert intent.RECORD_COUNT == 200_000


def test_same_people_with_the_same_ids_on_another_day(staff: dict[str, list[Person]]) -> None:
    later = draw_staff(TODAY + dt.timedelta(days=9), scale=0.1)
    assert [person.contact_id for people in later.values() for person in people] == [
        person.contact_id for people in staff.values() for person in people
    ]


def test_same_day_makes_the_same_records(
    staff: dict[str, list[Person]], records: list[dict[str, Any]]
) -> None:
    again = intent.make_records(Random(2), FEEDS[0], staff, count=20_000, today=TODAY)
    assert list(islice(again, 500)) == records[:500]


def test_nobody_real_is_ever_addressed(rows: list[dict[str, Any]]) -> None:
    emails = [email["email"] for row in rows for email in row.get("emails", [])]
    phones = [phone["phone"] for row in rows for phone in row.get("phones", [])]
    urls = [row[name] for row in rows for name in ("linkedin_url", "source_url") if row[name]]
    assert len(emails) > 4_000
    assert all(email.endswith(".example") and email.isascii() for email in emails)
    assert [
        it for it in phones if not any(pattern.fullmatch(it) for pattern in NOBODYS_PHONES)
    ] == []
    assert {str(urlsplit(url).hostname).rpartition(".")[2] for url in urls} == {"example"}
    assert {row["company"]["domain"].rpartition(".")[2] for row in rows} == {"example"}


def test_addresses_belong_to_one_person_each(rows: list[dict[str, Any]]) -> None:
    owners = Counter(
        email["email"]
        for row in rows
        for email in row.get("emails", [])
        if email["type"] == "personal"
    )
    assert owners.most_common(1)[0][1] == 1


def test_every_kind_of_section_occurs(rows: list[dict[str, Any]]) -> None:
    for name in ("pii", "emails", "phones"):
        kinds = Counter(
            "missing" if name not in row else "filled" if row[name] else "empty" for row in rows
        )
        assert min(kinds["missing"], kinds["empty"], kinds["filled"]) > 100, name
    checks = Counter(
        (email["status"], email["checked_on"] is None)
        for row in rows
        for email in row.get("emails", [])
    )
    assert checks["valid", True] > 50  # valid, and nobody says since when
    assert {status for status, _ in checks} == set(contacts.STATUSES)
    assert 0.05 < mean(row["is_stale"] for row in rows) < 0.25
    assert 0.04 < mean(row["is_speculative"] for row in rows) < 0.10


def test_more_than_a_third_are_nordic(rows: list[dict[str, Any]]) -> None:
    countries = Counter(row["company"]["country_code"] for row in rows)
    assert sum(countries[code] for code in ("NO", "SE", "DK", "FI")) > len(rows) / 3
    assert len(countries) == 10


def test_two_thirds_of_the_records_name_a_contact_and_agree_with_it(
    records: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    named = [record for record in records if "contact_id" in record]
    assert 0.65 <= len(named) / len(records) <= 0.72
    spellings = Counter(record["contact_id"][:2] for record in named)
    assert 0 < spellings["cb"] < len(named) / 100
    for record in named:
        match = CONTACT_ID.fullmatch(record["contact_id"])
        person = people[f"id_{match[1]}"] if match else None
        assert person is not None
        assert (record["first_name"], record["last_name"]) == (person.first_name, person.last_name)
        assert record["domain"] == record["company_domain"] == person.company.domain
        assert record["job_title"] == person.title


def test_records_are_as_many_as_asked_and_all_different(records: list[dict[str, Any]]) -> None:
    assert len(records) == 20_000
    assert len({tuple(sorted(record.items(), key=str)) for record in records}) == 20_000


def test_days_have_weekends_and_today_is_not_over(records: list[dict[str, Any]]) -> None:
    counts = Counter(dt.date.fromisoformat(record["observed_on"]) for record in records)
    days = [TODAY - dt.timedelta(days=ago) for ago in range(intent.DAYS)]
    assert set(counts) == set(days)
    at_work = mean(counts[day] for day in days[1:] if day.weekday() < 5)
    at_home = mean(counts[day] for day in days if day.weekday() >= 5)
    assert at_home < at_work / 3
    assert at_home < counts[TODAY] < at_work / 1.5


def test_topics_and_companies_differ_in_weight_and_companies_have_bursts(
    records: list[dict[str, Any]],
) -> None:
    topics = Counter(record["topic"] for record in records)
    assert topics.most_common()[0][1] > 4 * topics.most_common()[-1][1]
    domain, total = Counter(record["domain"] for record in records).most_common(1)[0]
    per_day = Counter(record["observed_on"] for record in records if record["domain"] == domain)
    assert max(per_day.values()) > 4 * total / intent.DAYS
