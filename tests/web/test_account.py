"""Signing in and out, passwords, invitations and the organization in use, through the real pages."""

import re
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.test import Client

from contacthub.organizations import actions
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Membership, Organization, User
from tests.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
LOGOUT = "/accounts/logout/"
CHANGE = "/accounts/password/change/"
RESET = "/accounts/password/reset/"
NEW_PASSWORD = "another good passphrase"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def log_in(email: str, password: str = PASSWORD, **fields: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(LOGIN, {"login": email, "password": password, **fields})


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/settings/profile/").status_code == 200)


# --- In and out -----------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["bob@acme.example", "BOB@Acme.Example", " bob@acme.example "])
def test_person_signs_in_with_address_and_password(bob: User, email: str):
    client, response = log_in(email)
    assert response["Location"] == "/"
    assert is_signed_in(client)


ADDRESS = "kontor@xn--bcher-lager-thb.example"
SPELLINGS = (
    "kontor@bücher-lager.example",
    "Kontor@BU\u0308CHER-lager。example",
    "\u200bkontor@xn--bcher-lager-thb.example\ufeff",
    "kon\u00adtor@XN--BCHER-LAGER-THB.example",
)


@pytest.mark.parametrize("made", SPELLINGS[:2])
def test_person_signs_in_with_any_spelling_of_the_address(acme: Organization, made: str):
    user, _ = actions.create_user(
        organization=acme, email=made, name="Ove", role="member", password=PASSWORD
    )
    assert user.email == ADDRESS
    assert User.objects.get_by_natural_key(made) == user
    for email in (ADDRESS, *SPELLINGS):
        client, response = log_in(email)
        assert response["Location"] == "/", email
        assert is_signed_in(client)
    for email in SPELLINGS:
        Client().post(RESET, {"email": email})
    assert [message.to for message in mail.outbox] == [[ADDRESS]] * len(SPELLINGS)


def test_a_password_is_taken_as_it_was_given(acme: Organization):
    odd = "pa\u200bss of A\u030akesson"
    actions.create_user(
        organization=acme, email="ove@acme.example", name="Ove", role="member", password=odd
    )
    assert is_signed_in(log_in("ove@acme.example", odd)[0])
    assert not is_signed_in(log_in("ove@acme.example", "pass of Åkesson")[0])


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("bob@acme.example", "wrong"),
        ("bob@acme.example", ""),
        ("nobody@acme.example", PASSWORD),
        ("bob", PASSWORD),
        ("bob@acme.example\x00", PASSWORD),
    ],
)
def test_wrong_address_or_password_stays_outside(bob: User, email: str, password: str):
    client, response = log_in(email, password)
    assert response.status_code == 200
    assert 'name="password"' in text_of(response)
    assert password not in text_of(response).replace('name="password"', "") or not password
    assert not is_signed_in(client)


def test_wrong_password_and_unknown_address_look_the_same(bob: User):
    def errors(email: str) -> list[str]:
        page = text_of(log_in(email, "wrong")[1])
        return re.findall(r'role="alert">.*?<div>([^<]+)</div>', page, re.DOTALL)

    assert errors("bob@acme.example") == errors("nobody@acme.example") != []


def test_switched_off_person_stays_outside(bob: User):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    client, _ = log_in("bob@acme.example")
    assert not is_signed_in(client)


def test_guessing_is_slowed_down(bob: User):
    for _ in range(5):
        log_in("bob@acme.example", "wrong")
    client, response = log_in("bob@acme.example")
    assert not is_signed_in(client)
    assert "Too many failed login attempts" in text_of(response)


def test_sign_in_makes_a_new_session(bob: User, settings: Any):
    """A session that somebody planted before is not the one that gets signed in (session fixation)."""
    planted = SessionStore()
    planted["planted"] = "yes"
    planted.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    client.post(LOGIN, {"login": "bob@acme.example", "password": PASSWORD})
    assert is_signed_in(client)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    assert not is_signed_in(thief)


def test_sign_out_ends_the_session_on_the_server(bob: User, settings: Any):
    client, _ = log_in("bob@acme.example")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_signed_in(client)
    asked = client.get(LOGOUT)
    assert "Sign out?" in text_of(asked)
    assert is_signed_in(client), "looking at the question signs nobody out"
    assert client.post(LOGOUT)["Location"] == LOGIN
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert not is_signed_in(thief)


def test_cookie_is_for_http_only(bob: User, settings: Any):
    client, _ = log_in("bob@acme.example")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_nobody_signs_up(db: None):
    assert Client().get("/accounts/signup/").status_code in (302, 404)


# --- Where to after signing in --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/feeds/", "/settings/profile/", "/exports/?show=mine"])
def test_person_comes_back_to_the_page_that_was_asked_for(bob: User, path: str):
    asked = Client().get(path)
    assert asked["Location"].startswith(f"{LOGIN}?next=")
    _, response = log_in("bob@acme.example", next=path)
    assert response["Location"] == path


FOREIGN = [
    "https://[::1",
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "https://evil.example#testserver",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "ftp://testserver/",
    "https:evil.example",
    "//evil.example/%2f..",
    "https://[::1]evil.example",
    "h\nttps://evil.example",
]


@pytest.mark.parametrize("target", FOREIGN)
def test_nobody_is_sent_elsewhere_after_signing_in(bob: User, target: str):
    _, response = log_in("bob@acme.example", next=target)
    assert response["Location"] == "/"


@pytest.mark.parametrize("target", FOREIGN)
def test_nobody_is_sent_elsewhere_who_is_signed_in_already(bob: User, target: str):
    response = sign_in(bob).get(LOGIN, {"next": target})
    assert response["Location"] == "/"


def test_no_header_is_smuggled_into_the_redirect(bob: User):
    _, response = log_in("bob@acme.example", next="/\r\nLocation: https://evil.example")
    assert response["Location"] == "/%0D%0ALocation:%20https://evil.example", "a path on this host"


@pytest.mark.parametrize("target", FOREIGN[:3])
def test_nobody_is_sent_elsewhere_by_a_button(bob: User, target: str):
    client = sign_in(bob)
    response = client.post("/theme", {"theme": "dark"}, headers={"Referer": target})
    assert response["Location"] == "/"


# --- Passwords ------------------------------------------------------------------------------------


def change(client: Client, old: str = PASSWORD, new: str = NEW_PASSWORD, again: str = "") -> Any:
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again or new})


def test_password_change_keeps_this_browser_and_ends_the_others(bob: User):
    here, _ = log_in("bob@acme.example")
    elsewhere, _ = log_in("bob@acme.example")
    answer = change(here)
    assert answer["Location"] == "/settings/profile/"
    assert "The new password is saved." in text_of(here.get(answer["Location"]))
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(log_in("bob@acme.example")[0])
    assert is_signed_in(log_in("bob@acme.example", NEW_PASSWORD)[0])


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", NEW_PASSWORD, NEW_PASSWORD),
        (PASSWORD, "short", "short"),
        (PASSWORD, "password123", "password123"),
        (PASSWORD, "bob@acme.example", "bob@acme.example"),
        (PASSWORD, NEW_PASSWORD, NEW_PASSWORD + "x"),
    ],
)
def test_bad_password_change_changes_nothing(bob: User, old: str, new: str, again: str):
    client = sign_in(bob)
    response = change(client, old, new, again)
    page = text_of(response)
    assert response.status_code == 200
    assert 'class="ch-error"' in page
    assert f'value="{new}"' not in page
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_password_page_stands_among_the_settings(bob: User):
    page = text_of(sign_in(bob).get(CHANGE))
    assert '<nav class="ch-subnav"' in page
    assert re.search(rf'href="{CHANGE}" aria-current="page"', page)
    assert page.count('class="form-control"') == 3


def reset_link(email: str) -> str:
    page = Client().post(RESET, {"email": email}, follow=True)
    assert "a link is on its way" in text_of(page)
    match = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert match
    return match[1]


def use_link(link: str, password: str = NEW_PASSWORD) -> Any:
    client = Client()
    page = client.get(link, follow=True)
    if not page.redirect_chain:
        return page
    form = page.redirect_chain[-1][0]
    return client.post(form, {"password1": password, "password2": password}, follow=True)


def test_forgotten_password_is_set_anew_by_a_link_that_works_once(bob: User):
    elsewhere, _ = log_in("bob@acme.example")
    link = reset_link("bob@acme.example")
    assert mail.outbox[-1].subject == "A new password for ContactHub"
    assert "The new password is saved" in text_of(use_link(link))
    bob.refresh_from_db()
    assert bob.check_password(NEW_PASSWORD)
    assert not is_signed_in(elsewhere)
    assert "This link no longer works" in text_of(use_link(link, "a third good passphrase"))
    bob.refresh_from_db()
    assert bob.check_password(NEW_PASSWORD)


def test_link_dies_with_a_changed_password(bob: User):
    link = reset_link("bob@acme.example")
    change(sign_in(bob))
    assert "This link no longer works" in text_of(use_link(link, "a third good passphrase"))


@pytest.mark.parametrize("spoil", [lambda x: x[:-2] + "x/", lambda x: x.replace("key/", "key/zz")])
def test_mistyped_link_opens_nothing(bob: User, spoil: Any):
    link = spoil(reset_link("bob@acme.example"))
    assert "This link no longer works" in text_of(use_link(link))
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_reset_says_the_same_for_an_unknown_address(bob: User):
    def ask(email: str) -> tuple[int, str, str]:
        response = Client().post(RESET, {"email": email})
        return response.status_code, response["Location"], text_of(response)

    assert ask("bob@acme.example") == ask("nobody@acme.example")
    links = ["/reset/key/" in message.body for message in mail.outbox]
    assert links == [True]


def test_address_in_a_link_is_not_the_askers_choice(bob: User, settings: Any):
    """A forged Host header must not send the reset link to another machine."""
    response = Client().post(RESET, {"email": bob.email}, headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert mail.outbox == []


# --- Invitations and organizations ----------------------------------------------------------------


@pytest.fixture
def invitation(acme: Organization, alice: User) -> str:
    _, token = actions.invite_member(
        organization=acme,
        actor=Actor.of(alice),
        membership=Membership.objects.get(user=alice),
        email="new@example.com",
        role="viewer",
    )
    return f"/invitations/{token}/"


def test_invited_person_joins_and_is_signed_in(invitation: str):
    client = Client()
    page = text_of(client.get(invitation))
    assert "Alice invites new@example.com as viewer." in page
    response = client.post(invitation, {"name": "New", "password": PASSWORD})
    assert response["Location"] == "/"
    assert is_signed_in(client)
    assert client.get("/").wsgi_request.membership.role == "viewer"
    assert Client().get(invitation).status_code == 404


def test_bad_password_comes_back_with_the_form(invitation: str):
    response = Client().post(invitation, {"name": "New", "password": "short"})
    assert response.status_code == 422
    assert "at least 10 characters" in text_of(response)
    assert 'value="New"' in text_of(response)
    assert not User.objects.filter(email="new@example.com").exists()


def test_wrong_person_cannot_use_an_invitation(invitation: str, bob: User):
    response = sign_in(bob).post(invitation, {})
    assert response.status_code == 422
    assert "This invitation is for new@example.com" in text_of(response)


def test_unknown_invitation_is_not_found(db: None):
    assert Client().get("/invitations/nosuchtoken/").status_code == 404


def test_person_works_in_one_organization_at_a_time(bob: User, globex: Organization):
    actions.create_user(organization=globex, email=bob.email, name="Bob", role="owner")
    client = sign_in(bob)
    assert client.get("/settings/members/").status_code == 403
    client.post("/organization", {"organization": "globex"})
    assert client.get("/settings/members/").status_code == 200
    client.post("/organization", {"organization": "acme"})
    assert client.get("/settings/members/").status_code == 403


def test_person_cannot_work_where_they_do_not_belong(bob: User, globex: Organization):
    client = sign_in(bob)
    client.post("/organization", {"organization": "globex"})
    assert client.get("/").wsgi_request.organization.slug == "acme"


def test_fragment_sends_the_whole_page_to_the_sign_in(db: None):
    response = Client().get(
        "/settings/audit/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/audit/?q=x"},
    )
    assert response["HX-Redirect"] == f"{LOGIN}?next=%2Fsettings%2Faudit%2F%3Fq%3Dx"
