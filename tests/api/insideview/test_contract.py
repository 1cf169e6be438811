"""InsideView's contract, line by line."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse

from contacthub.contact_jobs import actions, queries, transactions
from contacthub.contact_jobs.models import ContactJob
from contacthub.core import clock
from contacthub.credentials.actions import revoke_key
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import AuditEvent, Organization
from contacthub.webhooks.models import WebhookDelivery
from tests.api.conftest import Program, make_key
from tests.api.insideview.conftest import (
    DECLARATION,
    JOB,
    JSON,
    by_token,
    bytes_of,
    refusal,
    send,
    submit,
)
from tests.contact_jobs.builders import PROGRAM, make_contact, make_contacts, make_full_contact

pytestmark = pytest.mark.django_db

Do = Callable[[str], ContactJob]
LIST, TOKEN = "/api/v1/admin/jobs", "/Auth/login/v1/token"
COLUMNS = (
    "contactId,status,firstName,lastName,fullName,companyId,companyName,titles,jobLevels,jobFunctions,email,"
    "emailValidationStatus,confidenceScore,phone,linkedinHandle,facebookHandle,twitterHandle,imageUrl,description"
)


def limit(organization: Organization, count: int | None) -> None:
    transactions.set_limit(organization=organization, actor=PROGRAM, limit=count)


def set_state(job_id: str, **changes: Any) -> None:
    Job.objects.filter(contact_job__public_id=job_id).update(**changes)


def begin(job_id: str) -> None:
    set_state(job_id, state="running", lease_until=clock.now(), started_at=clock.now())


def end(job_id: str, state: str, **changes: Any) -> None:
    set_state(job_id, state=state, lease_until=None, finished_at=clock.now(), **changes)


def delete(program: Program, path: str, **headers: str) -> HttpResponse:
    return program.client.delete(path, headers=program.headers | headers)


def rows_of(program: Program, job_id: str) -> list[list[str]]:
    data = bytes_of(program.get(f"{JOB}/{job_id}/results", Accept="text/csv"))
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


# --- Submit ---------------------------------------------------------------------------------------


def test_iv_01_submit_makes_an_asynchronous_job(program: Program, do: Do) -> None:
    job_id = submit(program)
    assert program.get(f"{JOB}/{job_id}", **JSON).json()["status"] == "accepted"
    do(job_id)
    assert program.get(f"{JOB}/{job_id}", **JSON).json()["status"] == "finished"


def test_iv_02_headers(program: Program, acme_key: str) -> None:
    assert send(program)["Content-Type"] == "application/xml"
    assert send(program, Accept="application/json")["Content-Type"] == "application/json"
    assert send(program, content_type="application/octet-stream", Accept="x").status_code == 400
    nobody = Program(lambda key: {"Authorization": f"Bearer {key}"}, acme_key)
    assert refusal(send(nobody)) == (401, "401-1")


def test_iv_03_webhook_is_told(program: Program, do: Do) -> None:
    job_id = submit(program, query="?webhook=https://93.184.215.14/hook")
    assert not WebhookDelivery.objects.exists()
    do(job_id)
    sent = WebhookDelivery.objects.get()
    assert sent.url == "https://93.184.215.14/hook"


@pytest.mark.parametrize(
    "body",
    [
        "13496440,8802619,225",
        "13496440\n8802619\n225",
        "13496440\r\n8802619\r\n225\r\n",
        "13496440\r8802619\r225",
        " 13496440 ,\n,\t8802619\r\n\r\n,225,",
        "\ufeff13496440,8802619,225",
    ],
)
def test_iv_04_ids_by_commas_and_lines(program: Program, body: str) -> None:
    job_id = submit(program, body)
    assert ContactJob.objects.get(public_id=job_id).numbers == [13496440, 8802619, 225]


def test_iv_04_ten_thousand_ids(program: Program) -> None:
    assert submit(program, "\n".join(map(str, range(1, 10_001))))
    too_many = send(program, "\n".join(map(str, range(1, 10_002))))
    assert refusal(too_many) == (400, "400-106")


def test_iv_05_status_of_the_address_is_in_the_file(program: Program, do: Do) -> None:
    make_contact(1, email="a@b.example", email_status="valid")
    job_id = submit(program, "1")
    do(job_id)
    header, row = rows_of(program, job_id)
    assert dict(zip(header, row, strict=True))["emailValidationStatus"] == "ValidEmail"


def test_iv_06_json_of_submit(program: Program) -> None:
    reply = send(program, **JSON)
    assert list(reply.json()) == ["jobId", "status", "type"]
    assert list(reply.json().values())[1:] == ["accepted", "contacts"]


def test_iv_07_xml_of_submit(program: Program) -> None:
    reply = send(program, Accept="application/xml")
    job_id = ContactJob.objects.get().public_id
    assert reply.content == (
        DECLARATION + b"<BulkLeadEnrichmentStatus><jobId>%b</jobId><status>accepted</status>"
        b"<type>contacts</type></BulkLeadEnrichmentStatus>" % job_id.encode()
    )


def test_iv_08_400_for_input_quota_and_queue(program: Program, acme: Organization) -> None:
    assert refusal(send(program, "x")) == (400, "400-108")
    limit(acme, 1)
    assert refusal(send(program, "1,2")) == (400, "400-201")
    limit(acme, None)
    submit(program), submit(program)
    assert refusal(send(program)) == (400, "400-202")


def test_iv_09_401_without_a_valid_token(program: Program, acme_key: str) -> None:
    for key in ("", "x", acme_key[:-1], acme_key + "a", "chub_token_abc", "é", "x" * 9000):
        assert refusal(send(Program(by_token, key))) == (401, "401-1")
    assert refusal(program.client.post(JOB, b"1", content_type="text/plain")) == (401, "401-1")


def test_iv_10_405_for_an_account_without_access(acme: Organization) -> None:
    other = Program(by_token, make_key(acme, "letrics")[1])
    reader = Program(by_token, make_key(acme, "insideview:read")[1])
    assert refusal(send(other)) == (405, "405-1")
    assert refusal(other.get(LIST)) == (405, "405-1")
    assert refusal(send(reader)) == (405, "405-1")
    assert reader.get(LIST).status_code == 200


@pytest.mark.parametrize(
    "kind", ["", "application/json", "text/csv", "text/plainx", "multipart/form-data"]
)
def test_iv_11_415_without_a_content_type(program: Program, kind: str) -> None:
    assert refusal(send(program, content_type=kind)) == (415, "415-1")


def test_iv_11_parameters_of_the_content_type_are_ignored(program: Program) -> None:
    assert send(program, content_type="text/plain; charset=utf-8").status_code == 200
    assert send(program, content_type="Application/Octet-Stream; x=1").status_code == 200


def test_iv_12_429_when_throttled(program: Program, settings: Any) -> None:
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 1
    program.get(LIST)
    assert refusal(program.get(LIST)) == (429, "429-1")


# --- Status, cancel -------------------------------------------------------------------------------


def test_iv_f1_status(program: Program, do: Do) -> None:
    job_id = submit(program, "1,2,3")
    first = program.get(f"{JOB}/{job_id}", **JSON).json()
    assert first == {"jobId": job_id, "status": "accepted", "totalProcessed": 0, "type": "contact"}
    assert list(first) == ["jobId", "status", "totalProcessed", "type"]
    do(job_id)
    assert program.get(f"{JOB}/{job_id}").content == (
        DECLARATION + b"<BulkLeadEnrichmentStatus><jobId>%b</jobId><status>finished</status>"
        b"<totalProcessed>3</totalProcessed><type>contact</type></BulkLeadEnrichmentStatus>"
        % job_id.encode()
    )


def test_iv_f2_every_state_has_its_word(program: Program, do: Do) -> None:
    def status() -> str:
        return str(program.get(f"{JOB}/{job_id}", **JSON).json()["status"])

    job_id = submit(program)
    assert status() == "accepted"
    begin(job_id)
    assert status() == "processing"
    set_state(job_id, state="queued", lease_until=None)
    assert status() == "processing"
    end(job_id, "failed")
    assert status() == "failed"
    end(job_id, "cancelled")
    assert status() == "aborted"
    job_id = submit(program)
    do(job_id)
    assert status() == "finished"


def test_iv_f3_cancelled_only_before_it_starts(program: Program) -> None:
    job_id = submit(program)
    begin(job_id)
    assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")
    set_state(job_id, state="queued", lease_until=None)
    assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")


def test_iv_f4_debited_when_processing_starts(program: Program, do: Do, acme: Organization) -> None:
    limit(acme, 10)
    job_id = submit(program, "1,2,2,3")
    account = queries.get_account(organization=acme)
    assert (account.used, account.held, account.remaining) == (0, 3, 7)
    do(job_id)
    for path in ("", "/results"):
        program.get(f"{JOB}/{job_id}{path}")
    account = queries.get_account(organization=acme)
    assert (account.used, account.held, account.remaining) == (3, 0, 7)


def test_iv_f4_cancelling_after_the_start_gives_nothing_back(
    program: Program, do: Do, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(acme, 10)
    job_id = submit(program, "1,2")

    def cancel(*_: Any) -> None:
        actions.cancel(organization=acme, actor=PROGRAM, public_id=job_id)

    monkeypatch.setattr("contacthub.contact_jobs.sql.freeze_details", lambda job: (cancel(), 2)[1])
    assert do(job_id).phase == "cancelled"
    assert queries.get_account(organization=acme).used == 2
    listed = program.get(LIST, **JSON).json()["bulkJobs"][0]
    assert (listed["jobStatus"], listed["creditsConsumed"]) == ("aborted", 2)


def test_iv_f5_f8_file_is_csv_and_lists_are_piped(program: Program, do: Do) -> None:
    make_full_contact(5)
    job_id = submit(program, "5")
    do(job_id)
    row = dict(zip(*rows_of(program, job_id), strict=True))
    assert (row["jobLevels"], row["companyName"]) == ("VP|Director", "Halden, Robotics")
    assert row["description"] == 'Says "hi",\nthen leaves'


def test_iv_f6_cancel(program: Program) -> None:
    job_id = submit(program)
    reply = delete(program, f"{JOB}/{job_id}")
    assert reply.content == (
        DECLARATION + b"<BulkLeadEnrichmentStatus><jobId>%b</jobId><status>aborted</status>"
        b"<type>contact</type></BulkLeadEnrichmentStatus>" % job_id.encode()
    )
    assert program.get(f"{JOB}/{job_id}", **JSON).json()["status"] == "aborted"
    other = submit(program)
    assert delete(program, f"{JOB}/{other}", **JSON).json() == {
        "jobId": other, "status": "aborted", "type": "contact"
    }  # fmt: skip


def test_iv_f7_envelope(program: Program, do: Do) -> None:
    job_id = submit(program, "1,2,3")
    do(job_id)
    body = program.get(f"{JOB}/{job_id}/results", **JSON).json()
    assert set(body) == {
        "jobId", "jobType", "jobStatus", "createdDate", "creditsConsumed", "resultsUrl"
    }  # fmt: skip
    assert (body["jobType"], body["jobStatus"], body["creditsConsumed"]) == (
        "contacts",
        "finished",
        3,
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", body["createdDate"])
    root = ElementTree.fromstring(program.get(f"{JOB}/{job_id}/results").content)
    assert root.tag == "bulkJob"
    assert [child.tag for child in root] == [
        "createdDate", "creditsConsumed", "jobId", "jobStatus", "jobType", "resultsUrl"
    ]  # fmt: skip


def test_iv_f8_failed_job_says_why_and_has_no_file(program: Program) -> None:
    job_id = submit(program)
    begin(job_id)
    end(job_id, "failed", error="It broke.")
    body = program.get(f"{JOB}/{job_id}/results", **JSON).json()
    assert (body["jobStatus"], body["errorMessage"]) == ("failed", "It broke.")
    assert "resultsUrl" not in body
    as_file = program.get(f"{JOB}/{job_id}/results", Accept="text/csv")
    assert refusal(as_file) == (400, "400-204")


# --- List -----------------------------------------------------------------------------------------


def list_ids(program: Program, **query: Any) -> list[str]:
    reply = program.get(LIST, query, **JSON)
    assert reply.status_code == 200, reply.content
    return [job["jobId"] for job in reply.json()["bulkJobs"]]


@pytest.fixture
def three(program: Program, do: Do, settings: Any) -> list[str]:
    """A finished, an aborted and a waiting job, made on three days of 2026: 1 March, 31 March, 1 April."""
    settings.INSIDEVIEW_MOST_JOBS = 99
    ids = [submit(program) for _ in range(3)]
    do(ids[0])
    delete(program, f"{JOB}/{ids[1]}")
    for job_id, day in zip(ids, ((3, 1), (3, 31), (4, 1)), strict=True):
        moment = dt.datetime(2026, *day, 23, 59, 59, tzinfo=dt.UTC)
        ContactJob.objects.filter(public_id=job_id).update(created_at=moment)
    return ids


def test_iv_f9_list(program: Program, three: list[str], stranger: Program) -> None:
    body = program.get(LIST, **JSON).json()
    assert body["bulkJobs"][2] == {
        "jobId": three[0],
        "jobType": "contacts",
        "jobStatus": "finished",
        "createdDate": "2026-03-01",
        "creditsConsumed": 2,
    }
    assert [job["jobId"] for job in body["bulkJobs"]] == three[::-1]
    root = ElementTree.fromstring(program.get(LIST).content)
    assert root.tag == "bulkJobs"
    assert [child.tag for child in root] == ["bulkJob"] * 3
    assert list_ids(stranger) == []


def test_iv_f9_periods(program: Program, three: list[str]) -> None:
    first, second, third = three
    assert list_ids(program, period="day", start="2026-03-31", end="2026-03-31") == [second]
    assert list_ids(program, start="2026-03-02") == [third, second]
    assert list_ids(program, period="month", start="2026-03", end="2026-03") == [second, first]
    assert list_ids(program, period="month", start="2026-04") == [third]
    assert list_ids(program, period="year", end="2025") == []
    assert len(list_ids(program, period="year", start="2026", end="2026")) == 3


def test_iv_f9_statuses_and_types(program: Program, three: list[str]) -> None:
    first, second, third = three
    assert list_ids(program, jobStatuses="3") == [first]
    assert list_ids(program, jobStatuses="finished,aborted") == [second, first]
    assert list_ids(program, jobStatuses=["1", "4"]) == [third, second]
    assert list_ids(program, jobStatuses="0") == list_ids(program, jobStatuses="2") == []
    assert list_ids(program, jobStatuses="-1") == []
    assert len(list_ids(program, jobTypes="2")) == len(list_ids(program, jobTypes="1,2")) == 3
    assert list_ids(program, jobTypes="1,3,4,5") == []


def test_iv_f9_pages(program: Program, three: list[str]) -> None:
    assert list_ids(program, resultsPerPage=2) == three[:0:-1]
    assert list_ids(program, resultsPerPage=2, page=2) == three[:1]
    assert list_ids(program, page=1_000_000) == []


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("period=week", "400-103"),
        ("start=2026", "400-103"),
        ("start=2026-02-30", "400-103"),
        ("period=month&start=2026-13", "400-103"),
        ("period=year&end=0000", "400-103"),
        ("start=2026-03-02&end=2026-03-01", "400-103"),
        ("jobStatuses=7", "400-103"),
        ("jobTypes=x", "400-103"),
        ("page=0", "400-105"),
        ("page=-1", "400-105"),
        ("page=x", "400-107"),
        ("page=1.0", "400-107"),
        ("page=%EF%BC%91", "400-107"),
        ("page=9999999999999999999999", "400-107"),
        ("page=1000001", "400-106"),
        ("resultsPerPage=51", "400-106"),
        ("resultsPerPage=0", "400-105"),
        ("start=%00", "400-103"),
        ("start=", "400-103"),
        ("jobStatuses=", "400-103"),
        ("jobStatuses=3,", "400-103"),
        ("page=", "400-107"),
    ],
)
def test_iv_f9_f12_values_that_cannot_be_used(program: Program, query: str, number: str) -> None:
    assert refusal(program.get(f"{LIST}?{query}")) == (400, number)


# --- Tokens ---------------------------------------------------------------------------------------


def ask_token(
    program: Program, key: str, path: str = TOKEN, accept: str = "", **changes: str | None
) -> HttpResponse:
    form = {"clientId": key[10:20], "clientSecret": key, "grantType": "cred", **changes}
    body = urlencode({name: value for name, value in form.items() if value is not None})
    headers = {"Accept": accept} if accept else {}
    kind = "application/x-www-form-urlencoded"
    return program.client.post(path, body, content_type=kind, headers=headers)


def test_iv_f10_token_in_json(program: Program, acme_key: str) -> None:
    reply = ask_token(program, acme_key, TOKEN + ".json", code="7")
    details = reply.json()["accessTokenDetails"]
    assert list(reply.json()) == ["accessTokenDetails"]
    assert set(details) == {"accessToken", "tokenType", "expirationTime"}
    assert details["tokenType"] == "bearer"
    assert re.fullmatch(
        r"\w{3}, \w{3} \d\d, \d{4} \d\d:\d\d:\d\d [AP]M GMT", details["expirationTime"]
    )
    text = details["expirationTime"].replace("GMT", "+0000")
    left = dt.datetime.strptime(text, "%a, %b %d, %Y %I:%M:%S %p %z") - clock.now()
    assert dt.timedelta(days=364) < left <= dt.timedelta(days=365)
    assert Program(by_token, details["accessToken"]).get(LIST).status_code == 200


def test_iv_f10_token_in_xml(program: Program, acme_key: str) -> None:
    reply = ask_token(program, acme_key)
    assert reply.content.startswith(DECLARATION + b"<accessTokenDetails><accessToken>")
    root = ElementTree.fromstring(reply.content)
    assert [child.tag for child in root] == ["accessToken", "expirationTime", "tokenType"]
    token = root.findtext("accessToken") or ""
    assert submit(Program(by_token, token))


@pytest.mark.parametrize("path", [TOKEN, TOKEN + ".json"])
def test_iv_f10_client_in_the_query(program: Program, acme_key: str, path: str) -> None:
    """The vendor calls them parameters, and its clients send them so, with or without a body."""
    client = {"clientId": acme_key[10:20], "clientSecret": acme_key, "grantType": "cred"}

    def ask(query: dict[str, str], body: dict[str, str] | None = None, **more: Any) -> HttpResponse:
        kind = more.get("kind", "application/x-www-form-urlencoded")
        return program.client.post(
            f"{path}?{urlencode(query)}", urlencode(body or {}), content_type=kind
        )

    assert ask(client).status_code == 200
    for kind in ("", "application/json", "text/plain"):
        assert ask(client, kind=kind).status_code == 200
    half = {"clientSecret": acme_key}
    rest = {name: value for name, value in client.items() if name not in half}
    assert ask(half, rest).status_code == 200
    assert refusal(ask({**client, "clientSecret": "x"})) == (401, "401-1")
    for query, body in (
        (client, client),
        (client, half),
        ({}, {}),
        (rest, {}),
        ({**client, "grantType": ""}, {}),
    ):
        assert refusal(ask(query, body)) == (400, "400-103"), (query, body)


def test_iv_f10_o12_token_for_a_wrong_client(
    program: Program, acme_key: str, globex_key: str
) -> None:
    for changes in ({"clientId": globex_key[10:20]}, {"clientSecret": "x"}, {"clientId": "é"}):
        assert refusal(ask_token(program, acme_key, **changes)) == (401, "401-1")
        as_json = ask_token(program, acme_key, TOKEN + ".json", "application/xml", **changes)
        assert as_json["Content-Type"] == "application/json"
    for changes in ({"grantType": "password"}, {"grantType": None}, {"clientId": ""}):
        assert refusal(ask_token(program, acme_key, **changes)) == (400, "400-103")
    assert refusal(program.client.get(TOKEN)) == (405, "405-1")


def test_iv_f10_token_ends_with_its_key(program: Program, acme: Organization) -> None:
    key, text = make_key(acme)
    token = ask_token(program, text, TOKEN + ".json").json()["accessTokenDetails"]["accessToken"]
    holder = Program(by_token, token)
    assert holder.get(LIST).status_code == 200
    revoke_key(organization=acme, actor=PROGRAM, public_id=key.public_id)
    assert refusal(holder.get(LIST)) == (401, "401-1")


# --- Errors ---------------------------------------------------------------------------------------


def test_iv_f11_error_object(program: Program) -> None:
    body = program.get(f"{JOB}/v9qh2to86kg85s03trag", **JSON).json()
    assert list(body) == ["errorType", "status", "errorNumber", "message", "diagnosticCode"]
    assert (body["errorType"], body["status"]) == ("Not Found", 404)
    assert (body["errorNumber"], body["message"]) == ("404-12", "Job not found.")
    assert re.fullmatch(r"[0-9a-v]{20}", body["diagnosticCode"])


def test_iv_f13_ceiling_says_so(program: Program) -> None:
    submit(program), submit(program)
    said = send(program, **JSON).json()
    assert said["message"] == "2 jobs are already running, try again once they finish."


def test_iv_f16_duplicates_are_taken_once(program: Program, do: Do) -> None:
    job_id = submit(program, "3,1,3,1,2")
    do(job_id)
    assert [row[0] for row in rows_of(program, job_id)[1:]] == ["3", "1", "2"]
    assert program.get(LIST, **JSON).json()["bulkJobs"][0]["creditsConsumed"] == 3


def test_iv_f17_o12_job_ids(program: Program, do: Do) -> None:
    ids = [submit(program) for _ in range(2)]
    assert all(re.fullmatch(r"[0-9a-v]{20}", job_id) for job_id in ids)


# --- Our choice -----------------------------------------------------------------------------------


def test_iv_o1_order_of_checks(program: Program, acme: Organization, settings: Any) -> None:
    reader = Program(by_token, make_key(acme, "insideview:read")[1])
    bad = {"content_type": "application/json"}
    assert refusal(send(Program(by_token, "x"), "x", **bad)) == (401, "401-1")
    assert refusal(send(reader, "x", **bad)) == (405, "405-1")
    assert refusal(send(program, "x", **bad)) == (415, "415-1")
    assert refusal(send(program, "x")) == (400, "400-108")
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 0
    assert refusal(send(reader, "x", **bad)) == (429, "429-1")
    assert refusal(send(Program(by_token, "x"), "x", **bad)) == (401, "401-1")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "GET"])
def test_iv_o1_wrong_method_after_the_key(program: Program, method: str, settings: Any) -> None:
    wrong = program.client.generic(method, JOB, headers=program.headers)
    assert refusal(wrong) == (405, "405-1")
    assert wrong["Allow"] == "POST"
    assert refusal(program.client.generic(method, JOB)) == (401, "401-1")
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 0
    throttled = program.client.generic(method, JOB, headers=program.headers)
    assert refusal(throttled) == (429, "429-1")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("\n", "400-105"),
        (" ,\r\n,", "400-105"),
        ("1,0", "400-108"),
        ("1,-2", "400-108"),
        ("+1", "400-108"),
        ("01", "400-108"),
        ("1e3", "400-108"),
        ("0x10", "400-108"),
        ("1.0", "400-108"),
        ("1 2", "400-108"),
        ("1;2", "400-108"),
        ("１", "400-108"),
        ("1\x00", "400-108"),
        (str(2**63), "400-108"),
        ("9" * 5000, "400-108"),
        ('"1"', "400-108"),
        (b"\xff\xfe1", "400-103"),
        (",".join(["7"] * 10_001), "400-106"),
    ],
)
def test_iv_o2_bodies_that_cannot_be_used(program: Program, body: str | bytes, number: str) -> None:
    assert refusal(send(program, body)) == (400, number)
    assert not ContactJob.objects.exists()


def test_iv_o2_first_bad_id_is_named(program: Program) -> None:
    assert "'x7'" in send(program, "1,x7,y8", **JSON).json()["message"]
    evil = send(program, "<&\x0b]]>\ud7ff")
    assert refusal(evil) == (400, "400-108")


def test_iv_o2_largest_id_is_taken(program: Program, do: Do) -> None:
    job_id = submit(program, str(2**63 - 1))
    do(job_id)
    assert rows_of(program, job_id)[1][:2] == [str(2**63 - 1), "NotFound"]


def test_iv_o3_numbers(program: Program, acme: Organization, settings: Any) -> None:
    job_id = submit(program)
    assert refusal(program.get(f"{JOB}/{job_id}/results")) == (400, "400-204")
    assert refusal(send(program, query="?webhook=ftp://x.example/")) == (400, "400-205")
    begin(job_id)
    assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")
    assert refusal(program.get("/api/v1/nothing")) == (404, "404-1")
    settings.INSIDEVIEW_THROTTLE_REQUESTS = 1
    throttled = program.get(LIST)
    assert refusal(throttled) == (429, "429-1")
    assert throttled["Retry-After"] == "300"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "xml"),
        ("*/*", "xml"),
        ("application/*", "xml"),
        ("text/html", "xml"),
        ("application/json", "json"),
        ("APPLICATION/JSON; charset=utf-8", "json"),
        ("application/xml", "xml"),
        ("application/json, application/xml", "json"),
        ("application/xml, application/json", "xml"),
        ("application/json;q=0.5, application/xml;q=0.4", "json"),
        ("application/json;q=0.4, application/xml;q=0.5", "xml"),
        ("application/json;q=0, */*", "xml"),
        ("application/xml;q=0, */*", "json"),
        ("application/json;q=0", "xml"),
        ("application/json, text/plain, */*", "json"),
        ("*/*, application/json;q=0.1", "xml"),
        ("application/json;q=nonsense", "xml"),
        ("application/json;q=2", "xml"),
        (";;,,q=", "xml"),
        ("application/json," * 2000, "json"),
    ],
)
def test_iv_o4_accept(program: Program, accept: str, kind: str) -> None:
    headers = {"Accept": accept} if accept else {}
    assert program.get(LIST, **headers)["Content-Type"] == f"application/{kind}"
    failed = program.get(f"{JOB}/x", **headers)
    assert failed["Content-Type"] == f"application/{kind}"
    assert refusal(failed) == (404, "404-12")


def test_iv_o5_types_and_foreign_jobs(program: Program, stranger: Program, do: Do) -> None:
    job_id = submit(program)
    do(job_id)
    for path in (f"{JOB}/{job_id}", f"{JOB}/{job_id}/results"):
        assert refusal(stranger.get(path)) == (404, "404-12")
    assert refusal(delete(stranger, f"{JOB}/{job_id}")) == (404, "404-12")
    assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")
    assert refusal(program.get(f"{JOB}/%00")) == (404, "404-12")


def test_iv_o6_refused_beyond_what_waiting_jobs_leave(
    program: Program, acme: Organization, do: Do
) -> None:
    limit(acme, 3)
    job_id = submit(program, "1,2")
    assert refusal(send(program, "1,2")) == (400, "400-201")
    assert list_credits(program) == [0]
    delete(program, f"{JOB}/{job_id}")
    other = submit(program, "1,2,3,3")
    do(other)
    assert list_credits(program) == [3, 0]


def list_credits(program: Program) -> list[int]:
    return [job["creditsConsumed"] for job in program.get(LIST, **JSON).json()["bulkJobs"]]


def test_iv_o7_cancel_only_while_accepted(program: Program, do: Do) -> None:
    job_id = submit(program)
    assert delete(program, f"{JOB}/{job_id}").status_code == 200
    assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")
    for state in ("failed", "completed"):
        job_id = submit(program)
        begin(job_id)
        end(job_id, state)
        assert refusal(delete(program, f"{JOB}/{job_id}")) == (400, "400-203")


def test_iv_o8_results_as_a_file(program: Program, do: Do) -> None:
    job_id = submit(program)
    path = f"{JOB}/{job_id}/results"
    for accept in ("text/csv", "application/json", "*/*"):
        assert refusal(program.get(path, Accept=accept)) == (400, "400-204")
    do(job_id)
    reply = program.get(path, Accept="text/csv")
    assert reply["Content-Type"] == "text/csv; charset=utf-8"
    assert reply["Content-Disposition"] == f'attachment; filename="contacts_{job_id}.csv"'
    assert reply["Content-Length"] == str(len(bytes_of(reply)))


def test_iv_o8_link_needs_no_token_and_lasts_a_day(
    program: Program, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit(program)
    do(job_id)
    link = link_of(program, job_id)
    anyone = program.client
    assert bytes_of(anyone.get(link)).startswith(COLUMNS.encode())
    part = anyone.get(link, headers={"Range": "bytes=0-8"})
    assert bytes_of(part) == b"contactId"
    now = clock.now()
    monkeypatch.setattr("contacthub.core.clock.now", lambda: now + dt.timedelta(hours=25))
    assert refusal(anyone.get(link)) == (401, "401-1")


def link_of(program: Program, job_id: str) -> str:
    url = urlsplit(program.get(f"{JOB}/{job_id}/results", **JSON).json()["resultsUrl"])
    assert url.netloc == "127.0.0.1:8000"
    return f"{url.path}?{url.query}"


def test_iv_o8_link_holds_for_one_file_and_one_key(
    program: Program, do: Do, acme: Organization, acme_key: str
) -> None:
    ids = [submit(program) for _ in range(2)]
    for job_id in ids:
        do(job_id)
    link = link_of(program, ids[0])
    anyone = program.client
    path, _, query = link.partition("?")
    assert refusal(anyone.get(link.replace(ids[0], ids[1]))) == (401, "401-1")
    assert refusal(anyone.get(path)) == (401, "401-1")
    for place in range(len("signature="), len(query), 7):
        digit = "A" if query[place] != "A" else "B"
        tampered = query[:place] + digit + query[place + 1 :]
        assert refusal(anyone.get(f"{path}?{tampered}")) == (401, "401-1")
    signature = query.removeprefix("signature=").replace("%3A", ":")
    assert refusal(Program(by_token, signature).get(LIST)) == (401, "401-1")
    token = ask_token(program, acme_key, TOKEN + ".json").json()["accessTokenDetails"]
    assert refusal(anyone.get(path, {"signature": token["accessToken"]})) == (401, "401-1")
    revoke_key(organization=acme, actor=PROGRAM, public_id=acme_key[10:20])
    assert refusal(anyone.get(link)) == (401, "401-1")


def test_iv_o8_result_that_is_not_kept(program: Program, do: Do) -> None:
    job_id = submit(program)
    do(job_id)
    link = link_of(program, job_id)
    Result.objects.update(expires_at=clock.now())
    for accept in ("text/csv", "application/json"):
        reply = program.get(f"{JOB}/{job_id}/results", Accept=accept)
        assert refusal(reply) == (410, "410-1")
    assert refusal(program.client.get(link)) == (410, "410-1")


def test_iv_o9_o10_rows(program: Program, do: Do) -> None:
    make_contacts(2, email="=cmd@x.example", phone="+4722", email_status="catch_all")
    job_id = submit(program, "2,99,1")
    do(job_id)
    header, *rows = rows_of(program, job_id)
    assert ",".join(header) == COLUMNS
    assert [row[:2] for row in rows] == [["2", "Found"], ["99", "NotFound"], ["1", "Found"]]
    assert rows[1][2:] == [""] * 17
    assert (rows[0][10], rows[0][11], rows[0][13]) == ("=cmd@x.example", "ValidDomain", "+4722")


def test_iv_o11_webhook_for_each_ending(program: Program, do: Do) -> None:
    query = "?" + urlencode({"webhook": "https://93.184.215.14/a?b=c&d"})
    finished, aborted, failed = submit(program, "1", query), submit(program, "1,2", query), ""
    do(finished)
    delete(program, f"{JOB}/{aborted}")
    failed = submit(program, "1,2,3", query)
    begin(failed)
    Job.objects.filter(contact_job__public_id=failed).update(
        attempts=99, lease_until=clock.now() - dt.timedelta(seconds=9)
    )
    assert do(failed).phase == "failed"
    sent = WebhookDelivery.objects.order_by("created_at")
    assert [json.loads(bytes(each.content)) for each in sent] == [
        {"jobId": finished, "status": "finished", "type": "contact", "totalProcessed": 1},
        {"jobId": aborted, "status": "aborted", "type": "contact", "totalProcessed": 0},
        {"jobId": failed, "status": "failed", "type": "contact", "totalProcessed": 0},
    ]
    assert {each.url for each in sent} == {"https://93.184.215.14/a?b=c&d"}
    assert [each.subject for each in sent] == [finished, aborted, failed]


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "//host.example/",
        "ftp://host.example/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://user:pw@host.example/",
        "http://host.example:22/",
        "http://host.example/\r\nX: y",
        "http://" + "a" * 5000,
        "http://host.example/\x00",
    ],
)
def test_iv_o11_webhook_to_nowhere_is_refused(program: Program, url: str) -> None:
    reply = send(program, query="?" + urlencode({"webhook": url}))
    assert refusal(reply) == (400, "400-205")
    assert not ContactJob.objects.exists()


# --- And ------------------------------------------------------------------------------------------


def test_request_sent_again_makes_one_job(program: Program, acme: Organization) -> None:
    limit(acme, 10)
    headers = {"Idempotency-Key": "k1"}
    first, again = send(program, **headers), send(program, **headers)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert refusal(send(program, "9", **headers)) == (422, "422-1")
    assert queries.get_account(organization=acme).held == 2


def test_body_over_the_size(program: Program) -> None:
    assert refusal(send(program, b"1," * 600_000)) == (413, "413-1")


def test_downloads_are_recorded(program: Program, do: Do) -> None:
    job_id = submit(program)
    do(job_id)
    rows_of(program, job_id)
    program.client.get(link_of(program, job_id))
    events = AuditEvent.objects.filter(action="Downloaded contact job")
    assert [event.actor_name for event in events] == ["Key “Tests”"] * 2


def test_extracts_are_not_details(program: Program, acme: Organization) -> None:
    from tests.contact_jobs.builders import extract

    made = extract(acme)
    assert refusal(program.get(f"{JOB}/{made.public_id}")) == (404, "404-12")
    assert program.get(LIST, **JSON).json() == {"bulkJobs": []}


def test_query_with_a_nul_is_refused_in_shape(program: Program) -> None:
    for path in (f"{JOB}/x/results/file?a=%00", f"{JOB}?webhook=%00", f"{LIST}?page=%00"):
        method = program.post if path.startswith(f"{JOB}?") else program.get
        assert refusal(method(path)) in ((400, "400-103"), (400, "400-107"), (415, "415-1"))
