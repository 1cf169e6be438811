"""Members: roles, removal, invitations."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from contacthub.core import clock
from contacthub.credentials.actions import issue_key
from contacthub.exports import actions as export_actions
from contacthub.exports.models import Export
from contacthub.exports.options import ExportOptions
from contacthub.exports.orders import ExportOrder
from contacthub.feeds import actions as feed_actions
from contacthub.organizations.actions import create_user
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import (
    AuditEvent,
    Invitation,
    Membership,
    Organization,
    User,
)
from tests.conftest import PASSWORD, make_user, sign_in
from tests.feeds.builders import fill_days

pytestmark = pytest.mark.django_db
LIST = "/settings/members/"
INVITE = "/settings/members/invite/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def membership_of(user: User) -> Membership:
    return Membership.objects.get(user=user, organization__slug="acme")


def set_role(client: Client, user: User, role: str) -> Any:
    url = reverse("settings-member-role", args=[membership_of(user).pk])
    return client.post(url, {"role": role}, follow=True)


def remove(client: Client, user: User) -> Any:
    url = reverse("settings-member-remove", args=[membership_of(user).pk])
    return client.post(url, follow=True)


def invite(client: Client, email: str = "sam@example.com", role: str = "member") -> Any:
    return client.post(INVITE, {"email": email, "role": role})


def test_list_shows_people_roles_and_last_seen(alice: User, bob: User, charlie: User):
    sign_in(bob).get("/")
    page = text_of(sign_in(alice).get(LIST))
    assert "2 people" in page
    assert "bob@acme.example" in page
    assert "Charlie" not in page
    assert page.count("just now") == 2
    assert re.search(
        r'(?s)<select[^>]*aria-label="Role of Bob"[^>]*>.*?value="member" selected', page
    )


def test_search_finds_by_name_or_address(alice: User, bob: User):
    client = sign_in(alice)
    page = text_of(client.get(LIST, {"q": "BOB@"}, follow=True))
    assert "bob@acme.example" in page
    assert "alice@acme.example" not in page.split('id="members"')[1]
    assert "No member has this name" in text_of(client.get(LIST, {"q": "zz"}))
    refused = client.get(LIST, {"q": "zz\x00"})
    assert refused.status_code == 422
    assert "bob@acme.example" not in text_of(refused).split('id="members"')[1]
    fragment = text_of(client.get(LIST, {"q": "bob"}, headers={"HX-Request": "true"}))
    assert fragment.startswith('<div id="members">')


def test_number_of_queries_does_not_grow_with_the_members(
    acme: Organization, alice: User, django_assert_max_num_queries: Any
):
    client = sign_in(alice)
    client.get(LIST)
    for number in range(20):
        make_user(acme, f"P{number}", "member")
    with django_assert_max_num_queries(20):
        client.get(LIST)


def test_admin_changes_a_role(alice: User, bob: User):
    response = set_role(sign_in(alice), bob, "viewer")
    assert "Bob’s role is Viewer now." in text_of(response)
    assert response.redirect_chain == [(LIST, 302)]
    assert membership_of(bob).role == "viewer"


def test_the_readers_place_in_the_list_is_kept(alice: User, bob: User):
    url = reverse("settings-member-role", args=[membership_of(bob).pk])
    origin = f"http://testserver{LIST}?q=bob"
    response = sign_in(alice).post(url, {"role": "viewer"}, headers={"Referer": origin})
    assert response["Location"] == origin


def test_admin_does_not_touch_owners(alice: User, bob: User, olga: User):
    make = Membership.objects.filter(user=bob)
    make.update(role="owner")
    client = sign_in(alice)
    for response in (
        set_role(client, bob, "member"),
        remove(client, bob),
        set_role(client, alice, "owner"),
        invite(client, role="owner"),
    ):
        assert response.status_code == 403
    assert membership_of(bob).role == "owner"
    assert membership_of(alice).role == "admin"
    assert AuditEvent.objects.filter(is_refused=True, target="Appoint owners").count() == 4
    page = text_of(client.get(LIST))
    assert 'aria-label="Role of Bob"' not in page
    assert "Only an owner can change it" in page
    assert '<option value="owner"' not in page
    assert 'value="owner"' not in text_of(client.get(INVITE))


def test_owner_appoints_owners(olga: User, bob: User):
    client = sign_in(olga)
    assert '<option value="owner"' in text_of(client.get(LIST))
    set_role(client, bob, "owner")
    assert membership_of(bob).role == "owner"


def test_last_owner_stays(olga: User):
    client = sign_in(olga)
    assert "The only owner, so the role stays" in text_of(client.get(LIST))
    assert "needs an owner" in text_of(set_role(client, olga, "admin"))
    assert "needs an owner" in text_of(remove(client, olga))
    assert membership_of(olga).role == "owner"


def test_unknown_role_is_an_error(alice: User, bob: User):
    assert "A role is one of owner, admin, member, viewer." in text_of(
        set_role(sign_in(alice), bob, "king")
    )
    assert membership_of(bob).role == "member"


def test_admin_who_gives_the_right_up_is_not_refused_afterwards(alice: User, olga: User):
    response = set_role(sign_in(alice), alice, "member")
    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == "/settings/profile/"
    assert not AuditEvent.objects.filter(is_refused=True).exists()


def test_removal_asks_first(acme: Organization, alice: User, bob: User):
    issue_key(organization=acme, actor=Actor.of(bob), name="CRM", scopes=["all"])
    client = sign_in(alice)
    url = reverse("settings-member-remove", args=[membership_of(bob).pk])
    page = text_of(client.get(url))
    assert "Remove Bob?" in page
    assert "1 API key made by Bob" in page
    assert membership_of(bob)
    assert "Bob is no longer a member." in text_of(client.post(url, follow=True))
    assert not Membership.objects.filter(user=bob).exists()


@pytest.mark.parametrize(
    ("choice", "works"), [({}, False), ({"keys": "revoke"}, False), ({"keys": "keep"}, True)]
)
def test_removal_ends_the_keys_unless_somebody_keeps_them(
    acme: Organization, alice: User, bob: User, choice: dict[str, str], works: bool
):
    key, _ = issue_key(organization=acme, actor=Actor.of(bob), name="CRM", scopes=["all"])
    other, _ = issue_key(organization=acme, actor=Actor.of(alice), name="Mine", scopes=["all"])
    sign_in(alice).post(reverse("settings-member-remove", args=[membership_of(bob).pk]), choice)
    for each in (key, other):
        each.refresh_from_db()
    assert (key.revoked_at is None) is works
    assert other.revoked_at is None
    assert (
        AuditEvent.objects.filter(action="Revoked key", subject=key.public_id).exists() is not works
    )


def test_demotion_asks_about_keys_and_does_what_is_chosen(
    acme: Organization, olga: User, alice: User
):
    key, _ = issue_key(organization=acme, actor=Actor.of(alice), name="CRM", scopes=["all"])
    client = sign_in(olga)
    url = reverse("settings-member-role", args=[membership_of(alice).pk])
    asked = text_of(client.post(url, {"role": "member"}))
    assert "Change Alice to Member?" in asked
    assert "1 API key made by Alice" in asked
    assert membership_of(alice).role == "admin"
    client.post(url, {"role": "member", "keys": "keep"})
    assert membership_of(alice).role == "member"
    key.refresh_from_db()
    assert key.revoked_at is None
    set_role(client, alice, "admin")
    client.post(url, {"role": "viewer", "keys": "revoke"})
    key.refresh_from_db()
    assert membership_of(alice).role == "viewer"
    assert key.revoked_at


def test_removed_person_is_out_at_once(alice: User, bob: User):
    theirs = sign_in(bob)
    assert theirs.get("/").status_code == 200
    remove(sign_in(alice), bob)
    response = theirs.get("/")
    assert response.status_code == 403
    assert "You are not a member of any organization" in text_of(response)


def test_person_can_leave(alice: User, olga: User):
    client = sign_in(alice)
    url = reverse("settings-member-remove", args=[membership_of(alice).pk])
    assert "Leave Acme Revenue?" in text_of(client.get(url))
    assert client.post(url)["Location"] == "/"
    assert not Membership.objects.filter(user=alice).exists()


def export_rows(organization: Organization, user: User, rows: int, tmp_path: Path) -> Export:
    """Let a person export `rows` rows of a feed of their own."""
    feed = feed_actions.create_feed(name=f"{rows} rows")
    grant = feed_actions.grant_feed(feed=feed, organization=organization, lookback_days=30)
    fill_days(feed, tmp_path, today=clock.today(), days=1, per_day=rows)
    search = feed_actions.run_search(
        organization=organization, actor=Actor.of(user), grant=grant, lookback_days=1
    )
    export, _ = export_actions.create_export(
        organization=organization,
        actor=Actor.of(user),
        order=ExportOrder(search_id=search.pk, options=ExportOptions()),
    )
    return export


def test_rows_of_this_month_are_those_charged_here(
    acme: Organization, globex: Organization, alice: User, bob: User, tmp_path: Path
):
    create_user(organization=globex, email=bob.email, name="Bob", role="member")
    export_rows(acme, bob, 11, tmp_path)
    export_rows(acme, bob, 22, tmp_path)
    export_rows(globex, bob, 44, tmp_path)
    given_back = export_rows(acme, bob, 88, tmp_path)
    Export.objects.filter(pk=given_back.pk).update(state=Export.State.CANCELLED)
    old = export_rows(acme, bob, 176, tmp_path)
    Export.objects.filter(pk=old.pk).update(created_at=clock.now() - dt.timedelta(days=32))
    page = text_of(sign_in(alice).get(LIST))
    row = page.split("bob@acme.example")[1].split("</tr>")[0]
    assert re.search(r'<td class="ch-num[^"]*">\s*33\s*</td>', row)


# --- Invitations ----------------------------------------------------------------------------------


def link_in(page: str) -> str:
    match = re.search(r'id="invitation-link">([^<]+)<', page)
    assert match
    return match[1]


def test_link_is_shown_once_and_works(alice: User, settings: Any):
    settings.BASE_URL = "https://hub.example"
    client = sign_in(alice)
    response = invite(client)
    page = text_of(response)
    link = link_in(page)
    assert link.startswith("https://hub.example/invitations/")
    assert page.count(f'data-copy="{link}"') == 1
    assert response["Cache-Control"] == "no-store"
    token = link.removeprefix("https://hub.example")
    listed = text_of(client.get(LIST))
    assert "sam@example.com" in listed
    assert token not in listed
    stranger = Client()
    assert "Join Acme Revenue" in text_of(stranger.get(token))
    stranger.post(token, {"name": "Sam", "password": PASSWORD})
    assert membership_of(User.objects.get(email="sam@example.com")).role == "member"
    assert stranger.get(token).status_code == 404


def test_nothing_is_sent_where_no_mail_server_is_set(alice: User, settings: Any):
    settings.HAS_EMAIL = False
    assert "Send this link" in text_of(invite(sign_in(alice)))
    assert mail.outbox == []


def test_link_goes_out_where_a_mail_server_is_set(alice: User, settings: Any):
    settings.HAS_EMAIL = True
    page = text_of(invite(sign_in(alice)))
    assert "The link went out by e-mail" in page
    (message,) = mail.outbox
    assert message.to == ["sam@example.com"]
    assert message.subject == "Join Acme Revenue on ContactHub"
    assert link_in(page) in message.body
    assert "Alice invites you to Acme Revenue on ContactHub, as member." in message.body


def test_broken_mail_server_loses_no_invitation(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*args: object, **options: object) -> None:
        raise ConnectionRefusedError

    settings.HAS_EMAIL = True
    monkeypatch.setattr("contacthub.web.views.settings.members.send_mail", refuse)
    page = text_of(invite(sign_in(alice)))
    assert "The mail server did not accept the message" in page
    assert link_in(page)


def test_mail_is_plain_text_whatever_the_names(acme: Organization, alice: User, settings: Any):
    settings.HAS_EMAIL = True
    User.objects.filter(pk=alice.pk).update(name="Al <b>&")
    Organization.objects.filter(pk=acme.pk).update(name="Ac\nme & Co")
    invite(sign_in(alice))
    (message,) = mail.outbox
    assert message.subject == "Join Ac me & Co on ContactHub"
    assert "Al <b>& invites you" in message.body


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "This field is required."),
        ("sam", "Enter an e-mail address such as"),
        ("BOB@acme.example", "bob@acme.example is already a member."),
    ],
)
def test_bad_address_comes_back_with_the_form(alice: User, bob: User, email: str, words: str):
    response = sign_in(alice).post(INVITE, {"email": email, "role": "viewer"})
    page = text_of(response)
    assert response.status_code == 422
    assert words in page
    assert f'value="{email}"' in page or not email
    assert re.search(r'value="viewer"\s+checked', page), "the choice is not lost"
    assert not Invitation.objects.exists()


def test_new_link_replaces_the_old_one(alice: User):
    client = sign_in(alice)
    old, new = link_in(text_of(invite(client))), link_in(text_of(invite(client)))
    assert Client().get(old.removeprefix("http://127.0.0.1:8000")).status_code == 404
    assert Client().get(new.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert "1 open invitation." in text_of(client.get(LIST))


def test_second_invitation_says_before_and_after_that_it_replaces_the_first(alice: User):
    client = sign_in(alice)
    sent = {"email": "sam@example.com", "role": "member", "replaces": ""}
    first = text_of(client.post(INVITE, sent))
    assert "This replaces the invitation" not in first
    old = link_in(first).removeprefix("http://127.0.0.1:8000")
    told = client.post(INVITE, sent | {"role": "viewer"})
    page = text_of(told)
    assert told.status_code == 409
    assert "sam@example.com has an open invitation</b> as member, until" in " ".join(page.split())
    assert "A new one replaces it: the first link stops working." in " ".join(page.split())
    assert re.search(r'value="viewer"\s+checked', page), "the choice is not lost"
    # Nothing has changed yet.
    assert Client().get(old).status_code == 200
    known = re.search(r'name="replaces" value="(\d+)"', page)
    assert known
    done = text_of(client.post(INVITE, sent | {"replaces": known[1]}))
    assert "This replaces the invitation of" in done
    assert "whose link no longer works" in done
    assert Client().get(old).status_code == 404
    assert Client().get(link_in(done).removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_withdrawn_invitation_is_gone(alice: User):
    client = sign_in(alice)
    link = link_in(text_of(invite(client)))
    url = reverse("settings-invitation-withdraw", args=[Invitation.objects.get().pk])
    assert "The invitation is withdrawn." in text_of(client.post(url, follow=True))
    assert Client().get(link.removeprefix("http://127.0.0.1:8000")).status_code == 404
    assert client.post(url).status_code == 404


def test_owner_invitation_is_the_owners_matter(alice: User, olga: User):
    invite(sign_in(olga), role="owner")
    client = sign_in(alice)
    page = text_of(client.get(LIST))
    assert "sam@example.com" in page
    assert "Withdraw" not in page
    url = reverse("settings-invitation-withdraw", args=[Invitation.objects.get().pk])
    assert client.post(url).status_code == 403
    assert Invitation.objects.get().withdrawn_at is None
