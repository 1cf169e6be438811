"""`manage.py merge_contacts`: make one of two shared contacts, or undo it."""

from argparse import ArgumentParser
from typing import Any

from contacthub.contacts.merging.actions import merge_contacts, unmerge
from contacthub.contacts.models import Merge
from contacthub.core.commands import OperatorCommand
from contacthub.core.errors import NotFound
from contacthub.core.public_ids import parse_contact_id
from contacthub.organizations.audit import COMMAND_LINE


class Command(OperatorCommand):
    """Merge two shared contacts, which no organization may do."""

    help = (
        "Merge a contact that all organizations share into another one, or undo that exactly. The id and number of the "
        "merged one lead to the one that stays, except in organizations that have it as their own. Values follow the "
        "rule: what a source gave last. Organizations merge their own contacts on the pages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("survivor", help="the id of the contact that stays")
        parser.add_argument("merged", help="the id of the contact that becomes part of it")
        parser.add_argument("--undo", action="store_true", help="separate them again")

    def handle(self, *, survivor: str, merged: str, undo: bool, **_: Any) -> None:
        """Merge or separate, and print what leads where now."""
        stays, goes = parse_contact_id(survivor), parse_contact_id(merged)
        if not undo:
            merge_contacts(
                organization=None, actor=COMMAND_LINE, survivor_key=stays, merged_key=goes
            )
            self.stdout.write(f"{merged} leads to {survivor}.")
            return
        made = Merge.objects.filter(
            organization=None, undone_at=None, survivor_key=stays, merged_key=goes
        ).first()
        if made is None:
            raise NotFound("There is no such merge of shared contacts.")
        unmerge(organization=None, actor=COMMAND_LINE, merge_id=made.pk)
        self.stdout.write(f"{merged} is a contact of its own again.")
