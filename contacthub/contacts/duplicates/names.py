"""Names of people as duplicates are found by them: in any order, spelling and alphabet, with titles and initials.

"Dr. Jürgen Müller", "Mueller, Juergen" and "J. Muller" may be one person; "Anna Berg" and "Anne Berg" are two.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from contacthub.contacts.duplicates.nicknames import is_known, is_same_name
from contacthub.contacts.duplicates.sounds import sound_of
from contacthub.core.text import fold

MOST_NAMES_KEPT = 50_000
# Not part of a name, in front of it or behind it.
_TITLE_WORDS = """
dr drs prof professor mr mrs ms miss mx sir herr frau hr fr fru mag ing dipl ingenieur lic rer nat med phil phd dphil
mba msc bsc bba llm llb jd dds cpa cfa pmp esq hon rev dott dottssa
"""
_TITLES = frozenset(_TITLE_WORDS.split())
_PARTICLE_WORDS = """
van von vom zu zum zur der den de del della di da dos das du la le les el al bin ben ibn af av ten ter y e
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
# Father and son.
_GENERATIONS = {
    "jr": "2", "junior": "2", "jun": "2", "ii": "2", "sr": "1", "senior": "1", "sen": "1", "iii": "3", "iv": "4",
}  # fmt: skip
# A familiar name between quotes or brackets.
_ASIDE = re.compile(r"\([^)]*\)|[\"“”„«»][^\"“”„«»]*[\"“”„«»]")
_APOSTROPHE = re.compile(r"['’\u02bc`\u00b4]")
# Two letters for one sound.
_GREEK_OU = "\u03bf\u03c5"
_NOT_LETTER = re.compile(r"[^\w]+|_|\d")
# Other alphabets letter by letter, roughly as passports write them; what differs between systems, sounds make equal.
_LETTERS = str.maketrans(
    dict(zip("абвгґдезиійклмнопрстуфыэъь", (*"abvggdeziiiklmnoprstufye", "", ""), strict=True))
    | {"ё": "e", "є": "ie", "ж": "zh", "ї": "i", "\u0445": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ў": "u"}
    | {"ю": "yu", "я": "ya", "ђ": "dj", "\u0458": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz"}
    | dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True))
    | {"θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps"}
)  # fmt: skip


class Word(IntEnum):
    """How two words of a name are alike, from not at all to equal."""

    DIFFERENT = 0
    INITIAL = 1
    TYPO = 2
    SHORT_FORM = 3
    EQUAL = 4


class Likeness(IntEnum):
    """How two names are alike, from not at all to equal."""

    DIFFERENT = 0
    # One contact has no name.
    UNKNOWN = 1
    # The given name only, as after a marriage.
    GIVEN = 2
    # As far as initials, or one of the two words, can say.
    OPEN = 3
    # But for a typing error or a short form.
    CLOSE = 4
    EQUAL = 5


@dataclass(frozen=True)
class Name:
    """The words of a name as searches compare text, the given name first; `generation` is "2" for a junior."""

    words: tuple[str, ...]
    generation: str = ""

    @property
    def given(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""

    @property
    def family(self) -> str:
        """The last word; nothing if there is but one."""
        return self.words[-1] if len(self.words) > 1 else ""

    @property
    def swapped(self) -> "Name":
        """The same with the last word first."""
        return Name((self.words[-1], *self.words[:-1]), self.generation)


@lru_cache(maxsize=MOST_NAMES_KEPT)
def read_name(text: str) -> Name:
    """Return the words of a full name without titles and particles; "Berg, Anna" is Anna Berg."""
    folded = fold(_ASIDE.sub(" ", text)).replace(_GREEK_OU, "ou")
    plain = _APOSTROPHE.sub("", folded.translate(_LETTERS))
    last, comma, first = plain.partition(",")
    if comma and any(word not in _TITLES and word not in _GENERATIONS for word in _split(first)):
        plain = f"{first} {last}"
    words = _split(plain)
    generation = next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")
    kept = [word for word in words if word not in _TITLES and word not in _GENERATIONS]
    # Le and Du are family names, too: a particle stands between others.
    between = [word for word in kept[1:-1] if word not in _PARTICLES]
    return Name((*kept[:1], *between, *kept[1:][-1:]), generation)


def _split(text: str) -> list[str]:
    return [word for word in _NOT_LETTER.split(text) if word]


@lru_cache(maxsize=MOST_NAMES_KEPT)
def compare_words(one: str, other: str, *, is_given: bool) -> Word:
    """Return how two given or two family names are alike."""
    if len(one) == 1 or len(other) == 1:
        return Word.INITIAL if one[:1] == other[:1] else Word.DIFFERENT
    if sound_of(one) == sound_of(other):
        return Word.EQUAL
    if is_given and is_same_name(one, other):
        return Word.SHORT_FORM
    return Word.TYPO if _is_typo(one, other, is_given=is_given) else Word.DIFFERENT


def _is_typo(one: str, other: str, *, is_given: bool) -> bool:
    """Return whether one word is another mistyped: one error, from nine letters on two.

    Given names that differ in how they end are two names (Daniel and Daniela), as are two that people have.
    """
    shortest = min(len(one), len(other))
    if shortest < 4 or (is_given and _are_two_given_names(one, other, shortest)):
        return False
    most = 2 if shortest >= 9 else 1
    return OSA.distance(one, other, score_cutoff=most) <= most


def _are_two_given_names(one: str, other: str, shortest: int) -> bool:
    return one[: shortest - 1] == other[: shortest - 1] or (is_known(one) and is_known(other))


def compare_names(one: Name, other: Name) -> Likeness:
    """Return how two names are alike, in whichever order each is written."""
    if not one.words or not other.words:
        return Likeness.UNKNOWN
    if len(one.words) == 1 or len(other.words) == 1:
        single, whole = (one, other) if len(one.words) == 1 else (other, one)
        sounds = {sound_of(word) for word in whole.words}
        return Likeness.OPEN if sound_of(single.given) in sounds else Likeness.DIFFERENT
    straight = _compare_in_order(one, other)
    if straight >= Likeness.OPEN:
        return straight
    turned = _compare_in_order(one.swapped, other)
    # Half a name in the other order says nothing.
    return turned if turned >= Likeness.CLOSE else straight


def _compare_in_order(one: Name, other: Name) -> Likeness:
    given = compare_words(one.given, other.given, is_given=True)
    family = _compare_families(one.words[1:], other.words[1:])
    if family == Word.DIFFERENT:
        is_long = len(one.given) > 2
        return Likeness.GIVEN if given == Word.EQUAL and is_long else Likeness.DIFFERENT
    if _have_other_middles(one, other):
        return Likeness.DIFFERENT
    if family == Word.EQUAL:
        return _WITH_FAMILY[given] if given else _compare_middle_as_given(one, other)
    if given == Word.EQUAL:
        return Likeness.CLOSE if family == Word.TYPO else Likeness.OPEN
    return Likeness.DIFFERENT


_WITH_FAMILY = {
    Word.EQUAL: Likeness.EQUAL,
    Word.SHORT_FORM: Likeness.CLOSE,
    Word.TYPO: Likeness.CLOSE,
    Word.INITIAL: Likeness.OPEN,
}


def _compare_families(one: tuple[str, ...], other: tuple[str, ...]) -> Word:
    """Compare what stands behind the given name: a double name is like either of its halves."""
    sounds, others = [[sound_of(word) for word in words] for words in (one, other)]
    if sounds[-1] in others or others[-1] in sounds:
        return Word.EQUAL
    if "".join(sounds) == "".join(others):
        return Word.EQUAL
    return compare_words(one[-1], other[-1], is_given=False)


def _have_other_middles(one: Name, other: Name) -> bool:
    """Return whether both have middle names and none begins like one of the other's."""
    initials, others = [{word[0] for word in name.words[1:-1]} for name in (one, other)]
    return bool(initials and others) and initials.isdisjoint(others)


def _compare_middle_as_given(one: Name, other: Name) -> Likeness:
    """Compare where one may be called by a middle name: John Michael Smith and Michael Smith."""
    for name, given in ((one, other.given), (other, one.given)):
        if len(given) > 2 and sound_of(given) in map(sound_of, name.words[1:-1]):
            return Likeness.CLOSE
    return Likeness.DIFFERENT
