"""Names of what members make for themselves or share: no reader sees two of one kind under one name."""

from django.db.models import Q, UniqueConstraint


def unique_names(table: str) -> list[UniqueConstraint]:
    """Return the constraints of a table whose rows have owner, is_shared, of_companies and name_key.

    A name is unique among what an organization shares, and among what each owner keeps private.
    """
    return [
        UniqueConstraint(
            fields=["organization", "of_companies", "name_key"],
            condition=Q(is_shared=True),
            name=f"{table}_shared_name_unique",
        ),
        UniqueConstraint(
            fields=["organization", "owner", "of_companies", "name_key"],
            condition=Q(is_shared=False),
            name=f"{table}_private_name_unique",
        ),
    ]
