"""One frozen question for everything that acts on many rows: add to a list, export, enrich, copy ids.

A page counts a `Question`; what somebody presses there saves it as a `Selection`, which counts again and stops where
the number is another one than the page showed. The action's job freezes the rows by one statement and works through
its parts, so that an import in between changes neither how many rows it is about nor which.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

from contacthub.contacts.filters import ContactFilters, Filters
from contacthub.contacts.merging.frozen import replace_merged
from contacthub.contacts.models import Contact, Selection, SelectionPart
from contacthub.contacts.questions import dump_filters, load_filters
from contacthub.contacts.search import COMPANY_COLUMNS, COMPANY_SORTS, CONTACT_SORTS, RANKS
from contacthub.contacts.sql import selections as sql
from contacthub.contacts.sql.ranked_pages import Rank
from contacthub.contacts.sql.search_pages import COMPANIES, CONTACTS, Order
from contacthub.contacts.windows import check_granted
from contacthub.core import clock
from contacthub.core.errors import Conflict, CountChanged, Invalid, NotFound
from contacthub.lists.sql import Items
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization

# More rows unticked one by one are a filter that somebody has not found.
MOST_EXCEPTED = 1_000
# What one page can tick, and what people paste.
MOST_CHOSEN = 10_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which contacts or companies, in which order.

    Without `chosen` all that match the filters, less the `excepted`; with it only these, of those that match. Contacts
    are named by the key inside their id, companies by their public number.
    """

    of_companies: bool
    filters: Filters
    sort: str
    is_descending: bool
    chosen: tuple[int, ...] | None = None
    excepted: tuple[int, ...] = ()


def count_question(*, organization: Organization, question: Question) -> int:
    """Return how many rows a question is about, exactly.

    Raises `Invalid` for one that names too many rows, `Conflict` for one that names a feed which is no longer granted.
    Every other window is that of this moment.
    """
    return _count(organization, question).rows


def _count(organization: Organization, question: Question) -> sql.Counted:
    _check(organization, question)
    return sql.count_wanted(_wanted(organization, question))


def save_selection(
    *,
    organization: Organization,
    actor: Actor,
    question: Question,
    shown: int,
    words: str = "",
) -> Selection:
    """Save a question whose count somebody was shown, in the caller's transaction.

    Raises `CountChanged` if it is another one now, `Invalid` for no rows, an unknown sort or too many named rows.
    """
    counted = _count(organization, question)
    if counted.rows != shown:
        raise CountChanged(shown=shown, counted=counted.rows)
    if not counted.rows:
        raise Invalid("Nothing is selected.", field="selection")
    return Selection.objects.create(
        organization=organization,
        of_companies=question.of_companies,
        filters=dump_filters(question.filters),
        sort=question.sort,
        is_descending=question.is_descending,
        chosen=None if question.chosen is None else list(question.chosen),
        excepted=list(question.excepted),
        words=words,
        count=counted.rows,
        mark=counted.mark,
        created_by=actor.user,
        created_by_name=actor.name[:200],
    )


def get_selection(*, organization: Organization, selection_id: uuid.UUID) -> Selection:
    """Return a selection of the organization. Raises `NotFound`."""
    found = (
        Selection.objects.select_related("organization")
        .filter(organization=organization, pk=selection_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such selection.")
    return found


def question_of(selection: Selection) -> Question:
    """Return the question that a selection was made of. Raises `Conflict` if one of its filters no longer exists."""
    try:
        filters = load_filters(selection.filters, of_companies=selection.of_companies)
    except KeyError as error:
        raise Conflict(
            "This selection was made with a filter that no longer exists. Select the rows again."
        ) from error
    return Question(
        of_companies=selection.of_companies,
        filters=filters,
        sort=selection.sort,
        is_descending=selection.is_descending,
        chosen=None if selection.chosen is None else tuple(selection.chosen),
        excepted=tuple(selection.excepted),
    )


def copy_selection(*, selection: Selection, actor: Actor, shown: int) -> Selection:
    """Save the question of a selection once more, for an action of its own. Raises as `save_selection` does."""
    return save_selection(
        organization=selection.organization,
        actor=actor,
        question=question_of(selection),
        shown=shown,
        words=selection.words,
    )


def lock_selection(*, selection_id: uuid.UUID) -> Selection:
    """Return a selection locked for the caller's transaction."""
    return Selection.objects.select_for_update().get(pk=selection_id)


def thaw_selection(*, selection: Selection, count: int) -> None:
    """Forget the kept rows of a locked selection, in the caller's transaction; `count` are expected the next time."""
    SelectionPart.objects.filter(selection=selection).delete()
    selection.frozen_at, selection.count, selection.mark = None, count, None
    selection.save(update_fields=["frozen_at", "count", "mark"])


@transaction.atomic
def freeze_selection(*, selection_id: uuid.UUID) -> Selection:
    """Keep the rows of a selection as they are now, once; a second call finds them kept.

    Raises `CountChanged`, and keeps nothing, if there are other rows than were counted. A million rows take seconds:
    for jobs.
    """
    selection = (
        Selection.objects.select_related("organization")
        .select_for_update(of=["self"])
        .get(pk=selection_id)
    )
    if selection.frozen_at is not None:
        return selection
    question = question_of(selection)
    _check_feeds(selection.organization, question)
    counted = sql.freeze(
        _wanted(selection.organization, question), selection=selection.pk, order=_order(question)
    )
    if counted.rows != selection.count or selection.mark not in (None, counted.mark):
        raise CountChanged(shown=selection.count, counted=counted.rows)
    selection.frozen_at = clock.now()
    selection.save(update_fields=["frozen_at"])
    return selection


def read_part(*, selection: Selection, place: int) -> Sequence[int]:
    """Return the primary keys of one part of a frozen selection, counted from 0; none if there is no such part.

    Contacts that were merged since stand there as the one that stayed, once in the whole selection.
    """
    part = SelectionPart.objects.filter(selection=selection, place=place).first()
    return _read_ids(selection, part) if part is not None else ()


def count_part(*, selection: Selection, place: int) -> int:
    """Return how many rows one part was frozen with."""
    part = SelectionPart.objects.filter(selection=selection, place=place)
    sizes = part.values_list("ids__len", flat=True)
    return sizes.first() or 0


def _read_ids(selection: Selection, part: SelectionPart) -> Sequence[int]:
    if selection.of_companies:
        return part.ids
    return replace_merged(selection=selection.pk, ids=part.ids)


def iterate_parts(*, selection: Selection, first: int = 0) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield the parts of a frozen selection from one on: its place, and up to 10,000 primary keys in order.

    Rows that were removed since are still among them; contacts that were merged stand there as in `read_part`.
    """
    place = first
    while True:
        part = SelectionPart.objects.filter(selection=selection, place=place).first()
        if part is None:
            return
        yield part.place, _read_ids(selection, part)
        place += 1


def select_items(*, selection: Selection) -> Items:
    """Return the query for the items of a selection as it is now: keys of contacts, numbers of companies."""
    return sql.select_items(_wanted(selection.organization, question_of(selection)))


def list_selected_keys(*, selection: Selection) -> list[int]:
    """Freeze a selection of contacts and list their keys in its order, without those that were removed since.

    For as many as one page shows. Raises `CountChanged` as `freeze_selection` does.
    """
    found: list[int] = []
    for _, ids in iterate_parts(selection=freeze_selection(selection_id=selection.pk)):
        keys = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "key"))
        found += [keys[pk] for pk in ids if pk in keys]
    return found


def _check(organization: Organization, question: Question) -> None:
    if len(question.excepted) > MOST_EXCEPTED:
        raise Invalid(
            f"At most {MOST_EXCEPTED:,} rows can be excepted one by one. Use a filter.",
            field="selection",
        )
    if question.chosen is not None and len(question.chosen) > MOST_CHOSEN:
        raise Invalid(f"At most {MOST_CHOSEN:,} rows can be chosen one by one.", field="selection")
    sorts = COMPANY_SORTS if question.of_companies else CONTACT_SORTS
    if question.sort not in (*sorts, *RANKS):
        raise Invalid("There is no such order.", field="sort")
    _check_feeds(organization, question)


def _check_feeds(organization: Organization, question: Question) -> None:
    """Raise `Conflict` if a feed that the question names is no longer granted, by which it would find fewer rows."""
    filters = question.filters
    company = filters.company if isinstance(filters, ContactFilters) else filters
    check_granted(organization.pk, company)


def _wanted(organization: Organization, question: Question) -> sql.Wanted:
    kind, name = (COMPANIES, "number") if question.of_companies else (CONTACTS, "key")
    return sql.Wanted(
        kind, name, organization.pk, question.filters, question.chosen, question.excepted
    )


def _order(question: Question) -> Order | Rank:
    if question.sort in RANKS:
        return Rank(RANKS[question.sort], question.is_descending)
    if question.of_companies:
        column = COMPANY_COLUMNS.get(question.sort, question.sort)
        return Order(column, COMPANY_SORTS[question.sort], question.is_descending)
    return Order(question.sort, CONTACT_SORTS[question.sort], question.is_descending)
