"""Read the address of a live search: its filters, who applies each one, and which the vendor cannot apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.urls import reverse

from contacthub.connectors.registry import CONNECTORS
from contacthub.core.errors import Broken, NotFound
from contacthub.credentials.models import Connection
from contacthub.sourcing.live import search
from contacthub.sourcing.live.plan import Way, find_way
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.filter_fields import COMPANY_GROUPS, CONTACT_GROUPS, Field
from contacthub.web.views.catalog.filters import (
    Chip,
    FilterValue,
    change,
    list_changes,
    list_faults,
    make_filters,
    read_fields,
)
from contacthub.web.views.catalog.intent_filter import with_intent
from contacthub.web.views.catalog.list_filter import Groups, with_lists
from contacthub.web.views.catalog.listing import make_chips

TEXT = "text"
TEXT_LABEL = "Words in the search field"
# In the address: filters that somebody knows ContactHub to apply, so that the vendor sends more than matches.
AGREED = "agreed"


@dataclass(frozen=True)
class Side:
    """What one field includes, or what it excludes: its words, who applies it, and where removing it leads."""

    label: str
    chip: Chip | None
    way: Way
    changes: Mapping[str, str | None]
    # The names of its conditions in the plan.
    names: tuple[str, ...]


@dataclass(frozen=True)
class LiveQuestion:
    """A vendor's search as the address says it. With faults the other filters must not be sent."""

    question: search.Question
    groups: Groups
    asked: Sequence[FilterValue]
    text: str
    typed: str
    text_fault: str
    faults: Sequence[str]
    sides: Sequence[Side]
    address: str
    agreed: frozenset[str]

    @property
    def connection(self) -> Connection:
        """Return the account that is searched."""
        return self.question.connection

    @property
    def vendor(self) -> str:
        """Return the vendor's name."""
        return CONNECTORS[self.connection.vendor].label

    @property
    def refused(self) -> list[Side]:
        """Return what neither the vendor nor ContactHub can apply."""
        return [each for each in self.sides if each.way == Way.NEITHER]

    @property
    def here(self) -> list[Side]:
        """Return what ContactHub applies to the rows that come."""
        return [each for each in self.sides if each.way == Way.HERE]

    @property
    def is_agreed(self) -> bool:
        """Return whether somebody was told of everything that ContactHub filters by."""
        return set(self.question.plan.checked) <= self.agreed

    @property
    def can_search(self) -> bool:
        """Return whether the vendor may be called."""
        return not self.faults and not self.refused

    def find_field_way(self, each: Field) -> Way:
        """Return who applies a field, whatever its value."""
        connector = CONNECTORS[self.connection.vendor]
        of_companies = self.question.of_companies
        return find_way(
            connector, _name(each, of_companies=of_companies), of_companies=of_companies
        )


def read_question(request: HubRequest, connection_id: UUID, *, of_companies: bool) -> LiveQuestion:
    """Return what the address asks of a connection. Calls no vendor.

    Raises `NotFound`, also for a connection that is paused, and `Broken`.
    """
    groups = _groups(request, of_companies=of_companies)
    asked = read_fields(request.GET, groups, may_see=True)
    sent = Parameters(request.GET)
    text = sent.text()
    filters = make_filters(asked)
    question = search.make_question(
        organization=request.organization,
        connection_id=connection_id,
        filters=replace(filters.company, text=text)
        if of_companies
        else replace(filters, text=text),
    )
    if question.connection.is_paused:
        raise NotFound("This connection is paused.")
    if question.connection.is_broken:
        raise Broken(question.connection.closed_because)
    address = reverse(f"{kind_of(of_companies=of_companies)}-live", args=[connection_id])
    return LiveQuestion(
        question=question,
        groups=groups,
        asked=asked,
        text=text,
        typed=sent.typed["q"].strip(),
        text_fault=sent.faults.get("q", ""),
        faults=[*sent.faults.values(), *list_faults(asked)],
        sides=_list_sides(request, question, asked, text, address),
        address=address,
        agreed=frozenset(request.GET.get(AGREED, "").split(",")),
    )


def kind_of(*, of_companies: bool) -> str:
    """Return how the names of addresses begin."""
    return "company" if of_companies else "contact"


def agree_address(request: HubRequest, live: LiveQuestion) -> str:
    """Return the address of the search for somebody who agrees that ContactHub filters."""
    return change(request.GET, live.address, {AGREED: ",".join(live.question.plan.checked)})


def remove_address(request: HubRequest, live: LiveQuestion, sides: Sequence[Side]) -> str:
    """Return the address of the search without some of its filters."""
    changes: dict[str, str | None] = {}
    for each in sides:
        changes |= each.changes
    return change(request.GET, live.address, changes)


def _groups(request: HubRequest, *, of_companies: bool) -> Groups:
    groups = COMPANY_GROUPS if of_companies else CONTACT_GROUPS
    lists = with_lists(groups, request, of_companies=of_companies)
    return with_intent(lists, request, of_companies=of_companies)


def _list_sides(
    request: HubRequest,
    question: search.Question,
    asked: Sequence[FilterValue],
    text: str,
    address: str,
) -> list[Side]:
    by_name = {each.field.name: each for each in asked}
    sides = []
    if text:
        sides.append(_make_side(question, TEXT_LABEL, (TEXT,), {"q": None}))
    for chip in make_chips(request, asked, address):
        each = by_name[chip.name]
        names = _list_names(each, is_not=chip.is_not, of_companies=question.of_companies)
        changes = list_changes(each, is_not=chip.is_not)
        label = f"{each.field.label} (is not)" if chip.is_not else each.field.label
        sides.append(_make_side(question, label, names, changes, chip))
    return sides


def _make_side(
    question: search.Question,
    label: str,
    names: tuple[str, ...],
    changes: Mapping[str, str | None],
    chip: Chip | None = None,
) -> Side:
    plan = question.plan
    way = Way.HERE if any(name in plan.checked for name in names) else Way.VENDOR
    if any(name in plan.refused for name in names):
        way = Way.NEITHER
    return Side(label, chip, way, changes, names)


def _name(each: Field, *, of_companies: bool) -> str:
    prefix = "company." if each.is_company and not of_companies else ""
    return f"{prefix}{each.target}"


def _list_names(each: FilterValue, *, is_not: bool, of_companies: bool) -> tuple[str, ...]:
    """Return the conditions of one side of a field, as `plan.expand` names them."""
    name = _name(each.field, of_companies=of_companies)
    if each.field.is_flag:
        return (name,)
    prefix, field = name.removesuffix(each.field.target), each.field.target
    lead = "exclude_" if is_not else ""
    names = (f"{prefix}{lead}{field}",) if (each.excluded if is_not else each.values) else ()
    has_empty = each.empty is not None and each.empty is not is_not
    return names + ((f"{prefix}{lead}empty:{field}",) if has_empty else ())
