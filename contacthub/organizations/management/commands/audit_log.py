"""`manage.py audit_log --verify`: is the audit log as it was written?"""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from contacthub.core.commands import OperatorCommand
from contacthub.core.errors import NotFound
from contacthub.organizations import queries
from contacthub.organizations.audit_chain import verify
from contacthub.organizations.models import Organization

ANCHOR = re.compile(r"([\w-]+):(\d{1,18}):([0-9a-f]{64})", re.ASCII)


class Command(OperatorCommand):
    """Make every line's hash again; end with status 1 where one differs."""

    help = "Checks that no line of the audit log was changed, removed or added. Prints each log's last line and hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what to check."""
        parser.add_argument(
            "--verify", action="store_true", required=True, help="check the chain of hashes"
        )
        parser.add_argument(
            "--organization", metavar="SLUG", help="check only this organization's log"
        )
        parser.add_argument(
            "--anchor",
            metavar="SLUG:LINE:HASH",
            action="append",
            default=[],
            help="a line that an earlier check printed: the chain must still hold it",
        )

    def handle(self, *, organization: str | None, anchor: list[str], **_: Any) -> None:
        """Check and print one line an organization."""
        anchors = dict(map(_read_anchor, anchor))
        faulty = 0
        for each in _list_organizations(organization):
            verdict = verify(organization=each, anchor=anchors.pop(each.slug, None))
            state = "broken" if verdict.faults else "intact"
            self.stdout.write(f"{state} {each.slug}:{verdict.sequence}:{verdict.hash}")
            for fault in verdict.faults:
                self.stdout.write(f"  {fault}")
            faulty += bool(verdict.faults)
        if anchors:
            raise CommandError(f"No log was checked for {', '.join(anchors)}.")
        if faulty:
            raise CommandError(f"{faulty} of the logs are not as they were written.")


def _list_organizations(slug: str | None) -> list[Organization]:
    if slug is None:
        return list(Organization.objects.order_by("slug"))
    try:
        return [queries.get_organization(slug=slug)]
    except NotFound as error:
        raise CommandError(str(error)) from error


def _read_anchor(text: str) -> tuple[str, tuple[int, str]]:
    match = ANCHOR.fullmatch(text)
    if match is None:
        raise CommandError("An anchor is written as slug:line:hash, as this command prints it.")
    return match[1], (int(match[2]), match[3])
