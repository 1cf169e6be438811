"""The pages of contact jobs: progress, file, cancel, story; nothing of another organization."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.contact_jobs import transactions
from contacthub.contact_jobs.models import ContactJob
from contacthub.core import clock
from contacthub.jobs.models import Job, Result
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in
from tests.contact_jobs.builders import (
    PROGRAM,
    content,
    details,
    extract,
    fresh,
    make_contact,
    make_contacts,
    make_full_contact,
    run,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(bob: User) -> Client:
    return sign_in(bob)


def page(client: Client, name: str, job: ContactJob | None = None, **query: Any) -> str:
    # As htmx asks: without the shell, whose tray shows what runs.
    response = client.get(
        reverse(name, args=[job.public_id] if job else []), query, headers={"HX-Request": "true"}
    )
    assert response.status_code == 200
    return response.content.decode()


def download(client: Client, job: ContactJob) -> bytes:
    response = client.get(reverse("contact-job-download", args=[job.public_id]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_list_shows_both_kinds_and_filters(client: Client, acme: Organization) -> None:
    make_contacts(3)
    asked, looked_up = run(extract(acme)), details(acme, 1, 2)
    shown = page(client, "contact-job-list")
    assert asked.public_id in shown
    assert looked_up.public_id in shown
    assert "Backstory" in shown
    assert "2 held" in shown
    for show, here, gone in (
        ("extract", asked, looked_up),
        ("details", looked_up, asked),
        ("running", looked_up, asked),
    ):
        shown = page(client, "contact-job-list", show=show)
        assert here.public_id in shown
        assert gone.public_id not in shown
    assert "No jobs match" in page(client, "contact-job-list", show="failed")
    assert asked.public_id in page(client, "contact-job-list", q=asked.public_id[:8])
    assert "No jobs match" in page(client, "contact-job-list", q="%")
    assert "No contact jobs yet" in page(sign_in_to_nothing(), "contact-job-list")


def sign_in_to_nothing() -> Client:
    from contacthub.organizations import actions
    from tests.conftest import make_user

    return sign_in(make_user(actions.create_organization(slug="new", name="New"), "Nora", "owner"))


def test_page_of_a_job_follows_its_life(client: Client, acme: Organization) -> None:
    make_contacts(3)
    job = details(acme, 1, 2, webhook_url="https://93.184.215.14/hook")
    shown = page(client, "contact-job-detail", job)
    assert "Given back if you cancel now" in shown
    assert 'hx-trigger="every 2s"' in shown
    Job.objects.filter(pk=job.job_id).update(
        state="running", lease_until=clock.now(), started_at=clock.now(), done=1
    )
    assert "50%" in page(client, "contact-job-list")
    Job.objects.filter(pk=job.job_id).update(state="queued", lease_until=None, done=0)
    run(job)
    shown = page(client, "contact-job-status", job)
    assert 'hx-trigger="every 2s"' not in shown
    for words in ("Completed", "Download CSV", "Contact job finished", "Key “Tests”"):
        assert words in shown
    Result.objects.update(expires_at=clock.now())
    assert "File deleted" in page(client, "contact-job-detail", job)


def test_job_is_in_the_tray_with_its_page(client: Client, acme: Organization) -> None:
    job = extract(acme)
    tray = client.get(reverse("job-tray")).content.decode()
    assert reverse("contact-job-detail", args=[job.public_id]) in tray


def test_cancel_gives_back_and_says_so(client: Client, acme: Organization) -> None:
    job = details(acme, 1, 2)
    client.post(reverse("contact-job-cancel", args=[job.public_id]))
    assert fresh(job).phase == "cancelled"
    assert "Given back: 2 transactions" in page(client, "contact-job-detail", job)


def test_csv_for_people_keeps_text_as_text(client: Client, acme: Organization) -> None:
    make_contact(
        1,
        first_name="=cmd()",
        last_name='a "b",\nc',
        phone="+4722",
        job_title="@x",
        department="-1",
    )
    make_full_contact()
    job = run(details(acme, 1, 13496440))
    wire = list(csv.reader(io.StringIO(content(job).decode(), newline="")))
    people = download(client, job)
    assert people.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(people.decode("utf-8-sig"), newline="")))
    assert rows[0] == wire[0]
    assert (wire[1][2], rows[1][2]) == ("=cmd()", '="=cmd()"')
    assert (wire[1][13], rows[1][13]) == ("+4722", '="+4722"')
    assert rows[1][3] == wire[1][3] == 'a "b",\nc'
    assert rows[2][16] == '="@ingrid"'
    assert AuditEvent.objects.filter(action="Downloaded contact job", actor_name="Bob").count() == 1


def test_fragments_are_one_csv_for_people(
    client: Client, acme: Organization, settings: Any
) -> None:
    settings.BACKSTORY_FRAGMENT_ROWS = 2
    make_contacts(5)
    rows = download(client, run(extract(acme))).decode("utf-8-sig").splitlines()
    assert len(rows) == 6
    assert [row.startswith("first_name") for row in rows] == [True] + [False] * 5


def test_json_is_handed_out_as_it_is(client: Client, acme: Organization) -> None:
    make_contacts(2)
    job = run(extract(acme, format="json"))
    assert download(client, job) == content(job)
    assert len(json.loads(content(job))) == 2


def test_viewer_sees_and_takes_nothing(vera: User, acme: Organization) -> None:
    job = run(extract(acme))
    client = sign_in(vera)
    assert "Download" not in page(client, "contact-job-detail", job)
    for method, name in (("get", "contact-job-download"), ("post", "contact-job-cancel")):
        response = getattr(client, method)(reverse(name, args=[job.public_id]))
        assert response.status_code == 403


def test_stranger_finds_nothing(charlie: User, acme: Organization) -> None:
    job = run(extract(acme))
    client = sign_in(charlie)
    for name in ("contact-job-detail", "contact-job-status", "contact-job-download"):
        assert client.get(reverse(name, args=[job.public_id])).status_code == 404
    assert job.public_id not in page(client, "contact-job-list")


def test_pages_take_few_queries(
    client: Client, acme: Organization, django_assert_max_num_queries: Any
) -> None:
    make_contacts(3)
    for _ in range(3):
        run(extract(acme))
    page(client, "contact-job-list")
    with django_assert_max_num_queries(14):
        page(client, "contact-job-list")


def test_settings_show_the_account_of_transactions(
    alice: User, acme: Organization, globex: Organization
) -> None:
    client = sign_in(alice)
    shown = client.get(reverse("settings-feeds")).content.decode()
    assert "No limit set" in shown
    transactions.set_limit(organization=acme, actor=PROGRAM, limit=50)
    run(details(acme, 1, 2, 3))
    details(globex, *range(1, 8))
    shown = client.get(reverse("settings-feeds")).content.decode()
    for words in (
        "Used 3",
        "Held 0",
        "Left 47",
        "Limit: none → 50",
        "Details of 3 contacts",
    ):
        assert words in shown
    assert "Details of 7 contacts" not in shown
