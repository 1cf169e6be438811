"""Lists of people of whom two were merged since: both rows are answered as the contact that stayed, asked for once."""

from pathlib import Path

import pytest
from django.utils import timezone

from contacthub.contacts.merging.actions import unmerge
from contacthub.contacts.merging.queries import list_all_keys
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.models import (
    Asking,
    EnrichmentAnswer,
    EnrichmentBatch,
    Finding,
    VendorAnswer,
)
from contacthub.enrichment.queries import waterfall as reads
from contacthub.enrichment.queries.provenance import get_provenance
from contacthub.exports.holding import list_exports_with
from contacthub.feeds.models import FeedGrant, IntentRecord
from contacthub.feeds.queries import list_contact_intent
from contacthub.organizations.models import Organization
from tests.contacts.merged import ANNA, ANNIE, get, load_both, merge
from tests.enrichment.builders import SOMEBODY, cid, content, csv_of, draft, run

pytestmark = pytest.mark.django_db


def start(organization: Organization, *keys: int) -> EnrichmentBatch:
    batch = draft(organization, csv_of(*map(cid, keys)))
    whose = {"organization": organization, "actor": SOMEBODY, "batch_id": batch.pk}
    drafts.map_column(column=0, **whose)
    started, _ = batches.start_batch(sections=["emails"], format="csv", lookup_limit=0, **whose)
    return started


def test_both_rows_are_answered_as_the_contact_that_stayed(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    batch = start(acme, ANNIE, ANNA)
    merge(acme)
    run(batch)
    answers = EnrichmentAnswer.objects.filter(batch=batch).order_by("ordinal")
    assert [each.outcome for each in answers] == ["found", "found"]
    lines = content(batch).decode().splitlines()[1:]
    assert all("annie@mail.example" in line and "anna@halden.example" in line for line in lines)
    # A list that comes later has one contact and a repeated row.
    later = start(acme, ANNIE, ANNA)
    assert (later.matched_count, later.duplicate_count) == (2, 1)


def test_what_was_asked_of_the_merged_one_is_not_asked_again(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    batch = start(acme, ANNIE, ANNA)
    asking = Asking.objects.create(
        organization=acme, batch=batch, connection_key="00000000-0000-0000-0000-000000000001",
        connection_name="Letrics", vendor="letrics", request_id="r1", sections=["emails"],
        asked_count=1, lookup_count=1,
    )  # fmt: skip
    VendorAnswer.objects.create(
        asking=asking, batch=batch, contact_key=ANNIE, pii="not_asked", emails="no_record", phones="not_asked",
    )  # fmt: skip
    Finding.objects.create(
        organization=acme, contact_key=ANNIE, section="emails", value="annie@mail.example",
        connection_key=asking.connection_key, connection_name="Letrics", vendor="letrics", fetched_at=timezone.now(),
    )  # fmt: skip
    assert reads.get_asked(batch=batch, keys=[ANNA]) == {}
    made = merge(acme)
    assert len(reads.get_asked(batch=batch, keys=[ANNA])[ANNA]) == 1
    assert len(reads.list_vendor_answers(organization=acme, key=ANNA)) == 1
    assert len(reads.list_findings(organization=acme, key=ANNA)) == 1
    given = get_provenance(organization=acme, contact=get(ANNA, acme)).given["email"]
    assert "Letrics" in {each.source_name for each in given}
    unmerge(organization=acme, actor=SOMEBODY, merge_id=made.pk)
    assert reads.list_findings(organization=acme, key=ANNA) == []
    assert len(reads.list_findings(organization=acme, key=ANNIE)) == 1


def test_intent_and_exports_of_the_merged_one_are_the_survivors(
    tmp_path: Path,
    acme: Organization,
    globex: Organization,
    grant: FeedGrant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_both(tmp_path, acme)
    merge(acme)
    assert list_all_keys(organization=acme, key=ANNA) == [ANNA, ANNIE]
    assert list_all_keys(organization=globex, key=ANNA) == [ANNA]
    IntentRecord.objects.create(
        feed=grant.feed, observed_on=timezone.now().date(), domain="halden.example", contact_key=ANNIE,
        topic="crm", fingerprint="00000000-0000-0000-0000-000000000009", batch=1,
    )  # fmt: skip
    found = list_contact_intent(organization=acme, contact_key=ANNA, today=timezone.now().date())
    assert [each.topic for each in found] == ["crm"]
    assert list_exports_with(organization=acme, key=ANNA) == []
