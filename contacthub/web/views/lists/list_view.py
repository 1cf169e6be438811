"""The head of a list's pages: what it is, who sees it, what can be done with it, and the job that changes it."""

from dataclasses import dataclass

from django.urls import reverse

from contacthub.contacts.list_members import count_removed
from contacthub.jobs.models import Job
from contacthub.lists.models import List, ListEntry
from contacthub.lists.queries import count_new, find_running
from contacthub.organizations.rights import Right
from contacthub.web.http import HubRequest
from contacthub.web.job_words import Tab
from contacthub.web.views.catalog.list_filter import field_of
from contacthub.web.views.catalog.selection_actions import list_actions
from contacthub.web.views.catalog.selection_view import ActionButton
from contacthub.web.views.lists.list_words import (
    count_members,
    describe_new,
    icon_of_visibility,
    name_kind,
    name_visibility,
)

# Up to so many members are compared with the catalog while somebody waits for the page.
COUNTED_AT_ONCE = 10_000


@dataclass(frozen=True)
class RunningChange:
    """The job that adds to a list or removes from it."""

    job: Job
    words: str
    of: str
    poll_url: str
    cancel_url: str


@dataclass(frozen=True)
class ListHead:
    """What stands above the tabs of a list."""

    title: str
    text: str
    kind: str
    new: str
    visibility: str
    visibility_icon: str
    tabs: list[Tab]
    edit_url: str
    delete_url: str
    may_change: bool
    # Members that the catalog no longer has, in words; empty: none, or they are counted at the address.
    removed: str
    removed_url: str
    running: RunningChange | None
    # What can be done with all members, the address that does it, and how many members that are.
    actions: list[ActionButton]
    action_url: str
    shown: int


def describe_list(
    request: HubRequest, target: List, *, tab: str, removed: int | None = None
) -> ListHead:
    """Return the head of a list's page, `tab` being members, history or compare.

    Removed members are counted here where there are few, else by a request of their own that gives `removed`.
    """
    may_change = request.membership.has_right(Right.SEARCH)
    is_own = target.owner_id == request.user.pk or request.membership.has_right(Right.MANAGE)
    arguments = [target.public_id]
    running = _describe_running(target, may_change=may_change)
    if removed is None and target.member_count <= COUNTED_AT_ONCE:
        removed = count_removed(target=target)
    return ListHead(
        title=target.name,
        text=_sum_up(target),
        kind=name_kind(target),
        new=describe_new(count_new([target]).get(target.pk, 0)),
        visibility=name_visibility(target),
        visibility_icon=icon_of_visibility(target),
        tabs=list_page_tabs(target, tab),
        edit_url=reverse("list-edit", args=arguments) if may_change and is_own else "",
        delete_url=reverse("list-delete", args=arguments) if may_change and is_own else "",
        may_change=may_change,
        removed=_describe_removed(removed or 0),
        removed_url=reverse("list-removed-count", args=arguments) if removed is None else "",
        running=running,
        actions=[]
        if running
        else _list_actions(request, target, target.member_count - (removed or 0)),
        action_url=_address_actions(target),
        shown=target.member_count - (removed or 0),
    )


def _list_actions(request: HubRequest, target: List, count: int) -> list[ActionButton]:
    """Return the buttons that act on all members: those of a selection of them all that spend or make a file."""
    if count < 1:
        return []
    members = count_members(count, of_companies=target.of_companies)
    words = {"enrich": f"Enrich {count:,}…", "export": f"Export {members}…"}
    actions = list_actions(request.membership, of_companies=target.of_companies)
    return [
        ActionButton(each.name, each.icon, each.name == "export", each.label, words[each.name])
        for each in actions
        if each.name in words
    ]


def _address_actions(target: List) -> str:
    route = "company-selection" if target.of_companies else "contact-selection"
    return f"{reverse(route)}?{query_of(target)}"


def query_of(target: List) -> str:
    """Return the filters of Contacts or Companies that find all members of a list."""
    return f"{field_of(target).name}={target.public_id}&stale=show&speculative=show"


def _describe_removed(count: int) -> str:
    return f"{count:,} removed from the catalog" if count else ""


def _sum_up(target: List) -> str:
    members = count_members(target.member_count, of_companies=target.of_companies)
    description = target.description
    if description and description[-1] not in ".!?":
        description += "."
    owner = f"Owner {target.owner_name}."
    return " ".join(filter(None, (description, f"{members}.", owner, "Times in UTC.")))


def list_page_tabs(target: List, tab: str) -> list[Tab]:
    """Return the tabs of a list."""
    arguments = [target.public_id]
    compare = f"{reverse('list-compare')}?list={target.public_id}"
    return [
        Tab(
            "Members",
            reverse("list-detail", args=arguments),
            tab == "members",
            target.member_count,
        ),
        Tab("Compare", compare, tab == "compare"),
        Tab("History", reverse("list-history", args=arguments), tab == "history"),
    ]


def _describe_running(target: List, *, may_change: bool) -> RunningChange | None:
    entry = find_running(target=target)
    if entry is None or entry.job is None:
        return None
    arguments = [target.public_id]
    return RunningChange(
        job=entry.job,
        words=_name_change(entry),
        of=f"of {count_members(entry.shown_count, of_companies=target.of_companies)}",
        poll_url=reverse("list-status", args=arguments),
        cancel_url=reverse("list-cancel", args=arguments) if may_change else "",
    )


def _name_change(entry: ListEntry) -> str:
    verb = "Removing" if entry.is_removal else "Adding"
    return f"{verb}: {entry.words}" if entry.words else f"{verb} members"
