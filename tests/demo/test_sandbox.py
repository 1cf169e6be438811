"""The sandbox of the demo: a vendor that is another organization, and acme's connections to it."""

import datetime as dt
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.checks import run_checks

from contacthub.connectors.registry import CONNECTORS
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import Company, Contact
from contacthub.contacts.queries import find_contacts, get_documents
from contacthub.contacts.search import list_contacts, list_contacts_by_number_page
from contacthub.core import clock
from contacthub.credentials.actions import revoke_key
from contacthub.credentials.connections import sealing
from contacthub.credentials.connections.actions import (
    pause_connection,
    remove_connection,
    rotate_connection,
)
from contacthub.credentials.models import ApiKey, Connection, VendorCall
from contacthub.credentials.queries import authenticate_key
from contacthub.demo import actions, catalog
from contacthub.demo.accounts import ACTOR
from contacthub.demo.folder import Folder
from contacthub.demo.world.feeds import FEEDS, VENDOR_FEEDS
from contacthub.enrichment.models import Section, Waterfall, WaterfallStep
from contacthub.enrichment.queries.waterfall import get_plan
from contacthub.feeds.models import Feed, FeedGrant, IntentBatch, IntentRecord
from contacthub.organizations.models import AuditEvent, Organization

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 20)
BASE_URL = "http://127.0.0.1:8123"
ABROAD = ("ES", "PT", "PL")


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    """Allow what only a demo allows: requests to this machine."""
    settings.OUTBOUND_ALLOW_PRIVATE = settings.SANDBOX = True
    settings.BASE_URL = BASE_URL


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.make()
    return folder


def load(folder: Folder, *, base_url: str = BASE_URL, has_sandbox: bool = True) -> dict[str, Any]:
    """Load a hundredth of the demo and return what `demo.json` says."""
    actions.load_demo(
        folder=folder, base_url=base_url, today=TODAY, scale=0.01, has_sandbox=has_sandbox
    )
    content = orjson.loads(folder.log_ins.read_bytes())
    assert isinstance(content, dict)
    return content


def connections() -> dict[str, Connection]:
    found = Connection.objects.filter(organization__slug="acme")
    return {connection.vendor: connection for connection in found}


def keys_of(connection: Connection) -> str:
    return sealing.unseal(connection)[CONNECTORS[connection.vendor].terms[-1].name]


def count_everything() -> list[int]:
    models = (
        Organization, ApiKey, Feed, FeedGrant, IntentBatch, IntentRecord, Company, Contact, Connection, WaterfallStep,
        AuditEvent,
    )  # fmt: skip
    return [model.objects.count() for model in models]


def test_acme_is_connected_with_every_protocol_by_a_key_of_the_vendor(folder: Folder) -> None:
    content = load(folder)
    assert [each["slug"] for each in content["organizations"]] == ["acme", "globex"]
    assert content["sandbox"]["slug"] == "northgate"
    found = connections()
    assert set(found) == set(CONNECTORS)
    for connection in found.values():
        assert connection.base_url == BASE_URL
        assert connection.name.endswith(" (sandbox)")
        assert connection.is_sandbox
        key = authenticate_key(keys_of(connection), None, clock.now())
        assert key.organization.slug == "northgate"
    assert not Connection.objects.exclude(organization__slug="acme").exists()
    # Nothing is asked, and nothing spent, before a person wants it.
    assert not VendorCall.objects.exists()
    assert not FeedGrant.objects.filter(
        organization__slug="northgate", export_rows_used__gt=0
    ).exists()


def test_waterfall_asks_the_vendor_last_and_within_a_limit(folder: Folder) -> None:
    load(folder)
    plan = get_plan(organization=Organization.objects.get(slug="acme"))
    assert plan.connections == [connections()["contactbased"].pk]
    assert set(plan.sections) == set(Section)
    assert plan.limit == 500


def test_vendor_has_feeds_of_its_own_that_differ_in_quota(folder: Folder) -> None:
    load(folder)
    names = {plan.name for plan in VENDOR_FEEDS}
    assert not names & {plan.name for plan in FEEDS}
    grants = FeedGrant.objects.filter(feed__name__in=names)
    assert {grant.organization.slug for grant in grants} == {"northgate"}
    assert len({grant.export_row_limit for grant in grants}) == len(VENDOR_FEEDS)
    for plan in VENDOR_FEEDS:
        records = IntentRecord.objects.filter(feed__name=plan.name)
        assert records.count() == 2_000 * plan.share // 1_000


def test_vendor_fills_gaps_of_the_others_and_changes_nothing_for_them(folder: Folder) -> None:
    load(folder)
    acme, vendor = (Organization.objects.get(slug=slug) for slug in ("acme", "northgate"))
    helped = Contact.objects.filter(organization=vendor).exclude(company__organization=vendor)
    keys = list(helped.values_list("key", flat=True))
    # A third of the 500 contacts that all share.
    assert 100 < len(keys) < 250
    before = get_documents(organization=acme, keys=keys)
    after = get_documents(organization=vendor, keys=keys)
    gained = {
        name: sum(
            getattr(old, name) in (None, "[]") and getattr(new, name) not in (None, "[]")
            for old, new in zip(before, after, strict=True)
        )
        for name in ("emails", "phones")
    }
    assert min(gained.values()) > 40
    names = find_contacts(organization=acme, keys=keys)
    assert {key: each.full_name for key, each in names.items()} == {
        each.key: each.full_name for each in helped
    }


def test_people_abroad_come_first_in_every_search_of_the_vendor(folder: Folder) -> None:
    load(folder)
    acme, vendor = (Organization.objects.get(slug=slug) for slug in ("acme", "northgate"))
    filters = ContactFilters(company=CompanyFilters(country_codes=ABROAD))
    assert list_contacts(organization=acme, filters=filters).items == []
    abroad = {each.pk for each in list_contacts(organization=vendor, filters=filters).items}
    assert len(abroad) == 30
    # Rich Utilities sorts by quality, Letrics by number.
    best = list_contacts(organization=vendor, filters=ContactFilters(), limit=30).items
    first, _ = list_contacts_by_number_page(
        organization=vendor, filters=ContactFilters(), page=1, per_page=30
    )
    assert {each.pk for each in best} == {each.pk for each in first} == abroad
    assert all(each.email and each.phone and each.pii for each in best)


def test_second_start_changes_nothing(folder: Folder) -> None:
    first, counts = load(folder), count_everything()
    assert load(folder) == first
    assert count_everything() == counts


def test_interrupted_start_is_finished_by_the_next(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "describe_own", stop)
    with pytest.raises(KeyboardInterrupt):
        load(folder)
    keys = orjson.loads(folder.log_ins.read_bytes())
    monkeypatch.undo()
    assert load(folder) == keys
    assert Company.objects.filter(organization__slug="northgate").exists()
    assert IntentBatch.objects.count() == len(FEEDS) + len(VENDOR_FEEDS)
    assert len(connections()) == len(CONNECTORS)


def test_data_of_an_older_demo_get_a_sandbox(folder: Folder) -> None:
    before = load(folder, has_sandbox=False)
    assert "sandbox" not in before
    assert not Organization.objects.filter(slug="northgate").exists()
    shared = Contact.objects.filter(organization=None).count()
    after = load(folder)
    assert after["organizations"] == before["organizations"]
    assert len(connections()) == len(CONNECTORS)
    assert Contact.objects.filter(organization=None).count() == shared
    assert Contact.objects.filter(organization__slug="northgate").count() > 100


def test_connections_follow_to_another_port(folder: Folder, settings: Any) -> None:
    load(folder)
    paused = connections()["letrics"]
    pause_connection(organization=paused.organization, actor=ACTOR, connection_id=paused.pk)
    before = {vendor: keys_of(connection) for vendor, connection in connections().items()}
    settings.BASE_URL = "http://127.0.0.1:8124"
    load(folder, base_url=settings.BASE_URL)
    for vendor, connection in connections().items():
        assert connection.base_url == settings.BASE_URL
        # Sealed for this address, or it would not open.
        assert keys_of(connection) == before[vendor]
        assert connection.is_sandbox
    assert connections()["letrics"].is_paused
    rotated = AuditEvent.objects.filter(action="Rotated connection")
    assert rotated.count() == len(CONNECTORS)
    load(folder, base_url=settings.BASE_URL)
    assert rotated.count() == len(CONNECTORS)


def test_connections_get_a_new_key_in_place_of_a_lost_one(folder: Folder) -> None:
    lost = load(folder)["sandbox"]["api_key"]
    folder.log_ins.unlink()
    key = ApiKey.objects.get(organization__slug="northgate")
    revoke_key(organization=key.organization, actor=ACTOR, public_id=key.public_id)
    issued = load(folder)["sandbox"]["api_key"]
    assert issued != lost
    assert {keys_of(connection) for connection in connections().values()} == {issued}


def test_account_that_somebody_put_in_stays(folder: Folder) -> None:
    load(folder)
    mine = connections()["letrics"]
    rotate_connection(
        organization=mine.organization, actor=ACTOR, connection_id=mine.pk,
        credentials={"api_key": "bought-from-letrics"}, base_url="https://letrics.ai",
    )  # fmt: skip
    load(folder, base_url="http://127.0.0.1:8124")
    kept = connections()["letrics"]
    assert (kept.base_url, keys_of(kept)) == ("https://letrics.ai", "bought-from-letrics")
    assert not kept.is_sandbox


def test_removed_connection_comes_back_and_the_waterfall_stays_as_it_is(folder: Folder) -> None:
    load(folder)
    gone = connections()["contactbased"]
    remove_connection(organization=gone.organization, actor=ACTOR, connection_id=gone.pk)
    load(folder)
    assert connections()["contactbased"].pk != gone.pk
    assert Waterfall.objects.filter(organization__slug="acme").exists()
    assert not WaterfallStep.objects.exists()


def test_no_connection_is_a_sandbox_where_the_setting_is_off(folder: Folder, settings: Any) -> None:
    load(folder)
    settings.SANDBOX = False
    assert not any(connection.is_sandbox for connection in connections().values())


@pytest.mark.parametrize("is_on", [True, False])
def test_no_production_instance_is_a_sandbox(settings: Any, is_on: bool) -> None:
    settings.SANDBOX = is_on
    found = {each.id for each in run_checks(include_deployment_checks=True)}
    assert ("contacthub.W001" in found) is is_on
    assert "contacthub.W001" not in {each.id for each in run_checks()}
