"""The fast way to what is known of many contacts: ready-made texts, aligned with the requested ids."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from contacthub.contacts import queries as contacts
from contacthub.core.errors import Invalid, TooLarge
from contacthub.enrichment.models import Section
from contacthub.organizations.models import Organization

MOST_KEYS = 1000


class Envelope(NamedTuple):
    """What is known of one contact, per section as compact JSON.

    None: not asked, or no record. `[]` is a record without addresses.
    Source: ContactBased API, "Contact enrichment".
    """

    key: int
    pii: str | None
    emails: str | None
    phones: str | None

    @property
    def found_sections(self) -> int:
        """Return how many of the asked sections have a record."""
        return (self.pii is not None) + (self.emails is not None) + (self.phones is not None)


def get_envelopes(
    *, organization: Organization, keys: Sequence[int], sections: Collection[str]
) -> list[Envelope]:
    """Return what is known of up to 1,000 contacts, aligned by index with `keys`; unknown ones are empty.

    Nothing is encoded: the texts are those of the catalog, to be joined into a reply. Raises `TooLarge` for more
    keys and `Invalid` for an unknown section.
    """
    if len(keys) > MOST_KEYS:
        raise TooLarge(
            f"{MOST_KEYS:,} contacts are looked up at once; {len(keys):,} were requested."
        )
    if unknown := [name for name in sections if name not in Section.values]:
        raise Invalid(f"There is no section {unknown[0]}.", field="sections")
    documents = contacts.get_documents(organization=organization, keys=keys, sections=sections)
    return [Envelope(key, *document) for key, document in zip(keys, documents, strict=True)]
