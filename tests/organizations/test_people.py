"""Creating organizations and people, profiles, visits, and the commands."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from contacthub.core import clock
from contacthub.core.errors import Invalid, NotFound
from contacthub.organizations import actions, queries
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from tests.conftest import PASSWORD


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


@pytest.mark.parametrize("slug", ["", "a b", "ä", "a/b", "acme"])
def test_bad_or_taken_slug_is_refused(acme: Organization, slug: str):
    with pytest.raises(Invalid) as error:
        actions.create_organization(slug=slug, name="Name")
    assert error.value.field == "slug"


def test_person_who_exists_keeps_name_and_password(globex: Organization, bob: User):
    user, password = actions.create_user(
        organization=globex, email="BOB@acme.example", name="Robert", role="viewer", password="x"
    )
    assert (user, password) == (bob, "")
    bob.refresh_from_db()
    assert bob.name == "Bob"
    assert bob.check_password(PASSWORD)
    assert Membership.objects.filter(user=bob).count() == 2


def test_database_refuses_an_address_in_capitals(db: None):
    with pytest.raises(IntegrityError, match="user_email_lower"):
        User.objects.create(email="Bob@acme.example", name="Bob")


def test_members_are_found_by_name_and_address(acme: Organization, alice: User, bob: User):
    def found(text: str) -> list[str]:
        members = queries.list_members(organization=acme, text=text)
        return [member.user.name for member in members]

    assert found("") == ["Alice", "Bob"]
    assert found("ALI") == ["Alice"]
    assert found("bob@acme") == ["Bob"]
    assert found("%") == found("_") == []


def test_profile_change_is_recorded_without_its_values(acme: Organization, bob: User):
    def change(name: str, theme: str) -> User:
        return actions.change_profile(
            organization=acme, actor=Actor.of(bob), user=bob, name=name, theme=theme
        )

    changed = change(" Robert  Tables ", "dark")
    assert (changed.name, changed.theme) == ("Robert Tables", "dark")
    event = AuditEvent.objects.get(action="Changed profile")
    assert (event.detail, event.changes, event.target) == ("name, theme", {}, "")
    change("Robert Tables", "dark")
    assert AuditEvent.objects.filter(action="Changed profile").count() == 1
    change("Robert Tables", "light")
    assert AuditEvent.objects.filter(detail="theme").count() == 1


@pytest.mark.parametrize(
    ("name", "theme", "field"),
    [(" ", "dark", "name"), ("x" * 121, "dark", "name"), ("Bob", "pink", "theme")],
)
def test_bad_profile_changes_nothing(
    acme: Organization, bob: User, name: str, theme: str, field: str
):
    with pytest.raises(Invalid) as error:
        actions.change_profile(
            organization=acme, actor=Actor.of(bob), user=bob, name=name, theme=theme
        )
    assert error.value.field == field
    bob.refresh_from_db()
    assert (bob.name, bob.theme) == ("Bob", "system")


def test_visit_begins_after_half_an_hour(bob: User):
    start = clock.now()
    membership = Membership.objects.get(user=bob)

    def visit(minutes: int) -> tuple[dt.datetime | None, dt.datetime | None]:
        membership.refresh_from_db()
        actions.note_visit(membership=membership, now=start + dt.timedelta(minutes=minutes))
        membership.refresh_from_db()
        return membership.last_seen_at, membership.previous_visit_at

    assert visit(0) == (start, None)
    assert visit(30) == (start + dt.timedelta(minutes=30), None)
    assert visit(61) == (start + dt.timedelta(minutes=61), start + dt.timedelta(minutes=30))


def test_commands_create_an_organization_and_a_person(db: None):
    assert run("create_organization", "initech", "--name", "Initech") == "initech"
    email, password = run(
        "create_user", "Peter@Initech.example", "--organization", "initech", "--role", "owner"
    ).split()
    assert email == "peter@initech.example"
    user = User.objects.get(email=email)
    assert user.check_password(password)
    assert Membership.objects.get(user=user).role == "owner"
    assert {e.actor_name for e in AuditEvent.objects.all()} == {"Command line"}


def test_commands_say_what_is_wrong(acme: Organization):
    with pytest.raises(CommandError, match="The organization acme already exists"):
        run("create_organization", "acme")
    with pytest.raises(CommandError, match="no organization nowhere"):
        run("create_user", "a@b.example", "--organization", "nowhere")
    with pytest.raises(NotFound):
        queries.get_organization(slug="nowhere")


def test_names_are_composed_without_invisible_characters(db: None):
    organization = actions.create_organization(slug="odd", name="\u200bA\u030akesson ")
    user, _ = actions.create_user(
        organization=organization, email="a@odd.example", name="Zoe\u0308\u00ad", role="owner"
    )
    assert (organization.name, user.name) == ("Åkesson", "Zoë")
