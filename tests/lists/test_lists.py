"""Lists: who sees them, what comes and goes, undone exactly; sets of lists; members that follow merged contacts."""

from collections.abc import Sequence

import pytest

from contacthub.core.errors import Conflict, CountChanged, Invalid, NotFound
from contacthub.jobs.runner import perform
from contacthub.lists import actions, changes, combining, moves, queries
from contacthub.lists.models import List, ListEntry, ListMember, ListRemoval
from contacthub.lists.queries import Reader
from contacthub.lists.runner import ChangeMembers
from contacthub.lists.sources import Source
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Membership, Organization, User

pytestmark = pytest.mark.django_db
HAND = Source(kind="hand")


def make(organization: Organization, user: User, name: str = "Shortlist", **more: bool) -> List:
    values = {"of_companies": False, "is_shared": False} | more
    return actions.create_list(organization=organization, actor=Actor.of(user), name=name, **values)


def put(target: List, user: User, *items: int) -> ListEntry:
    return changes.add_members(target=target, actor=Actor.of(user), items=items, source=HAND)


def drop(target: List, user: User, *items: int) -> ListEntry:
    return changes.remove_members(target=target, actor=Actor.of(user), items=items, source=HAND)


def undo(target: List, user: User, entry: ListEntry) -> ListEntry:
    return changes.undo_last(target=target, actor=Actor.of(user), entry_id=entry.pk)


def members(target: List) -> list[int]:
    target.refresh_from_db()
    items = sorted(ListMember.objects.filter(list=target).values_list("item", flat=True))
    assert target.member_count == len(items)
    present = {each.pk: each.present_count for each in queries.list_entries(target=target)}
    added = list(ListMember.objects.filter(list=target).values_list("entry_id", flat=True))
    assert present == {pk: added.count(pk) for pk in present}
    return items


def reader(user: User) -> Reader:
    return Reader.of(Membership.objects.select_related("organization", "user").get(user=user))


# --- Who sees them ----------------------------------------------------------------------------------


def test_private_list_is_there_for_its_owner_only(
    acme: Organization, alice: User, bob: User, vera: User, charlie: User
) -> None:
    mine = make(acme, bob)

    assert list(queries.list_lists(reader=reader(bob))) == [mine]
    for other in (alice, vera, charlie):
        assert list(queries.list_lists(reader=reader(other))) == []
        with pytest.raises(NotFound):
            queries.get_list(reader=reader(other), list_id=mine.public_id)
    assert not queries.list_lists(reader=Reader(acme))

    actions.share_list(target=mine, actor=Actor.of(bob), is_shared=True)
    for other in (alice, vera):
        assert queries.get_list(reader=reader(other), list_id=mine.public_id) == mine
    assert list(queries.list_lists(reader=reader(charlie))) == []
    assert list(queries.list_lists(reader=Reader(acme))) == [mine]


def test_private_list_of_somebody_who_left_is_there_for_admins(
    acme: Organization, alice: User, bob: User, vera: User
) -> None:
    left = make(acme, bob)
    Membership.objects.filter(user=bob).delete()

    assert list(queries.list_lists(reader=reader(alice))) == [left]
    assert list(queries.list_lists(reader=reader(vera))) == []


def test_owner_and_admins_name_share_and_delete(
    acme: Organization, alice: User, bob: User, olga: User, vera: User
) -> None:
    shared = make(acme, bob, is_shared=True)

    able = [queries.may_change(reader=reader(user), target=shared) for user in (bob, alice, olga)]
    assert able == [True, True, True]
    assert not queries.may_change(reader=reader(vera), target=shared)


def test_names_are_told_apart_where_somebody_sees_both(
    acme: Organization, globex: Organization, alice: User, bob: User, charlie: User
) -> None:
    make(acme, bob, "Élan")
    make(acme, alice, "elan")
    make(acme, bob, "elan", of_companies=True)
    make(globex, charlie, "Elan")

    with pytest.raises(Invalid, match="You have a private list of people with this name") as error:
        make(acme, bob, "elan")
    assert error.value.field == "name"
    shared = make(acme, alice, "Shared", is_shared=True)
    with pytest.raises(Invalid, match="Your organization has a shared list"):
        make(acme, bob, "SHARED", is_shared=True)
    with pytest.raises(Invalid, match="Enter a name"):
        make(acme, bob, "  ")
    with pytest.raises(Invalid, match="at most 200"):
        make(acme, bob, "x" * 201)
    assert queries.find_by_name(reader=reader(bob), of_companies=False, name="sharéd") == [shared]


@pytest.mark.parametrize("of_companies", [False, True])
def test_changes_of_a_list_of_people_are_about_personal_data(
    acme: Organization, bob: User, of_companies: bool
) -> None:
    target = make(acme, bob, of_companies=of_companies)
    actions.share_list(target=target, actor=Actor.of(bob), is_shared=True)
    undo(target, bob, put(target, bob, 1, 2, 3))
    actions.delete_list(target=target, actor=Actor.of(bob), shown=0)

    log = AuditEvent.objects.filter(subject=str(target.public_id), has_personal_data=True)
    assert {event.action for event in log} == (
        set()
        if of_companies
        else {"Shared a list", "Added to a list", "Undid an addition", "Deleted a list"}
    )


def test_each_action_is_in_the_audit_log(acme: Organization, bob: User) -> None:
    target = make(acme, bob)
    actions.rename_list(target=target, actor=Actor.of(bob), name="Long list")
    actions.share_list(target=target, actor=Actor.of(bob), is_shared=True)
    put(target, bob, 1, 2, 3)
    undo(target, bob, drop(target, bob, 3))
    actions.delete_list(target=target, actor=Actor.of(bob), shown=3)

    log = AuditEvent.objects.filter(subject=str(target.public_id))
    assert set(log.values_list("action", "rows")) == {
        ("Made a list", None),
        ("Renamed a list", None),
        ("Shared a list", None),
        ("Added to a list", 3),
        ("Removed from a list", 1),
        ("Undid a removal", 1),
        ("Deleted a list", 3),
    }


# --- Members ----------------------------------------------------------------------------------------


def test_members_are_added_once_and_removed(acme: Organization, bob: User) -> None:
    target = make(acme, bob)

    assert put(target, bob, 1, 2, 2, 3).item_count == 3
    assert put(target, bob, 3, 4).item_count == 1
    assert drop(target, bob, 2, 9).item_count == 1
    assert members(target) == [1, 3, 4]
    assert queries.count_new([target]) == {target.pk: 3}


def test_undo_takes_back_exactly_what_the_last_entry_did(acme: Organization, bob: User) -> None:
    target = make(acme, bob)
    first = put(target, bob, 1, 2, 3)
    removal = drop(target, bob, 2, 3, 8)
    again = put(target, bob, 3, 4)

    with pytest.raises(Conflict, match="no longer the last"):
        undo(target, bob, removal)
    undo(target, bob, again)
    assert members(target) == [1]
    with pytest.raises(Conflict, match="no longer the last"):
        undo(target, bob, again)
    undo(target, bob, removal)
    assert members(target) == [1, 2, 3]
    assert set(ListMember.objects.values_list("entry_id", flat=True)) == {first.pk}
    undo(target, bob, first)
    assert members(target) == []
    assert not ListRemoval.objects.exists()
    with pytest.raises(Conflict):
        undo(target, bob, first)


def test_deleting_asks_for_the_number_that_was_shown(acme: Organization, bob: User) -> None:
    target = make(acme, bob)
    put(target, bob, 1, 2)

    with pytest.raises(Conflict, match="showed 1 members; there are 2 now"):
        actions.delete_list(target=target, actor=Actor.of(bob), shown=1)
    assert members(target) == [1, 2]
    actions.delete_list(target=target, actor=Actor.of(bob), shown=2)
    assert not List.objects.exists()
    assert not ListMember.objects.exists()
    assert not ListEntry.objects.exists()


def test_chunks_are_one_entry(acme: Organization, bob: User) -> None:
    target = make(acme, bob)

    entry = put(target, bob, *range(25_000))

    assert (entry.item_count, queries.list_entries(target=target).count()) == (25_000, 1)
    undo(target, bob, entry)
    assert members(target) == []


# --- Two or three lists -----------------------------------------------------------------------------


@pytest.fixture
def three(acme: Organization, bob: User) -> list[List]:
    found = [make(acme, bob, name) for name in "ABC"]
    for target, items in zip(found, [(1, 2, 3, 4), (3, 4, 5), (4, 5, 6, 7)], strict=True):
        put(target, bob, *items)
    return found


def combine(lists: Sequence[List], user: User, masks: Sequence[int], shown: int) -> List:
    made, _ = combining.combine_lists(
        lists=lists, actor=Actor.of(user), masks=masks, shown=shown, words="A and B", name="New"
    )
    return made


def test_every_part_is_counted_exactly(three: list[List]) -> None:
    found = combining.compare_lists(lists=three)
    assert found.counts == {1: 2, 3: 1, 4: 2, 6: 1, 7: 1}
    assert found.count(found.masks) == 7
    assert found.masks_with(inside=3) == (3, 7)
    assert found.masks_with(inside=1, outside=4) == (1, 3)
    assert combining.compare_lists(lists=three[:2]).counts == {1: 2, 2: 1, 3: 2}


def test_parts_become_new_lists_and_the_old_ones_stay(three: list[List], bob: User) -> None:
    made = combine(three, bob, (1, 3, 2), 3)

    assert members(made) == [1, 2, 3]
    assert members(three[0]) == [1, 2, 3, 4]
    assert made.origin == "A and B"


def test_nothing_is_combined_that_was_not_counted(three: list[List], bob: User) -> None:
    put(three[0], bob, 99)
    with pytest.raises(CountChanged, match="The page showed 2; there are 3 now"):
        combine(three, bob, (1,), 2)
    assert not List.objects.filter(name="New").exists()
    with pytest.raises(Invalid, match="no such part"):
        combine(three[:2], bob, (4,), 0)


def test_lists_of_two_kinds_are_not_compared(
    acme: Organization, bob: User, three: list[List]
) -> None:
    companies = make(acme, bob, "Accounts", of_companies=True)
    for lists in ([three[0]], [three[0], three[0]], [three[0], companies]):
        with pytest.raises(Invalid):
            combining.compare_lists(lists=lists)


def test_many_members_are_added_by_a_job(
    three: list[List], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 2)
    made = combine(three, bob, (1, 3), 3)
    entry = queries.find_running(target=made)
    assert entry is not None
    assert entry.job is not None
    assert members(made) == []
    with pytest.raises(Conflict, match="A job is changing this list"):
        put(made, bob, 1)

    perform(entry.job.pk, ChangeMembers)

    assert members(made) == [1, 2, 3]
    entry.refresh_from_db()
    entry.job.refresh_from_db()
    assert (entry.state, entry.item_count) == ("done", 3)
    assert (entry.job.state, entry.job.done) == ("completed", 3)
    assert AuditEvent.objects.get(action="Added to a list", target="New").rows == 3


def test_job_stops_where_the_count_changed(
    three: list[List], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 2)
    made = combine(three, bob, (1, 3), 3)
    ListMember.objects.filter(list=three[0], item=1).delete()
    entry = queries.find_running(target=made)
    assert entry is not None
    assert entry.job is not None

    perform(entry.job.pk, ChangeMembers)

    entry.refresh_from_db()
    entry.job.refresh_from_db()
    assert (entry.state, members(made)) == ("failed", [])
    assert entry.job.error == "The page showed 3; there are 2 now. Nothing was done."


def test_waiting_job_is_cancelled(
    three: list[List], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 2)
    made = combine(three, bob, (1, 3), 3)

    changes.cancel_change(target=made, actor=Actor.of(bob))

    assert [each.state for each in queries.list_entries(target=made)] == ["cancelled"]
    assert put(made, bob, 1).item_count == 1


# --- Members follow ---------------------------------------------------------------------------------


def move(organization: Organization | None, **items: int) -> moves.MoveReport:
    pairs = {int(old[1:]): new for old, new in items.items()}
    return moves.move_members(organization=organization, of_companies=False, items=pairs)


def test_members_follow_and_nobody_counts_twice(
    acme: Organization, globex: Organization, bob: User, charlie: User
) -> None:
    both, one = make(acme, bob, "Both"), make(acme, bob, "One")
    theirs, companies = make(globex, charlie), make(acme, bob, of_companies=True)
    put(both, bob, 1, 2, 3)
    put(one, bob, 1)
    put(theirs, charlie, 1)
    put(companies, bob, 1)

    assert move(acme, _1=2) == moves.MoveReport(lists=2, moved=2, counted_twice=1)

    assert [members(each) for each in (both, one, theirs, companies)] == [[2, 3], [2], [1], [1]]
    assert move(None, _1=2) == moves.MoveReport(lists=1, moved=1, counted_twice=0)
    assert members(theirs) == [2]


def test_chains_and_two_that_become_one(acme: Organization, bob: User) -> None:
    target = make(acme, bob)
    put(target, bob, 1, 2, 3)

    assert move(acme, _1=2, _2=4, _3=4).moved == 3
    assert members(target) == [4]
    assert move(acme, _4=4).moved == 0


def test_moves_are_taken_back(acme: Organization, bob: User) -> None:
    both, one, removed = (make(acme, bob, name) for name in ("Both", "One", "Removed"))
    put(both, bob, 1)
    put(both, bob, 2)
    put(one, bob, 1)
    put(removed, bob, 1)
    before = set(ListMember.objects.filter(list__in=(both, one)).values_list("item", "entry_id"))
    move(acme, _1=2)
    drop(removed, bob, 2)

    moves.move_back(organization=acme, of_companies=False, old=1, new=2)

    assert [members(each) for each in (both, one, removed)] == [[1, 2], [1], []]
    after = set(ListMember.objects.filter(list__in=(both, one)).values_list("item", "entry_id"))
    assert after == before


def test_what_was_removed_comes_back_as_who_it_is_now(acme: Organization, bob: User) -> None:
    target = make(acme, bob)
    put(target, bob, 1, 5)
    removal = drop(target, bob, 1)
    move(acme, _1=2)

    undo(target, bob, removal)

    assert members(target) == [2, 5]
