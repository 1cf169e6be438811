"""Two contacts become one, everything that leads to either leads to it, and undoing restores every row to the byte."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from contacthub.contacts import queries
from contacthub.contacts.duplicates.proposals import Found, save_found
from contacthub.contacts.duplicates.proposals import Pair as ProposedPair
from contacthub.contacts.merging.actions import merge_contacts, unmerge
from contacthub.contacts.models import (
    Candidate,
    Contact,
    ContactEmail,
    ContactPhone,
    DuplicateProposal,
    KeptRow,
    Load,
    MergedRow,
    RenamedKey,
    Settlement,
    SourceRecord,
)
from contacthub.contacts.settling import Chosen, settle_value, undo_settlement
from contacthub.contacts.value_fields import BY_NAME
from contacthub.core.errors import Conflict, Invalid, NotFound
from contacthub.lists import actions as list_actions
from contacthub.lists import changes
from contacthub.lists.models import List
from contacthub.lists.sources import Source
from contacthub.organizations.models import AuditEvent, Organization
from tests.contacts.merged import (
    ANNA,
    ANNIE,
    FIRST,
    SECOND,
    differing,
    dump,
    get,
    list_naming,
    load,
    load_both,
    merge,
)
from tests.enrichment.builders import SOMEBODY

pytestmark = pytest.mark.django_db
OWNERS = pytest.mark.parametrize("is_own", [True, False])


def settle(acme: Organization, key: int, field: str, value: str) -> None:
    settle_value(
        organization=acme, actor=SOMEBODY, key=key, field=field, chosen=Chosen(value, "Letrics")
    )


def put_on_list(organization: Organization, name: str, *keys: int) -> List:
    made = list_actions.create_list(
        organization=organization, actor=SOMEBODY, name=name, of_companies=False, is_shared=True
    )
    changes.add_members(target=made, actor=SOMEBODY, items=keys, source=Source(kind="hand"))
    return made


def undo(organization: Organization | None, merge_id: int) -> None:
    unmerge(organization=organization, actor=SOMEBODY, merge_id=merge_id)


def addresses(contact: Contact) -> list[str]:
    return list(
        ContactEmail.objects.filter(contact=contact)
        .order_by("position")
        .values_list("address", flat=True)
    )


# --- To the byte ----------------------------------------------------------------------------------


PICKS: list[dict[str, str]] = [
    {},
    {"full_name": "survivor", "job_title": "survivor", "email": "survivor", "pii__city": "survivor"},
    {"full_name": "merged", "email": "merged", "phone": "merged", "company": "merged"},
]  # fmt: skip


@pytest.mark.parametrize("picks", PICKS)
def test_undo_restores_every_row_to_the_byte(
    tmp_path: Path, acme: Organization, picks: dict[str, str]
) -> None:
    load_both(tmp_path, acme)
    settle(acme, ANNA, "seniority", "Director")
    settle(acme, ANNIE, "email", "b@x.example")
    settle(acme, ANNIE, "country", "Sweden")
    load(tmp_path, {**FIRST, "job_title": "SVP Sales"}, acme, number=3)
    both = put_on_list(acme, "Both", ANNA, ANNIE)
    only = put_on_list(acme, "Only the second", ANNIE)
    gone = put_on_list(acme, "Removed", ANNA, ANNIE)
    changes.remove_members(
        target=gone, actor=SOMEBODY, items=[ANNA, ANNIE], source=Source(kind="hand")
    )
    pair = ProposedPair.of(acme.pk, ANNA, ANNIE)
    save_found([Found(pair, (DuplicateProposal.Reason.NAME,), 0.9)])
    before = dump()
    made = merge(acme, **picks)
    after = differing(before, dump())
    assert {"contacts_contact", "contacts_renamedkey", "lists_listmember", "lists_listmove"} <= {
        *after
    }
    both.refresh_from_db()
    only.refresh_from_db()
    assert (both.member_count, only.member_count) == (1, 1)
    undo(acme, made.pk)
    assert differing(before, dump()) == {}


def test_undo_of_shared_contacts_restores_every_row_to_the_byte(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    load_both(tmp_path, None)
    put_on_list(acme, "Of acme", ANNIE)
    load(tmp_path, {"contact_id": SECOND["contact_id"], "department": "Own"}, globex, number=5)
    put_on_list(globex, "Of globex", ANNIE)
    before = dump()
    made = merge(None)
    # Globex has that contact as its own, and keeps it.
    assert queries.get_contact(organization=globex, key=ANNIE).department == "Own"
    assert queries.get_contact(organization=acme, key=ANNIE).key == ANNA
    undo(None, made.pk)
    assert differing(before, dump()) == {}


def test_every_table_that_names_contacts_is_compared() -> None:
    assert list_naming() <= {*dump()} | {"contacts_duplicatecheck"}
    known = {
        "contacts_contactemail", "contacts_sourcerecord", "contacts_candidate", "contacts_settlement",
        "enrichment_finding", "lists_listmember", "lists_listremoval", "contacts_selectionpart",
    }  # fmt: skip
    assert known <= list_naming()


def test_a_chain_of_merges_is_undone_step_by_step(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    load(tmp_path, {**FIRST, "contact_id": "id_0000000000000333", "id": 73}, acme, number=4)
    put_on_list(acme, "All", ANNA, ANNIE, 0x333)
    start = dump()
    first = merge(acme)
    between = dump()
    second = merge_contacts(organization=acme, actor=SOMEBODY, survivor_key=0x333, merged_key=ANNA)
    for key in (ANNA, ANNIE, 0x333):
        assert queries.get_contact(organization=acme, key=key).key == 0x333
    found = queries.find_contacts_by_number(organization=acme, numbers=[71, 72, 73])
    assert {contact.key for contact in found.values()} == {0x333}
    with pytest.raises(Conflict, match="Undo that merge first"):
        undo(acme, first.pk)
    undo(acme, second.pk)
    assert differing(between, dump()) == {}
    undo(acme, first.pk)
    assert differing(start, dump()) == {}


def test_the_second_of_two_merges_into_one_contact_is_undone_first(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    load(tmp_path, {**SECOND, "contact_id": "id_0000000000000333", "id": 73}, acme, number=4)
    first = merge(acme)
    second = merge_contacts(organization=acme, actor=SOMEBODY, survivor_key=ANNA, merged_key=0x333)
    with pytest.raises(Conflict, match="merged into id_00000000000010aa afterwards"):
        undo(acme, first.pk)
    undo(acme, second.pk)
    undo(acme, first.pk)
    with pytest.raises(NotFound):
        undo(acme, first.pk)


# --- What becomes of the values -------------------------------------------------------------------


@OWNERS
def test_nothing_that_either_says_is_lost(tmp_path: Path, acme: Organization, is_own: bool) -> None:
    owner = acme if is_own else None
    load_both(tmp_path, owner)
    merge(owner)
    contact = Contact.objects.get()
    assert (contact.key, contact.number) == (ANNA, 71)
    # What arrived last wins; what only one says is taken.
    assert (contact.full_name, contact.job_title) == ("Annie Berg", "Head of Sales")
    assert (contact.country, contact.department) == ("Norway", "Sales")
    assert contact.titles == ["VP Sales", "Head of Sales"]
    assert contact.pii == {"city": "Bergen", "gender": "F", "age_range": "30-39"}
    assert contact.crm["account_name"] == "Halden"
    assert addresses(contact) == ["annie@mail.example", "b@x.example", "anna@halden.example"]
    assert ContactEmail.objects.get(address="b@x.example").status == "valid"
    phones = ContactPhone.objects.order_by("position").values_list("phone", flat=True)
    assert list(phones) == ["+4722334418", "+4722334419"]
    assert contact.email == "annie@mail.example"
    lost = Candidate.objects.filter(contact=contact, field="job_title")
    assert [each.value for each in lost] == ["VP Sales"]


def test_sources_point_to_the_survivor(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    merge(acme)
    records = {each.source.int: each for each in SourceRecord.objects.all()}
    assert {*records} == {1, 2}
    title, country = BY_NAME["job_title"].mask, BY_NAME["country"].mask
    assert (records[1].given & title, records[2].given & title) == (0, title)
    assert records[1].given & country
    lost = Candidate.objects.get(field="job_title")
    assert (lost.value, lost.source and lost.source.int) == ("VP Sales", 1)


def test_one_source_of_both_is_one(tmp_path: Path, acme: Organization) -> None:
    load(tmp_path, FIRST, acme, number=1)
    load(tmp_path, {**SECOND, "job_title": None, "department": "Sales"}, acme, number=1)
    before = dump()
    made = merge(acme)
    record = SourceRecord.objects.get()
    for name in ("department", "country"):
        assert record.given & BY_NAME[name].mask
    undo(acme, made.pk)
    assert differing(before, dump()) == {}


def test_an_answer_of_the_waterfall_only_fills_gaps(tmp_path: Path, acme: Organization) -> None:
    load(tmp_path, FIRST, acme, number=1)
    load(tmp_path, SECOND, acme, kind=Load.Kind.ENRICHMENT, number=2)
    merge(acme)
    contact = Contact.objects.get()
    assert (contact.job_title, contact.department) == ("VP Sales", "Sales")
    assert contact.email == "anna@halden.example"


def test_what_people_settled_stays_settled(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    settle(acme, ANNA, "job_title", "Director")
    settle(acme, ANNIE, "email", "b@x.example")
    merge(acme)
    contact = Contact.objects.get()
    assert (contact.job_title, contact.email) == ("Director", "b@x.example")
    assert {each.field: each.value for each in Settlement.objects.all()} == {
        "job_title": "Director",
        "email": "b@x.example",
    }
    # Back at the rule they are what the newest source says.
    for field in ("job_title", "email"):
        undo_settlement(organization=acme, actor=SOMEBODY, key=ANNA, field=field)
    contact.refresh_from_db()
    assert (contact.job_title, contact.email) == ("Head of Sales", "annie@mail.example")
    assert len(addresses(contact)) == 3


def test_a_pick_against_the_rule_is_settled(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    merge(acme, job_title="survivor", email="survivor", full_name="merged")
    contact = Contact.objects.get()
    assert (contact.job_title, contact.full_name) == ("VP Sales", "Annie Berg")
    assert addresses(contact)[0] == "anna@halden.example"
    # What the rule shows anyway needs no choice.
    assert {each.field for each in Settlement.objects.all()} == {"job_title", "email"}
    load(tmp_path, {**SECOND, "job_title": "CRO"}, acme, number=2)
    contact.refresh_from_db()
    assert contact.job_title == "VP Sales"


def test_going_back_to_the_rule_does_not_delete_a_contact_with_merges(
    tmp_path: Path, acme: Organization
) -> None:
    load(tmp_path, FIRST, None, number=1)
    settle(acme, ANNA, "job_title", "Director")
    load(tmp_path, SECOND, acme, number=2)
    SourceRecord.objects.all().delete()
    merge(acme)
    undo_settlement(organization=acme, actor=SOMEBODY, key=ANNA, field="job_title")
    assert queries.get_contact(organization=acme, key=ANNIE).organization_id == acme.pk


# --- Old ids --------------------------------------------------------------------------------------


def test_old_id_and_number_lead_to_the_survivor(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    merge(acme)
    contact = Contact.objects.get()
    assert queries.get_contact(organization=acme, key=ANNIE) == contact
    found = queries.find_contacts_by_number(organization=acme, numbers=[71, 72])
    assert found == {71: contact, 72: contact}
    (document,) = queries.get_documents(organization=acme, keys=[ANNIE])
    assert "annie@mail.example" in (document.emails or "")


def test_imports_of_the_old_id_reach_the_survivor_and_take_nothing_away(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    merge(acme)
    load(tmp_path, {**SECOND, "emails": ["new@x.example"], "phones": []}, acme, number=2)
    contact = Contact.objects.get()
    assert (contact.key, contact.number) == (ANNA, 71)
    assert addresses(contact) == [
        "new@x.example", "annie@mail.example", "b@x.example", "anna@halden.example",
    ]  # fmt: skip
    assert contact.email == "new@x.example"
    assert ContactPhone.objects.count() == 2
    # By its number alone, and never as another contact's.
    load(tmp_path, {"id": 72, "full_name": "Annie B."}, acme, number=2)
    assert Contact.objects.get().full_name == "Annie B."


def test_a_number_of_a_merged_contact_is_nobody_elses(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    made = merge(acme)
    load(tmp_path, {"contact_id": "id_0000000000000444", "id": 72, "full_name": "X"}, acme)
    assert Contact.objects.count() == 1
    undo(acme, made.pk)
    assert get(ANNIE, acme).number == 72


def test_other_organizations_are_as_they_were(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        load_both(tmp_path, organization)
    merge(acme)
    for key, number in ((ANNA, 71), (ANNIE, 72)):
        assert queries.get_contact(organization=globex, key=key).key == key
        found = queries.find_contacts_by_number(organization=globex, numbers=[number])
        assert found[number].key == key
    load(tmp_path, {**SECOND, "department": "Changed"}, globex, number=9)
    assert get(ANNIE, globex).department == "Changed"


# --- What came later ------------------------------------------------------------------------------


def test_what_came_after_the_merge_stays_with_the_survivor(
    tmp_path: Path, acme: Organization
) -> None:
    load_both(tmp_path, acme)
    merged_before = [row for row in dump()["contacts_contact"] if "Annie" in row]
    made = merge(acme)
    later = {"contact_id": FIRST["contact_id"], "job_title": "CRO", "pii": {"address": "Torget 1"}}
    load(tmp_path, {**later, "emails": ["new@x.example"]}, acme, number=6)
    undo(acme, made.pk)
    anna, annie = get(ANNA, acme), get(ANNIE, acme)
    assert (anna.job_title, anna.full_name) == ("CRO", "Anna Berg")
    assert anna.pii == {"city": "Oslo", "gender": "F", "address": "Torget 1"}
    assert anna.department is None
    assert addresses(anna) == ["new@x.example", "b@x.example", "anna@halden.example"]
    assert anna.email == "new@x.example"
    assert [row for row in dump()["contacts_contact"] if "Annie" in row] == merged_before
    assert addresses(annie) == ["annie@mail.example", "b@x.example"]
    given = {each.source.int: each.given for each in SourceRecord.objects.filter(contact=anna)}
    assert {*given} == {1, 6}
    assert given[6] & BY_NAME["job_title"].mask


def test_a_choice_of_the_merge_goes_with_it(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    made = merge(acme, job_title="survivor", full_name="survivor")
    settle(acme, ANNA, "full_name", "A. Berg")
    load(tmp_path, {**FIRST, "job_title": "CRO"}, acme, number=6)
    undo(acme, made.pk)
    anna = get(ANNA, acme)
    # A choice of later stays, one of the merge gives way to what sources said since.
    assert (anna.full_name, anna.job_title) == ("A. Berg", "CRO")
    assert {each.field for each in Settlement.objects.all()} == {"full_name"}


def test_lists_of_later_stay_with_the_survivor(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    old = put_on_list(acme, "Old", ANNIE)
    made = merge(acme)
    new = put_on_list(acme, "New", ANNA)
    changes.remove_members(target=old, actor=SOMEBODY, items=[ANNA], source=Source(kind="hand"))
    undo(acme, made.pk)
    assert list(new.members.values_list("item", flat=True)) == [ANNA]
    # Who was removed since does not come back.
    assert not old.members.exists()


def test_undo_is_refused_where_it_cannot_be_exact(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    made = merge(acme)
    Contact.objects.create(key=ANNIE, organization=acme)
    with pytest.raises(Conflict, match="Another contact has the id"):
        undo(acme, made.pk)
    Contact.objects.filter(key=ANNIE).delete()
    made.rules = 0
    made.save()
    with pytest.raises(Conflict, match="rules"):
        undo(acme, made.pk)
    made.rules = 1
    made.save()
    Contact.objects.all().delete()
    with pytest.raises(Conflict, match="no longer in the catalog"):
        undo(acme, made.pk)


# --- Who may merge what ---------------------------------------------------------------------------


def test_own_and_shared_stay_apart(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    load(tmp_path, FIRST, None, number=1)
    load(tmp_path, SECOND, acme, number=2)
    with pytest.raises(Invalid, match="stay apart"):
        merge(acme)
    with pytest.raises(NotFound):
        merge(None)
    with pytest.raises(NotFound):
        merge(globex)
    load(tmp_path, SECOND, None, number=3)
    with pytest.raises(Conflict, match="operator"):
        merge(globex)
    with pytest.raises(Invalid, match="cannot be chosen"):
        merge(None, job_title="merged")


def test_one_contact_is_not_merged_with_itself(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    merge(acme)
    with pytest.raises(Invalid, match="one contact already"):
        merge(acme)


def test_another_organizations_merge_is_unknown(
    tmp_path: Path, acme: Organization, globex: Organization
) -> None:
    load_both(tmp_path, acme)
    made = merge(acme)
    for other in (globex, None):
        with pytest.raises(NotFound):
            undo(other, made.pk)


def test_both_have_a_line_in_the_audit_log(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    made = merge(acme)
    undo(acme, made.pk)
    lines = AuditEvent.objects.exclude(subject="").values_list("action", "subject")
    ids = (FIRST["contact_id"], SECOND["contact_id"])
    assert {*lines} == {
        ("Merged contacts", ids[0]),
        ("Merged into another contact", ids[1]),
        ("Undid a merge", ids[0]),
        ("Separated from another contact", ids[1]),
    }
    assert not KeptRow.objects.exists()
    assert not RenamedKey.objects.exists()
    assert not MergedRow.objects.exists()


def test_rows_of_a_column_that_came_later_are_restored(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, acme)
    made = merge(acme)
    for kept in KeptRow.objects.exclude(before=None):
        kept.before = {**kept.before, "a_column_that_is_gone": "x"}
        kept.before.pop("is_speculative", None)
        kept.save()
    undo(acme, made.pk)
    assert get(ANNIE, acme).is_speculative is False


def test_the_operator_merges_shared_contacts(tmp_path: Path, acme: Organization) -> None:
    load_both(tmp_path, None)
    ids = (FIRST["contact_id"], SECOND["contact_id"])
    before = dump()
    out = io.StringIO()
    call_command("merge_contacts", *ids, stdout=out)
    assert queries.get_contact(organization=acme, key=ANNIE).key == ANNA
    with pytest.raises(CommandError, match="no such contact"):
        call_command("merge_contacts", *ids)
    call_command("merge_contacts", *ids, "--undo", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{ids[1]} leads to {ids[0]}.",
        f"{ids[1]} is a contact of its own again.",
    ]
    assert differing(before, dump()) == {}
    with pytest.raises(CommandError, match="no such merge"):
        call_command("merge_contacts", *ids, "--undo")
