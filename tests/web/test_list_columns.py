"""The columns of the lists: each has its own name and label, and reads once a page what its cells need."""

from collections.abc import Sequence

import pytest

from contacthub.contacts.models import Contact
from contacthub.organizations.models import Organization
from contacthub.web.contact_words import BLOCKED, Cell
from contacthub.web.views.catalog import company_columns, contact_columns
from contacthub.web.views.catalog.columns import Column, make_table


@pytest.mark.parametrize("columns", [contact_columns, company_columns])
def test_columns_have_names_of_their_own_and_orders_that_exist(columns: object) -> None:
    listed = columns.COLUMNS  # type: ignore[attr-defined]
    for words in ([each.name for each in listed], [each.label for each in listed]):
        assert len(words) == len(set(words))
    assert [each.is_pinned for each in listed] == [True] + [False] * (len(listed) - 1)
    assert {each.sort for each in listed if each.sort} == set(columns.SORTS)  # type: ignore[attr-defined]


def test_what_a_column_needs_is_read_once_a_page_and_only_where_it_is_shown() -> None:
    pages: list[int] = []

    def read(_: Organization, contacts: Sequence[Contact]) -> dict[int, str]:
        pages.append(len(contacts))
        return {1: "yes"}

    def cell(_: Contact, extra: str | None) -> Cell:
        return Cell(extra or "no")

    columns = (
        Column[Contact]("name", "Name", cell),
        Column[Contact]("one", "One", cell, read=read),
        Column[Contact]("two", "Two", cell, read=read, is_personal=True),
    )

    def words(shown: Sequence[Column[Contact]], *, may_see: bool) -> list[list[str]]:
        table = make_table(
            Organization(),
            shown,
            [Contact(pk=1), Contact(pk=2)],
            identify=lambda contact: (str(contact.pk), ""),
            may_see=may_see,
        )
        return [[cell.words for _, cell in row.cells] for row in table.rows]

    assert words(columns, may_see=True) == [["yes", "yes"], ["no", "no"]]
    assert pages == [2]
    assert words(columns[:1] + columns[2:], may_see=False) == [[BLOCKED.words]] * 2
    assert pages == [2]
