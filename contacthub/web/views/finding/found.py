"""What the search of the top bar shows: one line for each thing that was found, in groups with a heading."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contacthub.core.text import fold


@dataclass(frozen=True)
class Part:
    """A piece of a text, and whether somebody typed it."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Found:
    """A thing that was found: its name, where it is, and what tells it from others."""

    name: str
    url: str
    icon: str
    # Beside the name, and at the end of the line.
    note: str = ""
    end: str = ""
    name_parts: list[Part] = field(default_factory=list)
    note_parts: list[Part] = field(default_factory=list)
    # The list of all that hold the same words.
    is_list: bool = False


@dataclass(frozen=True)
class Group:
    """What was found of one kind. `all_url` leads to a page with all of them, `more` says that there are others."""

    key: str
    title: str
    found: list[Found]
    more: str = ""
    all_url: str = ""


def mark_parts(text: str, words: Sequence[str]) -> list[Part]:
    """Split a text at what was typed of it: the first place of each word, in any case and without accents.

    `words` are search keys (`core.text.fold`).
    """
    key, places = _fold_with_places(text)
    hits = [False] * len(text)
    for word in words:
        start = key.find(word)
        if word and start >= 0:
            for place in places[start : start + len(word)]:
                hits[place] = True
    parts: list[Part] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or hits[end] != hits[start]:
            parts.append(Part(text[start:end], hits[start]))
            start = end
    return parts


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return the key of a text, and for each letter of the key the place in the text that it comes from."""
    key, places = "", []
    for place, letter in enumerate(text):
        folded = fold(letter) or (" " if letter.isspace() else "")
        key += folded
        places += [place] * len(folded)
    return key, places
