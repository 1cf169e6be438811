"""A waterfall over vendors whose answers nobody foresaw: what fails is noted, the next one is asked, the list ends."""

from typing import Any

import orjson
import pytest

from contacthub.connectors.registry import CONNECTORS
from contacthub.enrichment import vendor_replies
from contacthub.enrichment.actions import batches, drafts
from contacthub.enrichment.actions.vendors import save_waterfall
from contacthub.enrichment.models import Asking, EnrichmentAnswer, Section, StopRule, VendorAnswer
from contacthub.organizations.models import Organization
from tests.credentials.connecting import add
from tests.enrichment.builders import SOMEBODY, cid, csv_of, draft, run
from tests.fake_vendor import Rule, Seen, vending

pytestmark = pytest.mark.django_db(transaction=True)


def answer(seen: Seen) -> Any:
    """Return an address for each contact."""
    ids = orjson.loads(seen.body)["contact_ids"]
    found = [{"email": f"{each[-4:]}@vendor.example"} for each in ids]
    return {"results": [{"contact_id": i, "emails": [e]} for i, e in zip(ids, found, strict=True)]}


@pytest.mark.parametrize("how", ["overflow", "crash", "values"])
def test_strange_vendor_is_noted_and_the_next_one_asked(
    acme: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    settings.OUTBOUND_ALLOW_PRIVATE = True
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)
    good = Rule("/enrich", make=answer)
    with (
        vending(*([] if how == "overflow" else [good]), case="retry_after_overflow") as strange,
        vending(good) as fine,
    ):
        if how != "overflow":
            crash_once(monkeypatch, how)
        steps = [add(acme, name=n, base_url=s.url).pk for n, s in (("A", strange), ("B", fine))]
        save_waterfall(
            organization=acme,
            actor=SOMEBODY,
            steps={Section.PII: [], Section.EMAILS: steps, Section.PHONES: []},
            rules=dict.fromkeys(Section, StopRule.FIRST),
            lookup_limit=100,
        )
        batch = draft(acme, csv_of(cid(1)))
        whose = {"organization": acme, "actor": SOMEBODY, "batch_id": batch.pk}
        drafts.map_column(column=0, **whose)
        started, _ = batches.start_batch(
            sections=("emails",), format="csv", lookup_limit=100, **whose
        )
        batch = run(started)
        assert batch.state == "completed"
        # Nobody is asked twice for what was paid.
        assert fine.count("/enrich/contacts/batch") == 1
    outcomes = VendorAnswer.objects.values_list("emails", flat=True)
    assert sorted(outcomes) == ["failed", "found"]
    states = Asking.objects.values_list("state", flat=True)
    assert sorted(states) == ["answered", "failed"]
    assert EnrichmentAnswer.objects.get().emails == "found"


def crash_once(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Have the first call, or the first saving of values, raise what nobody foresaw."""
    owner, name = (
        (CONNECTORS["contactbased"], "enrich")
        if how == "crash"
        else (vendor_replies, "_save_values")
    )
    inner = getattr(owner, name)
    calls: list[Any] = []

    def crash(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise OverflowError
        return inner(*given, **named)

    monkeypatch.setattr(owner, name, crash)
