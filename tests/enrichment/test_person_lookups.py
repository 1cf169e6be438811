"""Vendors that know none of our ids in the waterfall: asked for one person, exactly, or not at all."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from contacthub.contacts.models import Company, Contact, ContactPhone
from contacthub.core.errors import Invalid
from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection
from contacthub.enrichment import vendor_calls
from contacthub.enrichment.actions.vendors import (
    ask_vendors,
    count_most_lookups,
    describe_answer,
    save_waterfall,
)
from contacthub.enrichment.models import Asking, Section, StopRule, VendorAnswer
from contacthub.enrichment.plans import Plan, SectionPlan, list_questions
from contacthub.enrichment.queries import waterfall as reads
from contacthub.organizations.models import Organization
from tests.credentials.connecting import add
from tests.enrichment.builders import SOMEBODY, cid, make_contact, run
from tests.enrichment.test_waterfall import FIRST, kill, start
from tests.enrichment.vendor import Wire, email_of
from tests.stack import Stack

pytestmark = pytest.mark.django_db(transaction=True)

REACH = ("emails", "phones")
# Contacts of acme's catalog, by what it knows of them.
BY_EMAIL, TWINS, BY_NAME, ELSEWHERE, INFERRED, NAME_ALONE, BY_LINK = range(0x100, 0x107)
UNKNOWN = 0x1FF
EVERYBODY = (BY_EMAIL, TWINS, BY_NAME, ELSEWHERE, INFERRED, NAME_ALONE, BY_LINK, UNKNOWN)


@pytest.fixture(autouse=True)
def quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connectors call loopback addresses, in small pieces."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr(vendor_calls, "MOST_ASKED", 10)
    monkeypatch.setattr(vendor_calls, "JOB_WAIT", 0.2)


@pytest.fixture
def wires(facade: tuple[Stack, dict[str, str]]) -> Iterator[dict[str, Wire]]:
    found = {name: Wire(facade[0].base_url) for name in ("nordics", "contactbased")}
    yield found
    for wire in found.values():
        wire.close()


@pytest.fixture
def nordics(
    facade: tuple[Stack, dict[str, str]], wires: dict[str, Wire], acme: Organization
) -> Connection:
    return add(
        acme,
        vendor="richutilities",
        name="Nordics",
        base_url=wires["nordics"].url,
        credentials={"api_key": facade[1]["three"]},
    )


@pytest.fixture
def contactbased(
    facade: tuple[Stack, dict[str, str]], wires: dict[str, Wire], acme: Organization
) -> Connection:
    key = facade[1]["one"]
    return add(acme, base_url=wires["contactbased"].url, credentials={"api_key": key})


@pytest.fixture
def people(acme: Organization) -> None:
    nordwind, fjord, other = (
        Company.objects.create(organization=acme, domain=f"{name}.example")
        for name in ("nordwind", "fjord", "other")
    )
    own: dict[str, Any] = {"organization": acme}
    address = "anna.berg@nordwind.example"
    make_contact(BY_EMAIL, full_name="A. B.", emails=[address], email=address, **own)
    make_contact(TWINS, full_name="Ola Nordmann", company=nordwind, **own)
    make_contact(BY_NAME, full_name="KARI  Vik", company=fjord, **own)
    make_contact(ELSEWHERE, full_name="Kari Vik", company=other, **own)
    make_contact(INFERRED, full_name="Maybe Somebody", company=fjord, **own)
    make_contact(NAME_ALONE, full_name="Kari Vik", **own)
    link = "http://linkedin.com/in/Liv-Dahl"
    make_contact(BY_LINK, full_name="Liv Dahl", linkedin_url=link, **own)


def set_waterfall(organization: Organization, **steps: list[Connection]) -> None:
    save_waterfall(
        organization=organization,
        actor=SOMEBODY,
        steps={Section(name): [each.pk for each in chosen] for name, chosen in steps.items()},
        rules=FIRST,
        lookup_limit=100_000,
    )


def test_only_who_is_certainly_the_person_is_taken(
    acme: Organization, people: None, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    batch = run(start(acme, EVERYBODY, sections=REACH))
    answers = VendorAnswer.objects.filter(batch=batch)
    said = {each.contact_key: (each.emails, each.phones) for each in answers}
    none, unasked = ("no_record", "no_record"), ("not_asked", "not_asked")
    assert said == {
        BY_EMAIL: ("not_asked", "found"),
        TWINS: none,
        BY_NAME: ("found", "empty"),
        ELSEWHERE: none,
        INFERRED: none,
        NAME_ALONE: unasked,
        BY_LINK: ("found", "found"),
        UNKNOWN: unasked,
    }
    # One call and one lookup for each that could be asked for; the others cost nothing.
    assert batch.lookups_spent == len(wires["nordics"].calls) == 6
    (nordics_sum,) = reads.sum_askings(batch=batch)
    assert (nordics_sum.asked, nordics_sum.unasked, nordics_sum.lookups) == (6, 2, 6)
    assert (nordics_sum.calls, nordics_sum.found, nordics_sum.failed) == (6, 3, 0)
    assert "e-mail" in nordics_sum.asks_by
    kari = Contact.objects.get(key=BY_NAME)
    assert (kari.email, kari.full_name, kari.email_status) == (
        "kari@fjord.example",
        "KARI  Vik",
        "valid",
    )
    assert ContactPhone.objects.get(contact__key=BY_EMAIL).source == "Nordics"
    assert not Contact.objects.filter(key=UNKNOWN).exists()


def test_limit_holds_for_single_lookups(
    acme: Organization, people: None, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    batch = run(start(acme, EVERYBODY, limit=2, sections=REACH))
    assert (batch.lookups_spent, batch.is_limit_reached) == (2, True)
    assert len(wires["nordics"].calls) == 2


def test_mixed_waterfall_asks_by_what_another_vendor_found(
    acme: Organization, nordics: Connection, contactbased: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[contactbased], phones=[nordics, contactbased])
    keys = range(1, 13)
    batch = start(acme, keys, sections=REACH)
    assert batch.lookup_limit == 12 * 2 + 12
    batch = run(batch)
    # Nothing is known of them at first, so that the second in line is asked, ten at a time.
    assert sorted(map(len, wires["contactbased"].calls)) == [2, 10]
    assert wires["contactbased"].asked == dict.fromkeys(map(cid, keys), 1)
    # Whose address is known then, and no number, are asked for by it.
    assert wires["nordics"].asked == {email_of(key): 1 for key in keys if key % 2 == 0 and key % 3}
    sums = {each.name: each for each in reads.sum_askings(batch=batch)}
    # Those with neither were not asked for; of those with a number nothing is missing.
    assert sums["Nordics"].unasked == sum(1 for key in keys if key % 2 and key % 3)
    assert (sums["ContactBased"].lookups, sums["Nordics"].lookups) == (12, 4)
    assert batch.lookups_spent == 16


@pytest.mark.parametrize("failpoint", ["vendor_answered", "vendor_block_committed"])
def test_killed_worker_looks_nobody_up_more_than_twice(
    acme: Organization, people: None, nordics: Connection, wires: dict[str, Wire], failpoint: str
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    batch = start(acme, EVERYBODY, sections=REACH)
    kill(batch, f"{failpoint}:kill:1")
    run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.answered_count) == ("completed", len(EVERYBODY))
    assert set(wires["nordics"].asked.values()) <= {1, 2}
    assert len(wires["nordics"].calls) <= batch.lookups_spent <= batch.lookup_limit
    skipped = Asking.objects.filter(batch=batch, state="skipped")
    assert [(each.asked_count, each.lookup_count) for each in skipped] == [(2, 0)]


def test_one_contact_is_asked_for_or_the_reason_is_given(
    acme: Organization, people: None, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, phones=[nordics])
    whose: dict[str, Any] = {"organization": acme, "actor": SOMEBODY, "sections": [Section.PHONES]}
    plan = reads.get_plan(organization=acme)
    for key, most, words in (
        (BY_EMAIL, 1, "phones found"),
        (NAME_ALONE, 0, "not asked: it needs an e-mail address"),
    ):
        assert count_most_lookups(organization=acme, plan=plan, key=key) == most
        (answer,) = ask_vendors(key=key, **whose)
        assert describe_answer(answer).startswith(words)
    assert len(wires["nordics"].calls) == 1


def test_paused_vendor_is_blocked_for_those_it_could_be_asked_for(
    acme: Organization, people: None, nordics: Connection
) -> None:
    set_waterfall(acme, phones=[nordics])
    connection_actions.pause_connection(organization=acme, actor=SOMEBODY, connection_id=nordics.pk)
    batch = run(start(acme, [BY_EMAIL, NAME_ALONE], sections=["phones"]))
    assert (batch.blocked_count, batch.no_record_count, batch.lookups_spent) == (1, 1, 0)


def test_vendor_stands_only_where_it_has_something(acme: Organization, nordics: Connection) -> None:
    with pytest.raises(Invalid) as refused:
        set_waterfall(acme, pii=[nordics])
    assert refused.value.field == "pii"
    letrics = add(acme, vendor="letrics", name="Letrics")
    with pytest.raises(Invalid):
        set_waterfall(acme, emails=[letrics])


# --- What is stated is what can be asked ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_no_connection_is_asked_more_often_than_stated(seed: int) -> None:
    chance = random.Random(seed)
    vendors = [UUID(int=n) for n in range(1, 5)]
    plan = Plan(
        {
            section: SectionPlan(
                StopRule.FIRST, tuple(chance.sample(vendors, chance.randrange(1, 5)))
            )
            for section in Section
            if chance.random() < 0.8
        },
        limit=1_000_000,
    )
    keys = range(20)
    stated = plan.most_lookups(len(keys))
    assert set(stated) == set(plan.connections)
    asked: dict[int, set[tuple[UUID, Section]]] = defaultdict(set)
    lookups: Counter[UUID] = Counter()
    # Of some contacts too little is known at first, and some answers are lost with a worker and asked for again.
    late = {(vendor, key) for vendor in vendors for key in keys if chance.random() < 0.3}
    for _ in range(100):
        questions = list(
            list_questions(
                plan,
                keys,
                known={},
                asked=asked,
                most=lambda vendor: 1 + vendor.int,
                can_ask=lambda vendor, key, late=late: (vendor, key) not in late,
            )
        )
        if not questions and not late:
            break
        for question in questions:
            assert len(question.keys) <= 1 + question.connection.int
            if chance.random() < 0.3:
                continue
            lookups[question.connection] += len(question.keys)
            for key in question.keys:
                asked[key] |= {(question.connection, section) for section in question.sections}
        late = {each for each in late if chance.random() < 0.5}
    # Nothing is known and nobody finds anything: everybody is asked for everything, and no more often than stated.
    assert all(lookups[vendor] <= most for vendor, most in stated.items())
    for key in keys:
        assert asked[key] == {
            (step, section) for section, each in plan.sections.items() for step in each.steps
        }
