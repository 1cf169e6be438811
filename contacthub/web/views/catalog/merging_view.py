"""What the page of a merge shows: the two contacts, each value of both with its sources, and what would happen."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import format_html

from contacthub.contacts.given import Given, Provenance
from contacthub.contacts.merging.queries import Pair
from contacthub.contacts.merging.rule import Decision, Side
from contacthub.contacts.models import Contact, Merge
from contacthub.contacts.value_fields import BY_NAME, EMAIL, PHONE
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.masking import mask_email, mask_phone, mask_text
from contacthub.enrichment.queries.look_ups import SHOWN_FIELDS
from contacthub.web.templatetags.figures import plural
from contacthub.web.templatetags.times import day, moment
from contacthub.web.views.catalog.source_view import name_source

LIST_LABELS = {EMAIL: "First e-mail", PHONE: "First phone"}
# Sources of one value that are named; further ones are counted.
MOST_SOURCES = 2


@dataclass(frozen=True)
class MergeSide:
    """One of the two contacts at the head of its column. `swap_address` is the page on which it stays."""

    name: str
    contact_id: str
    work: str
    facts: str
    swap_address: str = ""


@dataclass(frozen=True)
class MergeCell:
    """A value of one contact, masked where values are, with who gave it."""

    side: str
    shown: str
    sources: str
    is_chosen: bool


@dataclass(frozen=True)
class MergeRow:
    """A field of which the contacts say different things, so that one is chosen; or the one value that there is."""

    name: str
    label: str
    cells: tuple[MergeCell, ...]
    note: str = ""


@dataclass(frozen=True)
class MergePage:
    """The page on which two contacts are compared and merged.

    `mark` says what was shown, so that nothing else is done.
    """

    survivor: MergeSide
    merged: MergeSide
    choices: tuple[MergeRow, ...]
    others: tuple[MergeRow, ...]
    effects: tuple[str, ...]
    mark: str
    back: str

    @property
    def others_label(self) -> str:
        """What opens the values that need no choice."""
        return f"{plural(len(self.others), 'value')} that both share or only one has, all kept"


def describe_side(contact: Contact, swap_address: str = "") -> MergeSide:
    """Return the head of a column."""
    parts = (contact.job_title, str(contact.company) if contact.company else "")
    return MergeSide(
        name=contact.full_name or "Contact without a name",
        contact_id=format_contact_id(contact.key),
        work=" at ".join(part for part in parts if part),
        facts=f"In your catalog since {day(contact.created_at.date())}",
        swap_address=swap_address,
    )


def describe_merge(
    pair: Pair,
    decisions: Sequence[Decision],
    provenances: tuple[Provenance, Provenance],
    effects: Sequence[str],
) -> MergePage:
    """Return the page of a merge."""
    rows = [(each, _describe_row(pair, each, provenances)) for each in decisions]
    survivor_id, merged_id = (format_contact_id(c.key) for c in (pair.survivor, pair.merged))
    return MergePage(
        survivor=describe_side(pair.survivor),
        merged=describe_side(pair.merged, reverse("contact-merge", args=[merged_id, survivor_id])),
        choices=tuple(row for each, row in rows if each.is_different),
        others=tuple(row for each, row in rows if not each.is_different),
        effects=tuple(effects),
        mark=make_mark(pair, decisions),
        back=reverse("contact-detail", args=[survivor_id]),
    )


def make_mark(pair: Pair, decisions: Sequence[Decision]) -> str:
    """Return a keyed hash of both values of every field: it changes with any of them and says nothing of them."""
    values = [(each.name, each.survivor_value, each.merged_value) for each in decisions]
    said = f"{pair.survivor.key} {pair.merged.key} {values}"
    return salted_hmac("contact merge", said).hexdigest()[:32]


def _describe_row(
    pair: Pair, decision: Decision, provenances: tuple[Provenance, Provenance]
) -> MergeRow:
    values = (decision.survivor_value, decision.merged_value)
    sides = zip(Side, (pair.survivor, pair.merged), values, provenances, strict=True)
    cells = tuple(
        MergeCell(
            side.value,
            _show(contact, decision.name, value),
            _name_sources(provenance.given.get(decision.name, ()), value),
            decision.side == side,
        )
        for side, contact, value, provenance in sides
        if value
    )
    return MergeRow(decision.name, label_of(decision.name), cells, _note(decision))


def label_of(name: str) -> str:
    """Return what a field is called on the page; those of the profile say so."""
    if name in LIST_LABELS:
        return LIST_LABELS[name]
    field = BY_NAME[name]
    return f"{field.label} in the profile" if field.pii else field.label


def _note(decision: Decision) -> str:
    if not decision.is_different:
        return ""
    if decision.was_settled:
        return "Somebody settled this value; it stays settled."
    words = "The newest source says the other one" if decision.is_settled else ""
    return f"{words}, so your choice is settled." if words else ""


def _show(contact: Contact, name: str, value: str) -> str:
    """Return a value as the page of a contact shows it before it is revealed."""
    if name == "company":
        return str(contact.company)
    if name == EMAIL:
        return mask_email(value)
    if name == PHONE:
        return mask_phone(value)
    field = BY_NAME[name]
    return mask_text(value) if field.pii and field.pii not in SHOWN_FIELDS else value


def _name_sources(given: Sequence[Given], value: str) -> str:
    """Return who gave a value, the newest first, and when it was last seen."""
    said = [each for each in given if each.value == value]
    names = list(dict.fromkeys(name_source(each) for each in said))
    seen = max((each.last_seen for each in said if each.last_seen), default=None)
    words = ", ".join(names[:MOST_SOURCES]) or "Source not known"
    if len(names) > MOST_SOURCES:
        words += f" and {len(names) - MOST_SOURCES} more"
    return f"{words}, last seen {day(seen)}" if seen else words


# --- Afterwards -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MergeLine:
    """A merge on the page of the contact that stayed, with the way to undo it. Only the last one can be undone."""

    name: str
    contact_id: str
    when: str
    undo_address: str
    is_fresh: bool


def describe_merges(
    merges: Sequence[Merge], contact: Contact, *, may_undo: bool, fresh_since: float
) -> list[MergeLine]:
    """Return the merges into a contact, the newest first. `fresh_since`: from this time on one has a notice."""
    return [
        MergeLine(
            name=each.merged_name or "Contact without a name",
            contact_id=format_contact_id(each.merged_key),
            when=format_html("merged by {}, {}", each.merged_by_name, moment(each.merged_at)),
            undo_address=(
                reverse("contact-unmerge", args=[format_contact_id(contact.key), each.pk])
                if may_undo and place == 0 and each.organization_id is not None
                else ""
            ),
            is_fresh=place == 0 and each.merged_at.timestamp() >= fresh_since,
        )
        for place, each in enumerate(merges)
    ]
