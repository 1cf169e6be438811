"""Rows are money: the quote is the charge, a search is paid once, and nobody spends more than is left."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacthub.core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    OptionNotAllowed,
    QuotaExceeded,
    QuoteChanged,
)
from contacthub.exports import actions, queries
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.exports.rows import read_page
from contacthub.feeds import actions as feed_actions
from contacthub.feeds.models import FeedGrant, QuotaEntry, Search
from contacthub.feeds.queries import list_ledger_drift, list_unexplained_holds
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.exports.builders import make_export, read_file, render, run_search
from tests.feeds.builders import fill_days
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_drift() -> object:
    """After every test the ledger explains every used row."""
    yield
    assert list_ledger_drift() == []
    assert list_unexplained_holds() == []


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def search(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> Search:
    """70 records, 56 of them with a contact, of a feed with 1,000 rows."""
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return run_search(grant, as_bob)


def used(grant: FeedGrant) -> tuple[int, int]:
    grant.refresh_from_db()
    return grant.export_rows_used, grant.export_rows_held


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    require=st.booleans(),
    pii=st.booleans(),
    most=st.none() | st.integers(1, 90),
    file=st.booleans(),
)
def test_quote_is_reservation_is_debit_is_rows(
    grant: FeedGrant,
    search: Search,
    as_bob: Actor,
    require: bool,
    pii: bool,
    most: int | None,
    file: bool,
) -> None:
    with transaction.atomic():
        options = ExportOptions(get_pii=pii, require_contact_id=require, max_rows=most)
        quote = queries.get_quote(search=search, grant=grant, options=options)
        export, _ = actions.create_export(
            organization=search.organization,
            actor=as_bob,
            order=ExportOrder(
                search_id=search.pk,
                options=options,
                format="csv" if file else None,
                purpose="Campaign",
                quoted_rows=quote.charged_rows,
            ),
        )
        assert export.charged_rows == quote.charged_rows == quote.total_rows == export.total_rows
        assert used(grant) == (quote.charged_rows, quote.charged_rows if file else 0)
        if file:
            rows = read_file(render(export)).count(b"\r\n") - 1
        else:
            rows = sum(len(read_page(export=export, page=n + 1)) for n in range(export.total_pages))
        assert rows == quote.charged_rows
        assert used(grant) == (quote.charged_rows, 0)
        transaction.set_rollback(True)


def test_second_export_of_a_search_is_free_whatever_its_options(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    """The vendor's rule, taken by the letter: the first export of one row pays for the search."""
    first = make_export(search, as_bob, max_rows=1)
    rest = make_export(search, as_bob, get_pii=True)
    again = make_export(search, as_bob, format="xlsx", require_contact_id=True)
    assert [export.charged_rows for export in (first, rest, again)] == [1, 0, 0]
    assert [export.total_rows for export in (first, rest, again)] == [1, 70, 56]
    assert used(grant) == (1, 1)
    search.refresh_from_db()
    assert queries.get_quote(search=search, grant=grant, options=ExportOptions()).charged_rows == 0


def test_export_past_the_quota_changes_nothing(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    FeedGrant.objects.update(export_row_limit=69)
    with pytest.raises(QuotaExceeded) as refused:
        make_export(search, as_bob)
    assert (refused.value.requested, refused.value.remaining) == (70, 69)
    assert not Export.objects.exists()
    assert not Job.objects.exists()
    assert not QuotaEntry.objects.exists()
    assert not AuditEvent.objects.filter(action="Exported").exists()
    assert used(grant) == (0, 0)
    assert make_export(search, as_bob, max_rows=69).charged_rows == 69


def test_quota_can_be_used_to_the_last_row(grant: FeedGrant, search: Search, as_bob: Actor) -> None:
    FeedGrant.objects.update(export_row_limit=70)
    make_export(search, as_bob)
    grant.refresh_from_db()
    assert grant.export_rows_remaining == 0


def test_without_a_limit_rows_are_counted_and_never_refused(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    FeedGrant.objects.update(export_row_limit=None)
    make_export(search, as_bob)
    assert used(grant)[0] == 70
    grant.refresh_from_db()
    assert grant.export_rows_remaining is None


def test_changed_charge_stops_before_spending(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    with pytest.raises(QuoteChanged):
        make_export(search, as_bob, quoted_rows=69)
    make_export(search, as_bob, quoted_rows=70)
    with pytest.raises(QuoteChanged):
        make_export(search, as_bob, quoted_rows=70)
    assert used(grant)[0] == 70


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"include_business_info": True}, OptionNotAllowed),
        ({"max_rows": 0}, Invalid),
        ({"max_rows": -1}, Invalid),
        ({"format": "pdf"}, Invalid),
        ({"columns": ["domain", "first_name"]}, Invalid),
        ({"columns": ["domain", "domain"]}, Invalid),
        ({"columns": []}, Invalid),
    ],
)
def test_impossible_export_is_refused_and_free(
    grant: FeedGrant,
    search: Search,
    as_bob: Actor,
    options: dict[str, object],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        make_export(search, as_bob, **options)
    assert used(grant) == (0, 0)


def test_pii_needs_the_agreement(grant: FeedGrant, search: Search, as_bob: Actor) -> None:
    FeedGrant.objects.update(is_pii_enabled=False)
    with pytest.raises(OptionNotAllowed):
        make_export(search, as_bob, get_pii=True)


def test_search_of_another_organization_is_unknown(
    search: Search, globex: Organization, charlie: User
) -> None:
    with pytest.raises(NotFound):
        actions.create_export(
            organization=globex,
            actor=Actor.of(charlie),
            order=ExportOrder(search_id=search.pk, options=ExportOptions(), format="csv"),
        )


# --- One charge under every kind of haste ------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_exports_at_once_stop_exactly_at_the_quota(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    FeedGrant.objects.update(export_row_limit=10)
    searches = [run_search(grant, as_bob) for _ in range(40)]
    made = race([lambda s=s: make_export(s, as_bob, max_rows=1) for s in searches])  # type: ignore[misc]
    assert sum(isinstance(export, Export) for export in made) == 10
    assert sum(isinstance(export, QuotaExceeded) for export in made) == 30
    assert used(grant) == (10, 10)


@pytest.mark.django_db(transaction=True)
def test_first_exports_of_one_search_at_once_pay_once(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    made = race([lambda: make_export(search, as_bob)] * 20)
    assert sorted(export.charged_rows for export in made) == [0] * 19 + [70]
    assert used(grant) == (70, 70)


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_many_times_is_one_export(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    made = race([lambda: make_export(search, as_bob, request_key="once")] * 20)
    assert len({export.pk for export in made}) == 1
    assert Export.objects.count() == Job.objects.count() == 1
    assert used(grant)[0] == 70


def test_request_key_with_another_request_is_refused(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    make_export(search, as_bob, request_key="once")
    with pytest.raises(NotAllowed):
        make_export(search, as_bob, request_key="once", max_rows=5)


def test_request_keys_of_two_organizations_do_not_meet(
    grant: FeedGrant, search: Search, as_bob: Actor, globex: Organization, charlie: User
) -> None:
    theirs = feed_actions.grant_feed(feed=grant.feed, organization=globex, lookback_days=7)
    other = run_search(theirs, Actor.of(charlie))
    ours = make_export(search, as_bob, request_key="once")
    assert make_export(other, Actor.of(charlie), request_key="once").pk != ours.pk


# --- Endings -----------------------------------------------------------------------------------------


def test_cancelled_export_gives_back_exactly_what_it_held(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    export = make_export(search, as_bob)
    assert used(grant) == (70, 70)
    actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    assert used(grant) == (0, 0)
    with pytest.raises(Conflict):
        actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    assert used(grant) == (0, 0)
    kinds = list(QuotaEntry.objects.order_by("id").values_list("kind", "rows", "used_after"))
    assert kinds == [("reserve", 70, 70), ("release", -70, 0)]
    search.refresh_from_db()
    assert search.charged_export is None


def test_failed_export_is_free_and_says_why(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    export = make_export(search, as_bob)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM feeds_intentrecord WHERE domain = 'company7.example'")
    export = render(export)
    assert export.state == Export.State.FAILED
    assert export.job is not None
    assert export.job.error == "Rows of this export are missing from the feed."
    assert used(grant) == (0, 0)


def test_retry_charges_again_and_the_quote_is_checked(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    export = make_export(search, as_bob)
    actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    with pytest.raises(QuoteChanged):
        actions.retry_export(
            organization=search.organization, actor=as_bob, export_id=export.pk, quoted_rows=0
        )
    FeedGrant.objects.update(export_row_limit=69)
    with pytest.raises(QuotaExceeded):
        actions.retry_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    FeedGrant.objects.update(export_row_limit=70)
    actions.retry_export(
        organization=search.organization, actor=as_bob, export_id=export.pk, quoted_rows=70
    )
    export = render(export)
    assert export.state == Export.State.COMPLETED
    assert read_file(export).count(b"\r\n") == 71
    assert used(grant) == (70, 0)


@pytest.mark.parametrize("state", [Export.State.RUNNING, Export.State.COMPLETED])
def test_only_failed_and_cancelled_exports_run_again(
    grant: FeedGrant, search: Search, as_bob: Actor, state: Export.State
) -> None:
    export = make_export(search, as_bob)
    if state == Export.State.COMPLETED:
        render(export)
    with pytest.raises(Conflict):
        actions.retry_export(organization=search.organization, actor=as_bob, export_id=export.pk)


def test_charge_stays_while_another_export_of_the_search_lives(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    """Otherwise the free second export would deliver rows that nobody pays for."""
    payer, free = make_export(search, as_bob), make_export(search, as_bob, format="jsonl")
    actions.cancel_export(organization=search.organization, actor=as_bob, export_id=payer.pk)
    assert used(grant) == (70, 70)
    assert render(free).state == Export.State.COMPLETED
    assert used(grant) == (70, 0)
    assert make_export(search, as_bob).charged_rows == 0


def test_charge_goes_back_with_the_last_live_export(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    payer, free = make_export(search, as_bob), make_export(search, as_bob, format="jsonl")
    for export in (payer, free):
        actions.cancel_export(organization=search.organization, actor=as_bob, export_id=export.pk)
    assert used(grant) == (0, 0)
    assert make_export(search, as_bob).charged_rows == 70


@pytest.mark.django_db(transaction=True)
def test_cancel_and_completion_at_once_end_in_one_of_the_two(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    endings = set()
    for _ in range(25):
        fresh = run_search(grant, as_bob)
        export = make_export(fresh, as_bob)
        before = used(grant)[0] - 70
        race(
            [
                lambda e=export: render(e),  # type: ignore[misc]
                lambda e=export: actions.cancel_export(  # type: ignore[misc]
                    organization=search.organization, actor=as_bob, export_id=e.pk
                ),
            ]
        )
        export.refresh_from_db()
        if (
            export.state == Export.State.RUNNING
        ):  # cancelled before the worker came: the message found nothing to do
            pytest.fail("an export was left running")
        endings.add(export.state)
        charged = used(grant)[0] - before
        assert (export.state, charged) in {
            (Export.State.COMPLETED, 70),
            (Export.State.CANCELLED, 0),
        }
        assert used(grant)[1] == 0
        feed_actions.change_grant(
            organization=search.organization,
            actor=as_bob,
            grant_id=grant.pk,
            lookback_days=90,
            export_row_limit=used(grant)[0] + 1000,
            pii=True,
            business_info=False,
        )
    assert Export.State.CANCELLED in endings


# --- Limits ------------------------------------------------------------------------------------------


def set_limit(grant: FeedGrant, actor: Actor, limit: int | None) -> None:
    feed_actions.change_grant(
        organization=grant.organization,
        actor=actor,
        grant_id=grant.pk,
        lookback_days=90,
        export_row_limit=limit,
        pii=True,
        business_info=False,
    )


def test_limit_below_what_is_used_leaves_nothing_and_takes_nothing(
    grant: FeedGrant, search: Search, as_bob: Actor
) -> None:
    make_export(search, as_bob)
    set_limit(grant, as_bob, 50)
    grant.refresh_from_db()
    assert (grant.export_rows_used, grant.export_rows_remaining) == (70, 0)
    with pytest.raises(QuotaExceeded):
        make_export(run_search(grant, as_bob), as_bob, max_rows=1)
    set_limit(grant, as_bob, 71)
    assert make_export(run_search(grant, as_bob), as_bob, max_rows=1).charged_rows == 1


def test_changed_limit_is_in_the_ledger_and_the_audit_log(grant: FeedGrant, as_bob: Actor) -> None:
    set_limit(grant, as_bob, None)
    entry = QuotaEntry.objects.get()
    assert (entry.kind, entry.rows, entry.limit_after) == ("adjust", 0, None)
    assert entry.note == "Row limit: 1,000 → none"
    event = AuditEvent.objects.get(action="Changed feed limits")
    assert event.changes == {"export_row_limit": [1000, None]}


def test_database_itself_refuses_more_than_the_limit(grant: FeedGrant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedGrant.objects.update(export_rows_used=1001)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedGrant.objects.update(export_rows_used=-1)


def test_limits_of_another_organization_are_unknown(
    grant: FeedGrant, globex: Organization, charlie: User
) -> None:
    with pytest.raises(NotFound):
        feed_actions.change_grant(
            organization=globex,
            actor=Actor.of(charlie),
            grant_id=grant.pk,
            lookback_days=1,
            export_row_limit=0,
            pii=False,
            business_info=False,
        )
