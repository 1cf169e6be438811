"""A click that comes too late is told in place, above what has happened meanwhile, and never on a page of errors."""

from typing import Any

import pytest
from django.urls import reverse

from contacthub.core import clock
from contacthub.core.errors import AlreadyFinished
from contacthub.enrichment.actions.batches import start_batch
from contacthub.enrichment.models import EnrichmentBatch
from contacthub.jobs.actions import enqueue_job, request_cancel
from contacthub.jobs.models import Job
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from contacthub.sourcing.models import LiveSave
from tests.conftest import sign_in
from tests.web.test_authorization import ROUTES, address, ids  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

LATE = sorted(name for name in ROUTES if name.endswith(("-cancel", "-retry", "-again")))


@pytest.mark.parametrize("route", LATE)
def test_a_click_that_comes_too_late_is_told_in_place(
    ids: dict[str, Any],  # noqa: F811
    acme: Organization,
    bob: User,
    route: str,
) -> None:
    start_batch(
        organization=acme,
        actor=Actor.of(bob),
        batch_id=ids["batch_id"],
        sections=["pii"],
        format="csv",
    )
    Job.objects.update(state="completed", finished_at=clock.now(), lease_until=None)
    # Without its file a contact job is none that is complete.
    Job.objects.filter(task__startswith="contacthub.contact_jobs").update(state="cancelled")
    EnrichmentBatch.objects.filter(pk=ids["batch_id"]).update(state="completed")
    LiveSave.objects.update(state="completed")
    answer = sign_in(bob).post(address(route, ids), {"quoted_cost": "3"}, follow=True)
    assert answer.status_code == 200, answer.redirect_chain
    assert answer.redirect_chain
    if route == "enrichment-upload-again":
        return  # A file that was read may be read again.
    page = answer.content.decode()
    assert 'ch-message" role="status"' in page
    if route == "enrichment-match-cancel":
        return  # A list that was started is no longer matched, and the page says so.
    assert ("Already finished." in page) == route.endswith("-cancel")


def test_a_file_of_a_list_that_was_started_is_not_read_again(
    ids: dict[str, Any],  # noqa: F811
    bob: User,
) -> None:
    upload = reverse("enrichment-upload-again", args=[ids["upload_id"]])
    answer = sign_in(bob).post(upload, {"encoding": "cp1250"}, follow=True)
    assert answer.status_code == 200
    assert "This file is being read." in answer.content.decode()


def test_a_job_that_ended_after_it_was_read_is_called_by_its_state(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    job = enqueue_job(organization=acme, task="none", title="Late", total=1, created_by=None)
    Job.objects.update(state="completed", finished_at=clock.now())
    with pytest.raises(AlreadyFinished, match="This job is completed"):
        request_cancel(job=job)
