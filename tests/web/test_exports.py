"""Checkout, export page and file as people see them."""

import datetime as dt
import html
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.exports.models import Export
from contacthub.feeds.actions import grant_feed
from contacthub.feeds.models import FeedGrant, Search
from contacthub.jobs.models import Job, Result
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import ActorKind, AuditEvent, Organization, User
from tests.conftest import make_user, sign_in
from tests.exports.builders import make_export, read_file, render, run_search
from tests.feeds.builders import fill, fill_days, line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def search(grant: FeedGrant, as_bob: Actor, tmp_path: Path, today: dt.date) -> Search:
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return run_search(grant, as_bob)


@pytest.fixture
def export(search: Search, as_bob: Actor) -> Export:
    return render(make_export(search, as_bob, get_pii=True))


def checkout(search: Search) -> str:
    return reverse("export-checkout", args=[search.pk])


def text_of(response: object) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))  # type: ignore[attr-defined]


# --- Checkout ----------------------------------------------------------------------------------------


def test_checkout_states_the_charge_and_forbidden_options(search: Search, bob: User) -> None:
    response = sign_in(bob).get(checkout(search))
    page = response.content.decode()
    assert "Export 70 rows" in page
    assert 'name="quoted_rows" value="70"' in page
    assert 'role="switch" disabled aria-label="Include business info"' in page
    assert "Not part of this feed's agreement." in html.unescape(page)
    assert "930" in page, "left after"


def test_quote_follows_the_options(search: Search, bob: User) -> None:
    client = sign_in(bob)
    url = reverse("export-quote", args=[search.pk])
    page = client.get(
        url, {"require_contact_id": "on", "max_rows": "50"}, headers={"HX-Request": "true"}
    )
    assert 'name="quoted_rows" value="50"' in page.content.decode()
    assert "Export 50 rows" in page.content.decode()
    assert not Export.objects.exists()


def test_new_columns_of_an_option_are_chosen_and_left_out_ones_stay_out(
    search: Search, bob: User
) -> None:
    url = reverse("export-quote", args=[search.pk])
    asked = {
        "get_pii": "on",
        "offered": ["domain", "topic", "contact_id"],
        "columns": ["topic", "domain"],
    }
    page = sign_in(bob).get(url, asked, headers={"HX-Request": "true"}).content.decode()
    boxes = re.findall(r'name="columns" value="(\w+)"( checked)?', page)
    assert [name for name, _ in boxes[:3]] == ["domain", "topic", "contact_id"]
    assert dict(boxes)["contact_id"] == ""
    assert dict(boxes)["first_name"] == " checked"


def test_quote_leaves_the_columns_alone_that_its_options_do_not_change(
    search: Search, bob: User
) -> None:
    client = sign_in(bob)
    url = reverse("export-quote", args=[search.pk])
    first = client.get(url, headers={"HX-Request": "true"}).content.decode()
    offered = re.findall(r'name="offered" value="(\w+)"', first)
    asked = {"max_rows": "50", "offered": offered, "columns": offered[:2]}
    again = client.get(url, asked, headers={"HX-Request": "true"}).content.decode()
    assert "Export 50 rows" in again
    assert "innerHTML:#columns" in first
    assert "innerHTML:#columns" not in again


def post(client: Client, search: Search, **data: object) -> object:
    return client.post(checkout(search), {"format": "csv", "request_key": str(uuid4()), **data})


def test_export_charges_what_was_stated(search: Search, bob: User) -> None:
    response = post(
        sign_in(bob),
        search,
        quoted_rows=56,
        require_contact_id="on",
        columns=["domain", "contact_id"],
    )
    export = Export.objects.get()
    assert response["Location"] == reverse("export-detail", args=[export.pk])  # type: ignore[index]
    assert (export.charged_rows, export.columns) == (56, ["domain", "contact_id"])


def test_form_sent_twice_makes_one_export(search: Search, bob: User) -> None:
    client, key = sign_in(bob), str(uuid4())
    first = post(client, search, quoted_rows=70, request_key=key)
    second = post(client, search, quoted_rows=70, request_key=key)
    assert first["Location"] == second["Location"]  # type: ignore[index]
    assert Export.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"quoted_rows": 69}, "would now charge 70 rows instead of 69"),
        ({"quoted_rows": 70, "max_rows": "0"}, "Enter 1 or more"),
        ({"quoted_rows": 70, "max_rows": "many"}, "Enter a whole number"),
        ({"quoted_rows": 70, "max_rows": "9" * 30}, "less than or equal"),
        ({"quoted_rows": 70, "include_business_info": "on"}, "not part of this feed's agreement"),
        ({"quoted_rows": 70, "format": "pdf"}, "pdf is not one of"),
    ],
)
def test_refused_checkout_comes_back_with_itself(
    search: Search, bob: User, data: dict[str, object], words: str
) -> None:
    response = post(sign_in(bob), search, **({"purpose": "Webinar follow-up"} | data))
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert words in text_of(response)
    assert 'value="Webinar follow-up"' in response.content.decode()  # type: ignore[attr-defined]
    assert not Export.objects.exists()


def test_too_small_quota_offers_what_is_left(search: Search, bob: User) -> None:
    FeedGrant.objects.update(export_row_limit=20)
    client = sign_in(bob)
    page = client.get(checkout(search)).content.decode()
    assert "Take the first 20" in page
    assert re.search(r"ch-btn-spend[^>]*disabled", page)
    assert "Export 20 rows" in client.get(checkout(search), {"max_rows": 20}).content.decode()
    assert post(client, search, quoted_rows=70).status_code == 422  # type: ignore[attr-defined]


def test_paid_search_is_offered_free_first(search: Search, export: Export, bob: User) -> None:
    response = sign_in(bob).get(checkout(search))
    page = text_of(response)
    assert re.search(
        r"Exported on \d+ \w+ 20\d\d by Bob · 70 rows · CSV for systems · with PII", page
    )
    assert "+0 rows since. 0 rows are charged for any choice here." in page
    assert "Export 70 rows again · 0 rows charged" in page
    link = f'href="{reverse("export-download", args=[export.pk])}" download'
    assert link in response.content.decode()
    Result.objects.update(deleted_at="2026-01-01T00:00Z")
    gone = sign_in(bob).get(checkout(search))
    assert "This search was already exported." in text_of(gone)
    assert link not in gone.content.decode()


# --- Rows that another search's file has already -----------------------------------------------------


def test_checkout_offers_the_file_first_and_says_what_came_since(
    grant: FeedGrant, search: Search, export: Export, bob: User, tmp_path: Path, today: dt.date
) -> None:
    client, actor = sign_in(bob), Actor.of(bob)
    same = run_search(grant, actor)
    page = text_of(client.get(checkout(same)))
    assert "+0 rows since. The file has every row of this search." in page
    assert "Exporting this search charges 70 rows." in page
    assert "Other columns, free" in page
    fill(grant.feed, tmp_path, [line(today, 900 + n) for n in range(3)], today=today)
    newer = run_search(grant, actor)
    page = text_of(client.get(checkout(newer)))
    assert "+3 rows since. Exporting this search charges 73 rows." in page
    before = FeedGrant.objects.get().export_rows_used
    post(client, newer, quoted_rows=73)
    assert FeedGrant.objects.get().export_rows_used == before + 73


def test_offer_follows_the_options(grant: FeedGrant, search: Search, bob: User) -> None:
    client, actor = sign_in(bob), Actor.of(bob)
    render(make_export(search, actor, require_contact_id=True))
    url = reverse("export-quote", args=[run_search(grant, actor).pk])
    quote = client.get(url, headers={"HX-Request": "true"})
    assert '<div id="kept-file" hx-swap-oob="true">' in quote.content.decode()
    assert "rows since" not in text_of(quote)
    asked = {"require_contact_id": "on", "get_pii": "on"}
    quote = client.get(url, asked, headers={"HX-Request": "true"})
    assert "+0 rows since" in text_of(quote)
    assert "Not in the file: first_name, last_name, address and 6 more." in text_of(quote)
    wrong = client.get(url, asked | {"max_rows": "abc"}, headers={"HX-Request": "true"})
    assert "charges" not in text_of(wrong)


def test_other_columns_of_the_offered_file_are_free(
    grant: FeedGrant, search: Search, export: Export, bob: User
) -> None:
    client = sign_in(bob)
    page = client.get(checkout(run_search(grant, Actor.of(bob)))).content.decode()
    found = re.search(r'href="([^"]+)">Other columns, free', page)
    assert found is not None
    assert html.unescape(found[1]) == f"{checkout(search)}?get_pii=on"
    assert "0 rows charged" in text_of(client.get(found[1]))


def test_feed_offers_the_file_before_the_search(
    grant: FeedGrant, search: Search, export: Export, bob: User, vera: User, globex: Organization
) -> None:
    url = reverse("feed-detail", args=[grant.feed.public_id])
    page = text_of(sign_in(bob).get(url, {"days": "7"}))
    assert page.index("+0 rows since. The file has every row of this window.") < page.index(
        "Run search"
    )
    assert "rows since" not in text_of(sign_in(vera).get(url, {"days": "7"}))
    grant_feed(feed=grant.feed, organization=globex, lookback_days=90)
    theirs = make_user(globex, "Gina", "member")
    assert "rows since" not in text_of(sign_in(theirs).get(url, {"days": "7"}))


def test_lists_of_searches_offer_the_file(
    grant: FeedGrant, search: Search, export: Export, bob: User, tmp_path: Path, today: dt.date
) -> None:
    client, actor = sign_in(bob), Actor.of(bob)
    run_search(grant, actor)
    fill(grant.feed, tmp_path, [line(today, 900 + n) for n in range(3)], today=today)
    run_search(grant, actor)
    for url in (reverse("search-list"), reverse("feed-detail", args=[grant.feed.public_id])):
        response = client.get(url, {"days": "30"})
        table = text_of(response)
        assert re.search(r"Not exported · would use up to 73, \+3 rows since \d+ \w+ 20\d\d", table)
        assert re.search(r"Exported \d+ \w+ 20\d\d · \+0 rows since Download", table)
        assert "Exported · download again free Download" in table


# --- Page --------------------------------------------------------------------------------------------


def test_running_export_polls_and_a_finished_one_does_not(
    search: Search, as_bob: Actor, bob: User
) -> None:
    export = make_export(search, as_bob)
    client = sign_in(bob)
    url = reverse("export-detail", args=[export.pk])
    assert 'hx-trigger="every 2s"' in client.get(url).content.decode()
    Job.objects.update(state="running", lease_until="2100-01-01T00:00Z", done=40)
    running = text_of(client.get(url))
    assert "40 of 70 rows" in running
    render_anyway(export)
    finished = client.get(url).content.decode()
    assert "every 2s" not in finished


def render_anyway(export: Export) -> None:
    Job.objects.update(state="queued", lease_until=None, done=0)
    render(export)


def test_finished_export_shows_hash_rows_and_manifest(export: Export, bob: User) -> None:
    page = text_of(sign_in(bob).get(reverse("export-detail", args=[export.pk])))
    assert export.job is not None
    assert export.job.result.sha256 in page
    assert "70" in page
    assert "Contains PII" in page
    assert "Download CSV for systems" in page


def test_page_and_manifest_say_what_was_cut(export: Export, bob: User) -> None:
    client, url = sign_in(bob), reverse("export-detail", args=[export.pk])
    assert "Texts cut" not in text_of(client.get(url))
    Result.objects.filter(job=export.job_id).update(cut_count=1234)
    assert text_of(client.get(url)).count("Texts cut 1,234, to 32,767 characters") == 2


def test_rows_are_stored_nowhere(export: Export, bob: User) -> None:
    client = sign_in(bob)
    for url in (
        reverse("export-detail", args=[export.pk]),
        reverse("export-rows", args=[export.pk]),
    ):
        response = client.get(url)
        page = response.content.decode()
        assert ">Ann<" in page, "what is masked: test_roles"
        assert response["Cache-Control"] == "no-store"


def test_rows_are_leafed_through_to_the_last(export: Export, bob: User) -> None:
    client = sign_in(bob)
    url = reverse("export-rows", args=[export.pk])
    seen = []
    for screen in (1, 2, 3):
        page = client.get(url, {"rows": screen}, headers={"HX-Request": "true"}).content.decode()
        seen += re.findall(r"company\d+\.example", page)
    assert len(seen) == 70
    assert "51–70 of 70" in page


def test_failed_export_says_why_and_can_run_again(search: Search, as_bob: Actor, bob: User) -> None:
    export = make_export(search, as_bob)
    client = sign_in(bob)
    client.post(reverse("export-cancel", args=[export.pk]))
    page = text_of(client.get(reverse("export-detail", args=[export.pk])))
    assert "The export was cancelled." in page
    assert "Run again · 70 rows charged" in page
    client.post(reverse("export-retry", args=[export.pk]), {"quoted_rows": "70"})
    export.refresh_from_db()
    assert export.state == Export.State.RUNNING


def test_list_finds_by_name_feed_and_id(export: Export, bob: User) -> None:
    client = sign_in(bob)
    for text, is_found in (
        ("cloud", True),
        (str(export.pk)[:8], True),
        ("payroll", False),
        ("%", False),
    ):
        page = client.get(reverse("export-list"), {"q": text}).content.decode()
        assert (reverse("export-detail", args=[export.pk]) in page) is is_found


def test_expired_file_is_offered_again_free(export: Export, bob: User) -> None:
    Result.objects.update(deleted_at="2026-01-01T00:00Z")
    client = sign_in(bob)
    assert "Export again · 0 rows charged" in text_of(
        client.get(reverse("export-detail", args=[export.pk]))
    )
    assert client.get(reverse("export-download", args=[export.pk])).status_code == 404


# --- File --------------------------------------------------------------------------------------------


def download(client: Client, export: Export, **headers: str) -> tuple[object, bytes]:
    response = client.get(
        reverse("export-download", args=[export.pk]),
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return response, body


def test_download_is_the_file_with_its_hash(export: Export, bob: User) -> None:
    response, body = download(sign_in(bob), export)
    assert export.job is not None
    assert body == read_file(export)
    assert response["ETag"] == f'"{export.job.result.sha256}"'  # type: ignore[index]
    assert int(response["Content-Length"]) == len(body)  # type: ignore[index]
    assert (
        response["Content-Disposition"] == f'attachment; filename="{export.job.result.file_name}"'
    )  # type: ignore[index]
    assert response["Accept-Ranges"] == "bytes"  # type: ignore[index]
    assert response["Cache-Control"] == "private, no-store"  # type: ignore[index]


def test_every_range_is_the_same_bytes(
    export: Export, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, whole = sign_in(bob), read_file(export)
    size = len(whole)
    for asked, first, last in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, size - 1),
        ("bytes=10-99", 10, 99),
        (f"bytes=100-{size * 2}", 100, size - 1),
        ("bytes=-1", size - 1, size - 1),
        ("bytes=-50", size - 50, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
    ]:
        response, body = download(client, export, range=asked)
        assert response.status_code == 206, asked  # type: ignore[attr-defined]
        assert response["Content-Range"] == f"bytes {first}-{last}/{size}"  # type: ignore[index]
        assert body == whole[first : last + 1]


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=a-b", "bytes=-", "items=0-5", "bytes=0-1,5-9", "", "bytes=0-" + "9" * 30],
)
def test_unreadable_range_gets_the_whole(export: Export, bob: User, asked: str) -> None:
    response, body = download(sign_in(bob), export, range=asked)
    assert response.status_code == 200  # type: ignore[attr-defined]
    assert body == read_file(export)


def test_range_behind_the_end_is_unsatisfiable(export: Export, bob: User) -> None:
    size = len(read_file(export))
    for asked in (f"bytes={size}-", "bytes=-0"):
        response, _ = download(sign_in(bob), export, range=asked)
        assert response.status_code == 416  # type: ignore[attr-defined]
        assert response["Content-Range"] == f"bytes */{size}"  # type: ignore[index]


def test_range_of_another_file_gets_this_one_whole(export: Export, bob: User) -> None:
    client = sign_in(bob)
    assert export.job is not None
    _, rest = download(client, export, range="bytes=10-", if_range=export.job.result.etag)
    assert rest == read_file(export)[10:]
    response, body = download(client, export, range="bytes=10-", if_range='"another"')
    assert (response.status_code, body) == (200, read_file(export))  # type: ignore[attr-defined]


def test_file_in_several_fragments_resumes_anywhere(
    search: Search, as_bob: Actor, bob: User, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONTACTBASED_EXPORT_PAGE_SIZE = 3  # type: ignore[attr-defined]
    monkeypatch.setattr("contacthub.exports.sources.searches.SearchSource.pages_per_fragment", 2)
    export = render(make_export(search, as_bob))
    whole = read_file(export)
    client = sign_in(bob)
    for cut in range(1, len(whole), 97):
        _, rest = download(client, export, range=f"bytes={cut}-")
        assert whole[:cut] + rest == whole


def test_each_download_is_recorded(export: Export, bob: User) -> None:
    client = sign_in(bob)
    download(client, export)
    download(client, export, range="bytes=10-")
    client.head(reverse("export-download", args=[export.pk]))
    events = AuditEvent.objects.filter(action="Downloaded")
    assert [event.has_personal_data for event in events] == [True, True]


def test_unfinished_export_has_no_file(search: Search, as_bob: Actor, bob: User) -> None:
    export = make_export(search, as_bob)
    assert sign_in(bob).get(reverse("export-download", args=[export.pk])).status_code == 422


# --- The purpose of personal data --------------------------------------------------------------------


def test_personal_data_needs_a_purpose_at_the_checkout(search: Search, bob: User) -> None:
    client = sign_in(bob)
    url = reverse("export-quote", args=[search.pk])
    for typed in ("", "   "):
        quote = client.get(url, {"get_pii": "on", "purpose": typed}, headers={"HX-Request": "true"})
        assert "Enter the purpose first: the file has personal data." in text_of(quote)
        assert re.search(r"<button[^>]*disabled[^>]*>\s*Export 70 rows", quote.content.decode())
    response = post(client, search, get_pii="on", quoted_rows=70, name="Mine", purpose="  ")
    page = response.content.decode()  # type: ignore[attr-defined]
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "Enter what the personal data is for." in page[page.index('id="purpose-note"') :][:400]
    assert re.search(r'id="id_purpose"[^>]*aria-invalid="true"', page)
    assert 'value="Mine"' in page
    assert (Export.objects.count(), FeedGrant.objects.get().export_rows_used) == (0, 0)
    asked = {"get_pii": "on", "purpose": "Trade fair"}
    quote = client.get(url, asked, headers={"HX-Request": "true"})
    assert not re.search(r"<button[^>]*disabled", quote.content.decode())
    post(client, search, quoted_rows=70, **asked)
    assert Export.objects.get().purpose == "Trade fair"
    line_of = AuditEvent.objects.get(action="Exported")
    assert line_of.has_personal_data
    assert "“Trade fair”" in line_of.detail


def test_rows_without_personal_data_need_no_purpose(search: Search, bob: User) -> None:
    assert post(sign_in(bob), search, quoted_rows=70).status_code == 302  # type: ignore[attr-defined]


def test_personal_data_that_a_program_asked_for_needs_a_purpose_when_a_person_runs_it_again(
    search: Search, bob: User
) -> None:
    program = Actor(name="Program", kind=ActorKind.KEY)
    export = make_export(search, program, get_pii=True, purpose="")
    client, url = sign_in(bob), reverse("export-retry", args=[export.pk])
    client.post(reverse("export-cancel", args=[export.pk]))
    assert (
        'name="purpose"' in client.get(reverse("export-detail", args=[export.pk])).content.decode()
    )
    for typed, words in (("", "what the personal data is for"), ("a\x00", "contains a character")):
        response = client.post(url, {"quoted_rows": "70", "total_rows": "70", "purpose": typed})
        assert response.status_code == 422
        assert words in text_of(response)
        assert 'aria-invalid="true"' in response.content.decode()
    assert FeedGrant.objects.get().export_rows_used == 0
    client.post(url, {"quoted_rows": "70", "total_rows": "70", "purpose": "Trade fair"})
    export.refresh_from_db()
    assert (export.state, export.purpose) == ("running", "Trade fair")
    assert "“Trade fair”" in AuditEvent.objects.get(action="Ran export again").detail
