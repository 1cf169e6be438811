"""Typed values of pick lists: one that the catalog does not have is a fault of its field, not an empty list."""

from collections.abc import Sequence
from dataclasses import replace

from contacthub.contacts.known_values import PLACES, list_unknown
from contacthub.organizations.models import Organization
from contacthub.web.views.catalog.filters import FilterValue


def refuse_unknown(asked: Sequence[FilterValue], organization: Organization) -> list[FilterValue]:
    """Return the fields as they are, those with a value that no row of the catalog has with a fault and their text."""
    checked = [each for each in asked if each.field.target in PLACES and not each.fault]
    values = [
        (each.field.target, value) for each in checked for value in (*each.values, *each.excluded)
    ]
    unknown = list_unknown(organization=organization, values=values)
    return (
        [_refuse(each, unknown) if each in checked else each for each in asked]
        if unknown
        else [*asked]
    )


def _refuse(each: FilterValue, unknown: Sequence[tuple[str, object]]) -> FilterValue:
    pairs = [
        *zip(each.texts, each.values, strict=True),
        *zip(each.excluded_texts, each.excluded, strict=True),
    ]
    texts = dict.fromkeys(text for text, value in pairs if (each.field.target, value) in unknown)
    if not texts:
        return each
    named = " and ".join(f"“{text}”" for text in texts)
    fault = f"{each.field.label} does not know {named}; choose a value of the list."
    return replace(each, values=[], excluded=[], empty=None, fault=fault)
