"""A live search in words: its filters and vendor, and the rows that the vendor found, personal values masked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contacthub.connectors import records
from contacthub.core.countries import as_country_name
from contacthub.credentials.models import Connection
from contacthub.enrichment.masking import mask_email, mask_phone
from contacthub.enrichment.models import Outcome
from contacthub.sourcing.live import search
from contacthub.sourcing.live.plan import Way
from contacthub.web.contact_words import UNKNOWN, Cell, describe_check, make_cell
from contacthub.web.templatetags.figures import plural, rows
from contacthub.web.views.catalog.filters import Chip

NAMELESS = "Without a name"
# What filters by default hide, as sentences name it.
HIDDEN = {"Stale": "whether contacts are stale", "Speculative": "whether contacts are speculative"}


@dataclass(frozen=True)
class QuestionView:
    """What a connection is searched for, and who applies which filter."""

    connection: Connection
    vendor: str
    of_companies: bool
    # What is looked for: Contacts or Companies.
    noun: str
    q: str
    chips: list[Chip]
    # What ContactHub filters by, one sentence each.
    notes: list[str]
    # The catalog with the same filters, the query of this page, and the pages that save.
    back: str
    query: str
    search_url: str
    save_url: str
    save_all_url: str

    @property
    def things(self) -> str:
        """Return what is looked for, within a sentence."""
        return self.noun.lower()

    @property
    def hint(self) -> str:
        """Return the words in the empty search field."""
        return "Name or domain" if self.of_companies else "Name or e-mail"

    @property
    def is_unfiltered(self) -> bool:
        """Return whether everything is asked for."""
        return not self.q and not self.chips


@dataclass(frozen=True)
class Refusal:
    """A filter that cannot be applied, and the address of the search without it."""

    words: str
    remove: str
    label: str


@dataclass(frozen=True)
class PageView:
    """A page of live search results in words: which rows it shows, out of how many, and how to continue."""

    shown: str
    of: str
    more: str
    next_words: str
    save_words: str
    count: int


@dataclass(frozen=True)
class FoundCompany:
    """A company that a vendor found."""

    id: str
    name: str
    domain: str | None
    industry: str
    place: str


@dataclass(frozen=True)
class FoundContact:
    """A contact that a vendor found."""

    id: str
    name: str
    title: str
    company: str
    email: Cell
    phone: Cell
    quality: str


def choose_body(
    *, faults: bool, refused: bool, agreed: bool, fault: bool, found: bool, is_short: bool
) -> str:
    """Return the template of what stands below the filters of a live search."""
    choices = (
        (faults, "sourcing/live/_wrong_filter.html"),
        (refused, "sourcing/live/_refused.html"),
        (not agreed, "sourcing/live/_before.html"),
        (fault, "sourcing/live/_no_answer.html"),
        (found, "sourcing/live/_found.html"),
        (is_short, "sourcing/live/_none_yet.html"),
    )
    return next((name for is_so, name in choices if is_so), "sourcing/live/_no_match.html")


def say_way(vendor: str, label: str, way: Way) -> str:
    """Return a sentence on who applies a filter."""
    cannot = f"{vendor} cannot filter by {name_filter(label)}"
    if way == Way.HERE:
        return f"{cannot}: ContactHub filters what comes back."
    return f"{cannot}, and does not send it. Remove the filter to search."


def name_filter(label: str) -> str:
    """Return the label of a filter within a sentence."""
    if label in HIDDEN:
        return HIDDEN[label]
    is_name = label.split()[0].isupper() or label.startswith(("LinkedIn", "Company's LinkedIn"))
    return label if is_name else label[0].lower() + label[1:]


def mark_chip(chip: Chip, vendor: str, way: Way) -> Chip:
    """Return a chip with who applies it, where it is not the vendor."""
    notes = {Way.VENDOR: "", Way.HERE: "filtered by ContactHub", Way.NEITHER: f"not at {vendor}"}
    return replace(chip, note=notes[way], is_refused=way == Way.NEITHER)


def describe_page(page: search.FoundPage, vendor: str, *, is_filtered: bool) -> PageView:
    """Return a page of a search in words."""
    count = len(page.items)
    total = "" if page.total is None else f"{page.total:,}"
    if is_filtered:
        shown = f"{count:,} of the {plural(page.fetched, 'row')}"
        of = f"that {vendor} sent {'matches' if count == 1 else 'match'}"
        more = f"{vendor} has {total} before ContactHub filters" if total else ""
    else:
        shown, more = rows(count), ""
        of = f"of {total} at {vendor}" if total else f"at {vendor}"
    next_words = f"Search up to {search.MOST_FETCHED:,} more rows" if page.is_short else "Next"
    save_words = "Save this 1" if count == 1 else f"Save these {count:,}"
    return PageView(shown, of, more, next_words, save_words, count)


def describe_found(found: search.Found) -> FoundCompany | FoundContact:
    """Return a vendor's row as the page shows it, personal values masked."""
    if isinstance(found, records.Company):
        return _describe_company(found)
    names = (found.first_name, found.last_name)
    email = found.emails[0] if found.emails else None
    phone = found.phones[0] if found.phones else None
    return FoundContact(
        id=found.vendor_id or "",
        name=found.full_name or " ".join(filter(None, names)) or NAMELESS,
        title=found.job_title or "",
        company=(found.company and (found.company.name or found.company.domain)) or "",
        email=make_cell(
            mask_email(email.email) if email else "",
            _outcome(found.emails),
            describe_check(email.status, email.checked_on) if email else None,
        ),
        phone=make_cell(mask_phone(phone.phone) if phone else "", _outcome(found.phones)),
        quality=UNKNOWN if found.quality_score is None else f"{found.quality_score}",
    )


def _describe_company(found: records.Company) -> FoundCompany:
    place = found.location
    country = as_country_name((place and place.country) or found.country_code or "")
    parts = (place.city, place.state, country) if place else (country,)
    return FoundCompany(
        id=found.vendor_id or "",
        name=found.name or found.domain or NAMELESS,
        domain=found.domain,
        industry=", ".join(found.industries),
        place=", ".join(part for part in parts if part),
    )


def _outcome(values: Sequence[object] | None) -> Outcome:
    """Return what a row of a search says of addresses or numbers; None means that it does not tell."""
    if values is None:
        return Outcome.NOT_ASKED
    return Outcome.FOUND if values else Outcome.EMPTY
