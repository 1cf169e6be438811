"""Contacts and companies found and ordered by what feeds observed, inside the windows that are granted."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from contacthub.contacts import intent, search, selections
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import KEPT_DAYS, Contact, IntentBlock, IntentDomain
from contacthub.contacts.selections import CountChanged, Question
from contacthub.core.errors import Conflict
from contacthub.feeds import actions, queries
from contacthub.feeds.models import Feed, IntentRecord
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.feeds.world import World, record

pytestmark = pytest.mark.django_db
ACTOR = Actor(name="Alice")
SORTS = ("last_seen", "intent")


def numbers(organization: Organization, sort: str = "quality_score", **asked: Any) -> list[int]:
    """Return the numbers of the contacts that are found; list, count, ids and selection must agree."""
    own = asked.pop("has_own_intent", None)
    filters = ContactFilters(has_own_intent=own, company=CompanyFilters(**asked))
    page = search.list_contacts(
        organization=organization, filters=filters, sort=sort, descending=False
    )
    found = [each.number for each in page.items]
    assert search.count_contacts(organization=organization, filters=filters).value == len(found)
    ids = [
        pk
        for ids in search.iterate_contact_ids(organization=organization, filters=filters)
        for pk in ids
    ]
    assert sorted(Contact.objects.filter(pk__in=ids).values_list("number", flat=True)) == sorted(
        found
    )
    question = Question(of_companies=False, filters=filters, sort=sort, is_descending=False)
    assert selections.count_question(organization=organization, question=question) == len(found)
    return found


def companies(organization: Organization, sort: str = "name", **asked: Any) -> list[str]:
    page = search.list_companies(
        organization=organization, filters=CompanyFilters(**asked), sort=sort, descending=True
    )
    return [
        str(each.domain).removeprefix("company").removesuffix(".example") for each in page.items
    ]


# --- Filters --------------------------------------------------------------------------------------


def test_people_are_found_by_what_feeds_observed_of_their_company(
    world: World, acme: Organization
) -> None:
    world.grant(acme, 30)
    world.observe(
        record(world.ago(0), 1, topic="Cloud", score=40),
        record(world.ago(10), 2, topic="Cloud", score=90),
        record(world.ago(20), 3, topic="Payroll", score=60),
    )
    feed = world.feed.pk

    assert numbers(acme, has_intent=True) == [1, 2, 3, 4, 5, 6]
    assert numbers(acme, has_intent=False) == [7, 8, 9, 10]
    assert numbers(acme, intent_feeds=(feed,)) == [1, 2, 3, 4, 5, 6]
    assert numbers(acme, intent_topics=("Cloud",)) == [1, 2, 3, 4]
    assert numbers(acme, intent_topics=("Cloud", "Payroll")) == [1, 2, 3, 4, 5, 6]
    assert numbers(acme, intent_topics=("Cloud",), intent_days=10) == [1, 2]
    assert numbers(acme, intent_days=11) == [1, 2, 3, 4]
    assert numbers(acme, intent_since=world.ago(10)) == [1, 2, 3, 4]
    assert numbers(acme, intent_score=60.0) == [3, 4, 5, 6]
    assert numbers(acme, intent_score=60.5, intent_topics=("Cloud", "Payroll")) == [3, 4]
    assert sorted(companies(acme, intent_topics=("Cloud",))) == ["1", "2"]


def test_the_best_score_is_one_of_the_window_and_of_the_topic(
    world: World, acme: Organization
) -> None:
    world.grant(acme, 30)
    world.observe(
        record(world.ago(20), 1, score=90),
        record(world.ago(1), 1, score=40),
        record(world.ago(1), 1, topic="Payroll", score=95),
    )

    assert numbers(acme, intent_score=80.0, intent_topics=("Cloud",)) == [1, 2]
    assert numbers(acme, intent_score=80.0, intent_topics=("Cloud",), intent_days=7) == []


def test_a_contact_whom_records_name(world: World, acme: Organization) -> None:
    world.grant(acme, 30)
    world.observe(
        record(world.ago(0), 1, contact=2, score=40),
        record(world.ago(3), 2, contact=3, topic="Payroll", score=70),
        record(world.ago(3), 4),
    )

    assert numbers(acme, has_own_intent=True) == [2, 3]
    assert numbers(acme, has_own_intent=True, intent_topics=("Payroll",)) == [3]
    assert numbers(acme, has_own_intent=True, intent_score=50.0) == [3]
    assert numbers(acme, has_own_intent=True, intent_days=2) == [2]
    assert numbers(acme, has_own_intent=False, intent_days=2) == [1, 3, 4, 5, 6, 7, 8, 9, 10]


# --- Whose windows --------------------------------------------------------------------------------


def everything(organization: Organization, feed: Feed) -> list[object]:
    """Return all that an organization can learn of intent: filters, counts, orders, columns, topics, the company."""
    asked: Sequence[dict[str, Any]] = (
        {"has_intent": True},
        {"intent_feeds": (feed.pk,)},
        {"intent_topics": ("Cloud",)},
        {"intent_score": 1.0},
        {"intent_days": 3650},
        {"intent_since": dt.date(2000, 1, 1)},
    )
    domains = ["company1.example", "company2.example"]
    filters = [CompanyFilters(**each) for each in asked]
    learned: list[object] = [
        search.count_contacts(organization=organization, filters=ContactFilters(company=each)).value
        for each in filters
    ]
    learned += [
        search.count_companies(organization=organization, filters=each).value for each in filters
    ]
    learned += [
        search.count_contacts(
            organization=organization, filters=ContactFilters(has_own_intent=True, company=each)
        ).value
        for each in filters
    ]
    for sort in SORTS:
        page = search.list_contacts(
            organization=organization, filters=ContactFilters(), sort=sort, descending=True
        )
        learned.append([each.number for each in page.items] != list(range(10, 0, -1)))
        position = search.find_contact_position(organization=organization, sort=sort, number=1)
        learned.append(position and position.value)
    for each in (CompanyFilters(), *filters):
        learned.append(
            intent.list_last_days(organization=organization, filters=each, domains=domains)
        )
        learned.append(
            intent.count_recent(organization=organization, filters=each, domains=domains)
        )
        learned.append(intent.count_topics(organization=organization, filters=each))
    learned.append(intent.list_topic_days(organization=organization, domain=domains[0]))
    learned.append(queries.list_domain_topics(organization=organization, domain=domains[0]))
    return [each for each in learned if each]


def test_without_a_grant_nothing_is_known(
    world: World, acme: Organization, globex: Organization
) -> None:
    world.observe(record(world.ago(0), 1, contact=1), record(world.ago(3), 2))

    assert everything(acme, world.feed) == []
    world.grant(globex, 30)
    assert everything(acme, world.feed) == []
    assert len(everything(globex, world.feed)) > 20


def test_what_is_older_than_the_window_is_not_known(world: World, acme: Organization) -> None:
    world.observe(record(world.ago(7), 1, contact=1), record(world.ago(8), 2))
    world.grant(acme, 7)

    assert everything(acme, world.feed) == []
    world.grant(acme, 8)
    assert numbers(acme, has_intent=True) == [1, 2]


def test_records_older_than_the_window_change_neither_numbers_nor_order(
    world: World, acme: Organization
) -> None:
    world.grant(acme, 3)
    world.observe(
        *(record(world.ago(4), 1, score=n) for n in range(20)),
        record(world.ago(2), 1),
        record(world.ago(2), 2),
        record(world.ago(2), 2, score=51),
    )

    assert companies(acme, "intent")[:2] == ["2", "1"]
    recent = intent.count_recent(
        organization=acme, filters=CompanyFilters(), domains=["company1.example"]
    )
    assert recent == {"company1.example": 1}
    assert [
        each.records for each in intent.count_topics(organization=acme, filters=CompanyFilters())
    ] == [3]


def test_a_revoked_grant_finds_nothing_and_says_so(world: World, acme: Organization) -> None:
    grant = world.grant(acme, 30)
    world.observe(record(world.ago(0), 1))
    filters = ContactFilters(company=CompanyFilters(intent_feeds=(world.feed.pk,)))
    question = Question(of_companies=False, filters=filters, sort="last_seen", is_descending=True)
    selection = selections.save_selection(
        organization=acme, actor=ACTOR, question=question, shown=2
    )
    grant.delete()

    assert search.count_contacts(organization=acme, filters=filters).value == 0
    with pytest.raises(Conflict, match="may no longer use a feed"):
        selections.count_question(organization=acme, question=question)
    with pytest.raises(Conflict, match="may no longer use a feed"):
        selections.freeze_selection(selection_id=selection.pk)


def test_a_shortened_window_stops_what_was_counted(world: World, acme: Organization) -> None:
    world.grant(acme, 30)
    world.observe(record(world.ago(0), 1), record(world.ago(9), 2))
    filters = ContactFilters(company=CompanyFilters(intent_topics=("Cloud",)))
    question = Question(
        of_companies=False, filters=filters, sort="quality_score", is_descending=True
    )
    selection = selections.save_selection(
        organization=acme, actor=ACTOR, question=question, shown=4
    )
    world.grant(acme, 5)

    with pytest.raises(CountChanged):
        selections.freeze_selection(selection_id=selection.pk)


def test_personal_and_business_values_of_records_are_not_kept_for_searches() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_name LIKE 'contacts_intent%'"
        )
        names = {name for (name,) in cursor.fetchall()}
    assert names == {
        "feed", "domain", "last_day", "contact_key", "topic", "day", "batch", "block", "records", "domains",
        "contact_keys", "scores", "recent", "days", "drops",
    }  # fmt: skip


# --- Orders ---------------------------------------------------------------------------------------


def test_orders_go_by_company_and_then_by_number(world: World, acme: Organization) -> None:
    world.grant(acme, 30)
    world.observe(
        record(world.ago(9), 4),
        record(world.ago(2), 2),
        *(record(world.ago(5), 3, score=n) for n in range(4)),
    )

    assert companies(acme, "last_seen")[:3] == ["2", "3", "4"]
    assert companies(acme, "intent")[:2] == ["3", "2"]
    assert numbers(acme, "last_seen")[-6:] == [7, 8, 5, 6, 3, 4]
    # Not observed in the last days: with those that were never observed.
    assert numbers(acme, "intent") == [1, 2, 7, 8, 9, 10, 3, 4, 5, 6]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("asked", [{}, {"intent_topics": ("Cloud",)}, {"has_intent": False}])
def test_pages_of_an_order_neither_repeat_nor_drop(
    world: World, acme: Organization, sort: str, is_descending: bool, asked: dict[str, Any]
) -> None:
    world.grant(acme, 30)
    world.observe(
        record(world.ago(1), 5),
        record(world.ago(1), 2),
        record(world.ago(1), 2, score=7),
        record(world.ago(9), 3),
    )
    filters = ContactFilters(company=CompanyFilters(**asked))

    def read(limit: int, **place: Any) -> Any:
        return search.list_contacts(
            organization=acme,
            filters=filters,
            sort=sort,
            descending=is_descending,
            limit=limit,
            **place,
        )

    whole = [each.number for each in read(100).items]
    found: list[int] = []
    page = read(3)
    while True:
        found += [each.number for each in page.items]
        if page.next_position is None:
            break
        place = search.find_contact_position(
            organization=acme, sort=sort, number=found[-1], filters=filters
        )
        assert place == page.next_position
        page = read(3, after=place)
    assert found == whole
    if page.previous_position:
        before = read(3, before=page.previous_position)
        assert [each.number for each in before.items] == whole[
            -3 - len(page.items) : -len(page.items)
        ]
    question = Question(of_companies=False, filters=filters, sort=sort, is_descending=is_descending)
    selection = selections.save_selection(
        organization=acme, actor=ACTOR, question=question, shown=len(whole)
    )
    kept = selections.freeze_selection(selection_id=selection.pk)
    ids = [pk for _, part in selections.iterate_parts(selection=kept) for pk in part]
    by_pk = dict(Contact.objects.values_list("pk", "number"))
    assert [by_pk[pk] for pk in ids] == whole


def test_the_top_is_complete_where_filters_leave_little_of_it(
    world: World, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.contacts.sql.ranked_pages.WALKED_COMPANIES", 1)
    world.grant(acme, 30)
    world.observe(*(record(world.ago(n), n) for n in range(1, 6)))
    page = search.list_contacts(
        organization=acme, filters=ContactFilters(max_quality_score=9), sort="last_seen"
    )
    assert [each.number for each in page.items] == [2, 1, 4, 3, 6, 5, 8, 7, 9]


# --- Keeping --------------------------------------------------------------------------------------


def kept(feed: Feed) -> list[tuple[object, ...]]:
    """Return one tuple for each record that is kept for searches."""
    return sorted(
        (block.day, block.topic, domain, key or 0, score)
        for block in IntentBlock.objects.filter(feed=feed.pk)
        for domain, key, score in zip(block.domains, block.contact_keys, block.scores, strict=True)
    )


def stored(feed: Feed, since: dt.date) -> list[tuple[object, ...]]:
    records = IntentRecord.objects.filter(feed=feed, observed_on__gte=since)
    return sorted((r.observed_on, r.topic, r.domain, r.contact_key or 0, r.score) for r in records)


def test_imports_keep_exactly_the_records_of_each_feed(world: World) -> None:
    other = actions.create_feed(name="Payroll")
    rows = [record(world.ago(n % 4), n % 3, contact=n % 5, score=n) for n in range(40)]
    world.observe(*rows[:25])
    world.observe(*rows)
    world.observe(*rows, feed=other)
    world.observe(*rows, feed=other)

    for feed in (world.feed, other):
        assert kept(feed) == stored(feed, dt.date(2000, 1, 1))
        total = IntentBlock.objects.filter(feed=feed.pk).aggregate(total=Sum("records"))["total"]
        assert total == len(rows) == IntentRecord.objects.filter(feed=feed).count()
    assert set(IntentDomain.objects.filter(feed=other.pk).values_list("last_day", flat=True)) <= {
        world.ago(n) for n in range(4)
    }


def test_a_huge_import_is_split_by_domains(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.contacts.sql.intent.SPLIT_AFTER", 5)
    world.observe(*(record(world.ago(0), n) for n in range(30)))

    assert 3 < IntentBlock.objects.count() <= 7
    assert kept(world.feed) == stored(world.feed, world.ago(0))


def test_old_days_are_forgotten_by_the_next_import(world: World, acme: Organization) -> None:
    world.grant(acme, 3650)
    oldest = world.ago(KEPT_DAYS - 1)
    world.observe(
        record(world.ago(200), 1), record(oldest - dt.timedelta(days=1), 2), record(oldest, 3)
    )

    assert kept(world.feed) == stored(world.feed, oldest)
    assert numbers(acme, has_intent=True) == [5, 6]
    world.observe(
        record(world.today + dt.timedelta(days=1), 4), today=world.today + dt.timedelta(days=1)
    )
    assert kept(world.feed) == stored(world.feed, oldest + dt.timedelta(days=1))


def test_counts_by_last_day_stay_exact(world: World, acme: Organization) -> None:
    grant = world.grant(acme, 30)
    world.observe(record(world.ago(9), 1, contact=1), record(world.ago(3), 2, contact=2))
    world.observe(
        record(world.ago(1), 1, contact=1), record(world.ago(5), 2), record(world.ago(5), 3)
    )

    preview = queries.get_preview(grant=grant, lookback_days=2, today=world.today)
    assert (preview.domain_count, preview.contact_count) == (1, 1)
    preview = queries.get_preview(grant=grant, lookback_days=30, today=world.today)
    assert (preview.domain_count, preview.contact_count) == (3, 2)
