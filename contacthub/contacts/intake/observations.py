"""A contact's addresses and phones: a list in one cell, plain or with what was observed of each."""

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import orjson

from contacthub.contacts.intake.kinds import EMAIL_STATUSES, EMAIL_TYPES, PHONE_TYPES
from contacthub.core.emails import clean_email
from contacthub.core.phones import add_country, clean_phone, find_type
from contacthub.core.tabular import Cleaner
from contacthub.core.tabular.blocks import as_text
from contacthub.core.tabular.cleaning import check_text
from contacthub.core.tabular.values import (
    clean_boolean,
    clean_day,
    clean_integer,
    clean_number,
    clean_word,
    split_list,
)

MOST_OBSERVED = 100
# What was observed of one address or phone, by its name; the values are text, as Postgres reads them.
Observation = dict[str, str]


def _day(today: dt.date) -> Cleaner:
    # Days are few and observations many.
    return lru_cache(maxsize=10_000)(partial(clean_day, last=today))


def _shared_parts(today: dt.date) -> dict[str, Cleaner]:
    day = _day(today)
    return {
        "confidence": partial(clean_number, least=0, most=1),
        "source": partial(check_text, most=200),
        "first_seen": day,
        "last_seen": day,
        "observations": partial(clean_integer, least=1, most=2**31 - 1),
    }


def _email_parts(today: dt.date) -> dict[str, Cleaner]:
    return {
        "email": clean_email,
        "type": partial(clean_word, words=EMAIL_TYPES),
        "status": partial(clean_word, words=EMAIL_STATUSES),
        "checked_on": _day(today),
        **_shared_parts(today),
    }


def _phone_parts(today: dt.date) -> dict[str, Cleaner]:
    return {
        "phone": clean_phone,
        "type": partial(clean_word, words=PHONE_TYPES),
        "is_do_not_call": clean_boolean,
        **_shared_parts(today),
    }


def email_list_cleaner(today: dt.date) -> Cleaner:
    """Return the check of a cell with addresses: its value is a JSON list of observations."""
    return _list_cleaner("email", _email_parts(today))


def phone_list_cleaner(today: dt.date) -> Cleaner:
    """Return the check of a cell with phones: its value is a JSON list of observations."""
    return _list_cleaner("phone", _phone_parts(today))


def _list_cleaner(key: str, parts: dict[str, Cleaner]) -> Callable[[str], str]:
    def clean(value: str) -> str:
        observed: dict[str, Observation] = {}
        for place, item in enumerate(split_list(value), start=1):
            try:
                observation = _read(item, key, parts)
            except ValueError as error:
                raise ValueError(f"item {place}: {error}") from error
            # Twice the same address: the later item adds to the earlier one.
            observed.setdefault(observation[key], {}).update(observation)
        if len(observed) > MOST_OBSERVED:
            raise ValueError(f"has more than {MOST_OBSERVED} items")
        return orjson.dumps(list(observed.values())).decode()

    return clean


def _read(item: object, key: str, parts: dict[str, Cleaner]) -> Observation:
    values: dict[str, Any] = item if isinstance(item, dict) else {key: item}
    observation: Observation = {}
    for name, value in values.items():
        text = (as_text(value) or "").strip()
        if text and name in parts:
            observation[name] = _clean_part(name, value, text, parts[name])
    if key not in observation:
        raise ValueError(f"{key} is missing")
    if observation.get("first_seen", "") > observation.get("last_seen", "9"):
        raise ValueError("first_seen is after last_seen")
    return observation


def _clean_part(name: str, value: Any, text: str, clean: Cleaner) -> str:
    if isinstance(value, list | dict):
        raise ValueError(f"{name} is not one value")
    try:
        return clean(text) or ""
    except ValueError as error:
        raise ValueError(f"{name} {error}") from error


def order_observed(
    listed: str | None, key: str, primary: str | None, facts: Observation
) -> list[Observation] | None:
    """Return the observations of a row, the primary one first with what other columns say of it (`facts`).

    Returns None if the row says nothing. Raises `ValueError` if two columns contradict each other.
    """
    observed: list[Observation] = orjson.loads(listed or "[]")
    if primary is not None:
        first = next((o for o in observed if o[key] == primary), {key: primary})
        observed = [first, *(o for o in observed if o[key] != primary)]
    for name, value in facts.items():
        if not observed:
            raise ValueError(f"{key}_{name} is given without {key}")
        if observed[0].setdefault(name, value) != value:
            raise ValueError(f"{key}_{name} differs from the first one in {key}s")
    return observed if listed is not None or primary is not None else None


def describe_phones(observed: list[Observation], region: str | None) -> list[Observation]:
    """Return a row's phones with the code of the contact's country and, where the row gives no type, the plan's guess.

    The guess has a name of its own, so that it never takes the place of a type that a source gave. Two numbers that
    become one are one; the first one's facts count.
    """
    found: dict[str, Observation] = {}
    for observation in observed:
        number = add_country(observation["phone"], region)
        found[number] = observation | found.get(number, {}) | {"phone": number}
    for number, observation in found.items():
        if "type" not in observation and (guess := find_type(number)):
            observation["guess"] = guess
    return list(found.values())


def add_hashes(observed: list[Observation]) -> list[Observation]:
    """Add to each address the hashes by which others know it: of its lower-case form, in hex.

    Source: ContactBased API, "email observations per address, with hashes".
    """
    for observation in observed:
        address = observation["email"].encode()
        observation["md5"] = hashlib.md5(address, usedforsecurity=False).hexdigest()
        observation["sha1"] = hashlib.sha1(address, usedforsecurity=False).hexdigest()
        observation["sha256"] = hashlib.sha256(address).hexdigest()
    return observed
