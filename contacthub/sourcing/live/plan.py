"""Who applies each filter of a live search: the vendor, ContactHub on the rows that come back, or neither.

It follows from what a connector declares: the table of what the vendor filters by, and what its rows carry. A filter
that neither can apply refuses the search, because without it there would be other rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from contacthub.connectors.base import Connector
from contacthub.connectors.questions import Table, list_unhonored
from contacthub.connectors.records import Company, Contact
from contacthub.sourcing.live.row_filters import (
    COMPANY_FILTERS,
    CONTACT_FILTERS,
    Row,
    RowFilter,
)

COMPANY = "company."
EXCLUDE, EMPTY, EXCLUDE_EMPTY = "exclude_", "empty:", "exclude_empty:"


class Way(Enum):
    """Who applies a filter."""

    VENDOR = "vendor"
    HERE = "here"
    NEITHER = "neither"


class Condition(NamedTuple):
    """The parts of a condition's name: of the company or not, how the field is meant, and the field."""

    of_company: bool
    kind: str
    field: str

    @classmethod
    def of(cls, name: str) -> "Condition":
        """Return the parts of `company.exclude_industries`, or of `empty:seniorities`."""
        rest = name.removeprefix(COMPANY)
        kind = next((each for each in (EXCLUDE_EMPTY, EMPTY, EXCLUDE) if rest.startswith(each)), "")
        return cls(rest != name, kind, rest.removeprefix(kind))

    def named(self, kind: str) -> str:
        """Return the name of another condition on the same field."""
        return f"{COMPANY if self.of_company else ''}{kind}{self.field}"


@dataclass(frozen=True)
class Plan:
    """The conditions of a search by who applies them; names as `expand` gives them. With `refused` nothing is sent."""

    sent: Mapping[str, Any]
    checked: Mapping[str, Any]
    refused: tuple[str, ...] = ()

    def matches(self, row: Row) -> bool:
        """Return whether a row that the vendor sent has all that ContactHub filters by."""
        return all(self._holds(row, name, wanted) for name, wanted in self.checked.items())

    def _holds(self, row: Row, name: str, wanted: Any) -> bool:
        condition = Condition.of(name)
        rule, subject = _find_rule(condition, row), _find_subject(condition, row)
        if condition.kind == EXCLUDE:
            return not rule.holds(subject, wanted)
        if condition.kind == EXCLUDE_EMPTY:
            return not rule.is_empty(subject)
        if condition.kind == EMPTY:
            # Having none of the field's values, or none at all, are alternatives.
            values = self.checked.get(condition.named(""))
            return rule.is_empty(subject) or (values is not None and rule.holds(subject, values))
        return condition.named(EMPTY) in self.checked or rule.holds(subject, wanted)


def make_plan(
    connector: type[Connector], question: Mapping[str, Any], *, of_companies: bool
) -> Plan:
    """Return who applies each condition of a question, given by the names of `search.serialize_question`."""
    asked = dict(expand(question))
    table = connector.company_table if of_companies else connector.contact_table
    # A vendor that gets the values alone would leave out the rows without any.
    offered = {
        name: value
        for name, value in asked.items()
        if name in table and Condition.of(name).named(EMPTY) not in asked
    }
    unhonored = list_unhonored(table, offered)
    sent = {name: value for name, value in offered.items() if name not in unhonored}
    others = {name: value for name, value in asked.items() if name not in sent}
    refused = tuple(
        name for name in others if not _can_check(connector, name, of_companies=of_companies)
    )
    return Plan(sent, {n: v for n, v in others.items() if n not in refused}, refused)


def expand(question: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each condition of a question, one for each field that may have no value."""
    for name, value in question.items():
        prefix = COMPANY if name.startswith(COMPANY) else ""
        kind = name.removeprefix(prefix)
        if kind in ("empty", "exclude_empty"):
            yield from ((f"{prefix}{kind}:{field}", True) for field in value)
        else:
            yield name, value


def find_way(connector: type[Connector], name: str, *, of_companies: bool) -> Way:
    """Return who applies a condition, whatever its value. Of some values the vendor may take only few."""
    table: Table = connector.company_table if of_companies else connector.contact_table
    if name in table:
        return Way.VENDOR
    can_check = _can_check(connector, name, of_companies=of_companies)
    return Way.HERE if can_check else Way.NEITHER


def _can_check(connector: type[Connector], name: str, *, of_companies: bool) -> bool:
    """Return whether rows carry what a condition needs."""
    condition = Condition.of(name)
    rules = COMPANY_FILTERS if of_companies or condition.of_company else CONTACT_FILTERS
    rule = rules.get(condition.field)
    if rule is None or (condition.kind in (EMPTY, EXCLUDE_EMPTY) and not rule.can_be_empty):
        return False
    carried = connector.company_carries if of_companies else connector.contact_carries
    prefix = COMPANY if condition.of_company else ""
    return all(f"{prefix}{need}" in carried for need in rule.needs)


def _find_rule(condition: Condition, row: Row) -> RowFilter:
    is_company = condition.of_company or isinstance(row, Company)
    return (COMPANY_FILTERS if is_company else CONTACT_FILTERS)[condition.field]


def _find_subject(condition: Condition, row: Row) -> Row | None:
    return row.company if condition.of_company and isinstance(row, Contact) else row
