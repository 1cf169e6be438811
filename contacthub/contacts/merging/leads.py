"""Where the former ids and numbers of a merged contact lead."""

from contacthub.contacts.models import Merge, MergedRow, RenamedKey


def lead(merge: Merge, *, is_undone: bool = False) -> None:
    """Let the id and number of the merged contact, and all that led to it, lead to the survivor; or take that back.

    What led to it because of an earlier merge is turned around and back. What leads to it for all, because the rules
    changed, gets a second line for the owner of this merge alone.
    """
    if is_undone:
        RenamedKey.objects.filter(merge=merge).delete()
        MergedRow.objects.filter(merge=merge).delete()
        _turn_back(merge)
        return
    _turn(merge)
    owner = merge.organization
    former = RenamedKey.objects.filter(organization=None, new_key=merge.merged_key)
    keys = {merge.merged_key, *(former.values_list("old_key", flat=True) if owner else ())}
    taken = RenamedKey.objects.filter(organization=owner, old_key__in=keys)
    for key in sorted(keys - set(taken.values_list("old_key", flat=True))):
        RenamedKey.objects.create(
            organization=owner,
            old_key=key,
            new_key=merge.survivor_key,
            merge=merge,
        )
    numbers = MergedRow.objects.filter(
        organization=None, kind=MergedRow.Kind.CONTACT, into_key=merge.merged_key
    )
    for number, key in {
        (merge.merged_number, merge.merged_key),
        *(numbers.values_list("number", "key") if owner else ()),
    }:
        MergedRow.objects.create(
            kind=MergedRow.Kind.CONTACT,
            organization=owner,
            number=number,
            key=key,
            into_number=merge.survivor_number,
            into_key=merge.survivor_key,
            merged_at=merge.merged_at,
            merge=merge,
        )


def _turn(merge: Merge) -> None:
    keys = RenamedKey.objects.filter(organization=merge.organization, new_key=merge.merged_key)
    numbers = MergedRow.objects.filter(
        organization=merge.organization, kind=MergedRow.Kind.CONTACT, into_key=merge.merged_key
    )
    merge.keys_turned = list(keys.values_list("pk", flat=True))
    merge.numbers_turned = list(numbers.values_list("pk", flat=True))
    merge.save(update_fields=["keys_turned", "numbers_turned"])
    keys.update(new_key=merge.survivor_key)
    numbers.update(into_key=merge.survivor_key, into_number=merge.survivor_number)


def _turn_back(merge: Merge) -> None:
    RenamedKey.objects.filter(pk__in=merge.keys_turned).update(new_key=merge.merged_key)
    MergedRow.objects.filter(pk__in=merge.numbers_turned).update(
        into_key=merge.merged_key, into_number=merge.merged_number
    )
