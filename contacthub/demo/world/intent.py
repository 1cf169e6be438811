"""Two hundred thousand observations: who read about what, on which day, with weekends, trends and bursts."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from contacthub.demo.world.companies import Company
from contacthub.demo.world.feeds import FeedPlan
from contacthub.demo.world.people import Person

RECORD_COUNT = 200_000
DAYS = 120
# Monday to Sunday.
WEEKDAY_WEIGHTS = (1.0, 1.06, 1.08, 1.03, 0.84, 0.22, 0.18)
# The day is not over when the demo starts.
TODAY_WEIGHT = 0.42
CONTACT_SHARE = 0.69
# The form that ids had before; it is still accepted.
LEGACY_SHARE = 0.004


@dataclass(frozen=True)
class Burst:
    """Days in which a company reads a multiple of what it usually does."""

    first: int
    last: int
    factor: float


@dataclass(frozen=True)
class Reader:
    """A company as the readers of one feed: its people who may be interested, its topics, its bursts."""

    company: Company
    people: list[Person]
    topics: tuple[str, ...]
    weight: float
    bursts: tuple[Burst, ...]

    def weight_on(self, day: int) -> float:
        """Return how much it reads on a day (0: the oldest)."""
        factor = 1.0
        for burst in self.bursts:
            if burst.first <= day <= burst.last:
                factor = max(factor, burst.factor)
        return self.weight * factor


def make_records(
    rng: Random, plan: FeedPlan, staff: dict[str, list[Person]], *, count: int, today: dt.date
) -> Iterator[dict[str, Any]]:
    """Yield `count` different records of a feed, oldest day first. `staff` holds people by company domain."""
    readers = _make_readers(rng, plan, staff)
    for day, on_day in enumerate(_spread(rng, count, today)):
        if not on_day:
            continue
        date = (today - dt.timedelta(days=DAYS - 1 - day)).isoformat()
        weights = list(accumulate(reader.weight_on(day) for reader in readers))
        taken: set[tuple[object, ...]] = set()
        while len(taken) < on_day:
            reader = rng.choices(readers, cum_weights=weights)[0]
            record = _make_record(rng, reader, date)
            # One observation a day, company, topic and person; the import would drop a second one.
            key = (record["domain"], record["topic"], record.get("contact_id", record["score"]))
            if key not in taken:
                taken.add(key)
                yield record


def _spread(rng: Random, count: int, today: dt.date) -> list[int]:
    """Return how many records each day has; together exactly `count`."""
    slope, phase = rng.uniform(0.2, 0.7), rng.uniform(0, 2 * math.pi)
    weights = []
    for day in range(DAYS):
        date = today - dt.timedelta(days=DAYS - 1 - day)
        season = 1 + 0.1 * math.sin(2 * math.pi * day / 41 + phase)
        weights.append(
            WEEKDAY_WEIGHTS[date.weekday()] * (1 + slope * day / DAYS) * season * rng.gauss(1, 0.06)
        )
    weights[-1] *= TODAY_WEIGHT
    ends = [round(count * part / sum(weights)) for part in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _make_readers(rng: Random, plan: FeedPlan, staff: dict[str, list[Person]]) -> list[Reader]:
    readers = []
    for people in staff.values():
        company = people[0].company
        fits = not plan.trades or company.trade.name in plan.trades
        if rng.random() > (0.45 if fits else 0.04):
            continue
        interested = [person for person in people if person.department.name in plan.departments]
        readers.append(
            Reader(
                company=company,
                people=interested or people,
                topics=_draw_topics(rng, plan),
                weight=company.weight * rng.uniform(0.4, 1.6),
                bursts=tuple(_draw_bursts(rng)),
            )
        )
    return readers


def _draw_topics(rng: Random, plan: FeedPlan) -> tuple[str, ...]:
    # The first topics of a feed interest the most companies.
    weights = [1 / (rank + 1.5) for rank in range(len(plan.topics))]
    return tuple(dict.fromkeys(rng.choices(plan.topics, weights, k=rng.randint(2, 8))))


def _draw_bursts(rng: Random) -> Iterator[Burst]:
    for _ in range(rng.choices((0, 1, 2), (62, 30, 8))[0]):
        first = rng.randint(-5, DAYS)
        yield Burst(first, first + rng.randint(3, 15), rng.uniform(4, 14))


def _make_record(rng: Random, reader: Reader, date: str) -> dict[str, Any]:
    company = reader.company
    record: dict[str, Any] = {
        "observed_on": date,
        "domain": company.domain,
        "topic": rng.choice(reader.topics),
        "score": min(99, max(20, round(rng.gauss(58, 16)))),
        "company_name": company.name,
        "industry": company.trade.name,
    }
    if rng.random() < CONTACT_SHARE:
        record |= _about(rng, rng.choice(reader.people))
    return record


def _about(rng: Random, person: Person) -> dict[str, Any]:
    """Return what a record says of the person behind it, as the contact has it."""
    contact_id = person.contact_id
    if rng.random() < LEGACY_SHARE:
        contact_id = contact_id.replace("id_", "cb_")
    about = {
        "contact_id": contact_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "city": person.city.name,
        "state": person.city.state or None,
        "country": person.country.name,
        "linkedin_url": person.linkedin_url,
        "job_title": person.title,
        "company_domain": person.company.domain,
        "seniority": person.seniority.name,
    }
    if person.has_full_profile:
        about |= {
            "address": person.address,
            "postal_code": person.postal_code,
            "gender": person.gender,
            "age_range": person.age_range,
        }
    return about
