"""The page of components: each one is on it, and only developers and demos have it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from contacthub.organizations.models import User
from contacthub.web.components import list_calls
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
TEMPLATES = Path(django_settings.BASE_DIR) / "templates"


def test_page_shows_the_states(bob: User, settings: Any) -> None:
    settings.SANDBOX = True
    answer = sign_in(bob).get("/reference/components/")
    page = answer.content.decode()
    assert answer.status_code == 200
    for kind in ("not asked", "no record", "empty record", "blocked"):
        assert f": {kind}." in page
    assert "Running" in page
    assert "37%" in page
    assert re.search(r'aria-sort="descending"', page)
    assert "<c-" not in page


@pytest.mark.parametrize("over", ["dialog", "drawer"])
def test_page_shows_what_stands_over_a_page(bob: User, settings: Any, over: str) -> None:
    settings.SANDBOX = True
    page = sign_in(bob).get(f"/reference/components/?over={over}").content.decode()
    assert f'aria-labelledby="show-{over}" open' in page


def test_there_is_no_such_page_in_production(bob: User) -> None:
    assert sign_in(bob).get("/reference/components/").status_code == 404


def test_every_component_is_shown() -> None:
    shown = {
        call.path
        for path in (TEMPLATES / "reference/components").glob("*.html")
        for call in list_calls(path.read_text())
    }
    declared = {
        f"components/{path.name}"
        for path in (TEMPLATES / "components").glob("*.html")
        if "<c-vars" in path.read_text()
    }
    within = {call.path for name in declared for call in list_calls((TEMPLATES / name).read_text())}
    assert declared - shown - within == set()
