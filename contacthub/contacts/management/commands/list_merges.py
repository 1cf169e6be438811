"""`manage.py list_merges`: what became of rows that were found to be the same."""

import csv
from typing import Any

from contacthub.contacts.models import MergedRow, Normalization, RenamedKey
from contacthub.core.commands import OperatorCommand
from contacthub.core.public_ids import format_contact_id

HEADER = ("what", "organization", "old_id", "old_number", "new_id", "new_number", "at")


class Command(OperatorCommand):
    """Print as CSV the contacts with another id, and the contacts and companies that became part of others."""

    help = __doc__

    def handle(self, **_: Any) -> None:
        """Write the counts of each run to stderr and the rows to stdout."""
        for run in Normalization.objects.order_by("version"):
            self.stderr.write(
                f"Rules {run.version}, {run.finished_at:%Y-%m-%d %H:%M}Z: "
                f"{run.contacts_changed:,} contacts changed, {run.contacts_renamed:,} with another id, "
                f"{run.contacts_merged:,} merged; {run.companies_changed:,} companies changed, "
                f"{run.companies_merged:,} merged; {run.members_moved:,} members of lists followed, "
                f"{run.members_counted_twice:,} of them were on their list twice."
            )
        writer = csv.writer(self.stdout)
        writer.writerow(HEADER)
        for renamed in (
            RenamedKey.objects.filter(merge=None).order_by("renamed_at", "old_key").iterator()
        ):
            old, new = format_contact_id(renamed.old_key), format_contact_id(renamed.new_key)
            at = renamed.renamed_at.isoformat()
            writer.writerow(["renamed contact", "", old, "", new, "", at])
        for row in MergedRow.objects.select_related("organization").order_by("pk").iterator():
            owner = row.organization.slug if row.organization else "shared"
            ids = [_id(row.key), row.number, _id(row.into_key), row.into_number]
            writer.writerow([f"merged {row.kind}", owner, *ids, row.merged_at.isoformat()])


def _id(key: int | None) -> str:
    return "" if key is None else format_contact_id(key)
