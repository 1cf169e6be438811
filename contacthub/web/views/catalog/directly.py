"""The one contact that a text names: by its id, by a whole address or by the hash of one."""

import re

from contacthub.contacts.queries import find_contact_by_email, find_contact_by_hash
from contacthub.core.public_ids import CONTACT_ID, format_contact_id
from contacthub.organizations.models import Organization

HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII | re.IGNORECASE)


def find_directly(organization: Organization, text: str, *, may_see: bool) -> str:
    """Return the id of the contact that a text names; nothing if it names none.

    Who may not see addresses does not find by them either. An id is returned whether it exists or not.
    """
    if CONTACT_ID.fullmatch(text):
        return text
    found = None
    if may_see and HASH.fullmatch(text):
        found = find_contact_by_hash(organization=organization, digest=bytes.fromhex(text))
    elif may_see and "@" in text.strip("@"):
        found = find_contact_by_email(organization=organization, email=text)
    return format_contact_id(found.key) if found else ""
