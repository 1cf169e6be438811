"""Exports of the catalog: contacts or companies that somebody selected, frozen when the file is begun, free."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from psycopg.sql import Composable

from contacthub.contacts import selections
from contacthub.contacts.models import Selection
from contacthub.contacts.sql.selections import PART_ROWS
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotAllowed, NotFound
from contacthub.core.failpoints import failpoint
from contacthub.exports import catalog_rows, queries, sql
from contacthub.exports.catalog_columns import Field, find_fields, list_fields
from contacthub.exports.options import ExportOptions, Quote, check_purpose
from contacthub.exports.orders import ExportOrder
from contacthub.exports.sources.base import Source, choose_columns
from contacthub.formats import Column
from contacthub.jobs.lease import Lease
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import ActorKind, Membership, Organization
from contacthub.organizations.rights import Right


class SelectionSource(Source):
    """A selection of the catalog. Its rows are chosen when the worker freezes it; their values are those of the moment
    in which they are written."""

    is_certain = False

    # --- Making it, and what it costs ---------------------------------------------------------------

    def draft(self, *, actor: Actor, order: ExportOrder) -> None:
        """Ask the question of the selection again, for this export alone: two exports of it may find other rows.

        Raises `CountChanged` if there are other rows than were shown.
        """
        export = self.export
        if order.selection_id is None:
            raise NotFound("There is no such selection.")
        chosen = selections.get_selection(
            organization=export.organization, selection_id=order.selection_id
        )
        if order.format is None:
            raise Invalid("Choose a file format.", field="format")
        check_personal(organization=export.organization, actor=actor, options=order.options)
        check_purpose(actor=actor, options=order.options, purpose=order.purpose)
        export.columns = self._choose_columns(chosen, order)
        shown = chosen.count if order.shown_rows is None else order.shown_rows
        export.selection = selections.copy_selection(selection=chosen, actor=actor, shown=shown)
        export.name = order.name.strip() or f"{export.selection}, {clock.today():%-d %b}"
        export.matched_rows = export.total_rows = export.selection.count
        export.charged_rows, export.page_size = 0, PART_ROWS

    def _choose_columns(self, chosen: Selection, order: ExportOrder) -> list[str]:
        available = list_fields(
            of_companies=chosen.of_companies,
            with_personal=order.options.get_pii,
            with_provenance=order.columns is not None,
        )
        usual = [name for name, field in available.items() if field.is_usual]
        columns = usual if order.columns is None else order.columns
        return choose_columns(list(available), format=order.format, columns=columns)

    def lock(self) -> None:
        """Lock the selection, which belongs to this export alone."""
        self.export.selection = selections.lock_selection(
            selection_id=self.export.catalog_selection.pk
        )

    def check(self, *, actor: Actor) -> None:
        """Raise if the person may no longer see personal values, or states no purpose for them."""
        options = queries.options_of(self.export)
        check_personal(organization=self.export.organization, actor=actor, options=options)
        check_purpose(actor=actor, options=options, purpose=self.export.purpose)

    def quote(self) -> Quote:
        """Count the rows that there are now. Nothing is charged for the catalog."""
        count = selections.count_question(
            organization=self.export.organization,
            question=selections.question_of(self.export.catalog_selection),
        )
        return Quote(
            record_count=count,
            without_contact=0,
            matched_rows=count,
            total_rows=count,
            charged_rows=0,
            is_paid_already=True,
            limit=None,
            remaining=None,
        )

    def renew(self, quote: Quote) -> None:
        """Take the rows that there are now, which are frozen when the file is begun again."""
        super().renew(quote)
        selections.thaw_selection(selection=self.export.catalog_selection, count=quote.total_rows)

    def charge(self, *, actor: Actor) -> None:
        """Nothing is charged for the catalog."""

    def settle(self, *, actor: Actor) -> None:
        """Nothing was charged."""

    def give_back(self, *, actor: Actor, note: str) -> int:
        """Forget which rows there were: nothing was charged."""
        selection = self.export.catalog_selection
        selections.thaw_selection(selection=selection, count=selection.count)
        return 0

    # --- Words --------------------------------------------------------------------------------------

    def describe(self) -> str:
        """Return the question as the page of the catalog put it."""
        selection = self.export.catalog_selection
        kind = "Companies" if selection.of_companies else "Contacts"
        return f"{kind}, {selection.words or 'all'}"

    def name_file(self) -> str:
        """Return what its rows are, the day, and how many of them were gone."""
        export, selection = self.export, self.export.catalog_selection
        kind = "companies" if selection.of_companies else "contacts"
        limit = (
            f"_limited-{export.total_rows}-of-{export.matched_rows}" if export.is_limited else ""
        )
        return f"{kind}_{export.created_at:%Y-%m-%d}{limit}"

    # --- Rows ---------------------------------------------------------------------------------------

    def make_column(self, name: str) -> Column:
        """Return a column of contacts with their company, or of companies."""
        return self._fields()[name].render()

    def _fields(self) -> dict[str, Field]:
        return find_fields(of_companies=self.export.catalog_selection.of_companies)

    @contextmanager
    def open(self, lease: Lease) -> Iterator[None]:
        """Freeze the selection, once. Raises `CountChanged` if there are other rows than were counted."""
        with lease.keep_alive():
            selections.freeze_selection(selection_id=self.export.catalog_selection.pk)
        failpoint("selection_frozen")
        yield

    def fetch(self, last: int) -> None:
        """All rows are here."""

    def count_done(self, page: int) -> int:
        """Return the rows that were counted up to a page."""
        return min(page * self.export.page_size, self.export.matched_rows)

    def find_rows(
        self, *, first: int, last: int, columns: Sequence[Column]
    ) -> tuple[Composable, int]:
        """Return the rows of one part; a page is a part. Those that are gone, or merged into others, are missing."""
        ids = self._read_ids(first - 1)
        count = selections.count_part(selection=self.export.catalog_selection, place=first - 1)
        return self._from_ids(ids, columns), count

    def reading(self) -> AbstractContextManager[None]:
        """Let rows be found by their keys."""
        return catalog_rows.by_keys()

    def read_rows(self, *, first: int, count: int, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows as the catalog has them now: the file keeps those of its day."""
        part, place = divmod(first, self.export.page_size)
        columns = [self.make_column(name) for name in names]
        ids = self._read_ids(part)[place : place + count]
        return sql.fetch_rows(columns=columns, source=self._from_ids(ids, columns))

    def _read_ids(self, part: int) -> Sequence[int]:
        return selections.read_part(selection=self.export.catalog_selection, place=part)

    def _from_ids(self, ids: Sequence[int], columns: Sequence[Column]) -> Composable:
        fields = [(field.name, field.needs) for field in self._fields().values()]
        return catalog_rows.from_ids(
            ids=ids,
            of_companies=self.export.catalog_selection.of_companies,
            owner=self.export.organization_id,
            needs=catalog_rows.list_needs(columns, fields),
        )


def check_personal(*, organization: Organization, actor: Actor, options: ExportOptions) -> None:
    """Raise `NotAllowed` if a person's role does not include personal values."""
    if not options.get_pii or actor.kind != ActorKind.PERSON:
        return
    membership = Membership.objects.filter(organization=organization, user=actor.user).first()
    if membership is None or not membership.has_right(Right.REVEAL):
        raise NotAllowed("Personal values are not part of your role.")
