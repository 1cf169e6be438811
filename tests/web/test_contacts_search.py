"""The pages Contacts and Companies: filters as chips, an order, pages by key, nothing personal in them."""

import datetime as dt
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from contacthub.contacts.filters import INTENT
from contacthub.contacts.models import Company
from contacthub.core import clock
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.models import Organization, User
from contacthub.web.views.catalog import contact_list, display
from contacthub.web.views.catalog.filter_fields import CONTACT_GROUPS, Field
from contacthub.web.views.catalog.filters import change, make_filters, read_fields
from tests.conftest import sign_in
from tests.contacts.files import Row, take_in
from tests.feeds.builders import fill

pytestmark = pytest.mark.django_db
LIST, COMPANIES = "/contacts/", "/companies/"
HALDEN = {
    "domain": "halden.example",
    "name": "Halden Robotics",
    "country_code": "NO",
    "industries": ["Machinery"],
    "technologies": ["dbt"],
    "nace_codes": ["28.99"],
    "location": {"city": "Halden", "state": "Viken", "country": "Norway"},
}


def person(number: int, **values: Any) -> Row:
    """A contact at Halden Robotics that can be told by its number."""
    return {
        "contact_id": f"id_{number:016x}",
        "id": number,
        "full_name": f"Person {number:03}",
        "company": HALDEN,
        "quality_score": number % 101,
        **values,
    }


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def names(response: Any) -> list[str]:
    """Return the names in the table, in order."""
    return re.findall(
        r'<th scope="row"[^>]*>\s*<a href="[^"]*">([^<]*)</a>', response.content.decode()
    )


def link(response: Any, words: str) -> str:
    """Return where a link with this text leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{words}', response.content.decode())
    assert found, words
    return html.unescape(found[1])


def observed(today: dt.date, number: int) -> str:
    """A row of a feed about Halden Robotics."""
    day = today - dt.timedelta(days=number % 3)
    return f"{day},halden.example,Topic {number},50,Halden Robotics,Machinery,,Ann,Halden"


# --- Contacts -------------------------------------------------------------------------------------


def test_stale_and_speculative_are_hidden_by_chips_that_can_be_removed(
    bob: User, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1), person(2, is_stale=True), person(3, is_speculative=True))
    client = sign_in(bob)
    page = client.get(LIST)
    assert names(page) == ["Person 001"]
    assert "Stale hidden by default" in text_of(page)
    assert "Speculative hidden by default" in text_of(page)
    assert names(client.get(LIST, {"stale": "show"})) == ["Person 002", "Person 001"]
    assert "Stale hidden" not in text_of(client.get(LIST, {"stale": "show"}))
    assert names(client.get(LIST, {"stale": "only"})) == ["Person 002"]
    assert len(names(client.get(LIST, {"stale": "show", "speculative": "show"}))) == 3


@pytest.mark.parametrize(
    ("query", "chip"),
    [
        ("title=chief;head", "Title contains chief, head"),
        ("title=intern&title_is=not", "Title does not contain intern"),
        ("department=Sales", "Department is Sales"),
        ("seniority=VP", "Seniority is VP"),
        ("level=senior&level=staff", "Level is Senior, Staff"),
        ("person_country=nor", "Person's country is Norway"),
        ("decision_maker=yes", "Decision maker is Yes"),
        ("email_status=valid", "E-mail status is Valid"),
        ("has_phone=no", "Phone is No"),
        ("quality_from=50&quality_to=60", "Vendor quality from 50"),
        ("confidence_from=0.5", "Confidence from 0.5"),
        ("added_from=2021-01-01&added_to=2021-01-01", "Added up to 2021-01-01"),
        ("source=website", "Source is Website"),
        ("in_crm=yes", "In the CRM is Yes"),
        ("company_name=HALDEN", "Company contains HALDEN"),
        ("country=no;Norge", "Country is Norway"),
        ("location=Halden,+*,+NO", "Location is Halden, *, Norway"),
        ("section=C", "NACE section is C Manufacturing"),
        ("nace=28.99", "NACE code is 28.99 (Manufacturing)"),
        ("nace_level=4", "NACE level is 4 Class"),
        ("technology=dbt", "Technology is dbt"),
        ("tld=.example", "Top-level domain is .example"),
        ("company_to=2020-06-02", "Company added up to 2020-06-02"),
        ("company=7", "Company is Halden Robotics"),
        ("q=ingrid", ""),
        ("region=viken,+NO", "Region is viken, Norway"),
        ("city=Halden,+Norge", "City is Halden, Norway"),
        ("nace_in=28", "NACE industry is Manufacture of machinery and equipment n.e.c., 28"),
        ("nace_in=manufacturing", "NACE industry is Manufacturing, C"),
        ("quality=50-59", "Vendor quality is 50 to 59"),
        ("checked=30", "E-mail check is within 30 days"),
        ("decision_maker_not=no", "Decision maker is not No"),
        ("department_empty=no", "Department is not no department"),
    ],
)
def test_address_filters_and_says_so(bob: User, tmp_path: Path, query: str, chip: str) -> None:
    wanted = person(
        55,
        full_name="Ingrid Solheim",
        job_title="Head of Data",
        department="Sales",
        seniority="VP",
        seniority_level="senior",
        country="Norway",
        is_decision_maker=True,
        email="a@halden.example",
        email_status="valid",
        email_checked_on=str(clock.today()),
        confidence=0.7,
        created_at="2021-01-01T23:59:59Z",
        source="website",
        is_in_crm=True,
        company=HALDEN | {"id": 7, "created_at": "2020-06-02T23:59:59Z"},
    )
    other = {
        "contact_id": "id_0000000000000002",
        "full_name": "Other",
        "job_title": "Intern",
        "phone": "+4712345678",
        "created_at": "2021-01-02T00:00:00Z",
        "company": {"domain": "other.invalid", "created_at": "2021-01-01T00:00:00Z"},
    }
    take_in(tmp_path, wanted, other)
    client = sign_in(bob)
    assert len(names(client.get(LIST))) == 2
    page = client.get(f"{LIST}?{query}")
    assert names(page) == ["Ingrid Solheim"]
    assert chip in text_of(page)


def test_every_filter_of_the_house_has_a_field() -> None:
    """What programs can ask, people can; texts and words are the search fields, `department` is one of several.

    Lists and intent have fields that are made for a reader, see `catalog.list_filter` and `catalog.intent_filter`.
    """
    asked = {(f.is_company, f.target) for fields in CONTACT_GROUPS.values() for f in fields}
    contact = {name for is_company, name in asked if not is_company}
    company = {name for is_company, name in asked if is_company}
    filters = make_filters([])
    every = {n for n in filters.__dataclass_fields__ if not n.startswith(("exclude_", "is_case_"))}
    assert every - contact == {
        "text", "name", "words", "public_words", "department", "company", "empty", "lists", "has_own_intent",
    }  # fmt: skip
    every = {n for n in filters.company.__dataclass_fields__ if not n.startswith("exclude_")}
    assert every - {"is_case_ignored", "empty", "lists", *INTENT} == company


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("quality_from=101", "Vendor quality from must be a whole number from 0 to 100."),
        ("quality_from=x", "Vendor quality from must be a whole number"),
        ("confidence_to=nan", "Confidence up to must be a number from 0 to 1"),
        ("added_from=31.1.2026", "Added from must be a day"),
        ("country=Narnia", "Country does not know “Narnia”"),
        ("country=ß", "Country does not know “ß”"),
        ("person_country=Narnia", "Person's country does not know “Narnia”"),
        ("location=Oslo,+*,+Narnia", "Location does not know “Narnia”"),
        ("section=V", "NACE section must be one of A, B, C and 18 more."),
        ("nace=J62", "NACE code must be a code such as 62"),
        ("location=a,b,c,d", "Location must be a place"),
        ("company=0", "Company id must be a whole number"),
        (f"title={'x' * 201}", "Title must have at most 200 characters."),
        ("stale=maybe", "Stale must be hide, show or only."),
    ],
)
def test_value_that_cannot_be_used_is_named_and_lists_nobody(
    bob: User, tmp_path: Path, query: str, said: str
) -> None:
    take_in(tmp_path, person(1))
    response = sign_in(bob).get(f"{LIST}?{query}")
    assert response.status_code == 422
    assert said in text_of(response)
    assert names(response) == []


def test_chip_leads_to_its_removal_and_its_opposite(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, job_title="Head"), person(2, job_title="Intern"))
    client = sign_in(bob)
    page = client.get(LIST, {"title": "intern", "country": "NO", "after": "5"})
    assert names(page) == ["Person 002"]
    turned = link(page, "contains")
    assert names(client.get(turned)) == ["Person 001"]
    removed = re.search(
        r'href="([^"]*)"[^>]*aria-label="Remove filter Title"', page.content.decode()
    )
    assert removed
    assert html.unescape(removed[1]) == f"{LIST}?country=NO"


def set_page_length(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(display, "DEFAULT_SIZE", rows)


def test_pages_follow_each_other_in_every_order(
    bob: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_page_length(monkeypatch, 3)
    take_in(tmp_path, *[person(n, quality_score=n % 3, confidence=n % 4 / 4) for n in range(1, 9)])
    client = sign_in(bob)
    for order in (
        "",
        "quality",
        "-quality",
        "name",
        "-name",
        "confidence",
        "-added",
        "company",
        "-title",
    ):
        pages, seen = [client.get(LIST, {"sort": order})], []
        while True:
            seen += names(pages[-1])
            if 'rel="next"' not in pages[-1].content.decode():
                break
            pages.append(client.get(link(pages[-1], "Next")))
        assert len(seen) == len(set(seen)) == 8, order
        assert "7–8 of 8" in text_of(pages[-1])
        back = client.get(link(pages[-1], "Previous"))
        assert names(back) == names(pages[-2])
        assert "4–6 of 8" in text_of(back)
    assert names(client.get(LIST, {"sort": "-name"}))[0] == "Person 008"
    assert 'aria-sort="descending"' in client.get(LIST, {"sort": "-name"}).content.decode()


def test_address_of_a_page_holds_no_name(
    bob: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_page_length(monkeypatch, 1)
    take_in(tmp_path, person(1), person(2))
    address = link(sign_in(bob).get(LIST, {"sort": "name"}), "Next")
    assert address == "/contacts/?sort=name&after=1&from=2"


def test_page_masks_what_is_personal(bob: User, vera: User, tmp_path: Path) -> None:
    row = person(
        1, email="ingrid.solheim@halden.example", email_status="valid",
        email_checked_on=str(clock.today() - dt.timedelta(days=8)), phone="+4722334418",
    )  # fmt: skip
    take_in(tmp_path, row, person(2, email="x@halden.example", email_status="valid"))
    page = sign_in(bob).get(LIST)
    body = page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert 'is-ok"><span>i•••@halden.example <span class="ch-age" title="Checked' in body
    assert "· 8 d" in body
    assert 'is-warn"><span>x•••@halden.example</span>' in body, "valid on no known day"
    assert "x•••@halden.example · Unverified date" in text_of(page)
    assert "+47 ••• 18" in body
    assert "ingrid.solheim" not in body
    assert "22334418" not in body
    viewed = sign_in(vera).get(LIST).content.decode()
    blocked = "E-mail, Phone, Status and check and Last seen by a source are blocked for your role."
    assert blocked in viewed
    assert "•••" not in viewed


def test_viewer_does_not_find_by_what_is_hidden(bob: User, vera: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, email="ingrid@halden.example", email_status="valid"))
    viewer, member = sign_in(vera), sign_in(bob)
    digest = hashlib.sha256(b"ingrid@halden.example").hexdigest()
    for query in ("q=ingrid", "q=ingrid@", "has_email=no"):
        assert bool(names(viewer.get(f"{LIST}?{query}", follow=True))) != bool(
            names(member.get(f"{LIST}?{query}", follow=True))
        )
    for text in ("ingrid@halden.example", digest):
        assert viewer.get(LIST, {"q": text}, follow=True).status_code == 200
        assert member.get(LIST, {"q": text}).status_code == 302
    assert "E-mail status" not in text_of(viewer.get(LIST))


@pytest.mark.parametrize(
    "text", ["id_0000000000000001", "INGRID@halden.example", "other@halden.example"]
)
def test_search_field_goes_to_the_one_contact_that_is_meant(
    bob: User, charlie: User, acme: Organization, tmp_path: Path, text: str
) -> None:
    row = person(1, emails=["ingrid@halden.example", "other@halden.example"])
    take_in(tmp_path, row, organization=acme)
    client = sign_in(bob)
    assert client.get(LIST, {"q": text})["Location"] == "/contacts/id_0000000000000001/"
    swapped = client.get(LIST, {"q": text}, headers={"HX-Request": "true"})
    assert swapped["HX-Redirect"] == "/contacts/id_0000000000000001/"
    stranger = sign_in(charlie).get(LIST, {"q": text}, follow=True)
    assert "Person 001" not in stranger.content.decode()


def test_another_organizations_contacts_and_companies_look_like_none(
    charlie: User, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1), organization=acme)
    client = sign_in(charlie)
    assert "No contacts yet" in text_of(client.get(LIST))
    assert "No companies yet" in text_of(client.get(COMPANIES))
    number = Company.objects.get().number
    assert client.get(f"{COMPANIES}{number}/").status_code == 404
    assert "Person 001" not in text_of(client.get(LIST, {"company": number}))


def test_empty_page_names_the_filter_that_hides(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, job_title="Head"), person(2, job_title="Head"))
    client = sign_in(bob)
    page = client.get(LIST, {"title": "head", "country": "SE"})
    assert "No contacts match" in text_of(page)
    assert "Country is Sweden 2 contacts" in text_of(page)
    assert "Title contains head 2" not in text_of(page)
    assert link(page, "Clear filters") == LIST
    both = client.get(LIST, {"title": "nobody", "country": "SE"})
    assert "two or more together do" in text_of(both)


def test_form_leaves_nothing_empty_in_the_address(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1))
    response = sign_in(bob).get(
        f"{LIST}?q=&title=&title_is=not&country=NO&country_is=not&stale=show&speculative=hide&after=",
        headers={"HX-Request": "true"},
    )
    assert response["HX-Push-Url"] == f"{LIST}?stale=show&country_not=NO"
    assert b"<html" not in response.content


def test_count_beyond_the_cap_reads_as_one(
    bob: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        contact_list.search, "count_contacts", lambda **asked: contact_list.Count(10_000, True)
    )
    take_in(tmp_path, person(1))
    assert "1–1 of 10,000+" in text_of(sign_in(bob).get(LIST))


def test_change_keeps_the_rest() -> None:
    query = QueryDict("title=a;b&sort=-name&after=5&from=51&title_is=not")
    assert change(query, LIST, {}) == "/contacts/?sort=-name&title_not=a;b"
    assert change(query, LIST, {"title_not": None}) == "/contacts/?sort=-name"


def test_exclusion_reaches_the_filters() -> None:
    fields: list[Field] = [f for group in CONTACT_GROUPS.values() for f in group if f.can_exclude]
    assert len(fields) >= 14
    for each in fields:
        text = (
            each.options[0][0]
            if each.options
            else {
                "country": "NO",
                "location": "NO",
                "nace": "62",
                "nace_in": "J",
                "city": "x, NO",
                "region": "x, NO",
            }.get(each.name, "x")
        )
        old, new = (
            make_filters(read_fields(QueryDict(query), {"": (each,)}, may_see=True))
            for query in (f"{each.name}={text}&{each.name}_is=not", f"{each.name}_not={text}")
        )
        assert old == new
        if each.is_flag:
            assert new.is_decision_maker is False
            continue
        filters = new
        owner = filters.company if each.is_company else filters
        assert getattr(owner, f"exclude_{each.target}"), each.name
        assert not getattr(owner, each.target), each.name


def test_one_field_includes_and_excludes(bob: User, tmp_path: Path) -> None:
    take_in(
        tmp_path,
        person(1, job_title="Head of Sales"),
        person(2, job_title="Head of Data"),
        person(3, job_title="Intern"),
        person(4),
    )
    client = sign_in(bob)
    page = client.get(f"{LIST}?title=head&title_not=data")
    assert names(page) == ["Person 001"]
    assert "Title contains head" in text_of(page)
    assert "Title does not contain data" in text_of(page)
    removed = re.findall(
        r'href="([^"]*)"[^>]*aria-label="Remove filter Title"', page.content.decode()
    )
    assert [html.unescape(each) for each in removed] == [
        f"{LIST}?title_not=data",
        f"{LIST}?title=head",
    ]
    assert names(client.get(f"{LIST}?title=head;intern&title_empty=no")) == [
        "Person 003", "Person 002", "Person 001",
    ]  # fmt: skip
    page = client.get(f"{LIST}?title=intern&title_empty=yes")
    assert names(page) == ["Person 004", "Person 003"]
    assert "Title contains intern, no title" in text_of(page)
    assert names(client.get(link(page, "contains"))) == ["Person 002", "Person 001"]


def test_semicolon_can_belong_to_a_value(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1, department="R;D"), person(2, department="D"))
    page = sign_in(bob).get(LIST, {"department": "R\\;D"})
    assert names(page) == ["Person 001"]
    assert "Department is R;D" in text_of(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("seniority_empty=maybe", "Seniority must be yes or no."),
        (
            "decision_maker=yes&decision_maker_not=yes",
            "Decision maker cannot be neither yes nor no.",
        ),
        ("city=Halden", "City must name its country too, such as Halden, Norway."),
        ("checked=0", "E-mail check must be a whole number from 1 to 3,650."),
        ("quality=80-60", "Vendor quality must be a whole number from 80 to 100."),
        ("nace_in=Nothing", "NACE industry does not know “Nothing”"),
    ],
)
def test_value_of_a_facet_that_cannot_be_used_is_named(
    bob: User, tmp_path: Path, query: str, said: str
) -> None:
    take_in(tmp_path, person(1))
    response = sign_in(bob).get(f"{LIST}?{query}")
    assert response.status_code == 422
    assert said in text_of(response)
    assert names(response) == []


# --- Companies ------------------------------------------------------------------------------------


def test_companies_are_listed_with_their_people(
    bob: User, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1), person(2), person(3, company={"domain": "aa.example"}))
    client = sign_in(bob)
    page = client.get(COMPANIES)
    assert names(page) == ["Halden Robotics", "aa.example"]
    assert re.search(
        r"Halden Robotics halden.example Machinery NACE 28.99 Halden, Viken, Norway dbt 2 ",
        text_of(page),
    )
    assert names(client.get(COMPANIES, {"q": "HALDEN.ex"})) == ["Halden Robotics"]
    assert names(client.get(COMPANIES, {"country": "NO", "country_is": "not"})) == ["aa.example"]
    assert names(client.get(COMPANIES, {"sort": "-name"})) == ["aa.example", "Halden Robotics"]
    # An own contact that hides a shared one is the same person.
    take_in(tmp_path, {"contact_id": "id_0000000000000001", "job_title": "CEO"}, organization=acme)
    assert re.search(r"dbt 2 ", text_of(client.get(COMPANIES)))


def test_companies_turn_pages(bob: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_page_length(monkeypatch, 2)
    take_in(tmp_path, *[person(n, company={"domain": f"c{n}.example"}) for n in range(1, 6)])
    client = sign_in(bob)
    second = client.get(link(client.get(COMPANIES), "Next"))
    assert names(second) == ["c3.example", "c4.example"]
    assert "3–4 of 5" in text_of(second)
    assert names(client.get(link(second, "Previous"))) == ["c1.example", "c2.example"]


def test_companies_say_what_hides_them(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1))
    page = text_of(sign_in(bob).get(COMPANIES, {"q": "halden", "country": "SE"}))
    assert "No companies match" in page
    assert "Country is Sweden 1 company" in page


def test_company_page_shows_intent_and_people(
    bob: User, vera: User, grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    take_in(tmp_path, person(1, email="ingrid@halden.example"), person(2, is_stale=True))
    fill(grant.feed, tmp_path, [observed(today, n) for n in range(6)], today=today)
    number = Company.objects.get().number
    page = sign_in(bob).get(f"{COMPANIES}{number}/")
    text = text_of(page)
    assert "Cloud cost" in text
    assert "Topic 5" in text
    assert "NACE 28.99 Manufacture of other special-purpose machinery n.e.c." in text
    assert names(page) == ["Person 002", "Person 001"]
    assert "i•••@halden.example" in text
    assert "ingrid@" not in page.content.decode()
    everybody = link(page, r"[\s\S]{0,160}Show its 2 people")
    assert everybody == f"{LIST}?stale=show&speculative=show&company={number}"
    assert names(sign_in(bob).get(everybody)) == ["Person 002", "Person 001"]
    assert "Blocked" in text_of(sign_in(vera).get(f"{COMPANIES}{number}/"))


def test_company_without_a_grant_shows_no_intent(
    charlie: User, grant: FeedGrant, tmp_path: Path, today: dt.date
) -> None:
    take_in(tmp_path, person(1))
    fill(grant.feed, tmp_path, [observed(today, 0)], today=today)
    page = text_of(sign_in(charlie).get(f"{COMPANIES}{Company.objects.get().number}/"))
    assert "Intent: no record." in page
    assert "Cloud cost" not in page


def test_own_company_shows_the_people_of_the_shared_one_it_hides(
    bob: User, acme: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1, company=HALDEN | {"id": 7}))
    take_in(
        tmp_path, person(2, company=HALDEN | {"id": 8, "name": "Halden, ours"}), organization=acme
    )
    client = sign_in(bob)
    assert names(client.get(COMPANIES)) == ["Halden, ours"]
    # The list counts those that the page lists.
    assert re.search(
        r"Halden, ours .* Halden, Viken, Norway dbt 2 ", text_of(client.get(COMPANIES))
    )
    assert sorted(names(client.get(f"{COMPANIES}8/"))) == ["Person 001", "Person 002"]


def test_lists_have_their_addresses() -> None:
    assert (reverse("contact-list"), reverse("company-list")) == (LIST, COMPANIES)


# --- Companies in chips ---------------------------------------------------------------------------


def test_chip_of_a_company_shows_its_name_and_no_other_organizations(
    bob: User, acme: Organization, globex: Organization, tmp_path: Path
) -> None:
    take_in(tmp_path, person(1))
    theirs = Company.objects.create(organization=globex, name="Secret of Globex", source_number=77)
    halden = Company.objects.get(name="Halden Robotics")
    client = sign_in(bob)
    asked = {"company": f"{halden.number};{theirs.number};99999"}
    page = text_of(client.get(LIST, asked))
    assert "Company is Halden Robotics, unknown id 77, unknown id 99999" in page
    assert "Secret of Globex" not in page
    Company.objects.create(organization=acme, name="Our Halden", source_number=halden.number)
    assert "Company is Our Halden" in text_of(client.get(LIST, {"company": str(halden.number)}))


def test_chip_of_a_code_names_its_section(bob: User, tmp_path: Path) -> None:
    take_in(tmp_path, person(1))
    page = text_of(sign_in(bob).get(COMPANIES, {"nace": "28.99"}))
    assert "NACE code is 28.99 (Manufacturing)" in page
