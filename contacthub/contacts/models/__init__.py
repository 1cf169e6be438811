"""Companies and contacts with their addresses and phones, and the documents from which lookups are answered.

Rows without an organization are shared: the operator imported them for everyone. The others are private to one
organization, whose own contact takes the place of the shared one with the same key. To everyone else a private
contact looks exactly like an unknown one.
"""

from contacthub.contacts.models.companies import Company
from contacthub.contacts.models.contacts import Contact
from contacthub.contacts.models.duplicates import DuplicateCheck, DuplicateProposal
from contacthub.contacts.models.facts import CompanyFacts, CompanyTraits, ContactFacts
from contacthub.contacts.models.intent import (
    KEPT_DAYS,
    RECENT_DAYS,
    IntentBlock,
    IntentContact,
    IntentDomain,
)
from contacthub.contacts.models.merges import KeptRow, Merge
from contacthub.contacts.models.normalizing import MergedRow, Normalization, RenamedKey
from contacthub.contacts.models.numbers import FIRST_OWN_NUMBER
from contacthub.contacts.models.observations import ContactDocument, ContactEmail, ContactPhone
from contacthub.contacts.models.provenance import (
    FILES,
    Candidate,
    Load,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.models.saved_views import SavedView
from contacthub.contacts.models.selections import Selection, SelectionPart

__all__ = [
    "FILES",
    "FIRST_OWN_NUMBER",
    "KEPT_DAYS",
    "RECENT_DAYS",
    "Candidate",
    "Company",
    "CompanyFacts",
    "CompanyTraits",
    "Contact",
    "ContactDocument",
    "ContactEmail",
    "ContactFacts",
    "ContactPhone",
    "DuplicateCheck",
    "DuplicateProposal",
    "IntentBlock",
    "IntentContact",
    "IntentDomain",
    "KeptRow",
    "Load",
    "Merge",
    "MergedRow",
    "Normalization",
    "RenamedKey",
    "SavedView",
    "Selection",
    "SelectionPart",
    "Settlement",
    "SourceRecord",
]
