"""How many of the planted pairs are proposed, and how many of the proposals are true."""

import sys

import pytest

from contacthub.contacts.actions import save_contacts
from contacthub.contacts.duplicates.scan import propose_duplicates
from contacthub.contacts.models import DuplicateCheck, DuplicateProposal
from contacthub.core.tenancy import across_organizations
from contacthub.organizations.models import Organization
from tests.contacts.planted import count_kinds, plant

pytestmark = pytest.mark.django_db
SEED, CROWD = 20261201, 6_000
LEAST_PRECISION, LEAST_RECALL = 0.99, 0.9


def test_planted_pairs_are_found_and_hardly_any_other(acme: Organization) -> None:
    planted = plant(SEED, CROWD)
    assert len(planted.pairs) >= 2_000
    assert len(planted.negatives) >= len(planted.pairs)
    _, rejected = save_contacts(organization=acme, rows=planted.rows)
    assert not rejected
    with across_organizations():
        compared = propose_duplicates(seconds=600)
    assert compared == len(planted.rows)
    assert not DuplicateCheck.objects.exists()
    found = {
        (each.lower_key, each.higher_key): each.reasons for each in DuplicateProposal.objects.all()
    }
    true = found.keys() & planted.pairs.keys()
    precision, recall = len(true) / len(found), len(true) / len(planted.pairs)
    by_chance = found.keys() - planted.pairs.keys() - planted.negatives.keys()
    figures = (
        f"{len(planted.rows):,} contacts, {len(planted.pairs):,} true pairs, {len(found):,} proposed",
        f"precision {precision:.4f}, recall {recall:.4f}",
        "found: " + "; ".join(count_kinds(planted.pairs, set(found))),
        "wrong: " + "; ".join(count_kinds(planted.negatives, set(found))),
        f"wrong by chance: {len(by_chance)}",
    )
    sys.stdout.write("\n" + "\n".join(figures) + "\n")
    assert precision >= LEAST_PRECISION
    assert recall >= LEAST_RECALL
