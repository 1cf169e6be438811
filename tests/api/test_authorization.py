"""Which key may call what, on all five protocols. Every call has a row in CALLS; a call without one fails the build.

To add calls: one line a call in CALLS, `"METHOD path"` as the protocol's document writes it, with a `Row`: the verb
that a key's scope needs (`READ`, `WRITE`, or `OPEN` for a call that takes no key), and what is sent. `$name` in query
and body, and `{name}` in the path, stand for an id of acme's, see the fixture `ids`; add to it what your calls need,
with "Canary" in every text that is acme's alone. A call that names such an id must look to globex exactly as with an
id of nothing; one that names none must answer 200 (or what `foreign` says), without a canary. Neither may change
anything.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from contacthub.api.protocols import APIS
from contacthub.contact_jobs import queries as job_queries
from contacthub.core import clock
from contacthub.credentials import actions as keys
from contacthub.credentials.models import ApiKey
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization
from tests.api.conftest import Program, make_key
from tests.contact_jobs.builders import run
from tests.contacts.files import take_in
from tests.exports.builders import make_export, run_search
from tests.feeds.builders import fill_days
from tests.writes import count_writes, undone

pytestmark = pytest.mark.django_db

READ, WRITE, OPEN = "read", "write", "open"
# How a key travels.
HEADERS = {name: entry.key_header for name, entry in PROTOCOLS.items()}
# How a protocol writes a scope that is missing: InsideView has no 403.
FORBIDDEN = {"insideview": 405}
CANARIES = (b"Canary", b"canary")
NUMBER, CONTACT = 7_000_001, "id_00000000000000ff"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Row:
    """What a call needs, and what is sent."""

    needs: str
    body: Any = None
    query: str = ""
    content_type: str = "application/json"
    # The status that another organization gets; None: that of an unknown id, 200 where there is no id.
    foreign: int | None = None


WINDOW = {"feed_id": "$feed_id", "lookback_days": 7}
BACKSTORY, INSIDEVIEW = "/pull/v1/export/contacts/jobs", "/api/v1/contact/job"
EXTRACT = {
    "start_date": "$today",
    "end_date": "$today",
    "include_existing": True,
    "include_historical": True,
}
CREDENTIALS = "client_id=x&client_secret=y&grant_type=client_credentials"
CALLS: dict[str, dict[str, Row]] = {
    "contactbased": {
        "POST /intent/feeds/preview": Row(READ, WINDOW),
        "POST /intent/feeds/search": Row(WRITE, WINDOW),
        "GET /intent/feeds/jobs": Row(READ, query="feed_id=$feed_id"),
        "POST /intent/feeds/exports": Row(WRITE, {"job_id": "$search_id"}),
        "POST /intent/feeds/exports/page": Row(READ, {"export_id": "$export_id", "page": 1}),
        "POST /intent/feeds/exports/get": Row(READ, {"export_id": "$export_id"}),
        "POST /intent/feeds/exports/list": Row(READ, {"job_id": "$search_id"}),
        "GET /organization/feeds": Row(READ),
        "GET /enrich/contacts/{contact_id}": Row(READ),
        "GET /enrich/contacts/{contact_id}/pii": Row(READ),
        "GET /enrich/contacts/{contact_id}/emails": Row(READ),
        "GET /enrich/contacts/{contact_id}/phones": Row(READ),
        "POST /enrich/contacts/batch": Row(READ, {"contact_ids": ["$contact_id"]}),
    },
    "letrics": {
        "POST /api/contacts": Row(READ, {}),
        "GET /api/contacts": Row(READ),
        "POST /api/companies": Row(READ, {}),
        "GET /api/companies": Row(READ),
    },
    "richutilities": {
        "GET /v1/contacts": Row(READ, query="exclude_stale=false&exclude_speculative=false"),
    },
    "backstory": {
        "POST /auth/v1/tokens": Row(OPEN, CREDENTIALS, content_type=FORM, foreign=401),
        f"POST {BACKSTORY}": Row(WRITE, EXTRACT),
        f"GET {BACKSTORY}/{{job_id}}": Row(READ),
        f"GET {BACKSTORY}/{{job_id}}/data": Row(READ),
    },
    "insideview": {
        "POST /Auth/login/v1/token": Row(OPEN, CREDENTIALS, content_type=FORM, foreign=400),
        "POST /Auth/login/v1/token.json": Row(OPEN, CREDENTIALS, content_type=FORM, foreign=400),
        f"POST {INSIDEVIEW}": Row(WRITE, "$number", content_type="text/plain"),
        f"GET {INSIDEVIEW}/{{jobId}}": Row(READ),
        f"DELETE {INSIDEVIEW}/{{jobId}}": Row(WRITE),
        f"GET {INSIDEVIEW}/{{jobId}}/results": Row(READ),
        f"GET {INSIDEVIEW}/{{jobId}}/results/file": Row(OPEN, query="signature=x", foreign=401),
        "GET /api/v1/admin/jobs": Row(READ),
    },
}
# The use of a key is noted; what a rate or an answer keeps is no change.
QUIET = ("credentials_apikey", "contacthub_cache")
every_protocol = pytest.mark.parametrize("protocol", list(APIS))


def keyed(protocol: str) -> dict[str, Row]:
    """Return the calls that take a key."""
    return {call: row for call, row in CALLS[protocol].items() if row.needs != OPEN}


def routes(protocol: str) -> set[str]:
    """Return the calls that a protocol answers, read from its routes and not from its document."""
    found = set()
    for prefix, router in APIS[protocol]._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                found |= {f"{method} {prefix}{path}" for method in operation.methods}
    return found


@pytest.mark.parametrize("protocol", list(APIS))
def test_every_call_has_a_row(protocol: str) -> None:
    rows = {_shape(call) for call in CALLS[protocol]}
    assert {_shape(call) for call in routes(protocol)} == rows


def _shape(call: str) -> str:
    return re.sub(r"{[^}]*}", "{}", call)


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring nobody: jobs are done here or not at all."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def ids(
    acme: Organization, acme_key: str, grant: FeedGrant, tmp_path: Path, today: dt.date
) -> dict[str, Any]:
    """One thing of every kind that belongs to acme, each with a text that nobody else may read."""
    actor = Actor(name="Canary")
    grant.feed.name = grant.feed.description = "Canary feed"
    grant.feed.save()
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    search = run_search(grant, actor)
    export = make_export(search, actor, format=None, name="Canary export")
    take_in(
        tmp_path,
        {
            "id": NUMBER,
            "contact_id": CONTACT,
            "full_name": "Canary Contact",
            "job_title": "Canary Keeper",
            "emails": ["canary@acme.example"],
            "phones": ["+4722555018"],
            "pii": {"first_name": "Canary"},
            "quality_score": 99,
            "company": {"id": 7_000_009, "name": "Canary Works", "domain": "canary.example"},
        },
        organization=acme,
    )
    return {
        "feed_id": str(grant.feed.public_id),
        "search_id": str(search.pk),
        "export_id": str(export.pk),
        "contact_id": CONTACT,
        "number": str(NUMBER),
        "today": str(today),
        **{name: make_job(acme, acme_key, name) for name in ("backstory", "insideview")},
    }


def make_job(organization: Organization, key: str, protocol: str) -> str:
    """Submit and do a job of bulk contacts; returns its public id."""
    call = f"POST {BACKSTORY}" if protocol == "backstory" else f"POST {INSIDEVIEW}"
    ids = {"number": str(NUMBER), "today": str(clock.today())}
    reply = ask(protocol, call, CALLS[protocol][call], ids, key, Accept="application/json")
    assert reply.status_code == 200, reply.content
    body = json.loads(reply.content)
    public_id = str(body.get("job_id") or body["jobId"])
    run(job_queries.get_contact_job(organization=organization, public_id=public_id))
    return public_id


def unknown(ids: dict[str, Any]) -> dict[str, Any]:
    """The same kinds of ids, of nothing at all."""
    nothing = "00000000-0000-4000-8000-000000000007"
    return ids | {
        "feed_id": nothing,
        "search_id": nothing,
        "export_id": nothing,
        "backstory": nothing,
        "insideview": "0123456789abcdefghij",
        "contact_id": "id_0000000000000abc",
        "number": "7999999",
    }


def by_header(protocol: str, key: str) -> dict[str, str]:
    name = HEADERS[protocol]
    return {name: f"Bearer {key}" if name == "Authorization" else key}


def ask(
    protocol: str, call: str, row: Row, ids: dict[str, Any], key: str | None, **headers: str
) -> HttpResponse:
    """Make a call with an organization's ids; without a key where it is None."""
    method, path = call.split(" ")
    ids = ids | {"job_id": ids.get(protocol), "jobId": ids.get(protocol)}
    path = re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), path)
    body = row.body if isinstance(row.body, str) else json.dumps(row.body)
    return Client(raise_request_exception=False).generic(
        method,
        f"{path}?{_fill(row.query, ids)}" if row.query else path,
        b"" if row.body is None else _fill(body, ids).encode(),
        content_type=row.content_type,
        headers=(by_header(protocol, key) if key is not None else {}) | headers,
    )


def _fill(text: str, ids: dict[str, Any]) -> str:
    return re.sub(r"\$(\w+)", lambda found: str(ids[found[1]]), text)


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def plain(response: Any, ids: dict[str, Any]) -> tuple[int, bytes]:
    """Return status and body without the ids that were asked for, and without what names this one answer."""
    body = content(response)
    for value in ids.values():
        body = body.replace(str(value).encode(), b"ID")
    return response.status_code, re.sub(rb"(diagnosticCode\W+)\w+", rb"\1", body)


@every_protocol
def test_refused_keys(
    protocol: str, ids: dict[str, Any], acme: Organization, acme_key: str, subtests: pytest.Subtests
) -> None:
    for call, row in keyed(protocol).items():
        with subtests.test(call=call), undone():
            revoked, revoked_text = make_key(acme)
            keys.revoke_key(organization=acme, actor=Actor(name="T"), public_id=revoked.public_id)
            expired, expired_text = make_key(acme)
            ApiKey.objects.filter(pk=expired.pk).update(expires_at=clock.now())
            mistyped = acme_key[:-1] + ("A" if acme_key[-1] != "A" else "B")
            before = count_writes(*QUIET)
            for key in (None, "", mistyped, revoked_text, expired_text, f"{acme_key} {acme_key}"):
                refused = ask(protocol, call, row, ids, key)
                assert refused.status_code == 401, (key, refused.content)
                assert not any(canary in refused.content for canary in CANARIES)
            assert count_writes(*QUIET) == before


@every_protocol
def test_keys_without_the_scope(
    protocol: str, ids: dict[str, Any], acme: Organization, subtests: pytest.Subtests
) -> None:
    for call, row in keyed(protocol).items():
        with subtests.test(call=call), undone():
            others = [other for other in PROTOCOLS if other != protocol]
            keys_without = [make_key(acme, *others)[1]]
            if row.needs == WRITE:
                keys_without.append(make_key(acme, f"{protocol}:read")[1])
            else:
                keys_without.append(make_key(acme, f"{protocol}:write")[1])
            before = count_writes(*QUIET)
            for key in keys_without:
                refused = ask(protocol, call, row, ids, key)
                assert refused.status_code == FORBIDDEN.get(protocol, 403), refused.content
                assert not any(canary in refused.content for canary in CANARIES)
            assert count_writes(*QUIET) == before


@every_protocol
def test_key_with_just_the_scope_is_let_in(
    protocol: str, ids: dict[str, Any], acme: Organization, subtests: pytest.Subtests
) -> None:
    for call, row in keyed(protocol).items():
        with subtests.test(call=call), undone():
            allowed = ask(protocol, call, row, ids, make_key(acme, f"{protocol}:{row.needs}")[1])
            assert allowed.status_code in (200, 206, 400), content(allowed)
            assert allowed.status_code == 200 or call.startswith("DELETE")


@every_protocol
def test_another_organizations_things_are_unknown(
    protocol: str, ids: dict[str, Any], globex_key: str, subtests: pytest.Subtests
) -> None:
    for call, row in CALLS[protocol].items():
        with subtests.test(call=call), undone():
            sent = urlencode({"path": call, "query": row.query, "body": str(row.body)}, safe="{}$")
            names_an_id = "{" in call or re.search(r"\$(?!today|number)", sent) is not None
            before = count_writes(*QUIET)
            foreign = ask(protocol, call, row, ids, globex_key)
            if names_an_id or row.needs != WRITE:
                assert count_writes(*QUIET) == before
            nothing = ask(protocol, call, row, unknown(ids), globex_key)
            body = content(foreign) if not foreign.streaming else b""
            assert not any(canary in body for canary in CANARIES), body
            if row.foreign is not None:
                assert foreign.status_code == row.foreign
            elif names_an_id and "batch" not in call:
                assert foreign.status_code == 404, body
            else:
                assert foreign.status_code == 200, body
            if names_an_id and row.needs != OPEN:
                assert plain(foreign, ids) == plain(nothing, unknown(ids))


@every_protocol
def test_canaries_are_there_for_their_owner(
    protocol: str, ids: dict[str, Any], acme_key: str, subtests: pytest.Subtests
) -> None:
    """Otherwise their absence elsewhere would prove nothing."""
    for call, row in keyed(protocol).items():
        with subtests.test(call=call), undone():
            reply = content(ask(protocol, call, row, ids, acme_key, Accept="*/*"))
            shows = (
                "/organization/feeds",
                "/enrich/contacts",
                "/api/contacts",
                "/api/companies",
                "/v1/contacts",
            )
            if any(f" {path}" in call for path in shows) and not call.endswith("/phones"):
                assert any(canary in reply for canary in CANARIES), reply


@pytest.mark.parametrize("protocol", list(APIS))
def test_bulk_results_hold_the_canary(protocol: str, ids: dict[str, Any], acme_key: str) -> None:
    """Those of acme's jobs, fetched by acme."""
    calls = {
        "backstory": f"GET {BACKSTORY}/{{job_id}}/data",
        "insideview": f"GET {INSIDEVIEW}/{{jobId}}/results",
    }
    if protocol in calls:
        call = calls[protocol]
        reply = ask(protocol, call, CALLS[protocol][call], ids, acme_key, Accept="text/csv")
        assert any(canary in content(reply) for canary in CANARIES)


def test_two_headers_that_differ_count_as_one(acme_key: str, globex_key: str) -> None:
    """The protocol's own header decides; the other one is not looked at."""
    program = Program(
        lambda key: {"X-API-Key": key, "Authorization": f"Bearer {globex_key}"}, acme_key
    )
    assert program.get("/organization/feeds").status_code == 200
    program.headers["X-API-Key"] = "nonsense"
    assert program.get("/organization/feeds").status_code == 401
