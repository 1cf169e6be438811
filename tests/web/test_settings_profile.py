"""One's own profile."""

import re
from typing import Any

import pytest

from contacthub.organizations import actions
from contacthub.organizations.models import AuditEvent, Organization, User
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
PROFILE = "/settings/profile/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_profile_shows_address_organizations_and_roles(globex: Organization, bob: User):
    actions.create_user(organization=globex, email=bob.email, name="Bob", role="viewer")
    page = text_of(sign_in(bob).get(PROFILE))
    assert "You sign in as bob@acme.example." in page
    rows = re.findall(r'<th scope="row">([^<]+)</th>\s*<td>([^<]+)</td>', page)
    assert rows == [("Acme Revenue", "Member"), ("Globex", "Viewer")]
    assert page.count("Current") == 1
    assert "Work in Globex" in page
    assert "/accounts/password/change/" in page


def test_name_and_theme_are_saved(bob: User):
    client = sign_in(bob)
    response = client.post(PROFILE, {"name": "Robert", "theme": "dark"}, follow=True)
    assert response.redirect_chain == [(PROFILE, 302)]
    page = text_of(response)
    assert "Your profile is saved." in page
    assert 'data-bs-theme="dark"' in page
    assert 'value="Robert"' in page
    assert re.search(r'value="dark" checked', page)
    event = AuditEvent.objects.get(action="Changed profile")
    assert "Robert" not in f"{event.target}{event.detail}{event.changes}"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": "", "theme": "dark"}, "This field is required."),
        ({"name": "x" * 121, "theme": "dark"}, "at most 120 characters"),
        ({"name": "a\x07b", "theme": "dark"}, "Enter a name of up to 120 characters."),
        ({"name": "Bob", "theme": "pink"}, "pink is not one of the available choices"),
    ],
)
def test_bad_values_come_back_with_the_form(bob: User, sent: dict[str, str], words: str):
    response = sign_in(bob).post(PROFILE, sent)
    assert response.status_code == 422
    assert words in text_of(response)
    bob.refresh_from_db()
    assert (bob.name, bob.theme) == ("Bob", "system")
