"""Putting something on a list: selections, exports and what was found; to a list that there is, or to a new one."""

import datetime as dt
import re
from pathlib import Path

import pytest

from contacthub.contacts.filters import CompanyFilters
from contacthub.contacts.models import Company, Contact, Selection
from contacthub.core import clock
from contacthub.core.public_ids import format_contact_id
from contacthub.exports.models import Export, RemoteExport, RemotePage
from contacthub.feeds.models import FeedGrant, IntentRecord
from contacthub.lists.models import List, ListEntry, ListMember
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.models import LiveSave, LiveSaveRow
from tests.conftest import sign_in
from tests.contacts.files import take_in
from tests.contacts.test_list_members import make, person
from tests.exports.builders import make_export, render, run_search
from tests.exports.catalog import select
from tests.feeds.builders import fill_days
from tests.web.test_lists import page_of, text_of

pytestmark = pytest.mark.django_db
ADD, REMOVE = "/lists/add/", "/lists/remove/"


@pytest.fixture
def catalog(acme: Organization, tmp_path: Path) -> Organization:
    take_in(tmp_path, *[person(number) for number in range(1, 11)], organization=acme)
    return acme


@pytest.fixture
def vps(catalog: Organization, bob: User) -> Selection:
    return select(catalog, Actor.of(bob), words="VPs")


def items(target: List) -> list[int]:
    return sorted(ListMember.objects.filter(list=target).values_list("item", flat=True))


def test_list_is_chosen_after_saying_how_many_are_on_it(
    catalog: Organization, bob: User, vps: Selection
) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 3)
    make(catalog, bob, "Accounts", 501, of_companies=True)
    client = sign_in(bob)
    page = text_of(client.get(ADD, {"selection": vps.pk}))
    assert "Add 5 people to a list" in page
    assert "Selection: VPs" in page
    assert "FinOps shortlist" in page
    assert "Accounts" not in page

    chosen = client.get(ADD, {"selection": vps.pk, "list": target.public_id})
    assert "2 of them are on it already; it will have 5." in text_of(chosen)
    assert "Add 3 to FinOps shortlist" in text_of(chosen)
    done = client.post(
        f"{ADD}?selection={vps.pk}", {"list": target.public_id, "shown": "5"}, follow=True
    )
    assert "Added 3 people to FinOps shortlist. 2 were on it already." in text_of(done)
    assert "2 were on it already. Undo" in text_of(done)
    assert items(target) == [1, 3, 5, 7, 9]
    [entry] = re.findall(r'name="entry" value="(\d+)"', done.content.decode())
    client.post(page_of(target, "list-undo"), {"entry": entry})
    assert items(target) == [1, 3]


def test_new_list_of_a_selection(catalog: Organization, bob: User, vps: Selection) -> None:
    client = sign_in(bob)
    sent = {"new": "yes", "shown": "5", "name": "", "visibility": "shared"}
    wrong = client.post(f"{ADD}?selection={vps.pk}", sent)
    assert wrong.status_code == 422
    assert "Enter a name." in text_of(wrong)
    done = client.post(f"{ADD}?selection={vps.pk}", {**sent, "name": "VPs"}, follow=True)
    assert "Added 5 people to VPs." in text_of(done)
    assert (List.objects.get().is_shared, List.objects.get().origin) == (True, "Selection")


def test_nothing_is_added_that_was_not_shown(
    catalog: Organization, bob: User, vps: Selection
) -> None:
    Contact.objects.get(key=3).delete()
    client = sign_in(bob)
    sent = {"new": "yes", "shown": "5", "name": "VPs", "visibility": "private"}
    stopped = client.post(f"{ADD}?selection={vps.pk}", sent)
    assert stopped.status_code == 409
    assert "The page showed 5; there are 4 now. Nothing was done." in text_of(stopped)
    assert not List.objects.exists()
    target = make(catalog, bob, "Empty")
    for shown in ("4", "", "x"):
        sent = {"list": str(target.public_id), "shown": shown}
        assert client.post(f"{ADD}?selection={vps.pk}", sent).status_code == 409, shown
    assert not ListMember.objects.exists()


def test_foreign_and_wrong_things_are_unknown(
    catalog: Organization,
    globex: Organization,
    alice: User,
    bob: User,
    charlie: User,
    vps: Selection,
) -> None:
    theirs = make(globex, charlie, "Theirs", is_shared=True)
    private = make(catalog, alice, "Private")
    accounts = make(catalog, bob, "Accounts", of_companies=True)
    client = sign_in(bob)
    for query in (
        "",
        "?selection=",
        "?selection=x",
        "?export=x",
        f"?export={vps.pk}",
        f"?live={vps.pk}",
    ):
        assert client.get(ADD + query).status_code == 404, query
    for target in (theirs, private, accounts):
        sent = {"list": str(target.public_id), "shown": "5"}
        assert client.get(ADD, {"selection": vps.pk, **sent}).status_code == 404
        assert client.post(f"{ADD}?selection={vps.pk}", sent).status_code == 404
    assert sign_in(charlie).get(ADD, {"selection": vps.pk}).status_code == 404
    assert sign_in(charlie).get(REMOVE, {"selection": vps.pk}).status_code == 404
    assert not ListEntry.objects.exists()


def test_bar_of_a_list_removes_from_it(catalog: Organization, bob: User) -> None:
    target = make(catalog, bob, "FinOps shortlist", 1, 2, 3)
    client = sign_in(bob)
    page = client.get(page_of(target)).content.decode()
    assert "from the list…" in page
    assert "from the list…" not in client.get("/contacts/").content.decode()
    facet = client.get("/contacts/", {"list": target.name, "stale": "show"}).content.decode()
    assert "from the list…" in facet
    [action] = set(re.findall(r' action="(/contacts/selection/\?[^"]+)"', page))
    sent = {"action": "remove", "mode": "all", "matching": "3", "except": "id_0000000000000002"}
    step = client.post(action.replace("&amp;", "&"), {**sent, "shown": "2"})
    assert step["Location"].startswith(REMOVE)
    assert "Remove 2 people from FinOps shortlist?" in text_of(client.get(step["Location"]))
    done = client.post(step["Location"], {"shown": "2"}, follow=True)
    assert "Removed 2 people from FinOps shortlist." in text_of(done)
    assert items(target) == [2]


def test_contacts_of_an_export(
    catalog: Organization, grant: FeedGrant, bob: User, tmp_path: Path, today: dt.date
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=3, per_day=10)
    export = render(make_export(run_search(grant, Actor.of(bob)), Actor.of(bob), name="Q4"))
    records = IntentRecord.objects.filter(feed=grant.feed).exclude(contact_key=None)
    named = set(records.values_list("contact_key", flat=True))
    ids = map(format_contact_id, sorted(named)[:4])
    take_in(
        tmp_path,
        *[{"contact_id": each, "full_name": "Known"} for each in ids],
        organization=catalog,
    )
    known = set(Contact.objects.values_list("key", flat=True)) & named
    client = sign_in(bob)
    page = text_of(client.get(ADD, {"export": export.pk}))
    assert "Export: Q4" in page
    assert f"Add {len(known)} " in page
    sent = {"new": "yes", "shown": str(len(known)), "name": "Q4", "visibility": "private"}
    client.post(f"{ADD}?export={export.pk}", sent)
    assert items(List.objects.get()) == sorted(known)
    assert "Add to a list" in text_of(client.get(f"/exports/{export.pk}/"))


def test_companies_of_an_export(
    catalog: Organization,
    globex: Organization,
    grant: FeedGrant,
    bob: User,
    charlie: User,
    tmp_path: Path,
    today: dt.date,
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=3, per_day=20)
    export = render(make_export(run_search(grant, Actor.of(bob)), Actor.of(bob), name="Q4"))
    seen = set(IntentRecord.objects.values_list("domain", flat=True))
    own = set(Company.objects.filter(domain__in=seen).values_list("number", flat=True))
    shared, theirs = sorted(seen - set(Company.objects.values_list("domain", flat=True)))[:2]
    # An own company takes the place of the shared one; another organization's is none of ours.
    for owner, domain in ((None, shared), (None, "company1.example"), (globex, theirs)):
        row = {"full_name": "P", "email": f"p@{domain}", "company_domain": domain}
        take_in(tmp_path, row, organization=owner)
    wanted = sorted([*own, Company.objects.get(domain=shared).number])
    client = sign_in(bob)
    step = f"{ADD}?export_companies={export.pk}"
    assert step in client.get(f"/exports/{export.pk}/").content.decode()
    assert f"Add {len(wanted)} companies" in text_of(client.get(step))
    sent = {"new": "yes", "shown": str(len(wanted)), "name": "Seen", "visibility": "private"}
    client.post(step, sent)
    made = List.objects.get()
    assert (made.of_companies, items(made), made.origin) == (True, wanted, "Q4")
    assert sign_in(charlie).get(step).status_code == 404
    unfinished = make_export(run_search(grant, Actor.of(bob)), Actor.of(bob))
    assert client.get(f"{ADD}?export_companies={unfinished.pk}").status_code == 404


def test_contacts_and_companies_of_a_vendors_export(
    catalog: Organization, grant: FeedGrant, bob: User, tmp_path: Path, today: dt.date
) -> None:
    fill_days(grant.feed, tmp_path, today=today, days=3, per_day=10)
    export = render(make_export(run_search(grant, Actor.of(bob)), Actor.of(bob), name="Vendor's"))
    company = Company.objects.get(number=502)
    remote = RemoteExport.objects.create(
        search=export.feed_search, get_pii=False, include_business_info=False, require_contact_id=False,
        asked_at=clock.now(), vendor_id="v1", total_rows=4, page_size=4, brought_at=clock.now(),
    )  # fmt: skip
    RemotePage.objects.create(
        remote=remote, number=1, contact_key=[3, None, 3, 99], observed_on=[today] * 4,
        domain=[company.domain, "unknown.example", company.domain, company.domain], topic=["t"] * 4,
        company_name=["c"] * 4, industry=["i"] * 4,
    )  # fmt: skip
    Export.objects.filter(pk=export.pk).update(remote=remote)
    client = sign_in(bob)
    for parameter, item, is_of in (("export", 3, False), ("export_companies", 502, True)):
        sent = {"new": "yes", "shown": "1", "name": parameter, "visibility": "private"}
        client.post(f"{ADD}?{parameter}={export.pk}", sent)
        assert items(List.objects.get(name=parameter, of_companies=is_of)) == [item]


def test_what_a_live_search_saved(catalog: Organization, bob: User, vera: User) -> None:
    save = LiveSave.objects.create(
        organization=catalog, connection_key="00000000-0000-0000-0000-000000000001", connection_name="Letrics",
        vendor="letrics", of_companies=False, asked={}, words="Title contains VP", row_limit=9, seen_count=3,
        saved_count=3, state="completed", created_by=bob, created_by_name="Bob",
    )  # fmt: skip
    for number, key in enumerate((1, 2, 2)):
        LiveSaveRow.objects.create(save_of=save, vendor_id=str(number), contact_key=key)
    client = sign_in(bob)
    made = client.post(f"/live/{save.pk}/list", {"list_name": "From Letrics"}, follow=True)
    assert "1–2 of 2" in text_of(made)
    assert items(List.objects.get()) == [1, 2]
    assert List.objects.get().origin == "Live search at Letrics"
    assert "Open the list" in text_of(client.get(f"/live/{save.pk}/"))
    assert sign_in(vera).get(ADD, {"live": save.pk}).status_code == 403


def test_companies_of_a_selection(catalog: Organization, bob: User) -> None:
    chosen = select(catalog, Actor.of(bob), CompanyFilters(), "VPs")
    sent = {"new": "yes", "shown": "10", "name": "Accounts", "visibility": "private"}
    done = sign_in(bob).post(f"{ADD}?selection={chosen.pk}", sent, follow=True)
    assert "Added 10 companies to Accounts." in text_of(done)
    assert items(List.objects.get()) == list(range(501, 511))
