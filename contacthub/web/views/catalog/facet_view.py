"""The drawer of filters as the lists show it: facets with rows to pick, their words, states and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contacthub.contacts.facets import Facet, FacetValue, Total
from contacthub.contacts.filters import Location
from contacthub.contacts.nace import find_level, find_parent
from contacthub.core.text import fold
from contacthub.web.views.catalog.filter_fields import Field
from contacthub.web.views.catalog.filters import FilterValue

# Facets of more values have a search; so many are shown before somebody asks for more, and then.
FEW, MANY = 8, 100
# Of a tree: groups and classes of NACE stand below their division, national subclasses beside their class.
DEPTHS = ("", " is-sub-1", " is-sub-2", " is-sub-3", " is-sub-3")


@dataclass(frozen=True)
class PickRow:
    """A value of a facet: a box that includes it, one that excludes it, and how many rows have it."""

    include: tuple[str, str]
    # None where the filters have no opposite.
    exclude: tuple[str, str] | None
    words: str
    # Nothing while it is not counted.
    count: str = ""
    is_on: bool = False
    is_out: bool = False
    is_zero: bool = False
    # How far it stands below another one, 0 to 3.
    depth: int = 0
    # The words before, in and after what was looked for.
    parts: tuple[str, str, str] | None = None
    # Offered without a count: no vendor says how many rows have it.
    is_suggested: bool = False

    @property
    def id(self) -> str:
        """Return what tells its boxes from all others of the page."""
        name, value = self.include
        return f"{name}-{''.join(each if each.isalnum() else f'_{ord(each):x}' for each in value)}"

    @property
    def before(self) -> str:
        """Return the words before what was looked for, or all."""
        return self.parts[0] if self.parts else self.words

    @property
    def hit(self) -> str:
        """Return the part of the words that was looked for."""
        return self.parts[1] if self.parts else ""

    @property
    def after(self) -> str:
        """Return the words after it."""
        return self.parts[2] if self.parts else ""

    @property
    def css(self) -> str:
        """Return the classes of its state."""
        return "".join(
            [
                " is-zero" if self.is_zero else "",
                DEPTHS[self.depth],
            ]
        )


@dataclass(frozen=True)
class FacetView:
    """A facet of the drawer. Before its values were counted, `rows` are those that are chosen."""

    name: str
    label: str
    url: str
    rows: Sequence[PickRow] = ()
    summary: str = "any"
    is_set: bool = False
    is_open: bool = False
    is_counted: bool = False
    # The words in the empty search field; empty: there is no field.
    find: str = ""
    text: str = ""
    fault: str = ""
    # What was typed and cannot be used, by the name of its field.
    wrong: Sequence[tuple[str, str]] = ()
    nearest: PickRow | None = None
    more: str = ""
    note: str = ""
    # Where its values are shown without scripts.
    shown_url: str = ""
    # What stands in place of values that are not here yet.
    waiting: str = "Counting…"
    # Its values are suggestions, which do not depend on the other filters.
    is_suggested: bool = False


@dataclass(frozen=True)
class DrawerView:
    """The drawer: facets, the plain fields below More, and what its form keeps of the address.

    `foot` says what was found, where that is not a count; `note` stands at the end of More.
    """

    action: str
    close: str
    clear: str
    noun: str
    facets: Sequence[FacetView]
    groups: Sequence[tuple[str, Sequence[FilterValue]]]
    kept: Sequence[tuple[str, str]]
    set_words: str
    # Whether there is a filter to clear.
    is_set: bool
    is_more_open: bool
    more_summary: str
    is_more_set: bool = False
    foot: str = ""
    note: str = ""
    busy: str = "counting…"


@dataclass(frozen=True)
class TotalView:
    """How many rows match, in words, and what an estimate is."""

    words: str
    title: str = ""


def describe_total(total: Total) -> TotalView:
    """Return a total that was counted on request."""
    if not total.is_estimate:
        return TotalView(f"{total.value:,}")
    return TotalView(_estimate(total.value), "Estimated from a sample: counting all takes too long")


# --- Values of filters as facets compare them --------------------------------------------------------


def key_of(each: Field, value: Any) -> str:
    """Return a value of a filter as its facet has it."""
    if isinstance(value, Location):
        return value.place
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if each.options or each.read is not str else fold(str(value))


def text_of(each: Field, value: FacetValue) -> str:
    """Return a value of a facet as it stands in the address."""
    if each.is_flag:
        return "yes" if value.key == "true" else "no"
    if each.choices:
        return next((text for key, text, _ in each.choices if key == value.key), value.key)
    if each.target in ("regions", "cities") or (each.read is str and not each.options):
        return value.words
    return value.key.replace("within:", "").replace("over:", "over-")


def words_of(each: Field, value: FacetValue) -> str:
    """Return the words of a value of a facet."""
    labels = dict(each.options)
    text = text_of(each, value)
    if text in labels:
        return labels[text]
    if each.target == "nace_branches":
        return f"{value.words}, {value.key}" if value.words else value.key
    if each.options and each.show:
        return each.show(value.key)
    return value.words


def option_keys(each: Field) -> list[str]:
    """Return the keys of the options, in their order."""
    return [key_of(each, each.read(text)) for text, _ in each.options]


# --- Rows --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """What the filters include and exclude of a field, by the keys of its facet, with the texts of the address."""

    included: dict[str, str]
    excluded: dict[str, str]
    empty: bool | None

    @property
    def keys(self) -> list[str]:
        """Return all keys."""
        return list(dict.fromkeys([*self.included, *self.excluded]))


def read_chosen(asked: FilterValue) -> Chosen:
    """Return what is chosen of a field."""
    each = asked.field
    included = {key_of(each, v): t for v, t in zip(asked.values, asked.texts, strict=False)}
    excluded = {
        key_of(each, v): t for v, t in zip(asked.excluded, asked.excluded_texts, strict=False)
    }
    return Chosen(included, excluded, asked.empty)


def make_row(
    each: Field,
    value: FacetValue,
    chosen: Chosen,
    *,
    count: str = "",
    find: str = "",
    depth: int = 0,
) -> PickRow:
    """Return the row of a value."""
    text = text_of(each, value)
    if each.choices:
        # By its name, where somebody typed that.
        text = (chosen.included | chosen.excluded).get(value.key, text)
    text = text.replace(";", "\\;")
    words = words_of(each, value)
    return PickRow(
        (each.name, text),
        (f"{each.name}_not", text) if each.can_exclude else None,
        words,
        count,
        value.key in chosen.included and value.key not in chosen.excluded,
        value.key in chosen.excluded,
        count == "0",
        depth,
        _mark(words, find),
    )


def _mark(words: str, find: str) -> tuple[str, str, str] | None:
    """Return words in three parts, the second is what was looked for; None where it does not stand there as typed."""
    key, wanted = fold(words), fold(find)
    # Folding may change lengths; then nothing is marked.
    if not wanted or len(key) != len(words) or wanted not in key:
        return None
    start = key.index(wanted)
    end = start + len(wanted)
    return words[:start], words[start:end], words[end:]


def make_chosen_rows(asked: FilterValue) -> list[PickRow]:
    """Return the rows of what is chosen, before anything is counted."""
    each, chosen = asked.field, read_chosen(asked)
    texts = chosen.included | chosen.excluded
    values = [as_value(each, key, texts[key]) for key in chosen.keys]
    rows = [make_row(each, value, chosen) for value in values]
    return rows + ([make_empty_row(each, chosen)] if chosen.empty is not None else [])


def as_value(each: Field, key: str, text: str) -> FacetValue:
    """Return a chosen value that was not counted, in the words of its chip."""
    shown = each.show(each.read(text)) if each.show and not each.options else text
    if each.target == "nace_branches":
        shown = shown.removesuffix(key).rstrip(", ")
    return FacetValue(key, shown, 0)


def make_empty_row(each: Field, chosen: Chosen, count: str = "") -> PickRow:
    """Return the row of having no value."""
    name = f"{each.name}_empty"
    return PickRow(
        (name, "yes"),
        (name, "no"),
        each.empty_words,
        count,
        chosen.empty is True,
        chosen.empty is False,
        count == "0",
    )


def make_counted_rows(
    asked: FilterValue, facet: Facet, *, find: str, limit: int
) -> tuple[list[PickRow], int]:
    """Return the rows of a counted facet, and how many more there are."""
    each, chosen = asked.field, read_chosen(asked)
    show = _estimate if facet.is_estimate else _exact
    values = _order(each, facet, chosen, find, is_whole=limit > FEW)
    is_tree = each.target == "nace_branches" and not find
    shown = values if is_tree else _limit(values, chosen, limit)
    rows = [
        make_row(
            each,
            value,
            chosen,
            count=show(value.count),
            find=find,
            depth=_depth(each, value, find),
        )
        for value in shown
    ]
    if each.empty_words and not find:
        rows.append(make_empty_row(each, chosen, show(facet.empty)))
    return rows, max(0, max(facet.distinct, len(values)) - len(shown))


def _depth(each: Field, value: FacetValue, find: str) -> int:
    return find_level(value.key) - 1 if each.target == "nace_branches" and not find else 0


def _limit(values: Sequence[FacetValue], chosen: Chosen, limit: int) -> list[FacetValue]:
    kept, others = [], 0
    for value in values:
        is_chosen = value.key in chosen.included or value.key in chosen.excluded
        others += not is_chosen
        if is_chosen or others <= limit:
            kept.append(value)
    return kept


def _order(
    each: Field, facet: Facet, chosen: Chosen, find: str, *, is_whole: bool
) -> list[FacetValue]:
    """Return the values in the order of the options, of the tree, or by count."""
    if each.options:
        found = {value.key: value for value in facet.values}
        keys = dict.fromkeys([*option_keys(each), *chosen.keys])
        return [found.get(key) or FacetValue(key, key, 0) for key in keys]
    known = {value.key for value in facet.values}
    texts = chosen.included | chosen.excluded
    missing = [as_value(each, key, texts[key]) for key in chosen.keys if key not in known]
    if each.target == "nace_branches" and not find:
        return _order_tree([*facet.values, *missing], chosen, is_whole=is_whole)
    return sorted([*facet.values, *missing], key=lambda value: -value.count)


def _order_tree(
    values: Sequence[FacetValue], chosen: Chosen, *, is_whole: bool
) -> list[FacetValue]:
    """Return branches below each other: all, or sections and what stands beside and below a chosen branch."""
    below: dict[str, list[FacetValue]] = {}
    for value in values:
        below.setdefault(find_parent(value.key), []).append(value)
    unfolded = {"", *chosen.keys, *(find_parent(key) for key in chosen.keys)}
    for key in chosen.keys:
        parent = key
        while parent := find_parent(parent):
            unfolded.add(parent)
    ordered: list[FacetValue] = []

    def add(parent: str) -> None:
        if not is_whole and parent not in unfolded:
            return
        for value in sorted(below.get(parent, []), key=lambda each: (-each.count, each.key)):
            ordered.append(value)
            add(value.key)

    add("")
    return ordered


def _exact(count: int) -> str:
    return f"{count:,}"


def _estimate(count: int) -> str:
    """Return an estimated count with two figures that mean something; of none in the sample there may be a few."""
    if not count:
        return "few"
    digits = max(0, len(str(count)) - 2)
    return f"≈\u00a0{round(count, -digits):,}"


def list_wrong(asked: FilterValue) -> list[tuple[str, str]]:
    """Return what stands in the fields of a facet whose values cannot be used."""
    if not asked.fault:
        return []
    name = asked.field.name
    fields = [(name, asked.included_text), (f"{name}_not", asked.excluded_text)]
    return [each for each in fields if each[1]] or [fields[0]]


# --- Words -------------------------------------------------------------------------------------------


def sum_up(asked: FilterValue, distinct: int | None = None) -> str:
    """Return what is chosen of a facet in a few words: "2 of 7", "1 excluded", "any"."""
    included = len(asked.values) + (asked.empty is True)
    excluded = len(asked.excluded) + (asked.empty is False)
    if asked.fault:
        return "not usable"
    words = []
    if included:
        words.append(
            f"{included} of {max(distinct, included):,}" if distinct else f"{included} set"
        )
    if excluded:
        words.append(f"{excluded} excluded")
    return ", ".join(words) or "any"
