"""Connectors read what a vendor may send although its documents show something else; what is essential is required."""

import datetime as dt
from typing import Any

import orjson
import pytest

from contacthub.connectors import errors, records
from contacthub.connectors.bulk import BulkState
from contacthub.connectors.tokens import USUAL_SECONDS, Token
from tests.connectors.vendors import IDS, IV_JOB, JOB, connect, read
from tests.fake_vendor import Rule, vending

BACKSTORY_TOKEN = Rule("/auth", body={"access_token": "t"})
INSIDEVIEW_TOKEN = Rule("/Auth", body={"accessTokenDetails": {"accessToken": "t"}})


def ask(vendor: str, call: Any, *rules: Rule) -> Any:
    with (
        vending(BACKSTORY_TOKEN, INSIDEVIEW_TOKEN, *rules) as server,
        connect(vendor, server.url) as connector,
    ):
        return call(connector)


def changed(vendor: str, sample: str, **changes: Any) -> Any:
    return {**orjson.loads(read(vendor, sample)), **changes}


# --- Tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["backstory", "insideview"])
def test_token_of_the_case_is_read(vendor: str) -> None:
    with vending(case="token_type_bearer") as server, connect(vendor, server.url) as connector:
        assert connector.check().may


@pytest.mark.parametrize(
    "token",
    [
        {"token_type": "Bearer", "expires_in": 7200},
        {"token_type": "BEARER", "expires_in": 31_536_000},
        {"token_type": "bearer"},
        {"token_type": None, "expires_in": None},
        {"expires_in": "3600"},
        {"expires_in": 3600.5},
        {"expires_in": "soon"},
        {"expires_in": -1},
        {"expires_in": 10**400},
        {"scope": "all", "refresh_token": "r", "issued_at": [1]},
    ],
)
def test_backstorys_token_in_every_form(token: dict[str, Any]) -> None:
    good = Rule("/", body=read("backstory", "completed").decode())
    with (
        vending(
            Rule(
                "/auth", body=orjson.dumps({"access_token": "t"}).decode()[:-1] + "," + dump(token)
            ),
            good,
        ) as server,
        connect("backstory", server.url) as connector,
    ):
        connector.get_bulk(JOB)
        connector.get_bulk(JOB)
        # One token serves both.
        assert server.count("/auth/v1/tokens") == 1


def dump(value: dict[str, Any]) -> str:
    """Return a JSON object without its brace in front; numbers may be larger than any library writes."""
    parts = (
        f'"{name}": {v if isinstance(v, int) else orjson.dumps(v).decode()}'
        for name, v in value.items()
    )
    return ", ".join(parts) + "}"


@pytest.mark.parametrize(
    "details",
    [
        {"tokenType": "Bearer", "expirationTime": "Tue, Jul 20, 2027 09:08:17 PM GMT"},
        {"tokenType": None, "expirationTime": None},
        {"expirationTime": "Tue, 20 Jul 2027 21:08:17 GMT"},
        {"expirationTime": "2027-07-20T21:08:17Z"},
        {"expirationTime": 1815944897000},
        {"expirationTime": "some day"},
        {"expirationTime": "Tue, Jul 20, 2007 09:08:17 PM GMT"},
    ],
)
def test_insideviews_token_in_every_form(details: dict[str, Any]) -> None:
    token = Rule("/Auth", body={"accessTokenDetails": {"accessToken": "t", **details}})
    good = Rule("/", body=read("insideview", "finished").decode())
    with vending(token, good) as server, connect("insideview", server.url) as connector:
        connector.get_bulk(IV_JOB)
        connector.get_bulk(IV_JOB)
        assert server.count("/Auth/login/v1/token.json") == 1


@pytest.mark.parametrize("token", [{}, {"access_token": None}, {"access_token": "a\nb"},
    {"access_token": "ü"}, {"access_token": ""}, {"access_token": "t", "token_type": "mac"}])  # fmt: skip
def test_token_that_cannot_be_sent_breaks_the_contract(token: dict[str, Any]) -> None:
    with (
        vending(Rule("/auth", body=token)) as server,
        connect("backstory", server.url) as connector,
        pytest.raises(errors.ContractBroken),
    ):
        connector.get_bulk(JOB)


def test_life_of_a_token_is_bounded() -> None:
    assert [Token("t", s).life for s in (None, 0.0, float("nan"), float("inf"))] == [
        USUAL_SECONDS
    ] * 4
    assert Token("t", 1e9).life == 86400


# --- Records --------------------------------------------------------------------------------------


def test_letrics_with_nulls_and_numbers_as_text() -> None:
    reply = changed("letrics", "contacts", meta={"page": "1", "new": {}}, errors=None, extra=1)
    contact = reply["data"][0]
    company = {
        **contact["company"],
        "id": "7",
        "functions": None,
        "technologies": None,
        "location": None,
    }
    company |= {"created_at": "2026-01-02T03:04:05", "size": {"from": 1}}
    contact |= {
        "id": "42",
        "is_decision_maker": None,
        "emails": ["a@b.example"],
        "company": company,
    }
    page = ask("letrics", lambda p: p.search_contacts({}), Rule("/api/contacts", body=reply))
    (found, *_) = page.items
    assert (found.vendor_id, found.is_decision_maker) == ("42", False)
    assert found.emails == (records.Email("a@b.example"),)
    assert found.company.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    # The pages are not counted: the next one tells.
    assert (page.total, page.next) == (None, "2")


def test_richutilities_with_words_that_are_not_known() -> None:
    reply = changed("richutilities", "contacts", pagination={"has_more": False})
    reply["data"][0] |= {
        "id": "9", "source": "podcast", "seniority_level": "wizard", "email_status": "unsure",
        "quality_score": 900, "confidence": "0.5", "verified": None, "created_at": "soon",
        "is_stale": "false",
    }  # fmt: skip
    page = ask("richutilities", lambda p: p.search_contacts({}), Rule("/v1", body=reply))
    (found, *_) = page.items
    assert (found.vendor_id, found.source, found.seniority_level) == ("9", None, None)
    assert (found.quality_score, found.confidence, found.is_stale) == (None, 0.5, False)
    assert (found.verified, found.created_at, page.next) == (None, None, None)
    assert found.emails[0].status is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("COMPLETED", BulkState.COMPLETED),
        ("Cancelled", BulkState.CANCELLED),
        ("Pending", BulkState.QUEUED),
        ("Compressing", BulkState.RUNNING),
    ],
)
def test_backstorys_states_in_any_case_and_unknown_ones(word: str, state: BulkState) -> None:
    reply = changed(
        "backstory", "completed", state=word, job_id=7, fragments="2", results_size=None
    )
    reply["job_created_time"] = "2026-05-07T09:31:00.123+00:00"
    job = ask("backstory", lambda p: p.get_bulk("7"), Rule("/pull", body=reply))
    assert (job.job_id, job.state, job.fragment_count) == ("7", state, 2)


def test_backstorys_rows_with_fields_that_come_and_go() -> None:
    rows = [{"first_name": "Ingrid", "total_inbound": "3", "from_cc": "maybe", "score": {}}, {}]
    found = ask("backstory", lambda p: p.read_bulk(JOB, 0), Rule("/pull", body=rows))
    assert found[0].as_row() == {"first_name": "Ingrid", "total_inbound": 3}


def test_insideviews_jobs_by_number_and_with_gaps() -> None:
    jobs = [
        {"jobId": 123, "jobStatus": 3, "creditsConsumed": "2"},
        {"jobId": IV_JOB, "jobStatus": "waiting"},
    ]
    day = dt.date(2026, 11, 21)
    listed = ask(
        "insideview",
        lambda p: p.list_bulk(since=day, until=day),
        Rule("/api/v1/admin/jobs", body={"bulkJobs": jobs}),
    )
    assert [(job.job_id, job.state, job.cost) for job in listed] == [
        ("123", BulkState.COMPLETED, 2),
        (IV_JOB, BulkState.RUNNING, None),
    ]
    empty = Rule("/api/v1/admin/jobs", body={"bulkJobs": None, "totalResults": 0})
    assert ask("insideview", lambda p: p.list_bulk(since=day, until=day), empty) == []


def test_contactbased_envelopes_with_less_than_the_documents_show() -> None:
    reply = {"results": [
        {"contact_id": IDS[0], "emails": [{"email": "a@b.example", "observations": "4"}], "score": 1},
        {"contact_id": IDS[1], "pii": {"first_name": "Ida", "postal_code": 150}},
    ]}  # fmt: skip
    found = ask("contactbased", lambda p: p.enrich(IDS), Rule("/enrich", body=reply)).results
    assert found[0].emails == (records.Email("a@b.example", observations=4),)
    assert found[1].pii == {"first_name": "Ida", "postal_code": "150"}
