"""Saved views of Contacts and Companies: reads and actions.

A private view is there for its owner only and looks like an unknown one to all others. Shared views are for the
whole organization; their owner and those who manage the organization change them. Only shared views leave lines in the
audit log: they change what others see.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from contacthub.contacts.models import SavedView
from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.core.text import fold
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Membership, Organization, User
from contacthub.organizations.rights import Right

LONGEST_NAME = 60
# So many private ones a person, and so many shared ones, of each of the two lists.
MOST_VIEWS = 50


@dataclass(frozen=True)
class ViewState:
    """What a view holds: filters as texts by their names, columns and order by theirs, rows on a page, density."""

    filters: dict[str, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    sort: str = ""
    per_page: int = 50
    is_compact: bool = False


# --- Reads ----------------------------------------------------------------------------------------


def list_views(*, organization: Organization, user: User, of_companies: bool) -> list[SavedView]:
    """List the views that somebody may open: the default, then the shared ones, then their own, each by name."""
    visible = SavedView.objects.filter(_visible(organization, user), of_companies=of_companies)
    return list(visible.order_by("-is_default", "-is_shared", "name_key", "pk"))


def get_view(*, organization: Organization, user: User, view_id: int) -> SavedView:
    """Return a view that somebody may open. Raises `NotFound`."""
    found = SavedView.objects.filter(_visible(organization, user), pk=view_id).first()
    if found is None:
        raise NotFound("There is no such view.")
    return found


def _visible(organization: Organization, user: User) -> Q:
    return Q(organization=organization) & (Q(is_shared=True) | Q(owner=user))


def may_change(*, view: SavedView, membership: Membership) -> bool:
    """Return whether a member who may save views may save, rename or delete this one."""
    is_owner = view.owner_id == membership.user_id
    return is_owner or (view.is_shared and membership.has_right(Right.MANAGE))


def state_of(view: SavedView) -> ViewState:
    """Return what a view holds."""
    return ViewState(view.filters, tuple(view.columns), view.sort, view.per_page, view.is_compact)


# --- Actions --------------------------------------------------------------------------------------


@transaction.atomic
def create_view(
    *,
    organization: Organization,
    actor: Actor,
    of_companies: bool,
    name: str,
    is_shared: bool,
    state: ViewState,
) -> SavedView:
    """Save a view that belongs to the actor, who must be a person.

    `name` has at most 60 characters. Raises `Invalid`, with the field, for a name that is empty, too long or taken, and
    where there are 50 views already.
    """
    view = SavedView(
        organization=organization,
        of_companies=of_companies,
        owner=actor.user,
        owner_name=actor.name[:200],
        is_shared=is_shared,
    )
    _check_room(view)
    _name(view, name)
    _fill(view, state)
    _save(view)
    if is_shared:
        _note(view, actor, "Shared a view", detail=_describe(state))
    return view


@transaction.atomic
def save_view(*, view: SavedView, actor: Actor, state: ViewState) -> None:
    """Save other filters, columns, order, rows or density into a view."""
    before = state_of(view)
    if before == state:
        return
    _fill(view, state)
    _save(view)
    if view.is_shared:
        _note(view, actor, "Changed a shared view", detail=_describe(state))


@transaction.atomic
def change_view(*, view: SavedView, actor: Actor, name: str, is_shared: bool) -> None:
    """Rename a view, share it, or make it private to its owner. Raises `Invalid` as `create_view` does.

    A view that is the default stays shared, and so does one of somebody else.
    """
    was_name, was_shared = view.name, view.is_shared
    if was_shared and not is_shared:
        _check_unshared(view, actor)
    view.is_shared = is_shared
    if is_shared and not was_shared:
        _check_room(view)
    _name(view, name)
    _save(view)
    if was_shared != is_shared:
        _note(view, actor, "Shared a view" if is_shared else "Made a view private")
    elif is_shared and was_name != view.name:
        _note(view, actor, "Renamed a shared view", changes={"name": [was_name, view.name]})


@transaction.atomic
def delete_view(*, view: SavedView, actor: Actor) -> None:
    """Delete a view. Contacts and companies are not touched."""
    if view.is_shared:
        _note(view, actor, "Deleted a shared view")
    view.delete()


@transaction.atomic
def set_default(*, view: SavedView, actor: Actor, is_default: bool) -> None:
    """Make a shared view what the organization sees first, in place of any other, or end that.

    Raises `Invalid` for a private view.
    """
    if not view.is_shared:
        raise Invalid("Share the view first: all members of the organization will see it.")
    if view.is_default == is_default:
        return
    same_list = SavedView.objects.filter(
        organization=view.organization, of_companies=view.of_companies
    )
    same_list.filter(is_default=True).update(is_default=False)
    view.is_default = is_default
    view.save(update_fields=["is_default"])
    _note(view, actor, "Made a view the default" if is_default else "Ended a default view")


# --- Parts ----------------------------------------------------------------------------------------


def _check_room(view: SavedView) -> None:
    of_list = SavedView.objects.filter(
        organization=view.organization, of_companies=view.of_companies
    )
    whose = Q(is_shared=True) if view.is_shared else Q(is_shared=False, owner=view.owner)
    if of_list.filter(whose).count() >= MOST_VIEWS:
        has = "Your organization has" if view.is_shared else "You have"
        raise Invalid(f"{has} {MOST_VIEWS} views of this list. Delete one first.", field="name")


def _check_unshared(view: SavedView, actor: Actor) -> None:
    if view.is_default:
        raise Invalid(
            "The default view is shared. Choose another default first.", field="is_shared"
        )
    if actor.user is None or view.owner_id != actor.user.pk:
        raise Invalid("Only its owner can make a view private.", field="is_shared")


def _name(view: SavedView, name: str) -> None:
    view.name = name.strip()
    view.name_key = fold(view.name)
    if not view.name_key:
        raise Invalid("Enter a name.", field="name")
    if len(view.name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")


def _fill(view: SavedView, state: ViewState) -> None:
    view.filters, view.columns = state.filters, list(state.columns)
    view.sort, view.per_page, view.is_compact = state.sort, state.per_page, state.is_compact


def _save(view: SavedView) -> None:
    view.changed_at = clock.now()
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        whose = "Your organization has a shared" if view.is_shared else "You have a"
        raise Invalid(f"{whose} view with this name. Enter another name.", field="name") from error


def _describe(state: ViewState) -> str:
    """Return the names of the filters and columns, never their values."""
    filters = ", ".join(state.filters) or "none"
    columns = ", ".join(state.columns) or "the usual ones"
    return f"Filters: {filters}. Columns: {columns}. Order: {state.sort}."


def _note(view: SavedView, actor: Actor, action: str, **more: Any) -> None:
    record_event(
        organization=view.organization,
        actor=actor,
        action=action,
        target=view.name,
        subject=f"view:{view.pk}",
        **more,
    )
