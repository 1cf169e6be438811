"""What a row is looked up by: the keys in its columns, normalized, and why it has none."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from contacthub.connectors.people import can_be_told
from contacthub.connectors.records import Person
from contacthub.contacts.intake.identity import hash_mark
from contacthub.contacts.sql.folding import make_key
from contacthub.core.countries import find_country
from contacthub.core.marks import plain_link, plain_name
from contacthub.core.phones import add_country
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.keys import forms
from contacthub.enrichment.models import ColumnUse

NO_KEY = "has no key"
# A name and the company behind it, in one cell.
NAME_AND_COMPANY = re.compile(r"(?P<name>[^,;\t|]+)[,;\t|]\s*(?P<company>.+)", re.DOTALL)


class RowKeys(NamedTuple):
    """The keys of one row, each None where it has none, as `sql.matching` compares them.

    `email_key`, `link_key` and `name_key` are the keys that an import would give a contact known by nothing else.
    """

    contact_key: int | None = None
    email: str | None = None
    digest: bytes | None = None
    link: str | None = None
    phone: str | None = None
    # As searches compare it; `full_name` is as it was written.
    name: str | None = None
    domain: str | None = None
    company: str | None = None
    email_key: int | None = None
    link_key: int | None = None
    name_key: int | None = None
    full_name: str | None = None
    # Whether a vendor that knows none of our ids may be asked about the person.
    is_told: bool = False
    # Why keys cannot be used: column and reason. Without any the row is empty.
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def has_key(self) -> bool:
        """Return whether there is anything to look the row up by."""
        is_named = self.name and (self.domain or self.company)
        single = (self.contact_key, self.email, self.digest, self.link, self.phone)
        return bool(is_named) or any(key is not None for key in single)

    @property
    def stranger_key(self) -> int | None:
        """Return the key that an import would give this person; None if no vendor could tell who it is."""
        if not self.is_told:
            return None
        return next((k for k in (self.email_key, self.link_key, self.name_key) if k), None)

    def as_person(self) -> Person:
        """Return what is known of the person, for vendors that know none of our ids."""
        key = self.stranger_key
        return Person(
            "" if key is None else format_contact_id(key),
            email=self.email,
            full_name=self.full_name,
            linkedin_url=self.link,
            company_domain=self.domain,
        )


class RowReader:
    """Reads the keys of rows by the uses of their columns."""

    def __init__(self, uses: Sequence[str]) -> None:
        # What matters for the others comes first: a phone number needs the country.
        self._columns = [
            (place, ColumnUse(use))
            for place, use in sorted(enumerate(uses), key=lambda item: item[1] != ColumnUse.COUNTRY)
            if use
        ]

    @property
    def places(self) -> list[int]:
        """Return the columns that are read, counted from 0, in the order in which `read` wants their cells."""
        return [place for place, _ in self._columns]

    def read(self, cells: Sequence[str | None]) -> RowKeys:
        """Return the keys in the cells of a row; of two columns with the same use the first usable value counts."""
        found = _Found()
        for (_, use), cell in zip(self._columns, cells, strict=True):
            if cell and (text := cell.strip()):
                found.take(use, text)
        return found.finish()

    def read_row(self, cells: Sequence[str]) -> RowKeys:
        """Return the keys of a whole row."""
        return self.read([cells[place] if place < len(cells) else None for place in self.places])


def read_one(text: str) -> RowKeys:
    """Return the key that somebody typed or pasted, by its form."""
    return RowReader([ColumnUse.ANY]).read([text])


class _Found:
    """The values of one row while its cells are read."""

    def __init__(self) -> None:
        self.values: dict[ColumnUse, Any] = {}
        self.faults: dict[ColumnUse, str] = {}

    def take(self, use: ColumnUse, text: str) -> None:
        if use == ColumnUse.ANY:
            self._take_any(text)
        elif use not in self.values:
            try:
                self.values[use] = READERS[use](text)
            except ValueError as error:
                self.faults[use] = str(error)

    def _take_any(self, text: str) -> None:
        use = forms.find_form(text)
        pair = None if use else NAME_AND_COMPANY.fullmatch(text)
        if use not in (ColumnUse.KEPT, ColumnUse.DOMAIN):
            self.take(use, text)
        elif pair is not None:
            self._take_pair(pair["name"], pair["company"].strip())
        else:
            self.faults[ColumnUse.ANY] = (
                "is no contact id, e-mail, hash, LinkedIn address, phone, or name with a company behind a comma"
            )

    def _take_pair(self, name: str, company: str) -> None:
        is_domain = forms.find_form(company) == ColumnUse.DOMAIN
        self.take(ColumnUse.FULL_NAME, name)
        self.take(ColumnUse.DOMAIN if is_domain else ColumnUse.COMPANY, company)

    def finish(self) -> RowKeys:
        get = self.values.get
        email, link, domain = (
            get(use) for use in (ColumnUse.EMAIL, ColumnUse.LINKEDIN, ColumnUse.DOMAIN)
        )
        full_name = self._join_name()
        phone = get(ColumnUse.PHONE)
        keys = RowKeys(
            contact_key=get(ColumnUse.CONTACT_ID),
            email=email,
            digest=get(ColumnUse.EMAIL_HASH),
            link=link,
            phone=phone and add_country(phone, get(ColumnUse.COUNTRY)),
            name=full_name and make_key(full_name),
            domain=domain,
            company=get(ColumnUse.COMPANY),
            email_key=_make_key("email", email),
            link_key=_make_key("linkedin", link and plain_link(link)),
            name_key=_make_key("name", full_name and plain_name(full_name), domain),
            full_name=full_name,
        )
        return self._judge(keys)

    def _judge(self, keys: RowKeys) -> RowKeys:
        if not keys.has_key:
            return keys._replace(faults=self._list_faults(keys))
        if keys.email or (keys.full_name and (keys.link or keys.domain)):
            return keys._replace(is_told=can_be_told(keys.as_person()))
        return keys

    def _list_faults(self, keys: RowKeys) -> tuple[tuple[str, str], ...]:
        faults = [(str(use.label), reason) for use, reason in self.faults.items()]
        if keys.full_name and not faults:
            faults.append(
                (str(ColumnUse.FULL_NAME.label), "needs a company or its domain beside it")
            )
        return tuple(faults)

    def _join_name(self) -> str | None:
        if whole := self.values.get(ColumnUse.FULL_NAME):
            return str(whole)
        parts = (self.values.get(ColumnUse.FIRST_NAME), self.values.get(ColumnUse.LAST_NAME))
        return " ".join(parts) if all(parts) else None  # type: ignore[arg-type]


def _make_key(kind: str, *marks: str | None) -> int | None:
    return int(hash_mark(kind, *marks)) if all(marks) else None  # type: ignore[arg-type]


READERS: dict[ColumnUse, Callable[[str], Any]] = {
    ColumnUse.CONTACT_ID: forms.read_contact_id,
    ColumnUse.EMAIL: forms.read_email,
    ColumnUse.EMAIL_HASH: forms.read_hash,
    ColumnUse.LINKEDIN: forms.read_linkedin,
    ColumnUse.PHONE: forms.read_phone,
    ColumnUse.FULL_NAME: forms.read_name,
    ColumnUse.FIRST_NAME: forms.read_name,
    ColumnUse.LAST_NAME: forms.read_name,
    ColumnUse.DOMAIN: forms.read_domain,
    ColumnUse.COMPANY: forms.company_key,
    # A country that is not recognized leaves the phone as it is written.
    ColumnUse.COUNTRY: find_country,
}
