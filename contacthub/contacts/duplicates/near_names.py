"""Which people at one company have names so near that they may be one person.

Names are near by their trigrams, as pg_trgm counts them. They are counted here because that extension is not in every
Postgres, and proposals must not depend on it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contacthub.contacts.duplicates.names import Likeness, Name, compare_names, read_name
from contacthub.contacts.duplicates.sounds import sound_of

# The least part of all trigrams of two names that both must have.
NEAR = 0.2


class Near(NamedTuple):
    """Another contact with a near name, by primary key, and how many others of the name are to be expected."""

    contact: int
    namesakes: float


class People:
    """The contacts of one owner at one company."""

    def __init__(self, names: Sequence[tuple[int, str]]) -> None:
        """`names` are primary keys and full names; a name that cannot be read is left out."""
        read = {contact: read_name(text) for contact, text in names}
        self._names = {contact: name for contact, name in read.items() if name.words}
        self._trigrams = {contact: _trigrams(name) for contact, name in self._names.items()}
        self._with: dict[str, list[int]] = defaultdict(list)
        for contact, trigrams in self._trigrams.items():
            for trigram in trigrams:
                self._with[trigram].append(contact)
        self._given = Counter(sound_of(name.given) for name in self._names.values())
        self._family = Counter(sound_of(name.family) for name in self._names.values())

    def find_near(self, contact: int) -> Iterator[Near]:
        """Yield the others whose names may be that of a contact."""
        name = self._names.get(contact)
        if name is None:
            return
        for other in self._find_by_trigrams(contact):
            likeness = compare_names(name, self._names[other])
            if likeness >= Likeness.OPEN:
                yield Near(other, self.count_namesakes(name, self._names[other], likeness))

    def _find_by_trigrams(self, contact: int) -> Iterator[int]:
        mine = self._trigrams[contact]
        shared: Counter[int] = Counter()
        for trigram in mine:
            shared.update(self._with[trigram])
        del shared[contact]
        for other, count in shared.items():
            if count >= NEAR * (len(mine) + len(self._trigrams[other]) - count):
                yield other

    def count_namesakes(self, one: Name, other: Name, likeness: Likeness) -> float:
        """Return how many people besides these two are to be expected who might have this name as well.

        With whole names it is chance: how many have the given name, and how many the family name. Where there is only
        an initial or one word it is those who are there and whose names it fits.
        """
        if likeness == Likeness.OPEN:
            short = min(one, other, key=lambda name: sum(map(len, name.words)))
            fitting = (
                compare_names(short, name) >= Likeness.OPEN
                for name in self._names.values()
                if name not in (one, other)
            )
            return float(sum(fitting))
        given, family = (
            max(counts[sound_of(word)] for word in words) - 2
            for counts, words in (
                (self._given, (one.given, other.given)),
                (self._family, (one.family, other.family)),
            )
        )
        return max(given, 0) * max(family, 0) / len(self._names)


def _trigrams(name: Name) -> frozenset[str]:
    padded = (f"  {word} " for word in name.words)
    return frozenset(word[n : n + 3] for word in padded for n in range(len(word) - 2))
