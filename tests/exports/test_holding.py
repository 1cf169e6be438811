"""Which exports hold a contact: files of the catalog by the rows that were frozen for them."""

from pathlib import Path

import pytest

from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Contact, SelectionPart
from contacthub.exports.holding import has_older_exports, list_exports_with
from contacthub.exports.models import Export
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.contacts.files import take_in
from tests.exports.builders import render
from tests.exports.catalog import fill_catalog, make_catalog_export, make_person, select

pytestmark = pytest.mark.django_db
VP, DIRECTOR = 1, 2


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def export(acme: Organization, as_bob: Actor, tmp_path: Path) -> Export:
    """The file of all VPs of acme."""
    fill_catalog(tmp_path, acme)
    return render(make_catalog_export(select(acme, as_bob), as_bob))


def test_file_holds_the_rows_that_were_frozen(acme: Organization, export: Export) -> None:
    assert list_exports_with(organization=acme, key=VP) == [export]
    assert list_exports_with(organization=acme, key=DIRECTOR) == []
    # What the catalog says of her today decides nothing.
    Contact.objects.filter(key=VP).update(seniority="Director")
    assert list_exports_with(organization=acme, key=VP) == [export]
    SelectionPart.objects.all().delete()
    assert list_exports_with(organization=acme, key=VP) == []


def test_anothers_file_is_unknown(
    acme: Organization, globex: Organization, as_bob: Actor, tmp_path: Path
) -> None:
    take_in(tmp_path, make_person(VP))
    theirs = render(make_catalog_export(select(globex, as_bob), as_bob))
    assert list_exports_with(organization=globex, key=VP) == [theirs]
    assert list_exports_with(organization=acme, key=VP) == []


def test_own_contact_was_in_the_file_as_the_shared_one(
    acme: Organization, as_bob: Actor, tmp_path: Path
) -> None:
    take_in(tmp_path, make_person(VP))
    export = render(make_catalog_export(select(acme, as_bob), as_bob))
    take_in(tmp_path, make_person(VP), organization=acme)
    assert Contact.objects.filter(key=VP).count() == 2
    assert list_exports_with(organization=acme, key=VP) == [export]


def test_company_with_the_same_number_is_no_contact(
    acme: Organization, as_bob: Actor, export: Export
) -> None:
    contact = Contact.objects.get(key=DIRECTOR)
    companies = render(make_catalog_export(select(acme, as_bob, CompanyFilters()), as_bob))
    part = SelectionPart.objects.get(selection=companies.selection)
    part.ids = [*part.ids, contact.pk]
    part.save(update_fields=["ids"])
    assert list_exports_with(organization=acme, key=DIRECTOR) == []


def test_unfinished_file_holds_nothing_yet(
    acme: Organization, as_bob: Actor, export: Export
) -> None:
    everyone = make_catalog_export(select(acme, as_bob, ContactFilters()), as_bob)
    assert list_exports_with(organization=acme, key=VP) == [export]
    render(everyone)
    assert set(list_exports_with(organization=acme, key=VP)) == {everyone, export}


def test_only_the_newest_files_are_looked_through_and_that_is_said(
    acme: Organization, as_bob: Actor, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = render(make_catalog_export(select(acme, as_bob), as_bob))
    assert not has_older_exports(organization=acme)
    assert list_exports_with(organization=acme, key=VP) == [newer, export]
    monkeypatch.setattr("contacthub.exports.holding.MOST_ROWS", 30)
    assert list_exports_with(organization=acme, key=VP) == [newer]
    assert has_older_exports(organization=acme)
