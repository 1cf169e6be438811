"""Is the audit log as it was written? Each line's hash is made again and compared with the chain's."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from contacthub.organizations import sql
from contacthub.organizations.models import AuditChain, Organization

MOST_FAULTS = 20
EMPTY = b""


@dataclass
class Verdict:
    """What was found in one organization's log. `hash` and `sequence` are of its last line, to be noted elsewhere."""

    sequence: int = 0
    hash: str = ""
    faults: list[str] = field(default_factory=list)
    is_anchor_met: bool = False

    def add_fault(self, text: str) -> None:
        """Note a fault; after twenty there is nothing more to learn."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)


def verify(*, organization: Organization, anchor: tuple[int, str] | None = None) -> Verdict:
    """Check all lines of an organization in order: none changed, removed, put in or left out of the chain.

    Someone who owns the database could make a whole new chain. `anchor` is the number and hash (hex) of a line as an
    earlier check printed them; a chain without it was replaced.
    """
    verdict = Verdict(is_anchor_met=anchor is None)
    with transaction.atomic():
        former = EMPTY
        for sequence, found, *line in sql.stream_chain(organization_id=organization.pk):
            if sequence != verdict.sequence + 1:
                verdict.add_fault(
                    f"Lines {verdict.sequence + 1:,} to {sequence - 1:,} are missing."
                )
            if line[0] is None:
                verdict.add_fault(f"Line {sequence:,} was removed.")
            elif bytes(found) != hash_line(former, sequence, line):
                verdict.add_fault(f"Line {sequence:,} was changed, or one before it was removed.")
            former, verdict.sequence, verdict.hash = bytes(found), sequence, bytes(found).hex()
            if anchor == (verdict.sequence, verdict.hash):
                verdict.is_anchor_met = True
        _check_end(organization, verdict)
    return verdict


def hash_line(former: bytes, sequence: int, line: list[Any]) -> bytes:
    """Return the hash of a line, made as `organizations_audit_content` in Postgres makes it."""
    text = json.dumps(line, ensure_ascii=False)
    return hashlib.sha256(former + f"{sequence}{text}".encode()).digest()


def _check_end(organization: Organization, verdict: Verdict) -> None:
    unchained = sql.count_unchained(organization_id=organization.pk)
    if unchained:
        verdict.add_fault(f"{unchained:,} lines are outside the chain.")
    end = AuditChain.objects.filter(organization=organization).first()
    noted = (end.sequence, bytes(end.hash).hex()) if end else (0, "")
    if noted != (verdict.sequence, verdict.hash):
        verdict.add_fault(f"The last line should be {noted[0]:,}.")
    if not verdict.is_anchor_met:
        verdict.add_fault("The line that was noted earlier is not in this chain.")
