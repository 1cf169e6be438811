"""A catalog in which it is known who is the same person: true pairs of many kinds, and people who only look alike.

Names are those of the demo's countries and of two other alphabets. Records have gaps as real
data has: one in five no address, one in two no phone or profile. Everything follows from a seed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from contacthub.core.public_ids import format_contact_id
from contacthub.demo.world.countries import COUNTRIES
from tests.contacts.planted_names import (
    NICKNAMES,
    OTHER_ALPHABETS,
    PLAIN,
    TITLES,
    TWINS,
    make_typo,
    slug,
)

SHORT_TITLES = {
    "Vice President Sales": "VP Sales",
    "Chief Technology Officer": "CTO",
    "Senior Software Engineer": "Sr. Software Engineer",
    "Marketing Manager": "Marketing Mgr",
    "Director of Operations": "Director, Operations",
}


@dataclass(frozen=True)
class Company:
    """A company of the planted catalog."""

    name: str
    domain: str
    number: int


@dataclass(frozen=True)
class Record:
    """One contact as a file gives it; `person` tells who it is."""

    person: int
    given: str
    family: str
    company: Company
    name: str = ""
    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    profile: str = ""
    has_domain: bool = True

    def as_row(self, key: int) -> dict[str, Any]:
        """Return the row of an import."""
        company = {"name": self.company.name} | (
            {"domain": self.company.domain} if self.has_domain else {}
        )
        row: dict[str, Any] = {
            "contact_id": format_contact_id(key),
            "full_name": self.name or f"{self.given} {self.family}",
            "company": company,
        }
        if self.name == "-":
            del row["full_name"]
        row |= {"job_title": self.title} if self.title else {}
        row |= {"emails": [{"email": each} for each in self.emails]} if self.emails else {}
        row |= {"phones": list(self.phones)} if self.phones else {}
        row |= {"linkedin_url": self.profile} if self.profile else {}
        return row


@dataclass
class Planted:
    """The rows, the true pairs by the kinds they were planted as, and the pairs that look like one person and are two.

    Pairs are keys inside contact ids, the lower one first.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    pairs: dict[tuple[int, int], str] = field(default_factory=dict)
    negatives: dict[tuple[int, int], str] = field(default_factory=dict)


class Planter:
    """Makes people, records of them and pairs."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.planted = Planted()
        self._people = 0
        self._mailboxes: set[str] = set()
        self.companies = [self._make_company(number) for number in range(420)]
        # Where many people work, and many have the same name.
        self.big = self.companies[:4]

    def _make_company(self, number: int) -> Company:
        word = slug(self.rng.choice(self.rng.choice(COUNTRIES).surnames))
        what = self.rng.choice(("Data", "Logistics", "Systems", "Energy", "Consulting", "Foods"))
        return Company(f"{word.title()} {what} {number}", f"{word}-{number}.example", number)

    def person(self, company: Company | None = None) -> Record:
        """Return the full record of a new person; gaps are made by `thin`."""
        rng, self._people = self.rng, self._people + 1
        country = rng.choice(COUNTRIES)
        given = rng.choice(country.women if rng.random() < 0.5 else country.men)
        family = rng.choice(country.surnames)
        company = company or rng.choice(self.companies)
        return self.fill(Record(self._people, given, family, company))

    def fill(self, record: Record) -> Record:
        """Give a record a title, an address as its company makes it, a phone and a profile."""
        rng, given, family = self.rng, slug(record.given), slug(record.family)
        form = rng.choice(("{g}.{f}", "{g}.{f}", "{i}.{f}", "{i}{f}", "{g}", "{f}", "{g}_{f}"))
        local = form.format(g=given, f=family, i=given[:1])
        return replace(
            record,
            title=rng.choice(TITLES),
            emails=(self.address(local, record.company.domain),),
            phones=(self.phone(),),
            profile=f"https://www.linkedin.com/in/{given}-{family}-{rng.getrandbits(24):06x}",
        )

    def address(self, local: str, domain: str) -> str:
        """Return an address that nobody else has: with a number, as companies tell namesakes apart."""
        forms = (f"{local}{number or ''}@{domain}" for number in (0, *range(2, 1000)))
        address = next(each for each in forms if each not in self._mailboxes)
        self._mailboxes.add(address)
        return address

    def phone(self) -> str:
        """Return a number that nobody else has."""
        return f"+4701{self.rng.randrange(10**6):06d}"

    def thin(self, record: Record) -> Record:
        """Leave out what a source does not know."""
        rng = self.rng
        return replace(
            record,
            title=record.title if rng.random() < 0.85 else "",
            emails=record.emails if rng.random() < 0.8 else (),
            phones=record.phones if rng.random() < 0.5 else (),
            profile=record.profile if rng.random() < 0.5 else "",
        )

    def bare(self, record: Record) -> Record:
        """Return a second record of a person: name, title as somebody else writes it, company, and nothing else."""
        title = SHORT_TITLES.get(record.title, record.title)
        return replace(record, title=title, emails=(), phones=(), profile="")

    def add(self, record: Record) -> int:
        """Add a record to the catalog; return its key."""
        key = self.rng.getrandbits(64) - (1 << 63)
        self.planted.rows.append(record.as_row(key))
        return key

    def add_pair(self, kind: str, one: Record, other: Record) -> None:
        """Add two records that are one person, or two who look like one."""
        lower, higher = sorted((self.add(one), self.add(other)))
        pairs = self.planted.pairs if one.person == other.person else self.planted.negatives
        pairs[lower, higher] = kind


# --- One person, twice ----------------------------------------------------------------------------


def share_something(planter: Planter, record: Record) -> Record:
    """Return a second record that has a value in common with a first one, or only the title."""
    other = planter.bare(record)
    values = planter.rng.choice(("emails", "phones", "profile", "title", "title"))
    return other if values == "title" else replace(other, **{values: getattr(record, values)})


def typo(planter: Planter, record: Record) -> Record:
    name = f"{make_typo(planter.rng, record.given)} {record.family}"
    if planter.rng.random() < 0.6:
        name = f"{record.given} {make_typo(planter.rng, record.family)}"
    return replace(share_something(planter, record), name=name)


def diacritics(planter: Planter, record: Record) -> Record:
    return replace(
        share_something(planter, record),
        name=f"{record.given} {record.family}".translate(PLAIN).upper(),
    )


def swapped(planter: Planter, record: Record) -> Record:
    comma = planter.rng.choice(("", ","))
    return replace(share_something(planter, record), name=f"{record.family}{comma} {record.given}")


def titled(planter: Planter, record: Record) -> Record:
    name = f"{record.given} {record.family}"
    form = planter.rng.choice(("Dr. {}", "Prof. Dr. {}", "{}, MBA", "Dipl.-Ing. {}", "Mr {}"))
    return replace(share_something(planter, record), name=form.format(name))


def initials(planter: Planter, record: Record) -> Record:
    name = f"{record.given[0]}. {record.family}"
    return replace(share_something(planter, record), name=name)


def middle(planter: Planter, record: Record) -> Record:
    name = f"{record.given} {planter.rng.choice('ABCEHJLMPR')}. {record.family}"
    return replace(share_something(planter, record), name=name)


def double_name(planter: Planter, record: Record) -> Record:
    more = planter.rng.choice(planter.rng.choice(COUNTRIES).surnames)
    return replace(share_something(planter, record), name=f"{record.given} {record.family}-{more}")


def alias(planter: Planter, record: Record) -> Record:
    local, _, domain = record.emails[0].partition("@")
    tag = planter.rng.choice(("news", "crm", "2026", "linkedin"))
    return replace(planter.bare(record), emails=(f"{local}+{tag}@{domain}",), title="")


def changed_employer(planter: Planter, record: Record) -> Record:
    moved = planter.fill(replace(record, company=planter.rng.choice(planter.companies)))
    return replace(moved, profile=record.profile)


def second_address(planter: Planter, record: Record) -> Record:
    other = planter.bare(record)
    return replace(
        other, emails=(planter.address(slug(record.given), "home.example"), record.emails[0])
    )


def moved_with_phone(planter: Planter, record: Record) -> Record:
    moved = planter.fill(replace(record, company=planter.rng.choice(planter.companies)))
    return replace(moved, phones=record.phones, profile="")


def other_form_of_address(planter: Planter, record: Record) -> Record:
    local = f"{slug(record.given)[0]}{slug(record.family)}"
    return replace(planter.bare(record), emails=(planter.address(local, record.company.domain),))


def company_by_name(planter: Planter, record: Record) -> Record:
    form = planter.rng.choice(("{} GmbH", "{} A/S", "{} Ltd.", "{}, Inc."))
    company = replace(record.company, name=form.format(record.company.name))
    return replace(share_something(planter, record), company=company, has_domain=False)


def without_title(planter: Planter, record: Record) -> Record:
    return replace(planter.bare(record), title="")


def without_name(planter: Planter, record: Record) -> Record:
    return replace(planter.bare(record), name="-", emails=record.emails)


def promoted(planter: Planter, record: Record) -> Record:
    """Nothing in common but name and company, which two people may have: not to be found."""
    return replace(planter.bare(record), title="Executive Chairwoman of Everything New")


def married(planter: Planter, record: Record) -> Record:
    family = planter.rng.choice(planter.rng.choice(COUNTRIES).surnames)
    value = planter.rng.choice(("profile", "emails"))
    return replace(planter.bare(record), family=family, **{value: getattr(record, value)})


# How often each is planted.
SAME: tuple[tuple[Callable[[Planter, Record], Record], int], ...] = (
    (typo, 260), (diacritics, 160), (swapped, 160), (titled, 140), (initials, 160), (middle, 120), (double_name, 90),
    (alias, 160), (changed_employer, 180), (second_address, 120), (moved_with_phone, 100),
    (other_form_of_address, 110), (company_by_name, 130), (without_title, 90), (without_name, 40), (promoted, 60),
    (married, 90),
)  # fmt: skip


def plant_same(planter: Planter) -> None:
    """Plant people of whom the catalog has two records."""
    for make, count in SAME:
        for _ in range(count):
            record = planter.person()
            planter.add_pair(make.__name__, record, make(planter, record))
    for _ in range(140):
        given, forms = planter.rng.choice(NICKNAMES)
        record = planter.fill(replace(planter.person(), given=given))
        name = f"{planter.rng.choice(forms)} {record.family}"
        planter.add_pair("nickname", record, replace(share_something(planter, record), name=name))
    for _ in range(160):
        (given, others), (family, families) = (
            planter.rng.choice(names) for names in planter.rng.choice(OTHER_ALPHABETS)
        )
        record = planter.fill(replace(planter.person(), given=given, family=family))
        name = f"{planter.rng.choice(others)} {planter.rng.choice(families)}"
        other = replace(share_something(planter, record), name=name)
        planter.add_pair("transliteration", record, other)


# --- Two people who look alike --------------------------------------------------------------------


def somebody_else(planter: Planter, record: Record, **changes: Any) -> Record:
    """Return another person with some values of a first one: what is not given is made for them."""
    planter._people += 1
    fresh = planter.fill(replace(record, person=planter._people, name="", **changes))
    return replace(fresh, **{k: v for k, v in changes.items() if k != "company"})


def namesake_elsewhere(planter: Planter, record: Record) -> Record:
    return somebody_else(planter, record, company=planter.rng.choice(planter.companies))


def sibling(planter: Planter, record: Record) -> Record:
    country = planter.rng.choice(COUNTRIES)
    given = planter.rng.choice(
        [n for n in country.women + country.men if n[:3] != record.given[:3]]
    )
    shared = {"phones": record.phones} if planter.rng.random() < 0.5 else {}
    return somebody_else(planter, record, given=given, title=record.title, **shared)


def father_and_son(planter: Planter, record: Record) -> Record:
    end = planter.rng.choice((" Jr.", " II", ""))
    local = f"{slug(record.given)}.{slug(record.family)}{planter.rng.choice(('.jr', '2', 'jun'))}"
    other = somebody_else(planter, record, emails=(planter.address(local, record.company.domain),))
    phones = record.phones if planter.rng.random() < 0.5 else other.phones
    return replace(other, name=f"{record.given} {record.family}{end}", phones=phones)


def namesake_in_big_company(planter: Planter, record: Record) -> Record:
    number = planter.rng.choice(("2", "3", ".b", ".k"))
    local = f"{slug(record.given)}.{slug(record.family)}{number}"
    emails: tuple[str, ...] = (planter.address(local, record.company.domain),)
    emails = () if planter.rng.random() < 0.1 else emails
    title = planter.rng.choice([each for each in TITLES if each != record.title])
    title = record.title if emails and planter.rng.random() < 0.3 else title
    return somebody_else(planter, record, emails=emails, title=title)


def shared_phone(planter: Planter, record: Record) -> Record:
    return replace(planter.person(record.company), phones=record.phones)


def shared_mailbox(planter: Planter, record: Record) -> Record:
    return replace(planter.person(record.company), emails=record.emails, given=record.given)


def couple(planter: Planter, record: Record) -> Record:
    other = planter.person()
    return replace(other, family=record.family, emails=record.emails, phones=record.phones)


OTHERS: tuple[tuple[Callable[[Planter, Record], Record], int], ...] = (
    (namesake_elsewhere, 600), (sibling, 450), (father_and_son, 300), (namesake_in_big_company, 450),
    (shared_phone, 250), (shared_mailbox, 150), (couple, 200),
)  # fmt: skip


def plant_others(planter: Planter) -> None:
    """Plant people who look alike."""
    for make, count in OTHERS:
        for _ in range(count):
            is_big = make is namesake_in_big_company
            record = planter.person(planter.rng.choice(planter.big) if is_big else None)
            if make is shared_mailbox:
                box = planter.rng.choice(("info", "sales", "kontakt", "post"))
                record = replace(record, emails=(f"{box}@{record.company.domain}",))
            other = make(planter, record)
            if make in (couple, shared_phone) and other.given == record.given:
                continue
            planter.add_pair(make.__name__, record, other)
    for one, another in list(TWINS) * 8:
        record = planter.fill(replace(planter.person(), given=one))
        other = somebody_else(planter, record, given=another, title=record.title)
        planter.add_pair("twins", record, other)


def plant_crowd(planter: Planter, count: int) -> None:
    """Plant people of whom the catalog has one record, most of them at the big companies."""
    for _ in range(count):
        is_big = planter.rng.random() < 0.6
        planter.add(
            planter.thin(planter.person(planter.rng.choice(planter.big) if is_big else None))
        )


def plant(seed: int, crowd: int) -> Planted:
    """Return a planted catalog; its rows are in no order."""
    planter = Planter(seed)
    plant_same(planter)
    plant_others(planter)
    plant_crowd(planter, crowd)
    planter.rng.shuffle(planter.planted.rows)
    return planter.planted


def count_kinds(pairs: dict[tuple[int, int], str], found: set[tuple[int, int]]) -> Iterator[str]:
    """Yield for each kind how many of its pairs were found."""
    for kind in sorted(set(pairs.values())):
        of_kind = [pair for pair, each in pairs.items() if each == kind]
        yield f"{kind}: {sum(pair in found for pair in of_kind)} of {len(of_kind)}"
