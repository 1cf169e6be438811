"""The saved views of a list as tabs, and what can be done with the one that is open."""

from dataclasses import dataclass

from django.urls import reverse

from contacthub.contacts.models import SavedView
from contacthub.contacts.saved_views import may_change
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.scalars import Parameters
from contacthub.web.views.catalog.display import SAVED, list_parts
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.list_kinds import ListKind
from contacthub.web.views.catalog.opened_view import NO_VIEW, WHERE, OpenedView

# More views are in a menu behind the tabs; the open one is always a tab.
MOST_TABS = 5


@dataclass(frozen=True)
class ViewTab:
    """A tab, or a line of the menu: where it leads, and whose the view is."""

    words: str
    url: str
    note: str = ""
    is_current: bool = False
    is_edited: bool = False


@dataclass(frozen=True)
class ViewTabs:
    """The tabs, the menu of further views, and the actions on the open one; an empty address: there is none."""

    tabs: list[ViewTab]
    more: list[ViewTab]
    name: str
    # What the forms keep of the address.
    kept: list[tuple[str, str]]
    is_edited: bool
    # Of the open view, while the list is as it was saved.
    address: str
    reset: str
    save: str
    save_as: str
    rename: str
    delete: str
    default: str
    default_words: str
    default_value: str

    @property
    def save_columns_words(self) -> str:
        """Return the button that saves columns alone into the open view; nothing where the person may not change it."""
        return f"Save to {self.name}" if self.rename else ""

    @property
    def has_menu(self) -> bool:
        """Return whether there are further actions."""
        return bool(self.rename or self.default)


def show_views(
    request: HubRequest, kind: ListKind, opened: OpenedView | None, sent: Parameters
) -> ViewTabs | None:
    """Return the tabs, and add to the faults of a list what cannot be used of the open view; None: without views."""
    if opened is None:
        return None
    sent.faults |= opened.named_faults
    return describe_tabs(request, kind, opened)


def describe_tabs(request: HubRequest, kind: ListKind, opened: OpenedView) -> ViewTabs:
    """Return the tabs of a list as its address stands."""
    current = opened.current
    tabs = [_make_tab(request, kind, opened, each) for each in opened.views]
    shown, more = _split(tabs)
    every = ViewTab(
        f"All {kind.name}",
        f"{kind.path}?{SAVED}={NO_VIEW}" if opened.has_default else kind.path,
        is_current=current is None,
    )
    may_save = request.membership.has_right(Right.SEARCH)
    is_open_to = (
        may_save and current is not None and may_change(view=current, membership=request.membership)
    )

    def action(name: str) -> str:
        return reverse(f"saved-view-{name}", args=[current.pk]) if current is not None else ""

    has_default = _may_set_default(request, current)
    return ViewTabs(
        [every, *shown],
        more,
        current.name if current else "",
        list_parts(request.GET),
        opened.is_edited,
        address=_find_short_address(request, kind, opened),
        reset=_address(kind, current) if current is not None and opened.is_edited else "",
        save=action("save") if is_open_to and opened.is_edited else "",
        save_as=change(request.GET, reverse("saved-view-new", args=[kind.name]), {})
        if may_save
        else "",
        rename=action("edit") if is_open_to else "",
        delete=action("delete") if is_open_to else "",
        default=action("default") if has_default else "",
        default_words="No longer the default"
        if current and current.is_default
        else "Make it the default for all members",
        default_value="" if current and current.is_default else "yes",
    )


def _may_set_default(request: HubRequest, view: SavedView | None) -> bool:
    return view is not None and view.is_shared and request.membership.has_right(Right.MANAGE)


def _address(kind: ListKind, view: SavedView) -> str:
    return f"{kind.path}?{SAVED}={view.pk}"


def _find_short_address(request: HubRequest, kind: ListKind, opened: OpenedView) -> str:
    """Return the address that names the view alone; nothing where the list is edited, or more is open beside it."""
    is_alone = not any(name in request.GET for name in WHERE)
    if opened.current is None or opened.is_edited or not is_alone:
        return ""
    return _address(kind, opened.current)


def _make_tab(request: HubRequest, kind: ListKind, opened: OpenedView, view: SavedView) -> ViewTab:
    is_current = view == opened.current
    return ViewTab(
        view.name,
        _address(kind, view),
        "default" if view.is_default else "shared" if view.is_shared else "mine",
        is_current,
        is_current and opened.is_edited,
    )


def _split(tabs: list[ViewTab]) -> tuple[list[ViewTab], list[ViewTab]]:
    """Return the tabs that are shown, the current one among them, and the others."""
    shown, more = tabs[:MOST_TABS], tabs[MOST_TABS:]
    current = next((each for each in more if each.is_current), None)
    if current is not None:
        more = [shown[-1], *(each for each in more if each != current)]
        shown = [*shown[:-1], current]
    return shown, more
