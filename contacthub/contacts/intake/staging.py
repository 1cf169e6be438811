"""From a block of a file to rows of the stage, checked and normalized, and the rows that cannot be used."""

import datetime as dt
from collections.abc import Callable, Iterable

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from contacthub.contacts.intake.columns import (
    COMPANY,
    CONTACT,
    CRM,
    EMAIL,
    IDENTITY,
    PHONE,
    PII,
)
from contacthub.contacts.intake.identity import NOBODY, Marks, find_company, find_key
from contacthub.contacts.intake.kinds import first_of_array
from contacthub.contacts.intake.nested_columns import gather
from contacthub.contacts.intake.observations import (
    Observation,
    add_hashes,
    describe_phones,
    email_list_cleaner,
    order_observed,
    phone_list_cleaner,
)
from contacthub.core.countries import country_name, find_country
from contacthub.core.domains import find_top_level
from contacthub.core.tabular import Block, Reject, clean_column, drop_rows
from contacthub.core.tabular.columns import Columns, Reasons, clean_columns, is_absent, note

Arrays = dict[str, pa.Array]
# The columns of the stage with their types: one row of it for one good row of the file. `place` counts the rows that
# the reader could split, good or not; a line is looked up by it only when it is needed.
STAGE: tuple[tuple[str, str], ...] = (
    ("place", "bigint"),
    ("key", "bigint"),
    ("is_key_given", "boolean"),
    ("number", "bigint"),
    *((column.name, column.sql_type) for column in CONTACT),
    *((column.name, column.sql_type) for column in EMAIL),
    ("emails", "jsonb"),
    ("phone", "text"),
    ("phones", "jsonb"),
    ("pii", "jsonb"),
    ("crm", "jsonb"),
    ("company_ref", "text"),
    *((f"company_{column.name}", column.sql_type) for column in COMPANY),
)
# The same for rows that are about a company only.
COMPANY_STAGE = (
    ("place", "bigint"),
    *(column for column in STAGE if column[0].startswith("company_")),
)
NO_COMPANY = "has nothing to identify the company: company.domain, or company.name"


def clean_block(block: Block, *, first: int, today: dt.date) -> tuple[Arrays, list[Reject]]:
    """Return the stage's columns of a block's good rows, and its rejects. Its first row has the place `first`."""
    bad: Reasons = {}
    given = gather(block, bad)
    identity, contact, pii, crm, company = (
        clean_columns(group, given, bad, today=today)
        for group in (IDENTITY, CONTACT, PII, CRM, COMPANY)
    )
    _fill_in_contact(contact, pii, crm)
    emails = _combine_emails(given, bad, today)
    described = _describe_company(company)
    columns: Arrays = {
        "place": pa.array(range(first, first + block.row_count), pa.int64()),
        **_identify(identity, contact, emails, company, bad),
        **contact,
        **emails,
        **_combine_phones(given, bad, today, _find_regions(contact, company)),
        "pii": _as_objects(PII, pii, is_given=pc.is_valid(given["pii"])),
        "crm": _as_objects(CRM, crm, is_given=None),
        **described,
    }
    return drop_rows(block, {name: columns[name] for name, _ in STAGE}, bad)


def clean_company_block(block: Block, *, first: int, today: dt.date) -> tuple[Arrays, list[Reject]]:
    """Return the columns of `COMPANY_STAGE` of a block's good rows, and its rejects, by the rules of `clean_block`."""
    bad: Reasons = {}
    company = clean_columns(COMPANY, gather(block, bad), bad, today=today)
    columns = {
        "place": pa.array(range(first, first + block.row_count), pa.int64()),
        **_describe_company(company),
    }
    for row, ref in enumerate(columns["company_ref"].to_pylist()):
        if ref is None and row not in bad:
            bad[row] = [NO_COMPANY]
    return drop_rows(block, {name: columns[name] for name, _ in COMPANY_STAGE}, bad)


def _describe_company(company: Arrays) -> Arrays:
    """Return the stage's columns of companies: by what each is known, and what is said of it."""
    company["tld"] = pc.coalesce(company["tld"], clean_column(company["domain"], find_top_level)[0])
    # A country is one value: whichever form a file gives, both are known.
    codes, names = company["country_code"], company["country"]
    company["country_code"] = pc.coalesce(codes, clean_column(names, find_country)[0])
    company["country"] = pc.coalesce(names, clean_column(codes, country_name)[0])
    return {
        "company_ref": _map(find_company, company["number"], company["domain"], company["name"]),
        **{f"company_{name}": array for name, array in company.items()},
    }


def _map(function: Callable[..., str | None], *arrays: pa.Array) -> pa.Array:
    """Apply a function to each row of some columns; where all are absent, so is the result."""
    if all(map(is_absent, arrays)):
        return arrays[0]
    rows = zip(*(array.to_pylist() for array in arrays), strict=True)
    return pa.array([function(*row) for row in rows], pa.string())


# --- What follows from other columns ---------------------------------------------------------------------------------


def _fill_in_contact(contact: Arrays, pii: Arrays, crm: Arrays) -> None:
    """Give a contact what its personal record says, a full name, its first title, and whether it has an account."""
    for name in ("first_name", "last_name", "state", "country"):
        contact[name] = pc.coalesce(contact[name], pii[name])
    joined = _map(_join_names, contact["first_name"], contact["last_name"])
    contact["full_name"] = pc.coalesce(contact["full_name"], joined)
    contact["job_title"] = pc.coalesce(
        contact["job_title"], _map(first_of_array, contact["titles"])
    )
    accounts = (crm["account_name"], crm["account_domain"], crm["account_crm_id"])
    contact["has_account"] = pc.coalesce(contact["has_account"], _map(_has_any, *accounts))


def _join_names(first: str | None, last: str | None) -> str | None:
    # Half a name must not take the place of a whole one.
    return f"{first} {last}" if first and last else None


def _has_any(*values: str | None) -> str | None:
    return "true" if any(values) else None


def _as_objects(columns: Columns, arrays: Arrays, *, is_given: pa.Array | None) -> pa.Array:
    """Make a JSON object of some columns in each row that has one of them, or where one is given, if empty."""
    found = [
        (column, arrays[column.name]) for column in columns if not is_absent(arrays[column.name])
    ]
    given = is_given.to_pylist() if is_given is not None else [False] * len(arrays[columns[0].name])
    if not found and not any(given):
        return arrays[columns[0].name]
    readers = [(column.name, JSON_READERS.get(column.sql_type, str)) for column, _ in found]
    objects = []
    for values, has_object in zip(
        _rows([array for _, array in found], len(given)), given, strict=True
    ):
        row = {
            name: read(v) for (name, read), v in zip(readers, values, strict=True) if v is not None
        }
        objects.append(orjson.dumps(row).decode() if row or has_object else None)
    return pa.array(objects, pa.string())


JSON_READERS: dict[str, Callable[[str], object]] = {"bigint": int, "boolean": "true".__eq__}


def _rows(arrays: list[pa.Array], count: int) -> Iterable[tuple[str | None, ...]]:
    return zip(*(array.to_pylist() for array in arrays), strict=True) if arrays else [()] * count


# --- Who it is -------------------------------------------------------------------------------------------------------


def _identify(
    identity: Arrays, contact: Arrays, emails: Arrays, company: Arrays, bad: Reasons
) -> Arrays:
    marks = (
        identity["contact_key"],
        emails["email"],
        contact["linkedin_url"],
        contact["full_name"],
        company["domain"],
        identity["number"],
    )
    keys = [
        find_key(Marks(*row)) for row in zip(*(array.to_pylist() for array in marks), strict=True)
    ]
    for row, key in enumerate(keys):
        # A mark that cannot be used is reason enough.
        if key is None and row not in bad:
            bad[row] = [NOBODY]
    return {
        "key": pa.array(keys, pa.string()),
        "is_key_given": pc.is_valid(identity["contact_key"]).cast(pa.string()),
        "number": identity["number"],
    }


# --- Addresses and phones --------------------------------------------------------------------------------------------


def _combine_emails(given: Arrays, bad: Reasons, today: dt.date) -> Arrays:
    columns = clean_columns(EMAIL, given, bad, today=today)
    listed, reasons = clean_column(given["emails"], email_list_cleaner(today))
    note(bad, "emails", reasons)
    facts = {"status": columns["email_status"], "checked_on": columns["email_checked_on"]}
    observed = _observe("email", listed, columns["email"], facts, bad)
    firsts = [o[0] if o else {} for o in observed]
    return {
        "email": _pick(firsts, "email"),
        "email_status": _pick(firsts, "status"),
        "email_checked_on": _pick(firsts, "checked_on"),
        "has_personal_email": columns["has_personal_email"],
        "emails": _as_lists([None if o is None else add_hashes(o) for o in observed]),
    }


def _find_regions(contact: Arrays, company: Arrays) -> list[str | None]:
    """Return the country of each contact: its own, else its company's."""
    named = contact["country"].to_pylist()
    codes = company["country_code"].to_pylist()
    return [
        code if name is None else find_country(name)
        for name, code in zip(named, codes, strict=True)
    ]


def _combine_phones(
    given: Arrays, bad: Reasons, today: dt.date, regions: list[str | None]
) -> Arrays:
    columns = clean_columns(PHONE, given, bad, today=today)
    listed, reasons = clean_column(given["phones"], phone_list_cleaner(today))
    note(bad, "phones", reasons)
    observed = [
        each and describe_phones(each, region)
        for each, region in zip(
            _observe("phone", listed, columns["phone"], {}, bad), regions, strict=True
        )
    ]
    return {
        "phone": _pick([o[0] if o else {} for o in observed], "phone"),
        "phones": _as_lists(observed),
    }


def _observe(
    key: str, listed: pa.Array, primary: pa.Array, facts: Arrays, bad: Reasons
) -> list[list[Observation] | None]:
    observed: list[list[Observation] | None] = []
    arrays = (listed, primary, *facts.values())
    for row, (cell, first, *values) in enumerate(
        zip(*(array.to_pylist() for array in arrays), strict=True)
    ):
        known = {
            name: value for name, value in zip(facts, values, strict=True) if value is not None
        }
        try:
            observed.append(order_observed(cell, key, first, known))
        except ValueError as error:
            observed.append(None)
            bad.setdefault(row, []).append(str(error))
    return observed


def _pick(observed: list[Observation], name: str) -> pa.Array:
    return pa.array([observation.get(name) for observation in observed], pa.string())


def _as_lists(observed: list[list[Observation] | None]) -> pa.Array:
    return pa.array(
        [None if o is None else orjson.dumps(o).decode() for o in observed], pa.string()
    )
