"""Single values as addresses and forms carry them: whole numbers, days, choices, ids, texts.

Every view reads what it was sent with these, so that one rule says what a number or a day is and how large it may be.
A value that cannot be used is `Refused`, in words that follow the field's label: "Added from takes a day such as …".
"""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from uuid import UUID

from django.http import QueryDict

# What Postgres cannot store (NUL) and what UTF-8 cannot carry (half of a surrogate pair).
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
UUID_TEXT = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
RATIO = re.compile(r"\d{0,3}(\.\d{0,15})?", re.ASCII)
LONGEST_SEARCH = 200
# So many choices are named in full where another one was sent.
MOST_CHOICES = 8
# The last day that has a day after it, which ranges of days need.
LAST_DAY = dt.date(9999, 12, 30)


class Refused(ValueError):
    """A value that a field cannot use; the text completes a sentence that begins with the field's label."""


def parse_whole(text: str, *, most_digits: int) -> int | None:
    """Return a whole number, None for anything else: a sign, a blank, digits of another script, too many of them."""
    is_whole = text.isascii() and text.isdigit() and len(text) <= most_digits
    return int(text) if is_whole else None


def parse_signed(text: str) -> int | None:
    """Return a whole number of 64 bits with or without a minus, None for anything else."""
    number = parse_whole(text.removeprefix("-"), most_digits=19)
    if number is None or number >= 2**63:
        return None
    return -number if text.startswith("-") else number


def read_whole(text: str, *, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    number = parse_whole(text, most_digits=len(str(most)))
    if number is None or not least <= number <= most:
        raise Refused(f"must be a whole number from {least:,} to {most:,}")
    return number


def read_ratio(text: str) -> float:
    """Return a number from 0 to 1."""
    if not (text.strip(".") and RATIO.fullmatch(text)) or not 0 <= float(text) <= 1:
        raise Refused("must be a number from 0 to 1, such as 0.8")
    return float(text)


def read_day(text: str) -> dt.date:
    """Return a day, up to 30 December 9999."""
    try:
        day = dt.date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day > LAST_DAY:
        raise Refused("must be a day such as 2026-01-31")
    return day


def read_choice(text: str, choices: Collection[str]) -> str:
    """Return one of the choices."""
    if text not in choices:
        raise Refused(f"must be {_list_choices([choice for choice in choices if choice])}")
    return text


def _list_choices(choices: Sequence[str]) -> str:
    """Write choices as the end of a sentence: "all, mine or failed"; of many, the first three."""
    if len(choices) > MOST_CHOICES:
        return f"one of {', '.join(choices[:3])} and {len(choices) - 3} more"
    return " or ".join(filter(None, (", ".join(choices[:-1]), *choices[-1:])))


def read_text(text: str, *, most: int) -> str:
    """Return a text that can be stored and searched for, without blanks around it."""
    if UNSTORABLE.search(text):
        raise Refused("contains a character that cannot be searched for")
    if len(text.strip()) > most:
        raise Refused(f"must have at most {most:,} characters")
    return text.strip()


def parse_uuid(text: str) -> UUID | None:
    """Return an id of 32 hex digits, None for anything else."""
    return UUID(text) if UUID_TEXT.fullmatch(text) else None


class Parameters:
    """Reads the parameters of a list's address; what cannot be used is in `faults`, and nothing is listed then.

    A parameter that comes twice counts as it came last.
    """

    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self.faults: dict[str, str] = {}
        # What was typed stays in its field, right or wrong.
        self.typed: dict[str, str] = {}

    @property
    def status(self) -> int:
        """Return the status of a page made of these: 422 where something cannot be used."""
        return 422 if self.faults else 200

    @property
    def context(self) -> dict[str, object]:
        """Return what the template of a list shows: what was typed, and what is wrong with it."""
        return {
            "q": self.typed.get("q", ""),
            "faults": list(self.faults.values()),
            "search_fault": self.faults.get("q", ""),
        }

    def text(
        self, name: str = "q", *, label: str = "The search", most: int = LONGEST_SEARCH
    ) -> str:
        """Return a text, "" if there is none."""
        raw = self._query.get(name, "")
        self.typed[name] = UNSTORABLE.sub("\ufffd", raw[: most * 2])
        try:
            return read_text(raw, most=most)
        except Refused as refused:
            self.faults[name] = f"{label} {refused}."
            return ""

    def choice(self, name: str, choices: Collection[str], *, label: str, default: str) -> str:
        """Return one of the choices, the default where the address says nothing."""
        raw = self._query.get(name, "")
        self.typed[name] = UNSTORABLE.sub("\ufffd", raw[:LONGEST_SEARCH])
        try:
            return read_choice(raw, choices) if raw else default
        except Refused as refused:
            self.faults[name] = f"{label} {refused}."
            return ""
