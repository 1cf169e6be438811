"""People of a list who are in no catalog: asked of vendors that take their keys, quoted before, saved as contacts."""

import csv
import io
from typing import Any

import pytest

from contacthub.contacts.models import Contact
from contacthub.credentials.models import Connection
from contacthub.enrichment.actions import batches
from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.enrichment.queries.quotes import get_vendor_quote
from contacthub.organizations.models import Organization
from tests.enrichment.builders import SOMEBODY, content, run
from tests.enrichment.people import found_of, match
from tests.enrichment.test_person_lookups import (
    REACH,
    contactbased,
    nordics,
    quick,
    set_waterfall,
    wires,
)
from tests.enrichment.vendor import Wire

__all__ = ["contactbased", "nordics", "quick", "wires"]
pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = (
    "mail;name;web\n"
    "Anna.Berg@nordwind.example;;\n"
    ";Kari Vik;fjord.example\n"
    "nobody@nowhere.example;Nobody;\n"
    ";Kari Vik;\n"
    "anna.berg@nordwind.example;again;\n"
)
USES = ("email", "full_name", "domain")


def start(batch: EnrichmentBatch, *, limit: int = 100) -> EnrichmentBatch:
    started, _ = batches.start_batch(
        organization=batch.organization,
        actor=SOMEBODY,
        batch_id=batch.pk,
        sections=REACH,
        format="csv",
        lookup_limit=limit,
    )
    return started


def rows_of(batch: EnrichmentBatch) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(batch).decode("utf-8-sig"))))


def test_only_vendors_that_take_the_key_are_asked_as_quoted(
    acme: Organization, nordics: Connection, contactbased: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[contactbased, nordics], phones=[contactbased, nordics])
    batch = match(acme, PEOPLE, *USES)
    assert (batch.matched_count, batch.askable_count, batch.unmatched_count) == (0, 3, 3)
    quote = get_vendor_quote(
        batch=batch, sections=list(map(Section, REACH)), limit=None, trial_rows=10
    )
    lines = {line.connection.name: line.lookups for line in quote.lines}
    assert lines == {"ContactBased": 0, "Nordics": 3}
    assert (quote.most_lookups, quote.rows, quote.askable) == (3, 3, 3)
    started = start(batch)
    assert started.lookup_limit == 3
    done = run(started)
    # A vendor that takes ids gets none of ours for people whom it cannot know by them.
    assert wires["contactbased"].calls == []
    assert len(wires["nordics"].calls) == done.lookups_spent == 3
    rows = rows_of(done)
    assert [(row["match"], row["outcome"]) for row in rows] == [
        ("no match", "found"),
        ("no match", "found"),
        ("no match", "no record"),
        ("rejected", "malformed"),
        ("no match", "found"),
    ]
    assert rows[0]["phone_1"]
    assert rows[0]["phone_1"] == rows[4]["phone_1"]
    assert rows[1]["email_1"] == "kari@fjord.example"


def test_answers_become_contacts_that_the_next_list_finds(
    acme: Organization, globex: Organization, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    run(start(match(acme, PEOPLE, *USES)))
    kari = Contact.objects.get(full_name="Kari Vik")
    assert kari.organization == acme
    assert kari.company is not None
    assert kari.company.domain == "fjord.example"
    again = match(acme, PEOPLE, *USES)
    assert [(key, problem) for key, problem, _ in found_of(again)][:2] == [
        ("email", ""),
        ("name_domain", ""),
    ]
    # Not those of anybody else.
    assert match(globex, PEOPLE, *USES).matched_count == 0


def test_no_more_is_spent_than_was_agreed_to(
    acme: Organization, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    done = run(start(match(acme, PEOPLE, *USES), limit=1))
    assert (done.lookups_spent, done.is_limit_reached) == (1, True)
    assert len(wires["nordics"].calls) == 1


def test_without_vendors_nobody_is_asked(
    acme: Organization, nordics: Connection, wires: dict[str, Wire]
) -> None:
    set_waterfall(acme, emails=[nordics], phones=[nordics])
    batch = match(acme, PEOPLE, *USES)
    refused: Any = None
    try:
        start(batch, limit=0)
    except batches.Conflict as error:
        refused = str(error)
    assert refused == "No row of this list is a contact of your catalog."
    assert wires["nordics"].calls == []
