"""No form takes more than 256 kB, whoever sends it; files have their own limit, and so have the protocols."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contacthub.credentials import actions as key_actions
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.organizations.models import Organization, User
from contacthub.web.errors import describe_limit
from tests.conftest import sign_in
from tests.enrichment.builders import SOMEBODY, cid, csv_of

pytestmark = pytest.mark.django_db

LARGE = "x" * 260_000


def send_all(client: Client, path: str) -> list[Any]:
    """Send a large body in every shape of a form, and as a file where no file is expected."""
    return [
        client.post(path, {"name": LARGE}),
        client.post(path, f"name={LARGE}", content_type="application/x-www-form-urlencoded"),
        client.post(path, {"file": SimpleUploadedFile("a.csv", LARGE.encode())}),
        client.post(path, LARGE, content_type="text/plain"),
        client.put(path, LARGE),
    ]


def test_no_form_takes_more_than_256_kb(bob: User) -> None:
    for client in (Client(), sign_in(bob)):
        for path in (reverse("account_login"), reverse("theme-set"), "/no/such/page/"):
            for response in send_all(client, path):
                assert response.status_code == 413, path
                assert describe_limit() in response.content.decode()


def test_form_below_the_limit_is_read(bob: User) -> None:
    answer = Client().post(reverse("account_login"), {"login": "x" * 200_000, "password": "x"})
    assert answer.status_code == 200


def test_form_of_too_many_fields_is_too_large(bob: User) -> None:
    answer = sign_in(bob).post(reverse("theme-set"), {f"f{n}": "" for n in range(1001)})
    assert answer.status_code == 413


def test_large_file_of_a_stranger_is_not_read() -> None:
    file = SimpleUploadedFile("a.csv", LARGE.encode())
    answer = Client().post(reverse("enrichment-new"), {"door": "file", "file": file})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_text_beside_a_file_counts_as_a_form(bob: User) -> None:
    client = sign_in(bob)
    for name in ("enrichment-new", "pull-new"):
        answer = client.post(reverse(name), {"door": "ids", "ids": f"{cid(1)}\n" * 15_000})
        assert answer.status_code in (200, 422), name
    answer = client.post(reverse("enrichment-new"), {"door": "ids", "ids": f"{cid(1)}\n" * 15_000})
    assert answer.status_code == 422
    said = answer.content.decode().split('id="ids-error"')[1].split("</div>")[0]
    assert "More than 256 kB were pasted" in said
    assert not EnrichmentBatch.objects.exists()


def test_file_above_the_limit_of_forms_is_taken(bob: User) -> None:
    data = csv_of(*(cid(n) for n in range(20_000)))
    assert len(data) > 400_000
    file = SimpleUploadedFile("a.csv", data)
    answer = sign_in(bob).post(reverse("enrichment-new"), {"door": "file", "file": file})
    assert answer.status_code == 302


def test_protocols_keep_their_own_limit(acme: Organization) -> None:
    _, secret = key_actions.issue_key(organization=acme, actor=SOMEBODY, name="K", scopes=["all"])
    ids = [f"id_{n:016x}" for n in range(30_000)]
    for key, statuses in ((secret, (400, 413, 422)), ("nonsense", (401,))):
        answer = Client().post(
            "/enrich/contacts/batch",
            {"contact_ids": ids},
            content_type="application/json",
            headers={"X-API-Key": key},
        )
        assert answer.status_code in statuses
        assert answer["Content-Type"] == "application/json"
        assert b"256 kB" not in answer.content
    answer = Client().post(
        "/enrich/contacts/batch", b"x" * 1_100_000, content_type="application/json"
    )
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/json"
