"""`manage.py shared_duplicates`: list pairs of shared contacts that may be one person, and say which are not."""

from argparse import ArgumentParser
from typing import Any

from contacthub.contacts.duplicates.proposals import Pair, dismiss, join_reasons, restore
from contacthub.contacts.models import DuplicateProposal
from contacthub.core.commands import OperatorCommand
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import format_contact_id, parse_contact_id
from contacthub.organizations.audit import COMMAND_LINE


class Command(OperatorCommand):
    """List or decide pairs that no organization may decide."""

    help = (
        "List pairs of shared contacts that may be one person, the surest first, with ids and reasons; or say that "
        "two are different people. Merge two with merge_contacts. Organizations decide about their own on the pages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--dismiss", nargs=2, metavar="ID", help="two contacts that are not the same person"
        )
        parser.add_argument("--restore", nargs=2, metavar="ID", help="undo that")
        parser.add_argument("--most", type=int, default=100, help="how many to list (default: 100)")

    def handle(
        self, *, dismiss: list[str] | None, restore: list[str] | None, most: int, **_: Any
    ) -> None:
        """Decide, or print the pairs."""
        if dismiss:
            self._decide(*dismiss, is_dismissed=True)
        elif restore:
            self._decide(*restore, is_dismissed=False)
        else:
            self._list(most)

    def _decide(self, one: str, other: str, *, is_dismissed: bool) -> None:
        pair = Pair.of(None, parse_contact_id(one), parse_contact_id(other))
        proposal = pair.rows.first()
        if proposal is None:
            raise NotFound("There is no such pair of shared contacts.")
        decide = dismiss if is_dismissed else restore
        decide(organization=None, actor=COMMAND_LINE, proposal_id=proposal.pk)
        self.stdout.write("Dismissed." if is_dismissed else "A possible duplicate again.")

    def _list(self, most: int) -> None:
        found = DuplicateProposal.objects.filter(
            organization=None, state=DuplicateProposal.State.OPEN
        ).order_by("-score", "pk")
        for each in found[: max(most, 0)]:
            ids = f"{format_contact_id(each.lower_key)} {format_contact_id(each.higher_key)}"
            self.stdout.write(f"{ids} {each.score:.2f} {join_reasons(each.reasons)}")
