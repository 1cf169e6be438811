"""NACE Rev. 2, the European classification of industries: codes, levels, sections and integer ids.

Source: Regulation (EC) No 1893/2006, article 2: level 1 sections (a letter), 2 divisions (62), 3 groups (62.0),
4 classes (62.01); level 5 is the national subclass (62.010). Rev. 2.1 of 2025 gives other letters from J on and is
another table.
"""

import re
from functools import cache
from typing import NamedTuple

from contacthub.contacts.nace_titles import TITLES
from contacthub.core.text import fold


class Section(NamedTuple):
    """A section: its letter, its title, and the first and last of its divisions."""

    letter: str
    title: str
    first: int
    last: int

    @property
    def short(self) -> str:
        """Return the first words of the title, for a list of choices."""
        return self.title.partition(";")[0].partition(" as employers")[0]


SECTIONS = (
    Section("A", "Agriculture, forestry and fishing", 1, 3),
    Section("B", "Mining and quarrying", 5, 9),
    Section("C", "Manufacturing", 10, 33),
    Section("D", "Electricity, gas, steam and air conditioning supply", 35, 35),
    Section("E", "Water supply; sewerage, waste management and remediation activities", 36, 39),
    Section("F", "Construction", 41, 43),
    Section("G", "Wholesale and retail trade; repair of motor vehicles and motorcycles", 45, 47),
    Section("H", "Transportation and storage", 49, 53),
    Section("I", "Accommodation and food service activities", 55, 56),
    Section("J", "Information and communication", 58, 63),
    Section("K", "Financial and insurance activities", 64, 66),
    Section("L", "Real estate activities", 68, 68),
    Section("M", "Professional, scientific and technical activities", 69, 75),
    Section("N", "Administrative and support service activities", 77, 82),
    Section("O", "Public administration and defence; compulsory social security", 84, 84),
    Section("P", "Education", 85, 85),
    Section("Q", "Human health and social work activities", 86, 88),
    Section("R", "Arts, entertainment and recreation", 90, 93),
    Section("S", "Other service activities", 94, 96),
    Section(
        "T",
        "Activities of households as employers; undifferentiated goods- and services-producing activities of"
        " households for own use",
        97,
        98,
    ),
    Section("U", "Activities of extraterritorial organisations and bodies", 99, 99),
)
SECTIONS_BY_LETTER = {section.letter: section for section in SECTIONS}
LEVELS = range(1, 6)
# Numbers between the first and the last division of a section that the classification skips.
UNUSED_DIVISIONS = frozenset({34, 40, 44, 48, 54, 57, 67, 76, 83, 89})


def list_divisions(letter: str) -> list[str]:
    """Return the two-digit codes of a section's divisions, such as 58 to 63 of J."""
    section = SECTIONS_BY_LETTER[letter]
    return [
        f"{number:02}"
        for number in range(section.first, section.last + 1)
        if number not in UNUSED_DIVISIONS
    ]


def find_section(code: str) -> Section | None:
    """Return the section of a code of any level; None for a division that Rev. 2 does not have."""
    if not code[:1].isdigit():
        return SECTIONS_BY_LETTER.get(code[:1])
    number = int(code[:2])
    return next((s for s in SECTIONS if s.first <= number <= s.last), None)


CODE = re.compile(r"[A-U]|\d\d(\.\d{1,3})?", re.ASCII)


def find_title(code: str) -> str:
    """Return the title of a code; of a national subclass nothing, since each country has its own."""
    section = SECTIONS_BY_LETTER.get(code)
    return section.short if section else TITLES.get(code, "")


def find_nearest_title(code: str) -> tuple[str, str]:
    """Return the code that has a title and is this one or above it, with its title; "" twice if none has."""
    while code and not find_title(code):
        code = find_parent(code)
    return code, find_title(code)


def find_parent(code: str) -> str:
    """Return the code one level up: 62.0 of 62.01, J of 62. "" for a section and for a division of none."""
    if len(code) > 4:
        return code[:-1]
    if len(code) == 4:
        return code[:2]
    section = find_section(code) if code.isdigit() else None
    return section.letter if section else ""


def find_code(text: str) -> str | None:
    """Return the code that a code or a title names, in any case, such as j, 62.01 or "Education"; else None.

    A group and its only class have one title; it names the widest branch.
    """
    if CODE.fullmatch(text.strip().upper()):
        return text.strip().upper()
    return _codes_by_title().get(fold(text))


@cache
def _codes_by_title() -> dict[str, str]:
    codes = sorted((*SECTIONS_BY_LETTER, *TITLES), key=find_level, reverse=True)
    return {fold(find_title(code)): code for code in codes}


def find_level(code: str) -> int:
    """Return the level of a code: 1 for J, 2 for 62, 3 for 62.0, 4 for 62.01, 5 for 62.010."""
    return len(code) if len(code) < 3 else len(code) - 1


def industry_id(code: str) -> int:
    """Return the integer id of a node: 1 to 21 for sections A to U, below them a 1 before the code's digits.

    62 is 162, 62.01 is 16201, 62.010 is 162010. Every code has one id and every id one code, national subclasses
    included, which no common table lists. Our choice: Rich Utilities' own ids are not public.
    """
    letters = [section.letter for section in SECTIONS]
    return letters.index(code) + 1 if code in letters else int("1" + code.replace(".", ""))


def industry_code(number: int) -> str | None:
    """Return the code with an integer id; None if no code has it."""
    if 1 <= number <= len(SECTIONS):
        return SECTIONS[number - 1].letter
    digits = str(number)
    if digits[0] != "1" or not 3 <= len(digits) <= 6:
        return None
    return digits[1:3] if len(digits) == 3 else f"{digits[1:3]}.{digits[3:]}"
