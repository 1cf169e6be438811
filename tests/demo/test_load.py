"""Loading the demo data: once, again, after an interruption, and after people have changed things."""

import datetime as dt
import stat
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from contacthub.contacts.duplicates.scan import propose_duplicates
from contacthub.contacts.models import Company, Contact, ContactDocument, DuplicateProposal
from contacthub.core import clock
from contacthub.core.errors import KeyRefused
from contacthub.credentials.actions import revoke_key
from contacthub.credentials.models import ApiKey
from contacthub.credentials.queries import authenticate_key
from contacthub.demo import actions, catalog
from contacthub.demo.accounts import ACTOR, make_accounts
from contacthub.demo.catalog import SEED, draw_staff
from contacthub.demo.folder import Folder
from contacthub.demo.history import DEEDS
from contacthub.demo.logins import LogIns
from contacthub.demo.world.fair import PEOPLE
from contacthub.demo.world.feeds import FEEDS
from contacthub.demo.world.intent import make_records
from contacthub.exports.models import Export
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.actions import change_grant
from contacthub.feeds.models import Feed, FeedGrant, IntentBatch, IntentRecord, Search
from contacthub.formats import FORMATS
from contacthub.organizations.models import AuditEvent, Membership, Organization, User

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 20)
BASE_URL = "http://127.0.0.1:8123"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.make()
    return folder


def load(folder: Folder) -> dict[str, Any]:
    """Load a hundredth of the demo and return what `demo.json` says."""
    actions.load_demo(folder=folder, base_url=BASE_URL, today=TODAY, scale=0.01)
    content = orjson.loads(folder.log_ins.read_bytes())
    assert isinstance(content, dict)
    return content


def count_everything() -> list[int]:
    models = (
        Organization, User, Membership, ApiKey, Feed, FeedGrant, IntentBatch, IntentRecord, Company, Contact, Search,
        Export, AuditEvent,
    )  # fmt: skip
    return [model.objects.count() for model in models]


def test_log_ins_work_and_only_their_owner_reads_them(folder: Folder) -> None:
    content = load(folder)
    assert stat.S_IMODE(folder.log_ins.stat().st_mode) == 0o600
    assert content["base_url"] == BASE_URL
    assert [(it["slug"], it["name"]) for it in content["organizations"]] == [
        ("acme", "Acme Revenue"),
        ("globex", "Globex Industries"),
    ]
    for organization in content["organizations"]:
        for role in ("admin", "member"):
            user = User.objects.get(email=organization[role]["email"])
            assert user.check_password(organization[role]["password"])
            assert user.memberships.get().role == role
            assert user.memberships.get().organization.slug == organization["slug"]
        key = authenticate_key(organization["api_key"], None, clock.now())
        assert key.organization.slug == organization["slug"]
        assert len(key.scopes) == 10


def test_feeds_differ_in_caps_options_and_quotas(folder: Folder) -> None:
    load(folder)
    grants = FeedGrant.objects.filter(organization__slug="acme")
    assert grants.count() == 5
    assert len({grant.lookback_days for grant in grants}) >= 3
    assert {(it.is_pii_enabled, it.is_business_info_enabled) for it in grants} == {
        (True, True), (True, False), (False, True), (False, False),
    }  # fmt: skip
    assert [grant.feed.name for grant in grants if grant.export_row_limit is None] == [
        "Customer data platforms"
    ]
    others = FeedGrant.objects.filter(organization__slug="globex")
    assert others.count() == 3
    assert {it.feed_id for it in others} < {it.feed_id for it in grants}
    assert all(it.lookback_days != grants.get(feed_id=it.feed_id).lookback_days for it in others)


def test_records_end_today_and_their_files_are_gone(folder: Folder) -> None:
    load(folder)
    assert IntentRecord.objects.count() == sum(2_000 * plan.share // 1_000 for plan in FEEDS)
    assert IntentRecord.objects.latest("observed_on").observed_on == TODAY
    assert not (folder.path / "demo-data").exists()


def test_contacts_are_shared_and_are_those_of_the_records(folder: Folder) -> None:
    load(folder)
    assert Company.objects.filter(organization=None).count() == 50
    assert Contact.objects.filter(organization=None).count() == 500
    keys = set(IntentRecord.objects.exclude(contact_key=None).values_list("contact_key", flat=True))
    assert len(keys) > 100
    assert keys <= set(Contact.objects.values_list("key", flat=True))


def test_acme_has_contacts_of_its_own_with_possible_duplicates(folder: Folder) -> None:
    load(folder)
    own = Contact.objects.exclude(organization=None)
    assert set(own.values_list("organization__slug", flat=True)) == {"acme"}
    assert own.count() == len(PEOPLE)
    propose_duplicates(seconds=60)
    pairs = DuplicateProposal.objects.filter(organization__slug="acme").values_list(
        "lower_key", "higher_key"
    )
    names = dict(own.values_list("key", "full_name"))
    assert {frozenset((names[one], names[other])) for one, other in pairs} == {
        frozenset({"Katrin Sommer"}),
        frozenset({"Jörg Straßer", "Joerg Strasser"}),
        frozenset({"Amélie Garnier", "Amelie Garnier"}),
    }


def test_every_kind_of_section_arrives(folder: Folder) -> None:
    load(folder)
    for section in ("pii", "emails", "phones"):
        documents = ContactDocument.objects.all()
        assert documents.filter(**{section: None}).exists(), section
        assert documents.exclude(**{section: None}).exists(), section
    for section in ("emails", "phones"):
        assert ContactDocument.objects.filter(**{section: "[]"}).exists(), section
    assert Contact.objects.filter(pii={}).exists()


def test_pages_are_not_empty_and_one_quota_is_nearly_used(folder: Folder) -> None:
    load(folder)
    assert Search.objects.filter(organization__slug="acme").count() == 4
    assert Search.objects.filter(organization__slug="globex").count() == 1
    exports = Export.objects.filter(organization__slug="acme").order_by("name")
    assert [(it.format, it.created_by_name, it.state) for it in exports] == [
        ("csv_excel", "Priya Raman", "running"),
        ("xlsx", "Tom Becker", "running"),
    ]
    assert {deed.format for deed in DEEDS} - {None} <= set(FORMATS)
    assert AuditEvent.objects.filter(organization__slug="acme", action="Exported").count() == 2
    call_command("audit_quota", "--strict")


def test_small_quota_is_nearly_used_at_full_size() -> None:
    plan = next(it for it in FEEDS if it.slug == "payroll-modernization")
    agreement = plan.agreements["acme"]
    assert agreement.export_row_limit is not None
    for later in range(7):  # the share of weekends differs from day to day
        today = TODAY + dt.timedelta(days=later)
        records = make_records(
            Random(f"{SEED} {plan.slug}"),
            plan,
            draw_staff(today, scale=0.1),
            count=26_000,
            today=today,
        )
        first = (today - dt.timedelta(days=agreement.lookback_days - 1)).isoformat()
        used = sum(record["observed_on"] >= first for record in records)
        assert 0.75 < used / agreement.export_row_limit < 1


def test_agreement_that_forbids_it_leaves_the_past_out(folder: Folder) -> None:
    make_accounts(LogIns())
    catalog.make_feeds()
    FeedGrant.objects.filter(organization__slug="acme").update(export_row_limit=0, lookback_days=5)
    load(folder)
    assert not Export.objects.filter(organization__slug="acme").exists()


def test_second_start_changes_nothing(folder: Folder) -> None:
    first, counts = load(folder), count_everything()
    assert load(folder) == first
    assert count_everything() == counts


def test_interrupted_start_is_finished_by_the_next(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = feed_actions.import_intent
    calls: Iterator[int] = iter(range(9))

    def stop_at_the_third(**arguments: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(**arguments)

    monkeypatch.setattr(feed_actions, "import_intent", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        load(folder)
    assert IntentBatch.objects.count() == 2
    keys = orjson.loads(folder.log_ins.read_bytes())
    monkeypatch.undo()
    assert load(folder) == keys
    assert IntentBatch.objects.count() == 5
    assert Feed.objects.count() == 5


def test_what_people_changed_stays(folder: Folder) -> None:
    load(folder)
    acme = Organization.objects.get(slug="acme")
    grant = FeedGrant.objects.get(organization=acme, feed__name="Zero-trust network access")
    change_grant(
        organization=acme, actor=ACTOR, grant_id=grant.pk, lookback_days=7, export_row_limit=10,
        pii=True, business_info=True,
    )  # fmt: skip
    Membership.objects.filter(user__email="amara@acme.example").update(role="member")
    load(folder)
    grant.refresh_from_db()
    assert (grant.lookback_days, grant.export_row_limit, grant.is_pii_enabled) == (7, 10, True)
    assert Membership.objects.get(user__email="amara@acme.example").role == "member"


def test_changed_password_is_what_the_file_says_again(folder: Folder) -> None:
    password = load(folder)["organizations"][0]["admin"]["password"]
    priya = User.objects.get(email="priya@acme.example")
    priya.set_password("something else entirely")
    priya.save()
    assert load(folder)["organizations"][0]["admin"]["password"] == password
    priya.refresh_from_db()
    assert priya.check_password(password)


def test_lost_file_gives_new_passwords_and_a_new_key_in_place_of_the_old(folder: Folder) -> None:
    old = load(folder)["organizations"][0]
    folder.log_ins.write_text("{")
    new = load(folder)["organizations"][0]
    assert new["admin"]["password"] != old["admin"]["password"]
    assert User.objects.get(email="priya@acme.example").check_password(new["admin"]["password"])
    authenticate_key(new["api_key"], None, clock.now())
    with pytest.raises(KeyRefused):
        authenticate_key(old["api_key"], None, clock.now())


def test_revoked_key_is_replaced(folder: Folder) -> None:
    old = load(folder)["organizations"][1]["api_key"]
    key = ApiKey.objects.get(organization__slug="globex")
    revoke_key(organization=key.organization, actor=ACTOR, public_id=key.public_id)
    new = load(folder)["organizations"][1]["api_key"]
    assert new != old
    authenticate_key(new, None, clock.now())


def test_empty_database_takes_the_passwords_that_the_file_has(folder: Folder) -> None:
    with transaction.atomic():
        passwords = [it["admin"]["password"] for it in load(folder)["organizations"]]
        transaction.set_rollback(True)
    assert not User.objects.exists()
    again = load(folder)
    assert [it["admin"]["password"] for it in again["organizations"]] == passwords


@pytest.mark.parametrize("scale", ["0", "1.5", "half"])
def test_command_refuses_an_impossible_share(scale: str) -> None:
    with pytest.raises(CommandError, match=r"0\.01 to 1"):
        call_command("load_demo", "--scale", scale)
