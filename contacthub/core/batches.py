"""Delete many rows without blocking others."""

from typing import Any

from django.db.models import Model, QuerySet

BATCH = 1_000


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete rows a batch of 1,000 at a time, each in a transaction of its own. Returns how many there were."""
    model: type[Model] = rows.model
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        model._default_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted
