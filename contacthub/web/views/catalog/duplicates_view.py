"""Pairs that may be the same person, in the words of the banner on a contact's page and of their own list."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from contacthub.contacts.duplicates.proposals import join_reasons
from contacthub.contacts.duplicates.queries import (
    MOST_COUNTED,
    Proposed,
    count_open,
    list_of_contact,
)
from contacthub.contacts.models import Contact, DuplicateProposal
from contacthub.core import clock
from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.masking import mask_email, mask_phone
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.job_words import Tab, make_tabs
from contacthub.web.templatetags.times import day

Reason, State = DuplicateProposal.Reason, DuplicateProposal.State
# What the list shows, by the name in its address.
SHOWN = {
    "all": "All",
    Reason.PROFILE: "Same profile",
    Reason.EMAIL: "Same e-mail",
    Reason.PHONE: "Same phone",
    Reason.NAME: "Similar name",
    "dismissed": "Not duplicates",
    "shared": "Shared contacts",
}
SURE_FROM = 0.95
# On a contact's page: so many open pairs, and for so long what was dismissed. The list has all of them.
BANNERS_SHOWN = 3
DISMISSED_SHOWN = dt.timedelta(days=1)


@dataclass(frozen=True)
class Person:
    """One contact of a pair: its name, where it works, and its first address and number, masked."""

    name: str
    url: str
    place: str
    values: str


@dataclass(frozen=True)
class DuplicateBanner:
    """What the page of a contact says of another contact that may be the same person."""

    id: int
    name: str
    url: str
    place: str
    words: str
    is_open: bool
    # Where the two are compared; empty: they cannot be merged here.
    compare_url: str
    may_decide: bool


@dataclass(frozen=True)
class DuplicateRow:
    """A pair in the list."""

    id: int
    one: Person
    other: Person
    words: str
    sure: str
    is_open: bool
    decided: str
    compare_url: str
    may_decide: bool


def describe_banners(request: HubRequest, contact: Contact) -> list[DuplicateBanner]:
    """Return the pairs of a contact for its page: a few open ones, and those that were dismissed a day ago at most."""
    pairs = list_of_contact(organization=request.organization, contact=contact)
    since = clock.now() - DISMISSED_SHOWN
    open_pairs = [each for each in pairs if each.proposal.state == State.OPEN]
    recent = [each for each in pairs if (each.proposal.dismissed_at or since) > since]
    return [
        _describe_banner(request, contact, each) for each in [*open_pairs[:BANNERS_SHOWN], *recent]
    ]


def _describe_banner(request: HubRequest, contact: Contact, pair: Proposed) -> DuplicateBanner:
    other = pair.other if pair.one.key == contact.key else pair.one
    is_open = pair.proposal.state == State.OPEN
    may_decide = _may_decide(request, pair.proposal)
    return DuplicateBanner(
        id=pair.proposal.pk,
        name=_name(other),
        url=_url(other),
        place=f" at {other.company}" if other.company else "",
        words=_explain(pair.proposal) if is_open else _say_who(pair.proposal),
        is_open=is_open,
        compare_url=_find_compare_page(contact, other) if is_open and may_decide else "",
        may_decide=may_decide,
    )


def describe_rows(request: HubRequest, pairs: Sequence[Proposed]) -> list[DuplicateRow]:
    """Return pairs as their list shows them."""
    may_see = request.membership.has_right(Right.VALUES)
    return [_describe_row(request, pair, may_see=may_see) for pair in pairs]


def _describe_row(request: HubRequest, pair: Proposed, *, may_see: bool) -> DuplicateRow:
    proposal, may_decide = pair.proposal, _may_decide(request, pair.proposal)
    is_open = proposal.state == State.OPEN
    return DuplicateRow(
        id=proposal.pk,
        one=_describe_person(pair.one, may_see=may_see),
        other=_describe_person(pair.other, may_see=may_see),
        words=join_reasons(proposal.reasons).capitalize(),
        sure=format_sure(proposal.score),
        is_open=is_open,
        decided="" if is_open else _say_who(proposal),
        compare_url=_find_compare_page(pair.one, pair.other) if is_open and may_decide else "",
        may_decide=may_decide,
    )


def _describe_person(contact: Contact, *, may_see: bool) -> Person:
    company = str(contact.company) if contact.company else ""
    values = [
        mask_email(contact.email) if contact.email else "",
        mask_phone(contact.phone) if contact.phone else "",
    ]
    return Person(
        name=_name(contact),
        url=_url(contact),
        place=" at ".join(part for part in (contact.job_title or "", company) if part),
        values=", ".join(filter(None, values)) if may_see else "",
    )


def _may_decide(request: HubRequest, proposal: DuplicateProposal) -> bool:
    return proposal.organization_id is not None and request.membership.has_right(Right.ENRICH)


def _name(contact: Contact) -> str:
    return contact.full_name or "Contact without a name"


def _url(contact: Contact) -> str:
    return reverse("contact-detail", args=[format_contact_id(contact.key)])


def _find_compare_page(one: Contact, other: Contact) -> str:
    """Return the page where two contacts stand side by side."""
    ids = [format_contact_id(contact.key) for contact in (one, other)]
    return reverse("contact-merge", args=ids)


def format_sure(score: float) -> str:
    """Return a score in a word and its number: Likely 0.85."""
    return f"{'Very likely' if score >= SURE_FROM else 'Likely'} {score:.2f}"


def _explain(proposal: DuplicateProposal) -> str:
    return f"{join_reasons(proposal.reasons)} ({proposal.score:.2f})."


def _say_who(proposal: DuplicateProposal) -> str:
    when = day(proposal.dismissed_at.date()) if proposal.dismissed_at else ""
    return f"{proposal.dismissed_by_name} said so, {when}"


def describe_count(request: HubRequest) -> str:
    """Return how many pairs wait for a decision, for the link to them: "3 possible duplicates"; nothing if none do."""
    count = count_open(organization=request.organization)
    if not count:
        return ""
    more = "+" if count >= MOST_COUNTED else ""
    return f"{count:,}{more} possible {'duplicate' if count == 1 else 'duplicates'}"


def list_tabs(
    own: QuerySet[DuplicateProposal], shared: QuerySet[DuplicateProposal], show: str
) -> list[Tab]:
    """Return the tabs of the list, with how many pairs each shows."""
    is_open = Q(state=State.OPEN)
    counts = own.order_by().aggregate(
        all=Count("pk", filter=is_open),
        dismissed=Count("pk", filter=Q(state=State.DISMISSED)),
        **{
            str(reason): Count("pk", filter=is_open & Q(reasons__contains=[reason]))
            for reason in Reason
        },
    )
    counts["shared"] = shared.count()
    words = {str(name): f"{label} {counts[str(name)]:,}" for name, label in SHOWN.items()}
    return make_tabs(reverse("duplicate-list"), words, show)
