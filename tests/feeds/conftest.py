"""What tests of feeds share."""

import datetime as dt
from pathlib import Path

import pytest

from tests.feeds.world import World


@pytest.fixture
def world(tmp_path: Path, today: dt.date) -> World:
    return World(tmp_path, today)
