"""Whatever dies in the middle, the vendor is asked and paid once, and every row is there once."""

import pytest

from contacthub.contacts.models import Contact
from contacthub.credentials.models import Connection, VendorCall
from contacthub.sourcing.bulk import fragments
from contacthub.sourcing.bulk.models import PullReject
from tests.sourcing.bulk.builders import again, run, start
from tests.sourcing.bulk.conftest import COUNT, NAMELESS, Vendor
from tests.workers import list_kill_points, run_until_killed

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = "tests.sourcing.bulk.worker"
FAILPOINTS = (
    "pull_asked",
    "pull_made",
    "pull_noted",
    "pull_fragment_saved",
    "pull_rows_saved",
    "pull_rows_committed",
    "before_complete_commit",
)


@pytest.mark.parametrize(
    "failpoint",
    list_kill_points(FAILPOINTS, always=["pull_asked", "pull_made", "pull_rows_saved"]),
)
def test_killed_worker_pays_once_and_loses_nothing(
    insideview: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    used, made = vendor.used, vendor.job_ids("details")
    pull = start(insideview, range(1, 31))
    place = 3 if "rows" in failpoint else 1
    run_until_killed(WORKER, pull.job_id, failpoint=f"{failpoint}:kill:{place}")
    monkeypatch.setattr(fragments, "STEP_ROWS", 5)
    pull = run(pull)
    assert pull.job is not None
    assert (pull.job.state, pull.job.error) == ("completed", "")
    assert (pull.added, pull.changed, pull.unchanged, pull.refused) == (27, 0, 0, 3)
    assert Contact.objects.count() == 27
    assert PullReject.objects.count() == 3
    assert (pull.cost, vendor.used - used) == (30, 30)
    assert len(vendor.job_ids("details") - made) == 1
    assert vendor.proxy.calls["/api/v1/contact/job"] == 1


@pytest.mark.parametrize("failpoint", ["pull_made:kill:1", "pull_fragment_saved:kill:4"])
def test_killed_worker_asks_only_for_fragments_that_are_missing(
    backstory: Connection, vendor: Vendor, failpoint: str
) -> None:
    made = vendor.job_ids("extract")
    pull = start(backstory)
    run_until_killed(WORKER, pull.job_id, failpoint=failpoint)
    here = again(pull).fragments.count()
    reads = VendorCall.objects.filter(operation="read bulk fragment")
    before = reads.count()
    pull = run(pull)
    assert (pull.added, pull.refused) == (COUNT - NAMELESS, NAMELESS)
    assert Contact.objects.count() == COUNT - NAMELESS
    assert reads.count() - before == (pull.fragment_count or 0) - here
    # It lists nothing and costs nothing: an answer that was lost is one more job there, and no more.
    assert len(vendor.job_ids("extract") - made) == (2 if "made" in failpoint else 1)
