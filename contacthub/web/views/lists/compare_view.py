"""Lists compared, in words: the parts, their shares, the combinations that people ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from contacthub.lists.combining import Comparison
from contacthub.lists.models import List
from contacthub.web.views.lists.list_words import count_members, join_names, name_kind

LETTERS = "ABC"


@dataclass(frozen=True)
class SetKey:
    """A list with the letter by which the table calls it."""

    letter: str
    name: str
    url: str
    members: str


@dataclass(frozen=True)
class Dot:
    """Whether a part is in a list."""

    letter: str
    is_in: bool


@dataclass(frozen=True)
class Part:
    """A part of the lists: in which of them it is, its count, its share of the first of them, and its button."""

    dots: list[Dot]
    words: str
    count: int
    # Of the first list that it is in.
    of: int
    share: str
    url: str
    action: str


@dataclass(frozen=True)
class Combination:
    """Several parts as one new list."""

    words: str
    url: str


@dataclass(frozen=True)
class ComparisonView:
    """The whole comparison."""

    caption: str
    kind: str
    sets: list[SetKey]
    parts: list[Part]
    combinations: list[Combination]


@dataclass(frozen=True)
class Choice:
    """A list that can be chosen."""

    id: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class Chooser:
    """One of the fields by which lists are chosen."""

    letter: str
    choices: list[Choice]
    is_optional: bool


def describe_chooser(chosen: Sequence[List], lists: Sequence[List]) -> list[Chooser]:
    """Return the fields that choose the lists: the third may stay empty."""
    fields = []
    for place, letter in enumerate(LETTERS):
        picked = chosen[place] if place < len(chosen) else None
        choices = [
            Choice(str(each.public_id), _name(each, mixed=not chosen), each == picked)
            for each in lists
        ]
        fields.append(Chooser(letter, choices, is_optional=place == 2))
    return fields


def _name(each: List, *, mixed: bool) -> str:
    members = count_members(each.member_count, of_companies=each.of_companies)
    return f"{each.name}, {members}" if mixed else f"{each.name}, {each.member_count:,}"


def compare_address(lists: Sequence[List], path: str = "") -> str:
    """Return the address at which lists are compared."""
    names = "&".join(f"list={each.public_id}" for each in lists)
    return f"{path or reverse('list-compare')}?{names}"


def describe_comparison(found: Comparison, *, may_combine: bool) -> ComparisonView:
    """Return a comparison as its page shows it; the buttons only for those who may make lists."""
    number = {2: "two", 3: "three"}[len(found.lists)]
    return ComparisonView(
        caption=f"Overlap of {number} lists, exact",
        kind=name_kind(found.lists[0]),
        sets=[_key(letter, each) for letter, each in zip(LETTERS, found.lists, strict=False)],
        parts=[_describe_part(found, mask, may_combine=may_combine) for mask in _order(found)],
        combinations=list(_list_combinations(found)) if may_combine else [],
    )


def _key(letter: str, each: List) -> SetKey:
    members = count_members(each.member_count, of_companies=each.of_companies)
    return SetKey(letter, each.name, reverse("list-detail", args=[each.public_id]), members)


def _order(found: Comparison) -> list[int]:
    """List the parts, those of several lists first."""
    return sorted(found.masks, key=lambda mask: (-mask.bit_count(), mask))


def _describe_part(found: Comparison, mask: int, *, may_combine: bool) -> Part:
    count = found.count([mask])
    first = next(place for place in range(len(found.lists)) if mask >> place & 1)
    whole = found.lists[first].member_count
    share = (
        f"{100 * count / whole:.1f}% of {LETTERS[first]}" if whole else f"none of {LETTERS[first]}"
    )
    return Part(
        dots=[
            Dot(letter, bool(mask >> place & 1))
            for place, letter in enumerate(LETTERS[: len(found.lists)])
        ],
        words=name_parts(found, (mask,)),
        count=count,
        of=whole,
        share=share,
        url=_combine_address(found, (mask,)) if may_combine and count else "",
        action=f"Make a list of {count:,}",
    )


def _combine_address(found: Comparison, masks: Iterable[int]) -> str:
    parts = ",".join(map(str, masks))
    return f"{compare_address(found.lists, reverse('list-combine'))}&parts={parts}"


def _list_combinations(found: Comparison) -> Iterable[Combination]:
    """Yield what consists of several parts; what is one part has its button in the table."""
    asked = [found.masks]
    if len(found.lists) == 3:
        asked += [found.masks_with(inside=1, outside=other) for other in (4, 2)]
        asked += [found.masks_with(inside=two) for two in (3, 5, 6)]
    for masks in asked:
        if count := found.count(masks):
            words = f"{name_parts(found, masks)}, {count:,}"
            yield Combination(words, _combine_address(found, masks))


def name_parts(found: Comparison, masks: Sequence[int], *, in_full: bool = False) -> str:
    """Name some parts by the letters of the lists, or in full by their names: "A and B together", "A without C"."""
    names = [each.name for each in found.lists] if in_full else list(LETTERS[: len(found.lists)])
    known = {**_name_sets(found, names), **_name_single(found, names)}
    return known.get(tuple(sorted(masks)), f"{len(masks)} parts of {join_names(names)}")


def _name_single(found: Comparison, names: Sequence[str]) -> dict[tuple[int, ...], str]:
    words: dict[tuple[int, ...], str] = {}
    for mask in found.masks:
        inside = [name for place, name in enumerate(names) if mask >> place & 1]
        only = "" if len(inside) == len(names) else " only"
        is_short = not only and names[0] == LETTERS[0]
        every = {2: "In both", 3: "In all three"}[len(names)]
        words[(mask,)] = every if is_short else f"In {join_names(inside)}{only}"
    return words


def _name_sets(found: Comparison, names: Sequence[str]) -> dict[tuple[int, ...], str]:
    """Name what people ask for: all together, one without another, two in common."""
    words = {tuple(sorted(found.masks)): f"{join_names(names)} together"}
    places = range(len(names))
    for one in places:
        for other in places:
            if one == other:
                continue
            without = found.masks_with(inside=2**one, outside=2**other)
            words[tuple(sorted(without))] = f"{names[one]} without {names[other]}"
            both = found.masks_with(inside=2**one | 2**other)
            words.setdefault(tuple(sorted(both)), f"in both {names[one]} and {names[other]}")
    return words
