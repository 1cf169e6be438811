"""Authentication, and what every answer has in common: CB-01 … CB-03, CB-O1 … CB-O4, CB-F5."""

from typing import Any

import pytest
from django.urls import reverse

from contacthub.credentials import actions as keys
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.api.conftest import Program, make_key
from tests.api.contactbased.conftest import SAMPLES, answer, by_header, detail
from tests.conftest import sign_in
from tests.web.test_settings_keys import form, shown_key

pytestmark = pytest.mark.django_db

REFUSED = (401, "Invalid or inactive API key")
CALLS = [tuple(line.split()) for line in (SAMPLES / "calls.txt").read_text().splitlines()]
UUID = "00000000-0000-4000-8000-000000000007"


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_cb_01_every_endpoint_needs_a_key(
    db: None, program: Program, method: str, path: str
) -> None:
    path = path.replace("{contact_id}", "id_3f2a8d1b9c0e5f47")
    without = program.client.generic(method, path, b"{}", content_type="application/json")
    assert detail(without) == REFUSED
    with_key = program.client.generic(
        method, path, b"{}", content_type="application/json", headers=program.headers
    )
    assert with_key.status_code not in (401, 405)


@pytest.mark.parametrize("header", ["Authorization", "api_key", "X-Api-Token"])
def test_cb_01_key_travels_in_no_other_header(acme_key: str, header: str) -> None:
    program = Program(lambda key: {header: f"Bearer {key}" if "A" in header else key}, acme_key)
    assert detail(program.get("/organization/feeds")) == REFUSED
    assert detail(program.get("/organization/feeds", {"X-API-Key": acme_key})) == REFUSED


def test_cb_02_invalid_and_inactive_keys_are_401(acme: Organization, acme_key: str) -> None:
    revoked, text = make_key(acme)
    keys.revoke_key(organization=acme, actor=Actor(name="Tests"), public_id=revoked.public_id)
    mistyped = acme_key[:-1] + ("A" if acme_key[-1] != "A" else "B")
    for key in ("", "nonsense", mistyped, text, acme_key.upper(), acme_key * 2, "k" * 10_000, "é"):
        assert detail(Program(by_header, key).get("/organization/feeds")) == REFUSED, key
    assert Program(by_header, acme_key).get("/organization/feeds").status_code == 200


def test_cb_03_keys_are_managed_in_the_dashboard(acme: Organization, olga: User) -> None:
    browser = sign_in(olga)
    page = browser.post(reverse("settings-key-create"), form()).content.decode()
    program = Program(by_header, shown_key(page))
    assert program.get("/organization/feeds").status_code == 200
    key = acme.api_keys.get()
    browser.post(reverse("settings-key-revoke", args=[key.public_id]))
    assert detail(program.get("/organization/feeds")) == REFUSED


@pytest.mark.parametrize(
    ("path", "name", "thing"),
    [
        ("/intent/feeds/preview", "feed_id", "Feed"),
        ("/intent/feeds/search", "feed_id", "Feed"),
        ("/intent/feeds/exports", "job_id", "Job"),
        ("/intent/feeds/exports/page", "export_id", "Export"),
        ("/intent/feeds/exports/get", "export_id", "Export"),
        ("/intent/feeds/exports/list", "feed_id", "Feed"),
        ("/intent/feeds/exports/list", "job_id", "Job"),
    ],
)
def test_cb_o1_ids_are_uuids(program: Program, path: str, name: str, thing: str) -> None:
    more: dict[str, Any] = {"page": 1} if path.endswith("page") else {}
    more |= {"lookback_days": 1} if path.endswith(("preview", "search")) else {}
    for wrong in ("7", "", 7, True, [UUID], {"id": UUID}, UUID + "0"):
        status, reasons = detail(program.post(path, {name: wrong, **more}))
        assert (status, reasons[0]["loc"]) == (422, ["body", name])
    assert detail(program.post(path, {name: UUID, **more})) == (404, f"{thing} not found")


def test_cb_o1_unknown_and_foreign_look_alike(
    program: Program, stranger: Program, window: dict[str, Any]
) -> None:
    job = program.post("/intent/feeds/search", window).json()["job_id"]  # type: ignore[attr-defined]
    for path, body in (
        ("/intent/feeds/preview", window),
        ("/intent/feeds/search", window),
        ("/intent/feeds/exports", window),
        ("/intent/feeds/exports", {"job_id": job}),
        ("/intent/feeds/exports/list", {"job_id": job}),
        ("/intent/feeds/exports/list", {"feed_id": window["feed_id"]}),
    ):
        unknown = {name: UUID if name.endswith("_id") else value for name, value in body.items()}
        foreign = stranger.post(path, body)
        assert foreign.status_code == 404
        assert foreign.content == stranger.post(path, unknown).content


def test_cb_o2_refused_key_has_the_shape_of_errors(db: None) -> None:
    refused = Program(by_header, "nonsense").get("/organization/feeds")
    assert answer(refused) == (401, {"detail": "Invalid or inactive API key"})


def test_cb_f5_errors_are_fastapis(program: Program, window: dict[str, Any]) -> None:
    assert answer(program.get("/intent/nowhere")) == (404, {"detail": "Not Found"})
    status, reasons = detail(program.post("/intent/feeds/preview", {"feed_id": 1}))
    assert status == 422
    assert [set(reason) for reason in reasons] == [{"loc", "msg", "type"}] * 2
    assert [reason["loc"] for reason in reasons] == [["body", "feed_id"], ["body", "lookback_days"]]
    assert detail(program.post("/intent/feeds/preview", b"{"))[1][0]["type"] == "json_invalid"


@pytest.mark.parametrize(
    "path", ["/intent/feeds/preview", "/intent/feeds/search", "/intent/feeds/exports"]
)
def test_cb_o3_unknown_keys_are_ignored(
    program: Program, window: dict[str, Any], path: str
) -> None:
    body = {**window, "organization_id": 99, "export_row_limit": 10**9, "état": {"deep": [None]}}
    assert program.post(path, body).status_code == 200


@pytest.mark.parametrize(
    "wrong", [0, -1, -(2**63), "30", "30.0", "", 0.0, 30.5, 1e300, True, None, [30], {}]
)
def test_cb_o3_wrong_type_of_days_is_422(
    program: Program, window: dict[str, Any], wrong: Any
) -> None:
    for path in ("/intent/feeds/preview", "/intent/feeds/search", "/intent/feeds/exports"):
        status, reasons = detail(program.post(path, {**window, "lookback_days": wrong}))
        assert status == 422
        assert reasons[0]["loc"][0] == "body"


@pytest.mark.parametrize("text", [b"7.0", b"7", b"0.7e1", b"70E-1", b"7.000000000"])
def test_cb_o3_whole_number_in_any_form_of_json(
    program: Program, grant: FeedGrant, text: bytes
) -> None:
    feed = str(grant.feed.public_id).encode()
    body = b'{"feed_id": "%s", "lookback_days": %s, "max_rows": %s}' % (feed, text, text)
    for path in ("/intent/feeds/preview", "/intent/feeds/search", "/intent/feeds/exports"):
        made = program.post(path, body)
        assert made.status_code == 200, made.content
        assert b'"lookback_days":7,' in made.content
        assert b'"max_rows":7,' in made.content or path != "/intent/feeds/exports"


@pytest.mark.parametrize("name", ["get_pii", "include_business_info", "require_contact_id"])
@pytest.mark.parametrize("wrong", ["true", 1, 0, None, []])
def test_cb_o3_booleans_are_booleans(
    program: Program, window: dict[str, Any], name: str, wrong: Any
) -> None:
    status, reasons = detail(program.post("/intent/feeds/exports", {**window, name: wrong}))
    assert (status, reasons[0]["loc"]) == (422, ["body", name])


def test_cb_o4_every_success_is_200_and_json(program: Program, window: dict[str, Any]) -> None:
    for path in ("/intent/feeds/preview", "/intent/feeds/search", "/intent/feeds/exports"):
        made = program.post(path, window)
        assert (made.status_code, made["Content-Type"]) == (200, "application/json")
