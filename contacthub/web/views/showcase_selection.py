"""Made-up selections and a quick look for the page of components."""

from typing import Any

from contacthub.web.views.catalog.quick_look import QuickLook
from contacthub.web.views.catalog.selection_view import ActionButton, SelectionBar, list_keys

HERE = "/reference/components/"


def describe_selecting() -> dict[str, Any]:
    """Return the states of the selection bar that the server draws, keys and what is looked at."""
    return {
        "bars": [
            _make_bar("1", "all", changed="48,226 contacts match now, 16 more than you saw."),
            _make_bar("2", "page", fault="Nothing is selected: tick the rows first."),
        ],
        "keys": list_keys(_make_bar("3", "page")),
        "look": QuickLook("id_00000000000000aa", HERE, HERE),
    }


def _make_bar(number: str, mode: str, *, changed: str = "", fault: str = "") -> SelectionBar:
    words = "Add 48,226 to a list…" if changed else "Add to a list…"
    return SelectionBar(
        action=HERE,
        count_address=HERE,
        excepted_address=HERE,
        list_address=HERE,
        question=number,
        one="contact",
        many="contacts",
        total=48_226,
        all_words="All 48,226 matching",
        buttons=[ActionButton("list", "list-details", True, "Add {count} to a list…", words)],
        all_buttons=[
            ActionButton("list", "list-details", True, "", "Add 48,226 to a list…"),
            ActionButton("export", "file-export", False, "", "Export 48,226…"),
        ],
        mode=mode,
        shown=48_226,
        changed=changed,
        fault=fault,
    )
