"""The step that puts something on a list, in words: how many, from where, how many are on it already."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from contacthub.lists.models import List, ListEntry
from contacthub.lists.queries import find_last, find_running
from contacthub.lists.sources import KIND_WORDS
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.scalars import parse_whole
from contacthub.web.views.lists.list_words import (
    count_members,
    icon_of_visibility,
    name_visibility,
)
from contacthub.web.views.lists.things import Thing


@dataclass(frozen=True)
class Adding:
    """What is to be put on a list."""

    title: str
    words: str
    count: int
    # What the address of the step begins with.
    here: str
    query: tuple[str, str]
    back: str
    new_action: str


@dataclass(frozen=True)
class ListChoice:
    """A list that can be chosen."""

    url: str
    name: str
    members: str
    visibility: str
    visibility_icon: str
    owner: str


@dataclass(frozen=True)
class ChosenList:
    """The list that was chosen, with what would come and what is there already."""

    id: str
    name: str
    members: str
    note: str
    action: str
    other_url: str
    has_new: bool


@dataclass(frozen=True)
class Removal:
    """What is to be taken off a list."""

    title: str
    words: str
    count: int
    action: str
    here: str
    back: str


def describe_adding(thing: Thing) -> Adding:
    """Return what is to be put on a list, as the page says it."""
    members = count_members(thing.count, of_companies=thing.of_companies)
    kind = KIND_WORDS.get(thing.source.kind, thing.source.kind)
    return Adding(
        title=f"Add {members} to a list",
        words=": ".join(filter(None, (kind, thing.source.words))),
        count=thing.count,
        here=f"{reverse('list-add')}?{thing.query}",
        query=(thing.parameter, thing.id),
        back=thing.back,
        new_action=f"Make a list of {thing.count:,}",
    )


def describe_choices(thing: Thing, lists: Sequence[List], text: str) -> list[ListChoice]:
    """Return the lists that can be chosen, those that changed last first."""
    here = f"{reverse('list-add')}?{thing.query}"
    return [
        ListChoice(
            url=f"{here}&list={each.public_id}",
            name=each.name,
            members=count_members(each.member_count, of_companies=each.of_companies),
            visibility=name_visibility(each),
            visibility_icon=icon_of_visibility(each),
            owner=each.owner_name,
        )
        for each in lists
    ]


def describe_choice(thing: Thing, target: List, on_list: int) -> ChosenList:
    """Return the chosen list; `on_list` of the thing are on it already."""
    new = thing.count - on_list
    members = count_members(target.member_count, of_companies=target.of_companies)
    if not on_list:
        note = f"None of them is on it yet. It will have {target.member_count + new:,}."
    elif new:
        note = f"{on_list:,} of them are on it already; it will have {target.member_count + new:,}."
    else:
        note = "All of them are on it already."
    return ChosenList(
        id=str(target.public_id),
        name=target.name,
        members=members,
        note=note,
        action=f"Add {new:,} to {target.name}",
        other_url=f"{reverse('list-add')}?{thing.query}",
        has_new=new > 0,
    )


def describe_done(target: List, entry: ListEntry) -> str:
    """Say what was added or removed, or that a job does it."""
    if entry.state != ListEntry.State.DONE:
        members = count_members(entry.shown_count, of_companies=target.of_companies)
        return f"{members} are being {'removed' if entry.is_removal else 'added'}."
    members = count_members(entry.item_count, of_companies=target.of_companies)
    if entry.is_removal:
        return f"Removed {members} from {target.name}."
    rest = entry.shown_count - entry.item_count
    already = f" {rest:,} were on it already." if rest > 0 else ""
    return f"Added {members} to {target.name}.{already}"


@dataclass(frozen=True)
class DoneChange:
    """What the person has just done to a list, and the button that undoes it."""

    words: str
    number: int
    undo: str


def find_done(request: HubRequest, target: List) -> DoneChange | None:
    """Return the change that the person has just made, if it is still the last one and can be undone."""
    number = parse_whole(request.GET.get("done", ""), most_digits=18)
    if number is None or not request.membership.has_right(Right.SEARCH):
        return None
    last = find_last(target=target) if find_running(target=target) is None else None
    if last is None or last.pk != number:
        return None
    return DoneChange(describe_done(target, last), last.pk, "Undo")


def describe_removal(target: List, *, count: int, selection: UUID, words: str) -> Removal:
    """Return the question whether members shall go."""
    members = count_members(count, of_companies=target.of_companies)
    return Removal(
        title=f"Remove {members} from {target.name}?",
        words=words,
        count=count,
        action=f"Remove {count:,} from the list",
        here=f"{reverse('list-remove')}?selection={selection}",
        back=reverse("list-detail", args=[target.public_id]),
    )
