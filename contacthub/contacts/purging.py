"""Selections are made for one action; what nothing keeps is deleted with the filters and ids in it."""

import datetime as dt
from typing import Any

from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet

from contacthub.contacts.models import Selection, SelectionPart
from contacthub.core import clock
from contacthub.core.batches import delete_in_batches

KEEP = dt.timedelta(days=30)


def forget_selections() -> int:
    """Delete selections older than 30 days to which nothing refers, with their rows; return how many."""
    return delete_in_batches(_unused().filter(created_at__lt=clock.now() - KEEP))


def _unused() -> QuerySet[Selection]:
    """Return the selections that no row of any other table names, whichever tables do so by now."""
    unused = Selection.objects.all()
    for relation in Selection._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not SelectionPart:
            user: Any = relation.related_model
            named = user._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            unused = unused.exclude(Exists(named))
    return unused
