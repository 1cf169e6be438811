"""Sums of each domain, from which questions about any topic are answered, against the records themselves."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from contacthub.contacts import intent, search
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import KEPT_DAYS, IntentDomain
from contacthub.core import clock
from contacthub.feeds import actions
from contacthub.feeds.models import Feed, FeedGrant, IntentRecord
from contacthub.organizations.models import Organization
from tests.feeds.world import World, record

pytestmark = pytest.mark.django_db
# The catalog has the first five of them.
DOMAINS = [f"company{number}.example" for number in range(1, 8)]
DAYS = (1, 5, 8, KEPT_DAYS)
SCORES = (0.0, 30.5, 60.0, 100.0)


class Records:
    """What the windows of an organization hold on a day, record by record."""

    def __init__(self, organization: Organization, today: dt.date) -> None:
        self.today = today
        self.grants = list(FeedGrant.objects.filter(organization=organization))

    def read(self, days: int, feeds: Sequence[int]) -> list[IntentRecord]:
        found: list[IntentRecord] = []
        for grant in self.grants:
            if not feeds or grant.feed_id in feeds:
                back = min(days, grant.lookback_days, KEPT_DAYS) - 1
                start = self.today - dt.timedelta(days=back)
                found += IntentRecord.objects.filter(feed=grant.feed_id, observed_on__gte=start)
        return found

    def last_days(self, days: int, feeds: Sequence[int], score: float) -> dict[str, dt.date]:
        found: dict[str, dt.date] = {}
        for each in self.read(days, feeds):
            if each.score is not None and each.score >= score:
                found[each.domain] = max(each.observed_on, found.get(each.domain, dt.date.min))
        return found

    def recent(self, days: int, feeds: Sequence[int]) -> dict[str, int]:
        return dict(Counter(each.domain for each in self.read(min(days, 7), feeds)))


def check(organization: Organization, today: dt.date, feeds: Sequence[Feed]) -> int:
    """Compare columns, filters, counts and orders with the records. Returns how much there was to compare."""
    records, compared = Records(organization, today), 0
    for days in DAYS:
        for chosen in ((), (feeds[0].pk,)):
            asked = CompanyFilters(intent_feeds=chosen, intent_days=days)
            recent = records.recent(days, chosen)
            columns = intent.count_recent(organization=organization, filters=asked, domains=DOMAINS)
            assert columns == recent
            check_order(organization, asked, "intent", recent)
            for score in SCORES:
                scored = replace(asked, intent_score=score)
                expected = records.last_days(days, chosen, score)
                assert expected == intent.list_last_days(
                    organization=organization, filters=scored, domains=DOMAINS
                )
                check_order(organization, scored, "last_seen", expected)
                compared += len(expected)
    return compared


def check_order(
    organization: Organization,
    filters: CompanyFilters,
    sort: str,
    ranks: dict[str, int] | dict[str, dt.date],
) -> None:
    """The list has the catalog's companies with a rank, best first, and the contacts of all of them are counted."""
    page = search.list_companies(
        organization=organization, filters=filters, sort=sort, descending=True
    )
    known = {domain: rank for domain, rank in ranks.items() if domain in DOMAINS[:5]}
    shown = [str(company.domain) for company in page.items]
    if filters.intent_score is not None:
        assert set(shown) == set(known)
        people = search.count_contacts(
            organization=organization, filters=ContactFilters(company=filters)
        )
        assert people.value == 2 * len(known)
    ranked = [known[domain] for domain in shown if domain in known]
    assert ranked == sorted(known.values(), reverse=True)[: len(ranked)]


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_the_records(
    world: World,
    acme: Organization,
    globex: Organization,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    rng = random.Random(seed)
    feeds = [world.feed, actions.create_feed(name="Payroll")]
    grants = [world.grant(acme, 60, feeds[0]), world.grant(acme, 6, feeds[1])]
    world.grant(globex, 3, feeds[0])
    # Imports come in any order of days, some of them late, some of them without scores.
    for _ in range(7):
        feed, latest = rng.choice(feeds), rng.choice((0, 0, 3, 20))
        rows = [
            record(
                world.ago(latest + rng.choice((0, 1, 2, 4, 6, 7, 15, 70, 95))),
                rng.randint(1, 7),
                topic=rng.choice(("Cloud", "Payroll")),
                score=rng.choice((0, 10, 30, 31, 60, 60, 99)),
                contact=rng.randint(0, 3),
            )
            for _ in range(rng.randint(1, 30))
        ]
        world.observe(*rows, *(row.replace(",Cloud,60,", ",Cloud,,") for row in rows), feed=feed)

    assert check(acme, world.today, feeds) > 50
    check(globex, world.today, feeds)
    # Days go by without an import.
    for days in (1, 9):
        later = world.today + dt.timedelta(days=days)
        with monkeypatch.context() as patch:
            patch.setattr(clock, "today", lambda later=later: later)
            check(acme, later, feeds)
    # A window is shortened, and a feed is revoked.
    world.grant(acme, 2, feeds[0])
    grants[1].delete()
    check(acme, world.today, feeds)
    FeedGrant.objects.filter(organization=acme).delete()
    assert check(acme, world.today, feeds) == 0


def test_migration_makes_the_same_sums(world: World) -> None:
    rng = random.Random(5)
    for _ in range(3):
        world.observe(
            *(
                record(world.ago(rng.randint(0, 100)), rng.randint(1, 7), score=rng.randint(0, 99))
                for _ in range(60)
            )
        )
    made = read_sums(world)
    IntentDomain.objects.update(days=[], drops=[], recent=[])
    assert read_sums(world) != made

    migration = import_module("contacthub.feeds.migrations.0006_fill_intent_sums")
    migration.fill(None, SimpleNamespace(connection=connection))

    assert read_sums(world) == made


def read_sums(world: World) -> list[tuple[object, ...]]:
    """Return the sums of each domain; the recent ones as far back as a window may ask for."""
    return [
        (each.domain, each.last_day, each.days, each.drops, each.recent[: recent_days(world, each)])
        for each in IntentDomain.objects.order_by("domain")
    ]


def recent_days(world: World, domain: IntentDomain) -> int:
    return max((domain.last_day - world.ago(7)).days, 0)
