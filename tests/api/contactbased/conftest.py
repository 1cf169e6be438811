"""Acme's feed with seven days of records, and programs that speak ContactBased."""

import datetime as dt
from pathlib import Path

import pytest

from contacthub.feeds.models import FeedGrant
from tests.api.conftest import Program
from tests.feeds.builders import fill_days


def by_header(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_header, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_header, globex_key)


@pytest.fixture
def feed(grant: FeedGrant, tmp_path: Path, today: dt.date) -> FeedGrant:
    """Ten records on each of seven days, a quarter of them without a contact: 70, of which 54 with one."""
    fill_days(grant.feed, tmp_path, today=today, days=7, per_day=10)
    return grant
