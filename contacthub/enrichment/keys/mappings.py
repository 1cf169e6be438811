"""Uses of columns that make a key together, and headers as one set, in whatever order their columns stand."""

import hashlib
from collections.abc import Collection, Sequence

from contacthub.core.errors import Invalid
from contacthub.core.text import fold
from contacthub.enrichment.models import ColumnUse, MatchKey

# Finding somebody by these is reading them: it needs the right to see values.
PERSONAL = frozenset(
    {
        ColumnUse.EMAIL,
        ColumnUse.EMAIL_HASH,
        ColumnUse.LINKEDIN,
        ColumnUse.PHONE,
        ColumnUse.ANY,
    }
)
SINGLE = {
    ColumnUse.CONTACT_ID: MatchKey.CONTACT_ID,
    ColumnUse.EMAIL: MatchKey.EMAIL,
    ColumnUse.EMAIL_HASH: MatchKey.EMAIL_HASH,
    ColumnUse.LINKEDIN: MatchKey.LINKEDIN,
    ColumnUse.PHONE: MatchKey.PHONE,
}
NO_KEYS = "Choose at least one key: a contact id, e-mail, hash, LinkedIn address, phone, or a name with a company."


def list_keys(uses: Collection[str]) -> list[MatchKey]:
    """Return the keys that columns of these uses make, in the order in which they are tried."""
    if ColumnUse.ANY in uses:
        return [key for key in MatchKey if key != MatchKey.CHOSEN]
    keys = [key for use, key in SINGLE.items() if use in uses]
    if has_name(uses):
        pairs = (
            (ColumnUse.DOMAIN, MatchKey.NAME_DOMAIN),
            (ColumnUse.COMPANY, MatchKey.NAME_COMPANY),
        )
        keys += [key for use, key in pairs if use in uses]
    return keys


def has_name(uses: Collection[str]) -> bool:
    """Return whether columns of these uses make a full name."""
    return ColumnUse.FULL_NAME in uses or {ColumnUse.FIRST_NAME, ColumnUse.LAST_NAME} <= set(uses)


def check_uses(uses: Sequence[str], *, column_count: int, may_see_values: bool) -> list[str]:
    """Return uses that can be matched by. Raises `Invalid` with what is missing, or what a role may not match by."""
    if len(uses) != column_count or any(use not in ColumnUse.values for use in uses):
        raise Invalid("Choose a use for every column.", field="columns")
    if not may_see_values and (refused := [use for use in uses if use in PERSONAL]):
        label = ColumnUse(refused[0]).label
        raise Invalid(f"Your role may not match by {label}.", field="columns")
    if list_keys(uses):
        return list(uses)
    if has_name(uses):
        raise Invalid(
            "A name needs the company or its domain beside it. Choose a column for one of them.",
            field="columns",
        )
    if {ColumnUse.DOMAIN, ColumnUse.COMPANY}.intersection(uses):
        raise Invalid("A company alone is no key. Choose the columns of the name.", field="columns")
    raise Invalid(NO_KEYS, field="columns")


def hash_headers(header: Sequence[str]) -> bytes:
    """Return the same bytes for the same set of headers, in any order, case and accent."""
    return hashlib.sha256("\n".join(sorted(map(fold, header))).encode()).digest()
