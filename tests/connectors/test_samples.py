"""Every connector against replies as the vendors' documents show them: what goes out, and the records that come."""

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from contacthub.connectors import bulk, errors, records
from contacthub.connectors.gate import Limits, OpenGate
from contacthub.connectors.registry import CONNECTORS
from contacthub.contacts.filters import CompanyFilters, ContactFilters, Location, list_active
from contacthub.core.errors import Invalid
from tests.connectors.vendors import EXPORT, IDS, IV_JOB, JOB, SAMPLES, SECRET, connect, read, say
from tests.receiver import Request, answer, listening

FEED = "3d0c2b5e-7f4a-4c7e-9d55-0a4f3c1b2a19"
SEARCH = "b1a7c1de-52b8-4b0f-8a43-6f6f0f0f7a01"


def ask(vendor: str, sample: str, call: Any, *headers: str) -> tuple[Any, Request, OpenGate]:
    """Return what a call makes of a sample, the request that it sent, and what the gate was told."""
    gate = OpenGate()
    prelude = [say(vendor, "token")] if vendor in ("backstory", "insideview") else []
    with (
        listening(*prelude, say(vendor, sample, "200 OK", *headers)) as server,
        connect(vendor, server, gate) as connector,
    ):
        return call(connector), server.requests[-1], gate


def query_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.line.split(" ")[1]).query))


# --- ContactBased -----------------------------------------------------------------------------------


def test_contactbased_feeds() -> None:
    feeds, request, gate = ask("contactbased", "feeds", lambda p: p.list_feeds())
    assert request.line == "GET /organization/feeds HTTP/1.1"
    assert request.headers["x-api-key"] == SECRET
    assert feeds[0] == records.RemoteFeed(FEED, "Cloud cost", True, False, 90, 1000, 58, 942)
    assert (feeds[1].row_limit, feeds[1].rows_left) == (None, None)
    assert gate.exchanges[0].rows == 2


def test_contactbased_preview() -> None:
    found, request, _ = ask("contactbased", "preview", lambda p: p.preview(FEED, lookback_days=3))
    assert orjson.loads(request.body) == {
        "feed_id": FEED,
        "lookback_days": 3,
        "include_daily_counts": True,
    }
    assert (found.record_count, found.with_contact_count, found.without_contact_count) == (
        1284,
        942,
        342,
    )
    assert [day.records for day in found.days] == [400, 0, 884]
    assert (found.start_on, found.end_on) == (dt.date(2026, 5, 5), dt.date(2026, 5, 7))


def test_contactbased_search_and_list_of_searches() -> None:
    found, request, _ = ask("contactbased", "search", lambda p: p.run_search(FEED, lookback_days=3))
    assert request.line == "POST /intent/feeds/search HTTP/1.1"
    assert (found.search_id, found.days) == (SEARCH, ())
    listed, request, _ = ask("contactbased", "jobs", lambda p: p.list_searches(FEED))
    assert query_of(request) == {"feed_id": FEED}
    assert listed == [found]


def test_contactbased_export_is_made_found_and_read() -> None:
    made, request, gate = ask(
        "contactbased",
        "export",
        lambda p: p.create_export(SEARCH, get_pii=True, require_contact_id=True),
    )
    assert orjson.loads(request.body) == {
        "job_id": SEARCH,
        "get_pii": True,
        "include_business_info": False,
        "require_contact_id": True,
        "max_rows": None,
    }
    assert (made.export_id, made.total_rows, made.total_pages) == (EXPORT, 942, 1)
    assert gate.exchanges[0].cost == 942
    listed, request, _ = ask("contactbased", "exports", lambda p: p.list_exports(search_id=SEARCH))
    assert orjson.loads(request.body) == {"feed_id": None, "job_id": SEARCH}
    assert listed == [made]
    page, request, gate = ask("contactbased", "page", lambda p: p.read_export_page(EXPORT, 1))
    assert orjson.loads(request.body) == {"export_id": EXPORT, "page": 1}
    assert page.rows[0].contact_id == "id_3f2a8d1b9c0e5f47"
    assert page.rows[0].observed_on == dt.date(2026, 5, 7)
    assert page.rows[0].linkedin_url is None
    assert gate.exchanges[0].rows == 1


def test_contactbased_quota_that_is_short_says_by_how_much() -> None:
    with (
        listening(say("contactbased", "error", "403 Forbidden")) as server,
        connect("contactbased", server) as connector,
        pytest.raises(errors.QuotaShort) as raised,
    ):
        connector.create_export(SEARCH)
    assert (raised.value.requested, raised.value.remaining) == (942, 12)


def test_contactbased_row_with_a_new_field_is_read() -> None:
    body = orjson.loads(read("contactbased", "page"))
    body["rows"][0]["score"] = 5
    with (
        listening(answer("200 OK", body=orjson.dumps(body))) as server,
        connect("contactbased", server) as connector,
    ):
        assert connector.read_export_page(EXPORT, 1).rows


def test_contactbased_enrichment_tells_no_record_from_an_empty_one() -> None:
    found, request, gate = ask(
        "contactbased",
        "batch",
        lambda p: p.enrich(IDS, sections=("pii", "emails")),
        "X-Request-ID: req-7",
    )
    assert orjson.loads(request.body) == {"contact_ids": IDS, "include": ["pii", "emails"]}
    first, second = found.results
    assert first.pii == {
        "first_name": "Ingrid",
        "last_name": "Solheim",
        "age_range": "35-44",
        "city": "Oslo",
        "country": "Norway",
    }
    assert first.emails[0].email == "ingrid@acme.example"
    assert first.emails[0].observations == 4
    assert (first.phones, second.pii, second.emails) == (None, None, ())
    assert (first.found, second.found) == (("pii", "emails"), ("emails",))
    assert found.request_id == "req-7"
    assert gate.exchanges[0].request_id == "req-7"


@pytest.mark.parametrize("count", [0, 1001])
def test_contactbased_takes_1_to_1000_ids(count: int) -> None:
    with connect("contactbased", "http://127.0.0.1:9") as connector, pytest.raises(Invalid):
        connector.enrich(["id_0000000000000001"] * count)


# --- Letrics ----------------------------------------------------------------------------------------


def test_letrics_contacts_page_by_page() -> None:
    question = {
        "job_titles": ("manager",),
        "is_decision_maker": True,
        "company.locations": (Location("United Kingdom", "", "London"), Location("Brazil")),
        "company.created_from": dt.datetime(2026, 1, 31, tzinfo=dt.UTC),
    }
    page, request, gate = ask("letrics", "contacts", lambda p: p.search_contacts(question, size=25))
    assert request.line == "POST /api/contacts HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert orjson.loads(request.body) == {
        "job_titles": ["manager"],
        "is_decision_maker": True,
        "locations": ["city:London||||United Kingdom", "country:Brazil"],
        "added_after": "2026-01-31T00:00:00Z",
        "page": 1,
        "per_page": 25,
    }
    assert (page.next, page.total) == ("2", 26)
    row = page.items[0].as_row()
    assert row["emails"] == [{"email": "astrid@fjordsoft.no", "type": "work"}]
    assert row["company"]["location"] == {"city": "Oslo", "country": "Norway"}
    assert row["company"]["industries"] == ["Software"]
    assert "vendor_id" not in row
    assert gate.exchanges[0].rows == 1


def test_letrics_companies() -> None:
    question = {"tlds": ("no",)}
    page, request, _ = ask("letrics", "companies", lambda p: p.search_companies(question, size=25))
    assert orjson.loads(request.body) == {"tlds": ["no"], "page": 1, "per_page": 25}
    assert (page.items[0].domain, page.next) == ("fjordsoft.no", None)


# --- Rich Utilities ---------------------------------------------------------------------------------


def test_richutilities_contacts_by_cursor() -> None:
    question = {
        "text": "berg",
        "is_stale": False,
        "seniority_levels": ("executive",),
        "has_email": True,
        "company.nace_sections": ("J", "K"),
    }
    page, request, _ = ask(
        "richutilities", "contacts", lambda p: p.search_contacts(question, position="abc", size=10)
    )
    assert query_of(request) == {
        "q": "berg",
        "exclude_stale": "true",
        "exclude_speculative": "false",
        "seniority_level": "executive",
        "has_email": "true",
        "industry_section": "J,K",
        "limit": "10",
        "cursor": "abc",
    }
    assert page.next == "eyJ4Ijo5MH0"
    contact = page.items[0]
    assert contact.emails == (records.Email("astrid@fjordsoft.no", status="valid"),)
    assert contact.phones == (records.Phone("+4722555018"),)
    assert contact.as_row()["quality_score"] == 90
    # A vendor's number means nothing to anybody else.
    assert "company" not in contact.as_row() or contact.as_row()["company"] == {}


def test_richutilities_cursor_that_does_not_move_breaks_the_contract() -> None:
    with pytest.raises(errors.ContractBroken):
        ask(
            "richutilities",
            "contacts",
            lambda p: p.search_contacts({}, position="eyJ4Ijo5MH0"),
        )


def test_richutilities_is_asked_for_one_person_and_takes_nobody_from_half_a_page() -> None:
    person = records.Person("id_0000000000000001", email="astrid@fjordsoft.no", full_name="A B")
    found, request, _ = ask("richutilities", "contacts", lambda p: p.enrich_person(person))
    assert query_of(request) == {
        "q": "astrid@fjordsoft.no",
        "exclude_stale": "true",
        "exclude_speculative": "true",
        "limit": "100",
    }
    # Her record is there, and so is a next page, on which may be another one.
    assert found.results == (records.Enriched("id_0000000000000001"),)


# --- Backstory --------------------------------------------------------------------------------------


def test_backstory_job_is_started_followed_and_read() -> None:
    days = bulk.DateRange(start_on=dt.date(2026, 3, 1), end_on=dt.date(2026, 3, 31))
    job, request, gate = ask("backstory", "created", lambda p: p.start_bulk(days))
    assert request.headers["authorization"].startswith("Bearer eyJ")
    assert orjson.loads(request.body) == {
        "start_date": "2026-03-01",
        "end_date": "2026-03-31",
        "output_format": "JSON",
        "include_historical": True,
        "include_existing": True,
        "is_sourced_by_people_ai": False,
    }
    assert (job.state, job.is_final, job.fragment_count) == (bulk.BulkState.QUEUED, False, None)
    assert [e.operation for e in gate.exchanges] == ["get token", "start bulk job"]
    job, _, _ = ask("backstory", "completed", lambda p: p.get_bulk(JOB))
    assert (job.state, job.fragment_count) == (bulk.BulkState.COMPLETED, 1)
    rows, request, _ = ask("backstory", "data", lambda p: p.read_bulk(JOB, 0))
    assert request.line.split(" ")[1] == f"/pull/v1/export/contacts/jobs/{JOB}/data?fragment=0"
    assert rows[0].as_row() == {
        "first_name": "Ingrid",
        "last_name": "Solheim",
        "country": "United States",
        "state": "New York",
        "emails": [{"email": "ingrid@acme.example"}],
        "phones": [{"phone": "+12125550100"}],
        "account_name": "Acme",
        "account_domain": "acme",
        "from_cc": False,
        "total_inbound": 3,
        "total_time_spent": 3600,
    }


def test_backstory_token_is_asked_for_with_a_form() -> None:
    with (
        listening(say("backstory", "token")) as server,
        connect("backstory", server) as connector,
    ):
        connector.check()
    request = server.requests[0]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": SECRET,
        "client_secret": SECRET,
    }


def test_backstory_too_many_jobs_is_throttled() -> None:
    body = b'{"error": "too_many_jobs", "message": "Ten are queued."}'
    scripts = [say("backstory", "token"), answer("429 Too Many Requests", body=body)]
    with (
        listening(*scripts) as server,
        connect("backstory", server) as connector,
        pytest.raises(errors.Throttled),
    ):
        connector.start_bulk(
            bulk.DateRange(start_on=dt.date(2026, 3, 1), end_on=dt.date(2026, 3, 1))
        )
    assert len(server.requests) == 2


@pytest.mark.parametrize("job_id", ["", "../../auth", "a/b", "a?b", "é"])
def test_backstory_job_id_stays_inside_its_part_of_the_path(job_id: str) -> None:
    with connect("backstory", "http://127.0.0.1:9") as connector, pytest.raises(Invalid):
        connector.get_bulk(job_id)


# --- InsideView -------------------------------------------------------------------------------------


def test_insideview_ids_are_submitted_once_each_in_lines() -> None:
    wanted = bulk.IdList(vendor_ids=[13496440, 8802619, 13496440], webhook="https://x.example/")
    job, request, gate = ask("insideview", "created", lambda p: p.start_bulk(wanted))
    assert request.headers["accesstoken"].startswith("eyJ")
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["accept"] == "application/json"
    assert request.body == b"13496440\n8802619"
    assert query_of(request) == {"webhook": "https://x.example/"}
    assert (job.job_id, job.state) == (IV_JOB, bulk.BulkState.QUEUED)
    assert [(e.operation, e.cost) for e in gate.exchanges] == [
        ("get token", None),
        ("start bulk job", 2),
    ]


def test_insideview_token_is_asked_for_with_a_form() -> None:
    _, _, _ = ask("insideview", "finished", lambda p: p.get_bulk(IV_JOB))
    with (
        listening(say("insideview", "token"), say("insideview", "jobs")) as server,
        connect("insideview", server) as connector,
    ):
        connector.check()
    assert server.requests[0].line == "POST /Auth/login/v1/token.json HTTP/1.1"
    assert dict(parse_qsl(server.requests[0].body.decode())) == {
        "clientId": SECRET,
        "clientSecret": SECRET,
        "grantType": "cred",
    }


def test_insideview_jobs_of_other_kinds_are_listed_without_complaint() -> None:
    day = dt.date(2026, 11, 21)
    jobs, request, _ = ask("insideview", "jobs", lambda p: p.list_bulk(since=day, until=day))
    assert query_of(request)["start"] == "2026-11-21"
    assert jobs[0].state is bulk.BulkState.COMPLETED


def test_insideview_job_is_cancelled_once() -> None:
    job, request, _ = ask("insideview", "aborted", lambda p: p.cancel_bulk(IV_JOB))
    assert request.line.startswith(f"DELETE /api/v1/contact/job/{IV_JOB} ")
    assert job.state is bulk.BulkState.CANCELLED


def test_insideview_file_is_read_without_the_token() -> None:
    file = (SAMPLES / "insideview" / "reply_file.csv").read_bytes()
    with listening(answer("200 OK", "Content-Type: text/csv", body=file)) as elsewhere:
        envelope = orjson.loads(read("insideview", "results"))
        envelope["resultsUrl"] = f"http://127.0.0.1:{elsewhere.port}/file?signature=a%2Fb"
        results = answer("200 OK", body=orjson.dumps(envelope))
        with (
            listening(say("insideview", "token"), results) as server,
            connect("insideview", server) as connector,
        ):
            rows = connector.read_bulk(IV_JOB, 0)
    assert "accesstoken" not in elsewhere.requests[0].headers
    assert elsewhere.requests[0].line == "GET /file?signature=a%2Fb HTTP/1.1"
    assert [row.vendor_id for row in rows] == ["13496440"]
    assert rows[0].as_row() == {
        "full_name": "Ingrid Solheim",
        "first_name": "Ingrid",
        "last_name": "Solheim",
        "job_title": "VP Sales",
        "titles": ["VP Sales", "Director"],
        "job_levels": ["VP", "Director"],
        "job_functions": ["Sales"],
        "linkedin_handle": "ingrid-s",
        "description": "Runs\r\nsales",
        "confidence": 0.875,
        "emails": [{"email": "ingrid@acme.example", "status": "valid"}],
        "phones": [{"phone": "+12125550100"}],
        "company": {"name": "Acme, Inc"},
    }


def test_insideview_link_to_a_private_address_is_not_followed(settings: Any) -> None:
    envelope = orjson.loads(read("insideview", "results"))
    envelope["resultsUrl"] = "http://169.254.169.254/latest/meta-data"
    results = answer("200 OK", body=orjson.dumps(envelope))
    with (
        listening(say("insideview", "token"), results) as server,
        connect("insideview", server) as connector,
        pytest.raises(Invalid),
    ):
        connector.read_bulk(IV_JOB, 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"contactId\r\n1\r\n", b"contactId,status\r\n1\r\n", b"contactId,status\r\n1,\xff\r\n"],
)
def test_insideview_file_that_was_cut_breaks_the_contract(body: bytes) -> None:
    with listening(answer("200 OK", body=body)) as elsewhere:
        envelope = orjson.loads(read("insideview", "results"))
        envelope["resultsUrl"] = f"http://127.0.0.1:{elsewhere.port}/file"
        results = answer("200 OK", body=orjson.dumps(envelope))
        with (
            listening(say("insideview", "token"), results) as server,
            connect("insideview", server) as connector,
            pytest.raises(errors.ContractBroken),
        ):
            connector.read_bulk(IV_JOB, 0)


@pytest.mark.parametrize(
    ("number", "message", "status", "error"),
    [
        ("405-1", "Method Not Allowed", 405, errors.NotEntitled),
        ("400-201", "No.", 400, errors.QuotaShort),
        ("400-9", "Insufficient transaction quota", 400, errors.QuotaShort),
        ("400-202", "No.", 400, errors.Throttled),
        ("400-9", "2 jobs are already running, try again once they finish", 400, errors.Throttled),
        ("400-108", "Id x is not valid.", 400, errors.Refused),
    ],
)
def test_insideview_errors_by_number_and_by_sentence(
    number: str, message: str, status: int, error: type[errors.VendorError]
) -> None:
    sample = orjson.loads(read("insideview", "error"))
    body = orjson.dumps(sample | {"errorNumber": number, "message": message, "status": status})
    scripts = [say("insideview", "token"), answer(f"{status} X", body=body)]
    with (
        listening(*scripts) as server,
        connect("insideview", server) as connector,
        pytest.raises(error) as raised,
    ):
        connector.start_bulk(bulk.IdList(vendor_ids=[1]))
    assert type(raised.value) is error
    assert len(server.requests) == 2


# --- All --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_filters_are_named_as_the_house_names_them(vendor: str) -> None:
    connector = CONNECTORS[vendor]
    company = set(CompanyFilters.__dataclass_fields__)
    contact = set(ContactFilters.__dataclass_fields__) | {f"company.{name}" for name in company}
    assert set(connector.contact_table) <= contact
    assert set(connector.company_table) <= company


def test_what_cannot_be_honored_is_listed_and_refused() -> None:
    letrics, rich = CONNECTORS["letrics"], CONNECTORS["richutilities"]
    question = {
        "has_linkedin": False,
        "job_titles": ("a", "b"),
        "min_quality_score": 50,
        "company.locations": (Location("Norway"),),
    }
    assert letrics.list_unhonored(question) == ["has_linkedin", "min_quality_score"]
    assert rich.list_unhonored(question) == ["has_linkedin", "job_titles", "company.locations"]
    with connect("letrics", "http://127.0.0.1:9") as connector, pytest.raises(Invalid) as raised:
        connector.search_contacts(question)
    assert raised.value.field == "has_linkedin"


def test_active_filters_of_the_house_are_a_question() -> None:
    filters = ContactFilters(job_titles=("manager",), is_decision_maker=True)
    question = dict(list_active(filters))
    assert CONNECTORS["letrics"].list_unhonored(question) == []


def test_letrics_is_asked_for_countries_by_name_unless_places_are_asked_too() -> None:
    question = {"company.country_codes": ("NO", "TR"), "company.exclude_country_codes": ("CZ",)}
    _, request, _ = ask("letrics", "contacts", lambda p: p.search_contacts(question, size=25))
    asked = orjson.loads(request.body)
    assert asked["locations"] == ["country:Norway", "country:Türkiye"]
    assert asked["exclude_locations"] == ["country:Czechia"]
    both = {"company.locations": (Location("Norway"),), "company.country_codes": ("SE",)}
    assert CONNECTORS["letrics"].list_unhonored(both) == ["company.country_codes"]


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_what_a_vendor_does_not_offer_is_said(vendor: str) -> None:
    with connect(vendor, "http://127.0.0.1:9") as connector:
        calls = {
            "FEEDS": connector.list_feeds,
            "EXPORT": lambda: connector.get_export(EXPORT),
            "CONTACT_SEARCH": lambda: connector.search_contacts({}),
            "COMPANY_SEARCH": lambda: connector.search_companies({}),
            "ENRICHMENT": lambda: connector.enrich(IDS),
            "BULK_JOBS": lambda: connector.get_bulk(JOB),
            "PERSON_LOOKUP": lambda: connector.enrich_person(records.Person(IDS[0])),
        }
        able = {capability.name for capability in connector.capabilities}
        for name in set(calls) - able:
            with pytest.raises(errors.NotOffered):
                calls[name]()


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        (
            ['RateLimit-Policy: "default";q=100;w=60', 'RateLimit: "default";r=50;t=30'],
            Limits(100, 60, 50, 30),
        ),
        (
            ["X-RateLimit-Limit: 10", "X-RateLimit-Remaining: 3", "X-RateLimit-Reset: 9"],
            Limits(10, None, 3, 9.0),
        ),
        (["RateLimit: nonsense", "X-RateLimit-Limit: many"], None),
        ([], None),
    ],
)
def test_limits_are_read_from_headers(headers: list[str], limits: Limits | None) -> None:
    _, _, gate = ask("contactbased", "feeds", lambda p: p.list_feeds(), *headers)
    assert gate.exchanges[0].limits == limits
