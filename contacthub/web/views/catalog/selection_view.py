"""The selection bar of a list: what is selected, how many rows that are, and the buttons of its actions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from django.urls import reverse
from django.utils.crypto import salted_hmac

from contacthub.contacts.filters import CompanyFilters, Filters
from contacthub.contacts.questions import dump_filters
from contacthub.contacts.search import Count
from contacthub.core.errors import CountChanged
from contacthub.web.http import HubRequest
from contacthub.web.templatetags.figures import plural
from contacthub.web.views.catalog.filter_fields import LOOK
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.selection_actions import SelectionAction, list_actions


@dataclass(frozen=True)
class ActionButton:
    """A button of the bar: what it sends, and its words with and without the number of rows."""

    name: str
    icon: str
    is_main: bool
    # Holds "{count}" for the script of the page.
    label: str
    words: str


@dataclass(frozen=True, kw_only=True)
class SelectionBar:
    """The form below the filters. The page's script fills it while rows are ticked; without one it shows at once.

    `question` is the same for addresses that find the same rows, and says nothing of them.
    """

    action: str
    count_address: str
    excepted_address: str
    list_address: str
    question: str
    one: str
    many: str
    # None: more than the list counts at once.
    total: int | None
    all_words: str
    buttons: Sequence[ActionButton]
    # Above the list, for all that match.
    all_buttons: Sequence[ActionButton]
    # All rows are of one list.
    on_list: bool = False
    # What was sent, where the bar is an answer.
    mode: str = "page"
    chosen: str = ""
    excepted: str = ""
    shown: int | None = None
    changed: str = ""
    fault: str = ""


def describe_bar(request: HubRequest, filters: Filters, count: Count | None) -> SelectionBar | None:
    """Return the bar of a list; None where nothing can be done with its rows.

    `count` is what the list says; without one the bar does not say how many match.
    """
    of_companies = isinstance(filters, CompanyFilters)
    on_list = is_on_list(filters)
    actions = list_actions(request.membership, of_companies=of_companies, on_list=on_list)
    if not actions:
        return None
    kind = "company" if of_companies else "contact"
    exact = count.value if count is not None and not count.is_capped else None

    def here(name: str) -> str:
        return change(request.GET, reverse(name), {LOOK: None})

    return SelectionBar(
        action=here(f"{kind}-selection"),
        count_address=here(f"{kind}-selection-count"),
        excepted_address=reverse(f"{kind}-selection-excepted"),
        list_address=here(f"{kind}-list"),
        question=sign_filters(filters),
        one=kind,
        many="companies" if of_companies else "contacts",
        total=exact,
        all_words="All matching" if exact is None else f"All {exact:,} matching",
        buttons=[_make_button(each, None) for each in actions],
        all_buttons=[
            _make_button(each, "all" if exact is None else f"{exact:,}")
            for each in actions
            if each.for_all
        ],
        on_list=on_list,
    )


def is_on_list(filters: Filters) -> bool:
    """Return whether filters ask for the members of one list."""
    return len(filters.lists) == 1


def sign_filters(filters: Filters) -> str:
    """Return a text that is the same for the same filters, and from which they cannot be read."""
    dumped = orjson.dumps(dump_filters(filters), option=orjson.OPT_SORT_KEYS)
    return salted_hmac("contacthub.selection", dumped).hexdigest()[:20]


def describe_changed(
    request: HubRequest, bar: SelectionBar, error: CountChanged, *, was_shown: bool
) -> SelectionBar:
    """Return the bar after a count that is another one than was shown: both numbers, and buttons with the new one."""
    difference = error.counted - error.shown
    words = f"{plural_of(bar, error.counted)} {'matches' if error.counted == 1 else 'match'} now"
    if was_shown:
        words += f", {abs(difference):,} {'more' if difference > 0 else 'fewer'} than you saw"
    actions = list_actions(
        request.membership, of_companies=bar.one == "company", on_list=bar.on_list
    )
    return replace(
        bar,
        changed=f"{words}.",
        shown=error.counted,
        buttons=[_make_button(each, f"{error.counted:,}") for each in actions]
        if error.counted
        else [],
    )


def plural_of(bar: SelectionBar, count: int) -> str:
    """Write a count with the noun of the list: 1 company, 48,226 contacts."""
    return (
        plural(count, bar.one)
        if bar.one == "contact"
        else f"{count:,} {bar.one if count == 1 else bar.many}"
    )


def _make_button(action: SelectionAction, count: str | None) -> ActionButton:
    plain = action.label.replace("{count} ", "")
    words = plain if count is None else action.label.format(count=count)
    return ActionButton(action.name, action.icon, action.is_main, action.label, words)


# --- Keys -----------------------------------------------------------------------------------------

Key = tuple[tuple[str, ...], str]
MOVING: tuple[Key, ...] = (
    (("j", "k"), "Next and previous row"),
    (("space",), "Quick look"),
    (("o", "Enter"), "Open the row's page"),
)
SELECTING: tuple[Key, ...] = ((("x",), "Select the row, or leave it out"),)
ACTING = {"enrich": (("e",), "Enrich what is selected"), "list": (("l",), "Add to a list")}
FINDING: tuple[Key, ...] = (
    (("f",), "Filters"),
    (("/",), "Search"),
    (("?",), "These keys"),
    (("Esc",), "Close what was opened last"),
)


def list_keys(bar: SelectionBar | None) -> list[Key]:
    """List the keys of a list with what they do; those of actions where the bar has them."""
    actions = {each.name for each in bar.buttons} if bar is not None else set()
    acting = [key for name, key in ACTING.items() if name in actions]
    return [*MOVING, *(SELECTING if bar is not None else ()), *acting, *FINDING]
