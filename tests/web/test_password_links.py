"""A forgotten password where no mail server is set: an admin, or the operator, makes a link that works once."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from contacthub.organizations import actions
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from tests.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
LIST = "/settings/members/"
RESET = "/accounts/password/reset/"
NEW = "another good passphrase"


@pytest.fixture(autouse=True)
def no_mail(settings: Any) -> None:
    settings.HAS_EMAIL = False
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND


def ask(client: Client, person: User, *, organization: str = "acme") -> Any:
    member = Membership.objects.get(user=person, organization__slug=organization)
    return client.post(f"{LIST}{member.pk}/password-link")


def link_in(response: Any) -> str:
    match = re.search(r'id="password-link">http[^/]+//[^/]+(/[^<]+)<', response.content.decode())
    assert match
    return match[1]


def use(link: str, password: str = NEW) -> str:
    client = Client()
    page = client.get(link, follow=True)
    if page.redirect_chain:
        form = page.redirect_chain[-1][0]
        page = client.post(form, {"password1": password, "password2": password}, follow=True)
    return str(page.content.decode())


def test_nothing_is_written_anywhere_without_a_mail_server(
    bob: User, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for email in (bob.email, "nobody@acme.example"):
        for response in (Client().get(RESET), Client().post(RESET, {"email": email})):
            assert "Ask an admin of your organization" in response.content.decode()
            assert "<form" not in response.content.decode()
    assert mail.outbox == []
    assert "/reset/key/" not in caplog.text + "".join(capfd.readouterr())


def test_admin_makes_a_link_that_works_once_and_is_recorded(alice: User, bob: User) -> None:
    client = sign_in(alice)
    assert "Password link" in client.get(LIST).content.decode()
    response = ask(client, bob)
    assert response["Cache-Control"] == "no-store"
    link = link_in(response)
    assert link not in client.get(LIST).content.decode(), "shown once"
    event = AuditEvent.objects.get(action="Made password link")
    assert (event.actor, event.target) == (alice, "Bob")
    assert link.split("/")[-2] not in f"{event.target} {event.detail} {event.changes}"
    assert "The new password is saved" in use(link)
    bob.refresh_from_db()
    assert bob.check_password(NEW)
    assert "This link no longer works" in use(link, "a third good passphrase")
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_link_ends_after_a_day(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_in(ask(sign_in(alice), bob))
    seconds = PasswordResetTokenGenerator._now
    with monkeypatch.context() as later:
        import datetime as dt

        later.setattr(
            PasswordResetTokenGenerator,
            "_now",
            lambda self: seconds(self) + dt.timedelta(hours=25),
        )
        assert "This link no longer works" in use(link)
    assert "The new password is saved" in use(link)


def test_link_is_nobodys_way_into_a_higher_or_a_foreign_account(
    alice: User, bob: User, vera: User, olga: User, charlie: User, globex: Organization
) -> None:
    assert ask(sign_in(alice), olga).status_code == 403, "an admin may not take an owner's account"
    assert ask(sign_in(bob), vera).status_code == 403
    assert ask(sign_in(alice), charlie, organization="globex").status_code == 404
    actions.create_user(organization=globex, email=bob.email, name="Bob", role="owner")
    refused = ask(sign_in(olga), bob)
    assert refused["Location"] == LIST
    page = sign_in(olga)
    ask(page, bob)
    assert "Ask an operator for the link" in page.get(LIST).content.decode()
    assert not AuditEvent.objects.filter(action="Made password link").exists()


def test_operator_makes_a_link_for_the_only_owner(olga: User) -> None:
    said = io.StringIO()
    call_command("make_password_link", "OLGA@acme.example ", stdout=said)
    match = re.search(r"http[^/]+//[^/]+(/\S+)", said.getvalue())
    assert match
    assert "The new password is saved" in use(match[1])
    assert AuditEvent.objects.get(action="Made password link").actor_name == "Command line"
    assert (
        Client().post("/accounts/login/", {"login": olga.email, "password": NEW}).status_code == 302
    )
    assert PASSWORD != NEW
    with pytest.raises(CommandError):
        call_command("make_password_link", "nobody@acme.example", stdout=said)
