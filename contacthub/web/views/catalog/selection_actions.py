"""What can be done with a selection on the lists of contacts and companies: one line an action.

The selection bar saves a selection and goes to the page with the action's URL name, as `?selection=<uuid>`. That page
reads it with `get_asked_selection`, counts and prices again before it does anything, and checks its own right.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from contacthub.contacts.models import Selection
from contacthub.contacts.selections import get_selection
from contacthub.core.errors import NotFound
from contacthub.organizations.models import Membership
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.scalars import parse_uuid

SELECTION = "selection"
# A single row is acted on whatever the list's own filters hide.
EVERYBODY = "?stale=show&speculative=show"


@dataclass(frozen=True)
class SelectionAction:
    """An action, its button, the page of its next step and the right that it needs; without one it is for all members.

    `label` holds "{count}" where the number of selected rows stands.
    """

    name: str
    label: str
    icon: str
    url_name: str
    right: Right | None = None
    for_companies: bool = True
    # The one dark button of the bar.
    is_main: bool = False
    # Only where the rows are those of one list.
    on_list: bool = False
    # Above the list as well, for all rows that match.
    for_all: bool = False

    @property
    def address(self) -> str:
        """Return the address of the next step, empty if there is no such page."""
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


ACTIONS = (
    SelectionAction("copy", "Copy ids", "copy", "contact-copy-ids", for_companies=False),
    SelectionAction(
        "enrich", "Enrich {count}…", "sparkles", "enrichment-from-selection", Right.ENRICH, for_companies=False,
    ),
    SelectionAction("export", "Export {count}…", "file-export", "contact-export", Right.EXPORT, for_all=True),
    SelectionAction("merge", "Merge two…", "users", "contact-merge-selected", Right.ENRICH, for_companies=False),
    SelectionAction("remove", "Remove {count} from the list…", "minus", "list-remove", Right.SEARCH, on_list=True),
    SelectionAction(
        "list", "Add {count} to a list…", "list-details", "list-add", Right.SEARCH, is_main=True, for_all=True,
    ),
)  # fmt: skip


def list_actions(
    membership: Membership, *, of_companies: bool, on_list: bool = False
) -> list[SelectionAction]:
    """List what a person can do with selected rows: actions whose page exists and whose right the role includes.

    `on_list` says that all rows are of one list.
    """
    return [
        action
        for action in ACTIONS
        if (action.for_companies or not of_companies)
        and (action.right is None or membership.has_right(action.right))
        and (on_list or not action.on_list)
        and action.address
    ]


def describe_listing(request: HubRequest, *, of_companies: bool) -> dict[str, Any]:
    """Return where one row goes to be added to a list; nothing where the person may not."""
    actions = list_actions(request.membership, of_companies=of_companies)
    kind = "company" if of_companies else "contact"
    address = reverse(f"{kind}-selection") + ("" if of_companies else EVERYBODY)
    return {"list_action": address if any(each.name == "list" for each in actions) else ""}


def get_asked_selection(request: HubRequest) -> Selection:
    """Return the selection that an address or a form names. Raises `NotFound`, for another organization's too."""
    text = request.POST.get(SELECTION) or request.GET.get(SELECTION, "")
    selection_id = parse_uuid(text)
    if selection_id is None:
        raise NotFound("There is no such selection.")
    return get_selection(organization=request.organization, selection_id=selection_id)
