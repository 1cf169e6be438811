"""What the vendor's job has written: its fragments are fetched, several at a time, then imported in steps."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.db import transaction

from contacthub.connectors.base import Connector
from contacthub.connectors.errors import ContractBroken, NotFound, Refused, Temporary
from contacthub.connectors.records import Contact
from contacthub.contacts.actions import add_pulled
from contacthub.contacts.models import Load
from contacthub.contacts.origins import Origin
from contacthub.core.failpoints import failpoint
from contacthub.core.tabular import Reject
from contacthub.credentials.connections.threads import call_at_once
from contacthub.jobs.lease import Lease
from contacthub.sourcing.bulk import rows as kept
from contacthub.sourcing.bulk.models import Pull, PullFragment, PullReject
from contacthub.sourcing.bulk.steps import Stop, save, set_total, write_within
from contacthub.sourcing.bulk.vendor_job import lose

# Fragments fetched at a time; one has up to 10,000 rows with most vendors.
AT_ONCE = 4
# Rows imported in one transaction.
STEP_ROWS = 2500
NOT_KEPT = "no longer keeps its result"
# What the statuses of a refusal mean if there is no result.
NO_RESULT = {200: "has no result for its job", 410: NOT_KEPT}


def fetch(pull: Pull, connector: Connector, lease: Lease) -> None:
    """Fetch the fragments that are not here yet. Raises a `Temporary` once the fragments received by then are saved."""
    here = set(pull.fragments.values_list("number", flat=True))
    missing = [number for number in range(pull.fragment_count or 0) if number not in here]
    try:
        _fetch(pull, connector, lease, missing)
    except NotFound:
        raise lose(pull, lease, NOT_KEPT, Pull.VendorState.GONE) from None
    except Refused as error:
        if error.status not in NO_RESULT:
            raise
        raise lose(pull, lease, NO_RESULT[error.status], Pull.VendorState.GONE) from None
    counts = pull.fragments.values_list("row_count", flat=True)
    save(pull, lease, row_count=sum(counts), troubled_since=None, trouble="")
    set_total(pull, lease)


def _fetch(pull: Pull, connector: Connector, lease: Lease, missing: list[int]) -> None:
    reader = _Reader(pull, connector)
    calls = call_at_once(reader.read, reader.list_wanted(missing), at_once=AT_ONCE)
    with closing(calls) as found:
        for number, contacts in found:
            if contacts is None:
                continue
            stop = _keep(pull, lease, number, contacts)
            failpoint("pull_fragment_saved")
            if stop is not None:
                raise stop
    if reader.trouble is not None:
        raise reader.trouble


class _Reader:
    """Reads fragments. Where one fails in a way that passes no more are begun, and those under way are kept."""

    def __init__(self, pull: Pull, connector: Connector) -> None:
        self.trouble: Temporary | None = None
        self._job_id, self._connector = pull.vendor_id, connector

    def read(self, number: int) -> list[Contact] | None:
        try:
            return self._connector.read_bulk(self._job_id, number)
        except Temporary as error:
            self.trouble = error
            return None

    def list_wanted(self, missing: list[int]) -> Iterator[int]:
        for number in missing:
            if self.trouble is not None:
                return
            yield number


def _keep(pull: Pull, lease: Lease, number: int, contacts: list[Contact]) -> Stop:
    try:
        kept.check(pull, contacts)
    except ContractBroken as error:
        # Another job, then, or one that will not become right.
        lose(pull, lease, "", Pull.VendorState.FAILED)
        raise error
    fragment = PullFragment(
        pull=pull,
        number=number,
        row_count=len(contacts),
        body=kept.pack(contacts, source=pull.connection_name) if contacts else None,
    )
    with transaction.atomic():
        PullFragment.objects.bulk_create([fragment], ignore_conflicts=True)
        return write_within(pull, lease)


# --- Importing ------------------------------------------------------------------------------------


def import_rows(pull: Pull, lease: Lease) -> None:
    """Import what is here into the organization's own catalog, from where an earlier worker stopped."""
    set_total(pull, lease)
    waiting = pull.fragments.filter(body__isnull=False).order_by("number")
    while (fragment := waiting.first()) is not None:
        rows = kept.unpack(bytes(fragment.body or b""))
        while fragment.imported_count < len(rows):
            first = fragment.imported_count
            stop = _import_step(pull, lease, fragment, rows[first : first + STEP_ROWS])
            failpoint("pull_rows_committed")
            if stop is not None:
                raise stop


def _import_step(
    pull: Pull, lease: Lease, fragment: PullFragment, rows: list[dict[str, Any]]
) -> Stop:
    """Import some rows and save that they are, in one transaction: each is imported once, whichever process dies."""
    vendor_ids = [row.pop(kept.VENDOR_ID) for row in rows]
    first = fragment.imported_count
    # A pull outlives its connection.
    source = pull.connection_id or pull.pk
    origin = Origin(Load.Kind.PULL, pull.connection_name, source, pull.vendor, str(pull.pk))
    with transaction.atomic():
        pulled = add_pulled(organization=pull.organization, rows=rows, origin=origin)
        report = pulled.report
        _save_rejects(fragment, first, vendor_ids, pulled.rejects)
        fragment.imported_count = first + len(rows)
        if fragment.imported_count == fragment.row_count:
            fragment.body = None
        fragment.contact_keys = [*fragment.contact_keys, *pulled.keys]
        PullFragment.objects.filter(pull=pull, number=fragment.number).update(
            imported_count=fragment.imported_count,
            body=fragment.body,
            contact_keys=fragment.contact_keys,
        )
        stop = write_within(
            pull,
            lease,
            added=pull.added + report.inserted,
            changed=pull.changed + report.updated,
            unchanged=pull.unchanged + report.duplicates,
            refused=pull.refused + report.rejected,
        )
        failpoint("pull_rows_saved")
    return stop


def _save_rejects(
    fragment: PullFragment, first: int, vendor_ids: list[str], rejects: list[Reject]
) -> None:
    PullReject.objects.bulk_create(
        PullReject(
            pull_id=fragment.pull_id,
            fragment=fragment.number,
            line=first + each.line,
            vendor_id=vendor_ids[each.line - 1][:100],
            reason=each.reason[:500],
            row=each.raw,
        )
        for each in rejects
    )
