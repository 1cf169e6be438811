"""Find typed words in stored text, in any case and without accents, where no search key is stored beside it.

For lists of an organization's own things. Postgres' own ways without regard to case depend on the locale and know no
accents, so the question becomes a pattern that holds every letter of the same key (see `core.text.fold`).
"""

import operator
from collections import defaultdict
from functools import cache, reduce

from django.db.models import Q

from contacthub.core.text import fold

# Up to Coptic and the letters for phonetics, then ligatures and full-width letters: alphabets with case or accents.
_CODES = (
    *range(0x21, 0x2190),
    *range(0x2C00, 0x2E00),
    *range(0xFB00, 0xFB07),
    *range(0xFF01, 0xFF5F),
)
# An accent that stands behind its letter, in text that is not composed.
_ACCENTS = "[\u0300-\u036f]*"
_LONGEST_KEY = 3


def matches(text: str, *values: str) -> bool:
    """Return whether every word of a text stands in one of some values, in part. No text asks for everything."""
    key, words = fold(" ".join(values)), fold(text).split()
    return all(word in key for word in words) if words else not text


def find_words(text: str, *fields: str) -> Q:
    """Return the condition that every word of a text stands in one of some fields, in part."""
    words = fold(text).split()
    if not words:
        return Q(pk__in=[])
    patterns = map(make_pattern, words)
    return reduce(operator.and_, (_in_any(pattern, fields) for pattern in patterns))


def _in_any(pattern: str, fields: tuple[str, ...]) -> Q:
    return reduce(operator.or_, (Q(**{f"{field}__regex": pattern}) for field in fields))


def make_pattern(key: str) -> str:
    """Return a regular expression of Postgres for every text with a key in it. Case-sensitive, of any locale."""
    pieces: list[str] = []
    place = 0
    while place < len(key):
        length = next(
            (n for n in range(_LONGEST_KEY, 1, -1) if key[place : place + n] in _letters()), 1
        )
        pieces.append("|".join(_list_ways(key[place : place + length])))
        place += length
    # A letter for several, such as ß, may be half inside the text that is searched.
    pieces[0] += _halves([each for each in _letters() if each.endswith(key[0])])
    pieces[-1] += _halves([each for each in _letters() if each.startswith(key[-1])])
    return "".join(f"(?:{piece})" for piece in pieces)


def _halves(keys: list[str]) -> str:
    found = "".join(_letters()[key] for key in keys if len(key) > 1)
    return f"|[{found}]" if found else ""


def _list_ways(key: str) -> list[str]:
    """Return the patterns for a key of up to three characters, by every way to write it in letters."""
    if not key:
        return [""]
    ways: list[str] = []
    for length in range(1, len(key) + 1):
        found = _letters().get(key[:length], "")
        if length == 1:
            found = found or _escape(key[0])
        if found:
            one = f"[{found}]" if len(found) > 1 and not found.startswith("\\") else found
            ways += [f"{one}{_ACCENTS}{rest}" for rest in _list_ways(key[length:])]
    return ways


def _escape(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"


@cache
def _letters() -> dict[str, str]:
    """Return all letters and digits of a key, by keys of one to three characters."""
    letters: dict[str, list[str]] = defaultdict(list)
    for code in _CODES:
        letter = chr(code)
        key = fold(letter)
        if letter.isalnum() and key.replace(" ", "").isalnum() and len(key) <= _LONGEST_KEY:
            letters[key].append(letter)
    return {key: "".join(found) for key, found in letters.items()}
