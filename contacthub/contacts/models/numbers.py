"""The public integer ids of companies and contacts."""

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce

# Numbers below come from files, numbers from here on are given by us, so that the two never meet. Both stay below
# 2^53, which is as far as JavaScript and spreadsheets count.
FIRST_OWN_NUMBER = 10**12


def number_field() -> models.GeneratedField:
    """Return the public integer id: the one a file gave, else one made of the primary key, which no other row gets."""
    return models.GeneratedField(
        expression=Coalesce("source_number", F("id") + FIRST_OWN_NUMBER),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
