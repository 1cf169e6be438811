"""Statements about companies and contacts: the import, step by step, and the documents of lookups."""

from contacthub.contacts.sql.companies import list_saved_companies, save_companies
from contacthub.contacts.sql.contacts import (
    add_contacts,
    change_contacts,
    list_matched,
    match_contacts,
)
from contacthub.contacts.sql.documents import read_documents, save_documents, save_import_documents
from contacthub.contacts.sql.facts import (
    save_company_facts,
    save_facts,
    save_facts_of_companies,
    save_import_facts,
)
from contacthub.contacts.sql.observations import EMAILS, PHONES, save_observations
from contacthub.contacts.sql.provenance import save_provenance
from contacthub.contacts.sql.settlements import hold_settled
from contacthub.contacts.sql.stage import (
    create_stage,
    fill_stage,
    leave_out_contradictions,
    list_rejects,
    lock_imports,
    match_numbers,
    match_renamed,
)
from contacthub.contacts.sql.united import keep_united

__all__ = [
    "EMAILS",
    "PHONES",
    "add_contacts",
    "change_contacts",
    "create_stage",
    "fill_stage",
    "hold_settled",
    "keep_united",
    "leave_out_contradictions",
    "list_matched",
    "list_rejects",
    "list_saved_companies",
    "lock_imports",
    "match_contacts",
    "match_numbers",
    "match_renamed",
    "read_documents",
    "save_companies",
    "save_company_facts",
    "save_documents",
    "save_facts",
    "save_facts_of_companies",
    "save_import_documents",
    "save_import_facts",
    "save_observations",
    "save_provenance",
]
