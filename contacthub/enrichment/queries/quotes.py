"""What a list may look up at vendors, and how far a limit of lookups reaches, before anything is spent."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from contacthub.connectors.base import Capability
from contacthub.connectors.registry import CONNECTORS
from contacthub.credentials.models import Connection
from contacthub.enrichment.models import EnrichmentBatch, Section
from contacthub.enrichment.plans import Plan
from contacthub.enrichment.queries import waterfall
from contacthub.enrichment.queries.batches import count_first


@dataclass(frozen=True)
class VendorLine:
    """A connection of the waterfall: the most lookups at it, and what it looks people up by if it has no ids of
    ours."""

    connection: Connection
    lookups: int
    asks_by: str


@dataclass(frozen=True)
class VendorQuote:
    """What looking up a list at vendors may cost. Lookups are the most there can be; fewer if more is known."""

    # Every connection that stands in the waterfall, whatever sections are chosen.
    connections: list[Connection]
    lines: list[VendorLine]
    # Without a limit of the person's own, and within it.
    most_lookups: int
    lookups: int
    run_limit: int
    rows: int
    # Rows that so many lookups are enough for: the fewest and the most.
    least_reached: int
    most_reached: int
    trial_rows: int
    trial_lookups: int
    # Rows that match no contact, and those of them that a vendor of this quote may be queried for.
    strangers: int
    askable: int
    without_vendors: list[Section]

    @property
    def is_short(self) -> bool:
        """Return whether the lookups may end before the rows."""
        return self.least_reached < self.rows

    @property
    def most_unreached(self) -> int:
        """Return how many rows may not be looked up because the lookups are spent."""
        return self.rows - self.least_reached


def get_vendor_quote(
    *,
    batch: EnrichmentBatch,
    sections: Collection[Section],
    limit: int | None,
    trial_rows: int,
) -> VendorQuote:
    """Return what a list may look up within a `limit` of lookups; None for no limit but that of every enrichment.

    Sections that are not chosen, or have no vendor, cost nothing, and neither do paused connections. `trial_rows` is
    the most rows that a trial has.
    """
    plan = waterfall.get_plan(organization=batch.organization)
    asked = plan.only(sections)
    able = {each.pk: each for each in waterfall.list_enrichers(organization=batch.organization)}
    paused = [pk for pk, each in able.items() if each.is_paused]
    most = quote_lookups(batch, asked, left_out=paused)
    lookups = most.altogether if limit is None else min(limit, most.altogether)
    people = batch.valid_count + most.strangers
    least, best = asked.reach(people, lookups, left_out=paused)
    first_rows, first_contacts, first_strangers = count_first(batch=batch, most=trial_rows)
    trial = _sum_up(
        asked, first_contacts, first_strangers, by_person=most.by_person, left_out=paused
    )
    return VendorQuote(
        connections=[able[step] for step in plan.connections if step in able],
        lines=[
            VendorLine(
                able[step],
                min(most.each.get(step, 0), lookups),
                CONNECTORS[able[step].vendor].asks_by,
            )
            for step in asked.connections
            if step in able
        ],
        most_lookups=most.altogether,
        lookups=lookups,
        run_limit=plan.limit,
        rows=people,
        least_reached=least,
        most_reached=best,
        trial_rows=first_rows,
        trial_lookups=trial.altogether if limit is None else min(limit, trial.altogether),
        strangers=batch.unmatched_count,
        askable=most.strangers,
        without_vendors=[section for section in sections if section not in plan.sections],
    )


@dataclass(frozen=True)
class MostLookups:
    """The most lookups of a run by connection and altogether, and the strangers among those looked up."""

    each: dict[UUID, int]
    altogether: int
    strangers: int
    by_person: frozenset[UUID]


def quote_lookups(
    batch: EnrichmentBatch, plan: Plan, *, left_out: Collection[UUID] = ()
) -> MostLookups:
    """Return the most lookups that a list spends: its contacts at all vendors of the plan, and the people who are in
    no catalog at those that look people up by an address or a name."""
    enrichers = waterfall.list_enrichers(organization=batch.organization)
    by_person = frozenset(
        each.pk
        for each in enrichers
        if not CONNECTORS[each.vendor].can(Capability.ENRICHMENT) and each.pk in plan.connections
    )
    return _sum_up(
        plan, batch.valid_count, batch.askable_count, by_person=by_person, left_out=left_out
    )


def _sum_up(
    plan: Plan,
    contacts: int,
    strangers: int,
    *,
    by_person: frozenset[UUID],
    left_out: Collection[UUID],
) -> MostLookups:
    asked = strangers if by_person.difference(left_out) else 0
    each = plan.most_lookups(contacts, left_out=left_out, stranger_count=asked, by_person=by_person)
    return MostLookups(each, min(plan.limit, sum(each.values())), asked, by_person)
