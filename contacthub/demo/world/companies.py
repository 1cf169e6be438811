"""Companies that do not exist."""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from contacthub.demo.world.countries import COUNTRIES, City, Country
from contacthub.demo.world.trades import (
    ANY_STEMS,
    COMPANY_FORMS,
    ENDINGS,
    STEMS,
    TECHNOLOGIES,
    TRADES,
    Trade,
)

COMPANY_COUNT = 5_000
# What Unicode does not decompose into a letter and a mark.
_ASCII = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ß": "ss", "ł": "l", "Ł": "L"})


@dataclass(frozen=True)
class Company:
    """A company. Its contacts are drawn in proportion to `weight`."""

    name: str
    domain: str
    trade: Trade
    country: Country
    city: City
    technologies: tuple[str, ...]
    nace_codes: tuple[str, ...]
    created_on: dt.date
    weight: float

    @property
    def slug(self) -> str:
        """Return the domain without `.example`."""
        return self.domain.removesuffix(".example")

    @property
    def employees(self) -> int:
        """Return how many people work there: the more contacts it has, the more."""
        return int(6 * self.weight**2.1) + len(self.name) // 3

    @property
    def revenue(self) -> str:
        """Return its revenue of a year in US dollars as imports read it: a number, or a range for large companies."""
        dollars = self.employees * 140_000
        return f"{dollars}" if dollars < 10**8 else f"{dollars // 2}-{dollars}"

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return what its trade is about."""
        first = len(self.name) % 3
        return tuple(word.lower() for word in self.trade.words[first : first + 3])

    @property
    def linkedin_url(self) -> str:
        """Return its page on a network that does not exist either."""
        return f"https://linkedin.example/company/{self.slug}"


def slugify(text: str) -> str:
    """Return the lower-case ASCII letters and digits of a name: `Åkesson` becomes `akesson`."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalnum())


def make_companies(
    rng: Random,
    today: dt.date,
    count: int = COMPANY_COUNT,
    world: Sequence[Country] = COUNTRIES,
) -> list[Company]:
    """Return companies with names and domains that occur once, the largest anywhere in the list."""
    countries = rng.choices(world, [country.weight for country in world], k=count)
    trades = rng.choices(TRADES, [trade.weight for trade in TRADES], k=count)
    names = _draw_names(rng, trades, countries)
    return [
        _make_company(rng, name, trade, country, today)
        for name, trade, country in zip(names, trades, countries, strict=True)
    ]


def _draw_names(rng: Random, trades: list[Trade], countries: list[Country]) -> Iterator[str]:
    taken: set[str] = set()
    for trade, country in zip(trades, countries, strict=True):
        while slugify(name := _draw_name(rng, trade, country)) in taken:
            pass
        taken.add(slugify(name))
        yield name


def _draw_name(rng: Random, trade: Trade, country: Country) -> str:
    stem = rng.choice(STEMS[country.code] if rng.random() < 0.6 else ANY_STEMS)
    ending = rng.choice(ENDINGS) if rng.random() < 0.75 else ""
    return f"{stem}{ending} {rng.choice(trade.words)}"


def _make_company(
    rng: Random, name: str, trade: Trade, country: Country, today: dt.date
) -> Company:
    legal_form = f" {rng.choice(COMPANY_FORMS[country.code])}" if rng.random() < 0.15 else ""
    return Company(
        name=name + legal_form,
        domain=f"{slugify(name)}.example",
        trade=trade,
        country=country,
        city=rng.choice(country.cities),
        technologies=tuple(sorted(rng.sample(TECHNOLOGIES, k=rng.randint(2, 7)))),
        nace_codes=tuple(
            rng.sample(trade.nace_codes, k=min(len(trade.nace_codes), rng.choice((1, 1, 2))))
        ),
        # The newer half arrived within the year.
        created_on=today - dt.timedelta(days=int(1 + 1200 * rng.random() ** 1.8)),
        weight=min(rng.paretovariate(1.4), 40.0),
    )
