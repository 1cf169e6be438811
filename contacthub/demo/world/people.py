"""Fifty thousand people who do not exist, with gaps and doubts as real data has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from contacthub.core.public_ids import format_contact_id
from contacthub.demo.world.companies import Company, slugify
from contacthub.demo.world.countries import COUNTRIES, City, Country, fill_digits
from contacthub.demo.world.trades import DEPARTMENTS, SENIORITIES, Department, Seniority

PERSON_COUNT = 50_000
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
AGE_RANGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AGE_WEIGHTS = (3, 24, 31, 26, 14, 2)


@dataclass(frozen=True)
class Person:
    """A person at a company: what an intent record repeats of a contact."""

    key: int
    company: Company
    country: Country
    city: City
    gender: str
    age_range: str
    first_name: str
    last_name: str
    address: str
    postal_code: str
    department: Department
    seniority: Seniority
    title: str
    # Unique in the company: the part of addresses and profile links that names the person.
    handle: str

    @property
    def contact_id(self) -> str:
        """Return the public id."""
        return format_contact_id(self.key)

    @property
    def has_full_profile(self) -> bool:
        """Return whether more than name and place is known of three in four people."""
        return self.key % 4 != 0

    @property
    def full_name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def profile(self) -> str:
        """Return the name of the profile on a network that does not exist."""
        return f"{self.handle.replace('.', '-')}-{self.company.slug}"

    @property
    def linkedin_url(self) -> str:
        """Return the address of that profile."""
        return f"https://linkedin.example/in/{self.profile}"


def make_people(
    rng: Random, companies: list[Company], count: int = PERSON_COUNT
) -> Iterator[Person]:
    """Yield people, at least one at each company and more at larger ones, mostly from its own country."""
    weights = [company.weight for company in companies]
    employers = companies[:count] + rng.choices(
        companies, weights, k=max(0, count - len(companies))
    )
    departments = rng.choices(DEPARTMENTS, [it.weight for it in DEPARTMENTS], k=count)
    seniorities = rng.choices(SENIORITIES, [it.weight for it in SENIORITIES], k=count)
    handles: dict[str, set[str]] = {}
    for employer, department, seniority in zip(employers, departments, seniorities, strict=True):
        taken = handles.setdefault(employer.domain, set())
        yield _make_person(rng, employer, department, seniority, taken)


def _make_person(
    rng: Random, company: Company, department: Department, seniority: Seniority, taken: set[str]
) -> Person:
    is_local = rng.random() < 0.86
    country = company.country if is_local else rng.choice(COUNTRIES)
    city = (
        company.city
        if country is company.country and rng.random() < 0.7
        else rng.choice(country.cities)
    )
    is_woman = rng.random() < 0.46
    first_name = rng.choice(country.women if is_woman else country.men)
    last_name = rng.choice(country.surnames)
    return Person(
        key=rng.getrandbits(64) - (1 << 63),
        company=company,
        country=country,
        city=city,
        gender="female" if is_woman else "male",
        age_range=rng.choices(AGE_RANGES, AGE_WEIGHTS)[0],
        first_name=first_name,
        last_name=last_name,
        address=_make_address(rng, country),
        postal_code=_fill_letters(rng, fill_digits(rng, city.postal)),
        department=department,
        seniority=seniority,
        title=_make_title(rng, department, seniority),
        handle=_make_handle(first_name, last_name, taken),
    )


def _make_address(rng: Random, country: Country) -> str:
    number, street = rng.randint(1, 180), rng.choice(country.streets)
    return f"{number} {street}" if country.has_number_first else f"{street} {number}"


def _fill_letters(rng: Random, pattern: str) -> str:
    """Turn the letters after the blank of a British, Irish or Dutch code into others, so that codes differ."""
    outward, blank, inward = pattern.partition(" ")
    if not blank or inward.isdigit():
        return pattern
    return outward + blank + "".join(rng.choice(LETTERS) if it.isalpha() else it for it in inward)


def _make_title(rng: Random, department: Department, seniority: Seniority) -> str:
    if not seniority.titles:
        return department.chief
    return rng.choice(seniority.titles).format(rng.choice(department.areas))


def _make_handle(first_name: str, last_name: str, taken: set[str]) -> str:
    plain = f"{slugify(first_name)}.{slugify(last_name)}"
    handle, number = plain, 2
    while handle in taken:
        handle, number = f"{plain}{number}", number + 1
    taken.add(handle)
    return handle
