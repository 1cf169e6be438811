"""Making, naming, sharing and deleting lists. Members come and go in `lists.changes`."""

from django.db import IntegrityError, transaction

from contacthub.core import clock
from contacthub.core.errors import Conflict, Invalid
from contacthub.core.text import fold
from contacthub.lists import sql
from contacthub.lists.models import List
from contacthub.lists.queries import find_running
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import Organization

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 300


@transaction.atomic
def create_list(
    *,
    organization: Organization,
    actor: Actor,
    of_companies: bool,
    name: str,
    description: str = "",
    is_shared: bool = False,
    origin: str = "",
) -> List:
    """Make an empty list that belongs to the actor.

    `name` has at most 200 characters, `description` 300. Raises `Invalid`, with the field, for a name that is empty,
    too long or taken. A list that a program makes has no owner, so it must be shared.
    """
    if actor.user is None and not is_shared:
        raise Invalid("A list without an owner must be shared.", field="is_shared")
    made = List(
        organization=organization,
        of_companies=of_companies,
        is_shared=is_shared,
        owner=actor.user,
        owner_name=actor.name[:200],
        origin=origin[:300],
        changed_at=clock.now(),
    )
    _name(made, name, description)
    _save(made)
    record_event(
        organization=organization,
        actor=actor,
        action="Made a list",
        target=made.name,
        subject=made.public_id,
        detail=describe_visibility(made),
    )
    return made


@transaction.atomic
def find_or_create_list(
    *, organization: Organization, actor: Actor, of_companies: bool, name: str, origin: str = ""
) -> List:
    """Return the actor's own list of a name, or make one: private, of a program shared. Raises `Invalid`."""
    found = List.objects.filter(
        organization=organization,
        of_companies=of_companies,
        owner=actor.user,
        name_key=fold(name.strip()),
    )
    # The private one before the shared one.
    own = found.order_by("is_shared", "pk").first() if actor.user is not None else None
    return own or create_list(
        organization=organization,
        actor=actor,
        of_companies=of_companies,
        name=name,
        origin=origin,
        is_shared=actor.user is None,
    )


@transaction.atomic
def rename_list(*, target: List, actor: Actor, name: str, description: str = "") -> None:
    """Give a list another name and description. Raises `Invalid` as `create_list` does."""
    before = (target.name, target.description)
    _name(target, name, description)
    if before == (target.name, target.description):
        return
    _save(target)
    record_event(
        organization=target.organization,
        actor=actor,
        action="Renamed a list",
        target=target.name,
        subject=target.public_id,
        changes={"name": [before[0], target.name], "description": [before[1], target.description]},
    )


@transaction.atomic
def share_list(*, target: List, actor: Actor, is_shared: bool) -> None:
    """Share a list with the organization, or make it private to its owner.

    Raises `Invalid` where the name is taken there, and `Conflict` for making a list private that has no owner.
    """
    if target.is_shared == is_shared:
        return
    if not is_shared and target.owner_id is None:
        raise Conflict("This list has no owner, so it must stay shared.")
    target.is_shared = is_shared
    _save(target)
    record_event(
        organization=target.organization,
        actor=actor,
        action="Shared a list" if is_shared else "Made a list private",
        target=target.name,
        subject=target.public_id,
        has_personal_data=not target.of_companies,
    )


@transaction.atomic
def delete_list(*, target: List, actor: Actor, shown: int) -> None:
    """Delete a list with its history; the contacts or companies on it stay.

    Raises `Conflict` if it has other members than were shown, or while a job changes it.
    """
    locked = lock_list(target)
    if find_running(target=locked) is not None:
        raise Conflict("Members are being added or removed. Wait until that has ended.")
    if locked.member_count != shown:
        raise Conflict(
            f"The page showed {shown:,} members; there are {locked.member_count:,} now. Nothing was deleted."
        )
    sql.forget(list_id=locked.pk)
    locked.delete()
    record_event(
        organization=target.organization,
        actor=actor,
        action="Deleted a list",
        target=target.name,
        subject=target.public_id,
        rows=shown,
        has_personal_data=not target.of_companies,
    )


def lock_list(target: List) -> List:
    """Return a list as it is now, locked for the caller's transaction. Raises `Conflict` if it was deleted."""
    found = List.objects.select_for_update(of=("self",)).select_related("organization")
    locked = found.filter(pk=target.pk).first()
    if locked is None:
        raise Conflict("This list was deleted.")
    return locked


def describe_visibility(target: List) -> str:
    """Return who sees a list, in one word."""
    return "shared" if target.is_shared else "private"


def _name(target: List, name: str, description: str) -> None:
    target.name, target.description = name.strip(), description.strip()
    target.name_key = fold(target.name)
    if not target.name_key:
        raise Invalid("Enter a name.", field="name")
    if len(target.name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if len(target.description) > LONGEST_DESCRIPTION:
        raise Invalid(
            f"A description has at most {LONGEST_DESCRIPTION} characters.", field="description"
        )


def _save(target: List) -> None:
    target.changed_at = clock.now()
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError as error:
        whose = "Your organization has" if target.is_shared else "You have"
        kind = "companies" if target.of_companies else "people"
        raise Invalid(
            f"{whose} a {describe_visibility(target)} list of {kind} with this name. Enter another name.",
            field="name",
        ) from error
