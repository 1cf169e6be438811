"""ContactBased's calls. Each calls one action or query and formats the answer.

Source: the vendor's introduction to its Data APIs ("Intent feeds", "Feed exports", "Organization feeds", "Contact
enrichment"); docs/protocols.md says what is our choice.
"""

from contacthub.api.contactbased.views import feeds, lookups
from contacthub.api.contactbased.views.base import api

__all__ = ["api", "feeds", "lookups"]
