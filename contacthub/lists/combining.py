"""Two or three lists of one kind compared: how many each part has, and parts as new lists.

A part is named by a mask: 1 stands for the first list, 2 for the second, 4 for the third, so that 3 is what the first
two have in common and the third has not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import transaction

from contacthub.core.errors import CountChanged, Invalid, NotFound
from contacthub.lists import sql
from contacthub.lists.actions import create_list
from contacthub.lists.changes import add_source
from contacthub.lists.models import List, ListEntry
from contacthub.lists.sources import Source, register_reader
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

LEAST, MOST = 2, 3


@dataclass(frozen=True)
class Comparison:
    """How many members each part of some lists has, exactly."""

    lists: Sequence[List]
    counts: Mapping[int, int]

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """All parts there can be, those of more lists last."""
        return tuple(
            sorted(range(1, 2 ** len(self.lists)), key=lambda mask: (mask.bit_count(), mask))
        )

    def count(self, masks: Sequence[int]) -> int:
        """Return how many members some parts have together."""
        return sum(self.counts.get(mask, 0) for mask in masks)

    def masks_with(self, *, inside: int = 0, outside: int = 0) -> tuple[int, ...]:
        """Return the parts that are in all lists of one mask and in none of another's."""
        return tuple(m for m in self.masks if m & inside == inside and not m & outside)


def compare_lists(*, lists: Sequence[List]) -> Comparison:
    """Count every part of two or three lists of one kind, exactly. Raises `Invalid` for other lists."""
    _check(lists)
    return Comparison(lists, sql.count_parts([each.pk for each in lists]))


@transaction.atomic
def combine_lists(
    *,
    lists: Sequence[List],
    actor: Actor,
    masks: Sequence[int],
    shown: int,
    words: str,
    name: str,
    description: str = "",
    is_shared: bool = False,
) -> tuple[List, ListEntry]:
    """Make a new list of some parts; at once up to 50,000 members, else by a job. The lists stay as they are.

    Raises `CountChanged` if the parts have other members than were shown, `Invalid` for the name as `create_list` does.
    """
    comparison = compare_lists(lists=lists)
    if not masks or any(mask not in comparison.masks for mask in masks):
        raise Invalid("There is no such part of these lists.", field="parts")
    if comparison.count(masks) != shown:
        raise CountChanged(shown=shown, counted=comparison.count(masks))
    made = create_list(
        organization=lists[0].organization,
        actor=actor,
        of_companies=lists[0].of_companies,
        name=name,
        description=description,
        is_shared=is_shared,
        origin=words,
    )
    ref = {"lists": [each.pk for each in lists], "masks": [*masks]}
    source = Source(kind="lists", ref=ref, words=words)
    return made, add_source(target=made, actor=actor, source=source, shown=shown)


def _check(lists: Sequence[List]) -> None:
    if not LEAST <= len({each.pk for each in lists}) == len(lists) <= MOST:
        raise Invalid("Choose two or three different lists.", field="lists")
    if len({(each.of_companies, each.organization_id) for each in lists}) > 1:
        raise Invalid("Choose lists of people only, or of companies only.", field="lists")


class _ListsReader:
    """Reads parts of lists as a source. Who may see the lists was checked when somebody chose them."""

    def select(self, organization: Organization, ref: Mapping[str, Any]) -> sql.Items:
        ids = ref["lists"]
        if List.objects.filter(organization=organization, pk__in=ids).count() != len(ids):
            raise NotFound("One of the lists was deleted.")
        return sql.select_parts(ids, ref["masks"])

    def iterate(self, organization: Organization, ref: Mapping[str, Any]) -> Iterator[sql.Items]:
        yield self.select(organization, ref)


def register() -> None:
    """Register lists as a source of members."""
    register_reader("lists", _ListsReader())
