"""Live search of connected vendors: ContactHub's own gateway as the vendor, in a real process."""

import datetime as dt
import re
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location
from contacthub.contacts.models import Company, Contact, ContactEmail, ContactPhone
from contacthub.contacts.search import count_companies
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection, ConnectionHealth, VendorCall
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.jobs.actions import wake_job
from contacthub.jobs.runner import perform
from contacthub.lists.models import List
from contacthub.organizations.models import AuditEvent, Organization, User
from contacthub.sourcing.live import actions as saves
from contacthub.sourcing.live import runner as saving
from contacthub.sourcing.live import search
from contacthub.sourcing.live.queries import get_save, list_sources
from contacthub.sourcing.live.runner import SaveFound
from contacthub.sourcing.models import LiveSave, LiveSaveRow
from tests.conftest import sign_in
from tests.enrichment.builders import SOMEBODY
from tests.enrichment.vendor import COUNT, Wire, email_of
from tests.sourcing.live.conftest import Facade, connect
from tests.workers import list_kill_points, run_until_killed

pytestmark = pytest.mark.django_db(transaction=True)


def ask(organization: Organization, connection: Connection, **filters: Any) -> search.Question:
    return search.make_question(
        organization=organization, connection_id=connection.pk, filters=ContactFilters(**filters)
    )


@pytest.mark.parametrize("name", ["letrics", "nordics"])
def test_pages_of_each_vendor_hold_every_contact_once(
    acme: Organization, request: pytest.FixtureRequest, name: str
) -> None:
    question = ask(acme, request.getfixturevalue(name))
    seen: list[str] = []
    position: str | None = None
    pages = 0
    while pages == 0 or position:
        page = search.read_page(question=question, position=position)
        seen += [each.vendor_id or "" for each in page.items]
        position, pages = page.next, pages + 1
    assert pages == 2
    assert (len(seen), len(set(seen))) == (COUNT, COUNT)


def test_what_cannot_be_honored_is_named_and_nobody_is_asked(
    acme: Organization, letrics: Connection
) -> None:
    question = ask(acme, letrics, verified=True, is_decision_maker=True)
    assert question.plan.refused == ("verified",)
    for refused in (search.read_page, lambda question: search.count_question(question)):
        with pytest.raises(Invalid):
            refused(question=question)
    with pytest.raises(Invalid):
        start_all(acme, question, counted=COUNT)
    assert not VendorCall.objects.exists()


def wish_for(question: search.Question, list_name: str = "") -> saves.Wish:
    return saves.Wish(question, "No filter", list_name)


def test_saved_rows_are_private_and_lose_nothing(
    acme: Organization, globex: Organization, letrics: Connection
) -> None:
    question = ask(acme, letrics, has_personal_email=None)
    page = search.read_page(question=question)
    with_email = next(each for each in page.items if each.emails)
    whose = {"organization": acme, "actor": SOMEBODY, "wish": wish_for(question), "position": None}
    save = saves.save_page(chosen=[with_email.vendor_id or ""], **whose)
    assert (save.state, save.saved_count, save.new_count) == ("completed", 1, 1)
    contact = Contact.objects.get()
    assert contact.organization == acme
    assert ContactEmail.objects.get().source == "Letrics"
    # Numbers and addresses that others gave stay when the row is saved again.
    ContactPhone.objects.create(contact=contact, position=1, phone="+4712345678")
    ContactEmail.objects.create(
        contact=contact, position=2, address="more@acme.example", md5=b"1", sha1=b"2", sha256=b"3"
    )
    saves.save_page(chosen=[with_email.vendor_id or ""], **whose)
    assert Contact.objects.count() == 1
    assert {e.address for e in contact.emails.all()} == {
        with_email.emails[0].email if with_email.emails else "",
        "more@acme.example",
    }
    assert contact.phones.count() == 1
    event = AuditEvent.objects.filter(action="Saved contacts from a provider").first()
    assert event
    assert email_of(2) not in event.detail
    with pytest.raises(NotFound):
        ask(globex, letrics)
    with pytest.raises(NotFound):
        get_save(organization=globex, save_id=save.pk)
    with pytest.raises(Conflict):
        saves.save_page(chosen=["no such row"], **whose)


def test_chosen_rows_go_on_a_list(acme: Organization, letrics: Connection) -> None:
    question = ask(acme, letrics)
    page = search.read_page(question=question)
    with_email = [each.vendor_id or "" for each in page.items if each.emails][:3]
    without = next(each.vendor_id or "" for each in page.items if not each.emails)
    save = saves.save_page(
        organization=acme,
        actor=SOMEBODY,
        wish=wish_for(question, "My list"),
        position=None,
        chosen=[*with_email, without],
    )
    assert (save.saved_count, save.refused_count) == (3, 1)
    assert save.list is not None
    assert save.list.name == "My list"
    keys = save.list.members.values_list("item", flat=True)
    assert set(keys) == set(Contact.objects.values_list("key", flat=True))


# --- Companies --------------------------------------------------------------------------------------


@pytest.fixture
def with_companies(facade: Facade, acme: Organization) -> Connection:
    return connect(facade, acme, "letrics", "Letrics", account="three")


def test_companies_are_saved_over_shared_ones_and_found_by_searches(
    acme: Organization, globex: Organization, with_companies: Connection
) -> None:
    shared = Company.objects.create(domain="nordwind.example", technologies=["dbt"])
    question = search.make_question(
        organization=acme, connection_id=with_companies.pk, filters=CompanyFilters()
    )
    whose = {"organization": acme, "actor": SOMEBODY, "wish": wish_for(question), "position": None}
    save = saves.save_page(chosen=None, **whose)
    assert (save.saved_count, save.new_count, save.refused_count) == (2, 2, 0)
    own = Company.objects.get(organization=acme, domain="nordwind.example")
    assert (own.name, own.technologies, own.industries) == ("Nordwind", ["dbt"], ["Shipping"])
    shared.refresh_from_db()
    assert shared.name is None
    filters = CompanyFilters(industries=("Shipping",))
    assert count_companies(organization=acme, filters=filters).value == 2
    assert count_companies(organization=globex, filters=filters).value == 0
    assert [each.connection_name for each in list_sources(organization=acme, company=own)] == [
        "Letrics"
    ]
    again = saves.save_page(chosen=None, **whose)
    assert (again.saved_count, again.new_count, again.changed_count) == (2, 0, 0)
    assert Company.objects.filter(organization=acme).count() == 2


# --- All that match ---------------------------------------------------------------------------------


def start_all(
    organization: Organization,
    question: search.Question,
    *,
    limit: int = 1000,
    fetch: int = 1000,
    name: str = "",
    counted: int | None = None,
) -> LiveSave:
    counted = search.count_question(question) if counted is None else counted
    return saves.start_save(
        organization=organization,
        actor=SOMEBODY,
        wish=wish_for(question, name),
        terms=saves.Terms(limit, counted, fetch),
        counted=counted,
    )


def do(save: LiveSave) -> LiveSave:
    assert save.job_id
    perform(save.job_id, SaveFound)
    return get_save(organization=save.organization, save_id=save.pk)


@pytest.mark.parametrize("name", ["letrics", "nordics"])
def test_all_that_match_are_saved_once_with_their_list(
    acme: Organization, request: pytest.FixtureRequest, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 25)
    vendor = request.getfixturevalue(name)
    save = do(start_all(acme, ask(acme, vendor), name="All of them"))
    assert (save.state, save.job.state if save.job else "") == ("completed", "completed")
    assert (save.seen_count, save.saved_count, save.refused_count) == (
        COUNT,
        COUNT // 2,
        COUNT // 2,
    )
    assert not save.is_limited
    assert Contact.objects.filter(organization=acme).count() == COUNT // 2
    assert save.list is not None
    assert save.list.member_count == COUNT // 2
    assert VendorCall.objects.count() == 1 + 3
    assert AuditEvent.objects.filter(action="Saved contacts from a provider").count() == 1


@pytest.mark.parametrize("name", ["letrics", "nordics"])
def test_limit_is_never_exceeded(
    acme: Organization, request: pytest.FixtureRequest, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 20)
    save = do(start_all(acme, ask(acme, request.getfixturevalue(name)), limit=30))
    assert (save.seen_count, save.is_limited) == (30, True)
    assert LiveSaveRow.objects.count() == 30
    with pytest.raises(IntegrityError), transaction.atomic():
        LiveSave.objects.filter(pk=save.pk).update(seen_count=31, refused_count=31)
    for limit in (0, 10_001):
        with pytest.raises(Invalid):
            start_all(acme, ask(acme, request.getfixturevalue(name)), limit=limit)


def test_one_request_starts_one_run(acme: Organization, letrics: Connection) -> None:
    values = {"wish": wish_for(ask(acme, letrics)), "terms": saves.Terms(5, 60), "counted": 60}
    runs = {
        saves.start_save(organization=acme, actor=SOMEBODY, request_key="once", **values).pk
        for _ in range(2)
    }
    assert len(runs) == 1


def test_filters_survive_the_way_to_the_job() -> None:
    filters = ContactFilters(
        job_titles=("cto",),
        min_quality_score=3,
        created_from=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        company=CompanyFilters(
            locations=(Location("Norway", "", "Oslo"),),
            cities=(Location("Norway", "", "Oslo"),),
            empty=("industries",),
            nace_levels=(2,),
            has_linkedin=True,
        ),
    )
    asked = search.serialize_question(filters)
    assert search.from_json(orjson.loads(orjson.dumps(search.as_json(asked)))) == asked


def test_paused_vendor_ends_the_run_with_a_reason(acme: Organization, letrics: Connection) -> None:
    save = start_all(acme, ask(acme, letrics))
    connection_actions.pause_connection(organization=acme, actor=SOMEBODY, connection_id=letrics.pk)
    save = do(save)
    assert save.state == "failed"
    assert save.job
    assert "paused" in save.job.error


def test_502s_cost_no_row(
    facade: Facade, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 10)
    wire = Wire(facade[0].base_url)
    try:
        vendor = connect(facade, acme, "letrics", "Letrics", base_url=wire.url)
        wire.break_every = 3
        save = do(start_all(acme, ask(acme, vendor)))
        assert (save.state, save.seen_count) == ("completed", COUNT)
        assert len(wire.calls) <= 1 + COUNT // 10 + wire.broken * 1.1
        # A vendor that is away holds no worker; the job goes on where it was.
        away = start_all(acme, ask(acme, vendor))
        wire.break_every, wire.is_dead = 0, True
        away = do(away)
        assert away.job
        assert (away.state, away.job.state) == ("running", "queued")
        assert away.job.wakes_at
        wire.is_dead = False
        ConnectionHealth.objects.update(breaker="closed", failures=0, open_until=None)
        wake_job(job_id=away.job.pk)
        assert (do(away).state, away.job.attempts) == ("completed", 0)
    finally:
        wire.close()


SAVER = "tests.sourcing.live.saver"
FAILPOINTS = (
    "live_page_read",
    "live_rows_saved",
    "live_page_committed",
    "before_complete_commit",
    "after_complete_commit",
)


@pytest.mark.parametrize(
    "failpoint", list_kill_points(FAILPOINTS, always=["live_rows_saved", "live_page_committed"])
)
def test_killed_worker_loses_no_row_and_saves_none_twice(
    acme: Organization, letrics: Connection, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    save = start_all(acme, ask(acme, letrics), name="All")
    place = 1 if "complete" in failpoint else 2
    run_until_killed(SAVER, save.job_id, 20, failpoint=f"{failpoint}:kill:{place}")
    monkeypatch.setattr(saving, "PAGE_ROWS", 20)
    do(save)
    save.refresh_from_db()
    assert (save.state, save.seen_count, save.saved_count) == ("completed", COUNT, COUNT // 2)
    assert save.new_count == Contact.objects.filter(organization=acme).count() == COUNT // 2
    assert LiveSaveRow.objects.filter(save_of=save).count() == COUNT
    assert [each.member_count for each in List.objects.all()] == [COUNT // 2]
    assert not EnrichmentBatch.objects.exists()
    # Three pages and the count; at most the one that was under way is asked for again.
    assert VendorCall.objects.count() in (4, 5)


def test_cancelled_run_keeps_what_came_and_goes_on_without_double_rows(
    acme: Organization, letrics: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "PAGE_ROWS", 20)
    save = start_all(acme, ask(acme, letrics), name="All")
    run_until_killed(SAVER, save.job_id, 20, failpoint="live_page_committed:kill:1")
    whose = {"organization": acme, "actor": SOMEBODY, "save_id": save.pk}
    saves.cancel_save(**whose)
    save = do(save)
    assert (save.state, save.seen_count, save.list) == ("cancelled", 20, None)
    # A list of what came, once.
    made = saves.make_list(**whose, name="Some")
    assert saves.make_list(**whose, name="Other") == made
    made.refresh_from_db()
    assert made.member_count == save.saved_count == 10
    # From the first page again, as where the vendor's order moved: rows that are here stay as they are.
    saves.retry_save(**whose)
    save = do(save)
    assert (save.state, save.seen_count, save.new_count) == ("completed", COUNT, COUNT // 2)


def test_vendor_without_the_search_is_unknown(acme: Organization, nordics: Connection) -> None:
    with pytest.raises(NotFound):
        search.make_question(organization=acme, connection_id=nordics.pk, filters=CompanyFilters())


def test_companies_are_saved_from_their_page(
    acme: Organization, bob: User, with_companies: Connection
) -> None:
    client = sign_in(bob)
    address = reverse("company-live", args=[with_companies.pk])
    shown = client.get(address).content.decode()
    chosen = re.findall(r'name="chosen"\s+value="(\d+)"', shown)
    assert len(chosen) == 2
    saved = client.post(f"{address}save", {"which": "chosen", "chosen": chosen[:1]}, follow=True)
    company = Company.objects.get(organization=acme)
    page = reverse("company-detail", args=[company.number])
    assert page in saved.content.decode()
    assert "Saved from" in client.get(page).content.decode()
    shown = re.search(r'name="shown"\s+value="(\d+)"', client.get(f"{address}all").content.decode())
    assert shown is not None
    client.post(f"{address}all", {"row_limit": "10", "shown": shown[1]})
    save = do(LiveSave.objects.get(job__isnull=False))
    assert (save.state, save.saved_count, save.batch) == ("completed", 2, None)
