"""Filters that ContactHub applies to the rows a vendor sent, where the vendor itself cannot.

They mean what they mean in the catalog (`contacts.sql.conditions`), over `connectors.records` instead of stored facts:
a row without a value does not have it, and is not what is excluded.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from contacthub.connectors.records import Company, Contact
from contacthub.contacts.filters import Location
from contacthub.contacts.sql.conditions import contains_texts
from contacthub.core.countries import find_country
from contacthub.core.text import fold

Row = Contact | Company
Values = Collection[Any]


class RowFilter(NamedTuple):
    """A filter of one row: what of the record it needs, the values that a row has, and whether they fit.

    `read` returns nothing for a row without a value. `fits` is asked only where there is one.
    """

    needs: tuple[str, ...]
    read: Callable[[Any], Values]
    fits: Callable[[Values, Any], bool]
    # Whether the filter also asks for, or excludes, rows that have no value.
    can_be_empty: bool = False

    def holds(self, row: Row | None, wanted: Any) -> bool:
        """Return whether a row has what is wanted."""
        found = self.read(row) if row is not None else ()
        return bool(found) and self.fits(found, wanted)

    def is_empty(self, row: Row | None) -> bool:
        """Return whether a row has no value."""
        return row is None or not self.read(row)


# --- What rows have -------------------------------------------------------------------------------


def _field(name: str) -> Callable[[Any], Values]:
    def read(row: Any) -> Values:
        value = getattr(row, name)
        return () if value is None or value == "" else (value,)

    return read


def _list(name: str) -> Callable[[Any], Values]:
    return lambda row: getattr(row, name) or ()


def _presence(name: str) -> Callable[[Any], Values]:
    """Return whether a row has a value, which is never unknown."""
    return lambda row: (bool(getattr(row, name)),)


def _read_name(row: Contact) -> str:
    return row.full_name or " ".join(filter(None, (row.first_name, row.last_name)))


def _read_texts(row: Contact) -> Values:
    """Return the name and the first address, which the catalog keeps for searches."""
    return [fold(text) for text in (_read_name(row), *(e.email for e in (row.emails or ())[:1]))]


def _read_company_texts(row: Company) -> Values:
    return [fold(" ".join(filter(None, (row.name, row.domain))))]


def _read_email_status(row: Contact) -> Values:
    return [each.status for each in (row.emails or ())[:1] if each.status]


def _read_personal(row: Contact) -> Values:
    return (any(each.type == "personal" for each in row.emails or ()),)


def _read_country(row: Company) -> Values:
    code = find_country((row.location and row.location.country) or row.country_code or "")
    return (code,) if code else ()


def _read_places(row: Company) -> Values:
    """Return a company's country, its state and its city, each as filters write it."""
    country, state, city = _parts(row)
    places = {Location(country).place, Location(country, state).place} if country else set()
    if country and city:
        places |= {Location(country, state, city).place, Location(country, "", city).place}
    return places


def _parts(row: Company) -> tuple[str, str, str]:
    place = row.location
    if place is None:
        return row.country_code or "", "", ""
    return place.country or row.country_code or "", place.state or "", place.city or ""


def _read_kind(kind: str) -> Callable[[Any], Values]:
    return lambda row: [place for place in _read_places(row) if place.startswith(f"{kind}:")]


def _read_tlds(row: Company) -> Values:
    tld = (row.tld or "").lower().strip(".")
    return {tld, tld.rpartition(".")[2]} if tld else ()


# --- Whether they fit -----------------------------------------------------------------------------


def _is(found: Values, wanted: Any) -> bool:
    return wanted in found


def _any_of(found: Values, wanted: Values) -> bool:
    return any(each in wanted for each in found)


def _any_text(found: Values, wanted: Iterable[str]) -> bool:
    return bool({fold(each) for each in found} & {fold(each) for each in wanted})


def _one_text(found: Values, wanted: str) -> bool:
    return _any_text(found, [wanted])


def _any_part(found: Values, wanted: Iterable[str]) -> bool:
    # Without a text to look for, nothing is found, as in the catalog.
    texts = [fold(each) for each in wanted if contains_texts([each])]
    return any(text in fold(each) for each in found for text in texts)


def _all_words(found: Values, wanted: str) -> bool:
    words = [word.strip(",;") or word for word in fold(wanted).split()]
    return bool(words) and all(any(word in text for text in found) for word in words)


def _places(found: Values, wanted: Iterable[Location]) -> bool:
    return any(each.place in found for each in wanted)


def _tlds(found: Values, wanted: Iterable[str]) -> bool:
    return any(each.strip().lower().lstrip(".") in found for each in wanted)


def _bands(found: Values, wanted: Sequence[str]) -> bool:
    bounds = [tuple(map(int, band.split("-"))) for band in wanted]
    return any(least <= each <= most for each in found for least, most in bounds)


def _from(found: Values, wanted: Any) -> bool:
    return all(each >= wanted for each in found)


def _up_to(found: Values, wanted: Any) -> bool:
    return all(each <= wanted for each in found)


def _before(found: Values, wanted: dt.datetime) -> bool:
    return all(each < wanted for each in found)


def _one(
    name: str, fits: Callable[[Values, Any], bool], *, can_be_empty: bool = False
) -> RowFilter:
    return RowFilter((name,), _field(name), fits, can_be_empty)


def _many(name: str) -> RowFilter:
    return RowFilter((name,), _list(name), _any_text, can_be_empty=True)


def _place(kind: str) -> RowFilter:
    return RowFilter(("location",), _read_kind(kind), _places, can_be_empty=True)


CONTACT_FILTERS = {
    "text": RowFilter(("full_name", "emails"), _read_texts, _all_words),
    "job_titles": _one("job_title", _any_part, can_be_empty=True),
    "departments": _one("department", _any_text, can_be_empty=True),
    "department": _one("department", _one_text),
    "seniorities": _one("seniority", _any_text, can_be_empty=True),
    "seniority_levels": _one("seniority_level", _any_of, can_be_empty=True),
    "sources": _one("source", _any_of),
    "verified": _one("verified", _is),
    "is_stale": _one("is_stale", _is),
    "is_speculative": _one("is_speculative", _is),
    "is_decision_maker": _one("is_decision_maker", _is),
    "has_email": RowFilter(("emails",), _presence("emails"), _is),
    "has_phone": RowFilter(("phones",), _presence("phones"), _is),
    "has_linkedin": RowFilter(("linkedin_url",), _presence("linkedin_url"), _is),
    "has_personal_email": RowFilter(("emails", "emails.type"), _read_personal, _is),
    "email_statuses": RowFilter(
        ("emails", "emails.status"), _read_email_status, _any_of, can_be_empty=True
    ),
    "min_quality_score": _one("quality_score", _from),
    "max_quality_score": _one("quality_score", _up_to),
    "quality_bands": _one("quality_score", _bands),
    "min_confidence": _one("confidence", _from),
    "max_confidence": _one("confidence", _up_to),
    "created_from": _one("created_at", _from),
    "created_before": _one("created_at", _before),
}
COMPANY_FILTERS = {
    "text": RowFilter(("name", "domain"), _read_company_texts, _all_words),
    "created_from": _one("created_at", _from),
    "created_until": _one("created_at", _up_to),
    "has_linkedin": RowFilter(("linkedin_url",), _presence("linkedin_url"), _is),
    "country_codes": RowFilter(("location",), _read_country, _any_of, can_be_empty=True),
    "tlds": RowFilter(("tld",), _read_tlds, _tlds),
    "functions": _many("functions"),
    "industries": _many("industries"),
    "technologies": _many("technologies"),
    "locations": RowFilter(("location",), _read_places, _places),
    "regions": _place("state"),
    "cities": _place("city"),
}
