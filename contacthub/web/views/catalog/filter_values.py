"""What the filters' fields hold, read from the texts that people type: numbers, days, countries, places."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from contacthub.contacts.filters import Location
from contacthub.contacts.nace import find_section
from contacthub.core.countries import country_name, find_country
from contacthub.web import scalars
from contacthub.web.scalars import Refused

NACE_CODE = re.compile(r"\d\d(\.\d{1,3})?", re.ASCII)
Read = Callable[[str], Any]


def read_whole(least: int, most: int) -> Read:
    """Return the reader of whole numbers within bounds."""
    return lambda text: scalars.read_whole(text, least=least, most=most)


def read_day(text: str) -> dt.datetime:
    """Return the first moment of a day, UTC."""
    return dt.datetime.combine(scalars.read_day(text), dt.time(), dt.UTC)


def read_next_day(text: str) -> dt.datetime:
    """Return the first moment after a day, UTC."""
    return read_day(text) + dt.timedelta(days=1)


def read_last_moment(text: str) -> dt.datetime:
    """Return the last moment of a day, UTC."""
    return read_next_day(text) - dt.timedelta(microseconds=1)


def read_country(text: str) -> str:
    """Return the alpha-2 code of a country, given by name or code."""
    code = find_country(text)
    if code is None:
        raise Refused(f"does not know “{text}”; enter a country such as Norway or NO")
    return code


def read_country_name(text: str) -> str:
    """Return the English name of a country, given by name or code."""
    return country_name(read_country(text))


def read_nace(text: str) -> str:
    """Return a NACE code below a section."""
    if not NACE_CODE.fullmatch(text):
        raise Refused("must be a code such as 62 or 62.01")
    return text


def show_nace(code: str) -> str:
    """Return a NACE code with the name of its section: 62.01 (Information and communication)."""
    section = find_section(code)
    return f"{code} ({section.short})" if section else code


def read_location(text: str) -> Location:
    """Return the place that "Norway", "Viken, Norway", "Halden, Viken, Norway" or "Halden, *, Norway" names."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 3 or not all(parts):
        raise Refused("must be a place such as Norway, or Halden, *, Norway")
    country, state, city = (*reversed(parts), "", "")[:3]
    return Location(read_country_name(country), "" if state == "*" else state, city)


def show_location(place: Location) -> str:
    """Return a place as people write it."""
    if place.city:
        return f"{place.city}, {place.state or '*'}, {place.country}"
    return f"{place.state}, {place.country}" if place.state else place.country
