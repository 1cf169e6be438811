"""Backstory's contract, line by line."""

import base64
import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from contacthub.contact_jobs import actions, queries
from contacthub.contact_jobs.models import ContactJob
from contacthub.core import clock
from contacthub.jobs import sql as job_sql
from contacthub.jobs.actions import expire_results
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import AuditEvent, Organization
from tests.api.backstory.conftest import JOBS, MARCH, by_bearer
from tests.api.conftest import Program, make_key
from tests.contact_jobs.builders import PROGRAM, START, make_contact, make_contacts

pytestmark = pytest.mark.django_db

Do = Callable[[dict[str, Any]], ContactJob]
COLUMNS = [
    "first_name", "last_name", "email", "phone", "job_title", "department", "seniority", "country", "state",
    "account_name", "account_type", "account_domain", "account_crm_id", "source_peopleai_id", "response_activity_id",
    "source_email", "from_cc", "total_inbound", "total_inbound_30d", "total_outbound", "total_outbound_30d",
    "total_meetings", "total_meetings_30d", "total_time_spent", "total_time_spent_30d",
]  # fmt: skip
FIELDS = [
    "job_id", "state", "output_format", "job_created_time", "job_start_time", "job_end_time", "results_size",
    "fragments",
]  # fmt: skip
TOKENS = "/auth/v1/tokens"
FORM = "application/x-www-form-urlencoded"


def create(program: Program, **changes: Any) -> dict[str, Any]:
    reply = program.post(JOBS, MARCH | changes)
    assert reply.status_code == 200, reply.content
    return dict(reply.json())


def refusal(reply: HttpResponse) -> tuple[int, str]:
    body = reply.json()
    # The second is in the errors of the token endpoint alone.
    assert [name for name in body if name != "error_description"] == ["error", "message"]
    assert body["message"]
    assert reply["Content-Type"] == "application/json"
    return reply.status_code, body["error"]


def bytes_of(reply: Any) -> bytes:
    assert reply.status_code in (200, 206), reply.content
    return b"".join(reply) if isinstance(reply, StreamingHttpResponse) else bytes(reply.content)


def names(program: Program, do: Do, **changes: Any) -> list[str]:
    """Return the last names that an extract has."""
    made = create(program, output_format="JSON", **changes)
    do(made)
    rows = json.loads(bytes_of(program.get(f"{JOBS}/{made['job_id']}/data")))
    return [row["last_name"] for row in rows]


def set_state(job_id: str, **changes: Any) -> None:
    Job.objects.filter(contact_job__public_id=job_id).update(**changes)


# --- Creating -------------------------------------------------------------------------------------


def test_pa_01_job_then_file(program: Program, do: Do) -> None:
    make_contacts(3)
    made = create(program)
    assert made["state"] == "Queued"
    do(made)
    assert program.get(f"{JOBS}/{made['job_id']}").json()["state"] == "Completed"
    rows = bytes_of(program.get(f"{JOBS}/{made['job_id']}/data")).splitlines()
    assert len(rows) == 4


def test_pa_02_contacts_in_the_crm_and_candidates_are_both_contacts(
    program: Program, do: Do
) -> None:
    make_contact(1, last_name="crm", is_in_crm=True)
    make_contact(2, last_name="candidate")
    assert names(program, do) == ["crm", "candidate"]


def test_pa_10_include_historical(program: Program, do: Do) -> None:
    make_contact(1, last_name="unmatched")
    make_contact(2, last_name="matched", has_account=True)
    assert names(program, do, include_historical=True) == ["unmatched", "matched"]
    assert names(program, do, include_historical=False) == ["matched"]


def test_pa_11_include_existing(program: Program, do: Do) -> None:
    make_contact(1, last_name="existing", is_in_crm=True)
    make_contact(2, last_name="new")
    assert names(program, do, include_existing=True) == ["existing", "new"]
    assert names(program, do, include_existing=False) == ["new"]


def test_pa_12_output_formats(program: Program, do: Do) -> None:
    make_contacts(1)
    for name, kind in (("CSV", "text/csv; charset=utf-8"), ("JSON", "application/json")):
        made = create(program, output_format=name)
        assert made["output_format"] == name
        do(made)
        assert program.get(f"{JOBS}/{made['job_id']}/data")["Content-Type"] == kind


def test_pa_13_14_days_are_whole_and_in_utc(program: Program, do: Do) -> None:
    instant = dt.timedelta(microseconds=1)
    day = dt.timedelta(days=1)
    for n, moment in enumerate([START - instant, START, START + day - instant, START + day]):
        make_contact(n, last_name=str(n), created_at=moment)
    assert names(program, do, end_date="2026-03-01") == ["1", "2"]


def test_pa_15_is_sourced_by_people_ai(program: Program, do: Do) -> None:
    make_contact(1, last_name="theirs", is_sourced_by_people_ai=True)
    make_contact(2, last_name="others")
    assert names(program, do, is_sourced_by_people_ai=True) == ["theirs"]
    assert names(program, do, is_sourced_by_people_ai=False) == ["theirs", "others"]


def test_pa_16_17_country_and_state(program: Program, do: Do) -> None:
    make_contact(1, last_name="a", country="United States", state="New York")
    make_contact(2, last_name="b", country="United States", state="Ohio")
    make_contact(3, last_name="c", country="Norway")
    assert names(program, do, country="United States") == ["a", "b"]
    assert names(program, do, country="us") == names(program, do, country="U.S.A.") == ["a", "b"]
    assert names(program, do, state="New York") == ["a"]
    assert names(program, do, country="Norway", state="Ohio") == []
    assert names(program, do, country=None, state=None) == ["a", "b", "c"]


def test_pa_20_reply_of_a_new_job(program: Program) -> None:
    made = create(program)
    assert list(made) == FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["job_created_time"])
    assert (made["state"], made["output_format"]) == ("Queued", "CSV")


def test_pa_20_every_state_has_its_word(program: Program, do: Do) -> None:
    now = clock.now()
    job_id = create(program)["job_id"]
    path = f"{JOBS}/{job_id}"
    assert program.get(path).json()["state"] == "Queued"
    set_state(job_id, state="running", lease_until=now, started_at=now)
    assert program.get(path).json()["state"] == "Running"
    set_state(job_id, state="queued", lease_until=None)
    assert program.get(path).json()["state"] == "Running"
    for state, word in (("failed", "Failed"), ("cancelled", "Canceled")):
        set_state(job_id, state=state, finished_at=now)
        assert program.get(path).json()["state"] == word
    assert create(program)["state"] == "Queued"
    made = create(program)
    do(made)
    assert program.get(f"{JOBS}/{made['job_id']}").json()["state"] == "Completed"


def test_pa_21_end_is_of_any_kind(program: Program, acme: Organization) -> None:
    made = create(program)
    assert made["job_end_time"] is None
    actions.cancel(organization=acme, actor=PROGRAM, public_id=made["job_id"])
    ended = program.get(f"{JOBS}/{made['job_id']}").json()
    assert ended["state"] == "Canceled"
    assert ended["job_end_time"] >= ended["job_created_time"]
    assert (ended["job_start_time"], ended["results_size"], ended["fragments"]) == (None,) * 3


def test_pa_30_status_is_what_creating_said(program: Program) -> None:
    made = create(program)
    assert program.get(f"{JOBS}/{made['job_id']}").json() == made


# --- Data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["CSV", "JSON"])
def test_pa_31_fragment_is_zero_based_and_stitched_without(
    program: Program, do: Do, settings: Any, output_format: str
) -> None:
    settings.BACKSTORY_FRAGMENT_ROWS = 3
    make_contacts(8)
    made = create(program, output_format=output_format)
    do(made)
    path = f"{JOBS}/{made['job_id']}"
    count = program.get(path).json()["fragments"]
    assert count == 3
    parts = [bytes_of(program.get(f"{path}/data", {"fragment": n})) for n in range(count)]
    whole = bytes_of(program.get(f"{path}/data"))
    assert len(whole) == program.get(path).json()["results_size"]
    assert [len(rows_of(part)) for part in parts] == [3, 3, 2]
    assert [row for part in parts for row in rows_of(part)] == rows_of(whole)


def rows_of(data: bytes) -> list[Any]:
    if data[:1] == b"[":
        return list(json.loads(data))
    header, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    assert header == COLUMNS
    return rows


def test_pa_f1_f2_paths(program: Program, do: Do) -> None:
    made = create(program)
    do(made)
    assert program.get(f"/pull/v1/export/contacts/jobs/{made['job_id']}").status_code == 200
    data = program.get(f"/pull/v1/export/contacts/jobs/{made['job_id']}/data?fragment=0")
    assert data.status_code == 200


def test_pa_f4_two_run_and_ten_are_queued(program: Program, acme: Organization) -> None:
    made = [create(program) for _ in range(10)]
    assert refusal(program.post(JOBS, MARCH)) == (429, "too_many_jobs")
    jobs = [queries.get_contact_job(organization=acme, public_id=reply["job_id"]) for reply in made]
    tokens = [job_sql.claim(job_id=job.job_id, lease_seconds=9, share=99) for job in jobs[:3]]
    assert tokens == [1, 1, None]
    create(program), create(program)
    assert refusal(program.post(JOBS, MARCH)) == (429, "too_many_jobs")


def test_pa_f4_files_are_kept_ten_days(program: Program, do: Do) -> None:
    made = create(program)
    do(made)
    path = f"{JOBS}/{made['job_id']}"
    job = Job.objects.get(contact_job__public_id=made["job_id"])
    assert job.finished_at
    kept = Result.objects.get().expires_at - job.finished_at
    assert abs(kept - dt.timedelta(days=10)) < dt.timedelta(seconds=5)
    Result.objects.update(expires_at=clock.now())
    before = program.get(path).json()
    for _ in range(2):
        assert refusal(program.get(f"{path}/data")) == (410, "results_expired")
        assert refusal(program.get(f"{path}/data?fragment=0")) == (410, "results_expired")
        assert program.get(path).json() == before
        expire_results()


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_pa_f4_other_methods_are_not_found(program: Program, method: str) -> None:
    made = create(program)
    for path in (JOBS, f"{JOBS}/{made['job_id']}", f"{JOBS}/{made['job_id']}/data", TOKENS):
        reply = program.client.generic(method, path, headers=program.headers)
        assert reply.status_code == 404
        assert method == "HEAD" or refusal(reply) == (404, "not_found")
    assert refusal(program.get(JOBS)) == (404, "not_found")
    assert refusal(program.post(f"{JOBS}/{made['job_id']}")) == (404, "not_found")
    assert refusal(program.get(TOKENS)) == (404, "not_found")


def test_pa_f5_success_is_200(program: Program) -> None:
    assert program.post(JOBS, MARCH).status_code == 200


def test_pa_f6_columns_in_their_order(program: Program, do: Do) -> None:
    make_contacts(1)
    for output_format in ("CSV", "JSON"):
        made = create(program, output_format=output_format)
        do(made)
        data = bytes_of(program.get(f"{JOBS}/{made['job_id']}/data"))
        if output_format == "CSV":
            assert data.split(b"\r\n")[0].decode() == ",".join(COLUMNS)
        else:
            assert list(json.loads(data)[0]) == COLUMNS


def test_pa_f7_json_is_one_document(program: Program, do: Do) -> None:
    make_contacts(2)
    made = create(program, output_format="JSON")
    do(made)
    assert isinstance(json.loads(bytes_of(program.get(f"{JOBS}/{made['job_id']}/data"))), list)


# --- Tokens ---------------------------------------------------------------------------------------


def ask_token(program: Program, **fields: str) -> HttpResponse:
    return program.client.post(TOKENS, fields)


def form(program: Program, key: str, **changes: str | None) -> HttpResponse:
    fields = {
        "grant_type": "client_credentials",
        "client_id": key[10:20],
        "client_secret": key,
        **changes,
    }
    body = urlencode({name: value for name, value in fields.items() if value is not None})
    return program.client.post(TOKENS, body, content_type=FORM)


def test_pa_f3_token_works_for_two_hours(
    program: Program, acme_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = form(program, acme_key)
    assert reply.status_code == 200, reply.content
    body = reply.json()
    assert list(body) == ["access_token", "token_type", "expires_in"]
    assert (body["token_type"], body["expires_in"]) == ("bearer", 7200)
    other = form(program, acme_key).json()["access_token"]
    with_token = Program(by_bearer, body["access_token"])
    made = create(with_token)
    assert Program(by_bearer, other).get(f"{JOBS}/{made['job_id']}").json() == made
    later = clock.now() + dt.timedelta(seconds=7201)
    monkeypatch.setattr("contacthub.core.clock.now", lambda: later)
    assert refusal(with_token.get(f"{JOBS}/{made['job_id']}")) == (401, "unauthorized")


def test_pa_f3_token_ends_with_its_key(program: Program, acme: Organization) -> None:
    _, key = make_key(acme, expires_at=clock.now() + dt.timedelta(seconds=100))
    assert 90 <= form(program, key).json()["expires_in"] <= 100


def basic(client_id: str, secret: str) -> dict[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def test_token_for_a_client_in_basic(program: Program, acme_key: str, globex_key: str) -> None:
    """As most libraries for OAuth send it (RFC 6749 §2.3.1)."""

    def ask(headers: dict[str, str], **fields: str) -> HttpResponse:
        body = urlencode({"grant_type": "client_credentials", **fields})
        return program.client.post(TOKENS, body, content_type=FORM, headers=headers)

    right = basic(acme_key[10:20], acme_key)
    token = ask(right).json()["access_token"]
    assert create(Program(by_bearer, token))
    assert ask(right, client_id=acme_key[10:20]).status_code == 200
    wrong = basic(acme_key[10:20], globex_key)
    refused = ask(wrong)
    assert refusal(refused) == (401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic")
    assert refusal(ask(basic("", ""))) == (400, "invalid_request")
    assert refusal(ask(right, client_id="another")) == (400, "invalid_request")
    assert refusal(ask(right, client_secret=globex_key)) == (400, "invalid_request")
    for nonsense in ("Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer x"):
        assert refusal(ask({"Authorization": nonsense})) == (400, "invalid_request"), nonsense


def test_token_errors_have_a_description(program: Program, acme_key: str) -> None:
    """RFC 6749 §5.2. Elsewhere errors are the vendor's alone."""
    bad = form(program, acme_key, grant_type="password").json()
    assert list(bad) == ["error", "error_description", "message"]
    assert bad["error_description"] == bad["message"]
    assert list(form(program, acme_key, client_secret="x").json()) == list(bad)
    assert list(program.get(f"{JOBS}/nowhere").json()) == ["error", "message"]


def test_pa_o2_token_of_a_wrong_client(program: Program, acme_key: str, globex_key: str) -> None:
    wrong = [
        {"client_id": globex_key[10:20]},
        {"client_id": "é"},
        {"client_secret": globex_key},
        {"client_secret": acme_key[:-1] + ("0" if acme_key[-1] != "0" else "1")},
        {"client_secret": "x" * 5000},
        {"client_secret": acme_key + " "},
    ]
    for changes in wrong:
        assert refusal(form(program, acme_key, **changes)) == (401, "invalid_client"), changes


def test_pa_o2_token_of_a_bad_request(program: Program, acme_key: str) -> None:
    for name in ("grant_type", "client_id", "client_secret"):
        assert refusal(form(program, acme_key, **{name: None})) == (400, "invalid_request")
        assert refusal(form(program, acme_key, **{name: ""})) == (400, "invalid_request")
    bad = form(program, acme_key, grant_type="password")
    assert refusal(bad) == (400, "unsupported_grant_type")
    as_json = program.client.post(
        TOKENS, {"grant_type": "client_credentials"}, content_type="application/json"
    )
    assert refusal(as_json) == (400, "invalid_request")
    twice = program.client.post(
        TOKENS, f"grant_type=client_credentials&client_id=a&client_id=b&client_secret={acme_key}",
        content_type=FORM,
    )  # fmt: skip
    assert refusal(twice) == (400, "invalid_request")


def test_token_is_for_this_protocol_alone(
    program: Program, acme: Organization, acme_key: str
) -> None:
    token = form(program, acme_key).json()["access_token"]
    reply = program.client.get("/v1/contacts", headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 401
    _, other = make_key(acme, "letrics")
    assert refusal(form(program, other)) == (403, "forbidden")


# --- Our choice -----------------------------------------------------------------------------------


def test_pa_o1_defaults(program: Program, do: Do, acme: Organization) -> None:
    reply = program.post(JOBS, {"start_date": "2026-03-01", "end_date": "2026-03-31"})
    assert reply.json()["output_format"] == "CSV"
    saved = ContactJob.objects.get(public_id=reply.json()["job_id"]).conditions
    assert saved == {
        "start_on": "2026-03-01",
        "end_on": "2026-03-31",
        "include_historical": False,
        "include_existing": False,
        "is_sourced_by_people_ai": False,
        "country": None,
        "state": None,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"start_date": None},
        {"end_date": None},
        {"start_date": "2026-3-1"},
        {"start_date": "2026/03/01"},
        {"start_date": "20260301"},
        {"start_date": "2026-W10-1"},
        {"start_date": "2026-02-30"},
        {"start_date": "2026-03-01T00:00:00Z"},
        {"start_date": " 2026-03-01"},
        {"start_date": "２０２６-03-01"},
        {"start_date": 20260301},
        {"start_date": "0000-01-01"},
        {"start_date": "2026-04-01"},
        {"start_date": "2025-03-29"},
        {"output_format": "csv"},
        {"output_format": "Json"},
        {"output_format": "XML"},
        {"output_format": None},
        {"include_historical": "true"},
        {"include_existing": 1},
        {"is_sourced_by_people_ai": None},
        {"country": 7},
        {"country": "Narnia"},
        {"country": "ß"},
        {"country": ["Norway"]},
        {"country": "x" * 201},
        {"state": {"a": 1}},
    ],
)
def test_pa_o1_values_that_cannot_be_used(program: Program, changes: dict[str, Any]) -> None:
    assert refusal(program.post(JOBS, MARCH | changes)) == (400, "invalid_request")
    assert not ContactJob.objects.exists()


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_pa_o1_dates_are_required(program: Program, name: str) -> None:
    body = {key: value for key, value in MARCH.items() if key != name}
    assert refusal(program.post(JOBS, body)) == (400, "invalid_request")


def test_pa_o1_range_is_a_year(program: Program) -> None:
    assert program.post(JOBS, MARCH | {"start_date": "2025-03-30"}).status_code == 200
    assert program.post(JOBS, MARCH | {"start_date": "2026-03-31"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"start_date": NaN}', b'{"country": "\\u0000"}', b"[" * 100_000,
     b'{"country": "\\ud800"}', b'{"state": "a", "state": "b"}', b'{"x": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_pa_o2_bodies_that_are_no_request(program: Program, body: bytes) -> None:
    assert refusal(program.post(JOBS, body)) == (400, "invalid_request")


def test_pa_o2_unauthorized(program: Program, acme_key: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {acme_key}"},
        {"X-API-Key": acme_key},
        {"Authorization": f"Bearer {acme_key}x"},
        {"Authorization": "Bearer chub_token_x"},
    ):
        reply = program.client.post(JOBS, MARCH, content_type="application/json", headers=headers)
        assert refusal(reply) == (401, "unauthorized")


def test_pa_o2_not_found(program: Program, stranger: Program, do: Do) -> None:
    made = create(program)
    do(made)
    job_id = made["job_id"]
    assert program.get(f"{JOBS}/{job_id}").status_code == 200
    for end in ("", "/data", "/data?fragment=0"):
        foreign = stranger.get(f"{JOBS}/{job_id}{end}")
        unknown = stranger.get(f"{JOBS}/{UUID(int=7)}{end}")
        assert refusal(foreign) == (404, "not_found")
        assert foreign.content == unknown.content
    for path in ("/pull/v1/nothing", "/pull/", f"{JOBS}/", f"{JOBS}/%00", f"{JOBS}/{job_id}/x"):
        assert refusal(program.get(path)) == (404, "not_found")


def test_pa_o2_data_before_it_is_complete(program: Program) -> None:
    made = create(program)
    path, now = f"{JOBS}/{made['job_id']}/data", clock.now()
    for changes in (
        {},
        {"state": "running", "lease_until": now, "started_at": now},
        {"state": "cancelled", "lease_until": None, "finished_at": now},
        {"state": "failed"},
    ):
        set_state(made["job_id"], **changes)
        assert refusal(program.get(path)) == (409, "job_not_completed")
        assert refusal(program.get(path + "?fragment=77")) == (409, "job_not_completed")


@pytest.mark.parametrize(
    "fragment", ["1", "-1", "a", "", "0x1", "1.0", "+0", "１", "9" * 30, " 0", "0,0"]
)
def test_pa_o2_fragment_that_is_not_there(program: Program, do: Do, fragment: str) -> None:
    made = create(program)
    do(made)
    reply = program.get(f"{JOBS}/{made['job_id']}/data", {"fragment": fragment})
    assert refusal(reply) == (400, "invalid_fragment")


def test_pa_o3_cancelling_is_not_for_programs(program: Program) -> None:
    made = create(program)
    reply = program.client.delete(f"{JOBS}/{made['job_id']}", headers=program.headers)
    assert refusal(reply) == (404, "not_found")
    assert program.get(f"{JOBS}/{made['job_id']}").json()["state"] == "Queued"


def test_pa_o4_unknown_is_null_and_size_is_of_the_stitched_file(program: Program, do: Do) -> None:
    made = create(program)
    assert [made[name] for name in FIELDS[4:]] == [None] * 4
    do(made)
    ended = program.get(f"{JOBS}/{made['job_id']}").json()
    assert ended["fragments"] == 1
    assert ended["results_size"] == len(bytes_of(program.get(f"{JOBS}/{made['job_id']}/data")))
    # The database's clock stands still within a test: it says when work began, Python's when it was requested.
    assert ended["job_created_time"] == made["job_created_time"]
    assert ended["job_start_time"] <= ended["job_end_time"]


def test_pa_o5_csv_and_json_values(program: Program, do: Do) -> None:
    make_contact(
        1,
        first_name='A "b", c',
        last_name="=1+1",
        phone="+4722",
        crm={"from_cc": True, "total_inbound": 3},
    )
    made = create(program)
    do(made)
    data = bytes_of(program.get(f"{JOBS}/{made['job_id']}/data"))
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == 2
    assert b'"A ""b"", c",=1+1,,+4722,' in data
    assert data.rstrip().endswith(b",true,3,,,,,,,")
    made = create(program, output_format="JSON")
    do(made)
    row = json.loads(bytes_of(program.get(f"{JOBS}/{made['job_id']}/data")))[0]
    assert (row["from_cc"], row["total_inbound"], row["email"]) == (True, 3, None)


def test_pa_o6_fragments_have_ten_thousand_rows(program: Program, settings: Any) -> None:
    assert settings.BACKSTORY_FRAGMENT_ROWS == 10_000
    made = create(program)
    assert ContactJob.objects.get(public_id=made["job_id"]).fragment_rows == 10_000


def test_pa_o6_result_stays_as_it_is(program: Program, do: Do) -> None:
    make_contacts(2)
    made = create(program)
    do(made)
    path = f"{JOBS}/{made['job_id']}/data"
    before = bytes_of(program.get(path))
    make_contact(9)
    assert bytes_of(program.get(path)) == before


def test_pa_o7_window_and_places(program: Program, do: Do) -> None:
    make_contact(1, last_name="a", country="united STATES")
    make_contact(2, last_name="b", has_opportunity=True, country="UNITED states")
    assert names(program, do, country="United States") == ["a", "b"]
    assert names(program, do, include_historical=False) == ["b"]


def test_pa_o8_job_id_is_a_uuid_as_text(program: Program) -> None:
    job_id = create(program)["job_id"]
    assert str(UUID(job_id)) == job_id


# --- Files ----------------------------------------------------------------------------------------


def test_whole_file_can_be_resumed(program: Program, do: Do) -> None:
    make_contacts(50)
    made = create(program)
    do(made)
    path = f"{JOBS}/{made['job_id']}/data"
    first = program.get(path)
    whole = bytes_of(first)
    assert first["Content-Length"] == str(len(whole))
    part = program.get(path, Range="bytes=100-", **{"If-Range": first["ETag"]})
    assert (part.status_code, bytes_of(part)) == (206, whole[100:])
    assert part["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert bytes_of(program.get(path, Range="bytes=100-", **{"If-Range": '"x"'})) == whole
    beyond = program.get(path, Range=f"bytes={len(whole)}-")
    assert refusal(beyond) == (416, "range_not_satisfiable")
    assert beyond["Content-Range"] == f"bytes */{len(whole)}"


def test_downloads_are_recorded(program: Program, do: Do) -> None:
    make_contacts(2)
    made = create(program)
    do(made)
    size = len(bytes_of(program.get(f"{JOBS}/{made['job_id']}/data")))
    program.get(f"{JOBS}/{made['job_id']}/data?fragment=0")
    events = AuditEvent.objects.filter(action="Downloaded contact job")
    assert [event.detail for event in events] == [f"{size:,} bytes"] * 2
    assert all(event.has_personal_data for event in events)


def test_request_sent_again_makes_one_job(program: Program) -> None:
    first = program.post(JOBS, MARCH, **{"Idempotency-Key": "k1"})
    again = program.post(JOBS, MARCH, **{"Idempotency-Key": "k1"})
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    other = program.post(JOBS, MARCH | {"country": "Norway"}, **{"Idempotency-Key": "k1"})
    assert refusal(other) == (422, "idempotency_key_reused")
    assert ContactJob.objects.count() == 1


def test_scopes(acme: Organization) -> None:
    reader = Program(by_bearer, make_key(acme, "backstory:read")[1])
    assert refusal(reader.post(JOBS, MARCH)) == (403, "forbidden")
    assert refusal(reader.get(f"{JOBS}/{UUID(int=7)}")) == (404, "not_found")
    other = Program(by_bearer, make_key(acme, "letrics")[1])
    assert refusal(other.get(f"{JOBS}/{UUID(int=7)}")) == (403, "forbidden")


def test_body_of_another_type_and_size(program: Program) -> None:
    assert refusal(program.post(JOBS, MARCH, content_type="text/plain")) == (
        415,
        "unsupported_media_type",
    )
    assert refusal(program.post(JOBS, b" " * 1_100_000)) == (413, "payload_too_large")
