"""A key of acme, as alice makes it."""

import pytest

from contacthub.credentials.actions import issue_key
from contacthub.credentials.models import ApiKey
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User


@pytest.fixture
def as_alice(alice: User) -> Actor:
    return Actor.of(alice, address="10.20.7.9")


@pytest.fixture
def issued(acme: Organization, as_alice: Actor) -> tuple[ApiKey, str]:
    """A key that may read and write on Letrics, and its text."""
    return issue_key(organization=acme, actor=as_alice, name="CRM push", scopes=["letrics"])
