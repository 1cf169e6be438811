"""What the filters' fields hold, read from the texts that people type: numbers, days, countries, places."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from contacthub.contacts.filters import Location
from contacthub.contacts.nace import find_code, find_section, find_title
from contacthub.core.countries import as_country_name, country_name, find_country
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


def read_branch(text: str) -> str:
    """Return a section, division, group or class of NACE, given by its code or by its title."""
    code = find_code(text)
    if code is None:
        raise Refused(
            f"does not know “{text}”; enter a code or title of NACE such as J, 62 or 62.01"
        )
    return code


def show_branch(code: str) -> str:
    """Return a branch as people read it: "Computer programming, 62.01"."""
    title = find_title(code)
    return f"{title}, {code}" if title else code


def read_region(text: str) -> Location:
    """Return the state of a country that "Viken, Norway" names."""
    state, country = _split_place(text, "Viken, Norway")
    return Location(country, state)


def read_city(text: str) -> Location:
    """Return the city of a country, in any state, that "Halden, Norway" names."""
    city, country = _split_place(text, "Halden, Norway")
    return Location(country, city=city)


def show_place(place: Location) -> str:
    """Return a state or a city as people write it."""
    return f"{place.city or place.state}, {place.country}"


def _split_place(text: str, such_as: str) -> tuple[str, str]:
    # A name may hold a comma, such as Washington, D.C.
    name, _, country = (part.strip() for part in text.rpartition(","))
    if not (name and country):
        raise Refused(f"must name its country too, such as {such_as}")
    return name, as_country_name(country)


def read_check_age(text: str) -> str:
    """Return the age of a check that "30" (within so many days) or "over-180" says."""
    side, days = (
        ("over", text.removeprefix("over-")) if text.startswith("over-") else ("within", text)
    )
    return f"{side}:{scalars.read_whole(days, least=1, most=3650)}"


def show_check_age(age: str) -> str:
    """Return the age of a check in words."""
    side, _, days = age.partition(":")
    return f"within {days} days" if side == "within" else f"over {days} days ago"


def read_band(text: str) -> str:
    """Return a band of quality such as 60-79."""
    least, _, most = text.partition("-")
    first = scalars.read_whole(least, least=0, most=100)
    return f"{first}-{scalars.read_whole(most, least=first, most=100)}"


def show_band(band: str) -> str:
    """Return a band of quality in words."""
    return band.replace("-", " to ")


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
