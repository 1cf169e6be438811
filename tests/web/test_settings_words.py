"""What the settings' pages say: words worked out of rows, without a page around them."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import RequestFactory

from contacthub.core import clock
from contacthub.credentials.connections.models import Connection, ConnectionHealth, VendorCall
from contacthub.credentials.connections.sql import Usage
from contacthub.credentials.models import ApiKey
from contacthub.feeds.models import FeedGrant, QuotaEntry, Search
from contacthub.organizations.models import AuditEvent, Invitation, Membership, Organization, User
from contacthub.organizations.queries import EventPage
from contacthub.web.templatetags.menus import settings_menu
from contacthub.web.templatetags.states import State
from contacthub.web.views.settings.audit_view import MOST_COUNTED, make_event_list
from contacthub.web.views.settings.connection_view import (
    list_alarms,
    make_call_row,
    make_connection_page,
)
from contacthub.web.views.settings.grant_view import make_ledger_row
from contacthub.web.views.settings.key_view import describe_dialog, make_key_row
from contacthub.web.views.settings.member_view import (
    describe_members,
    describe_removal,
    make_member_row,
    show_invitation,
)
from contacthub.web.views.settings.webhook_view import describe_secret, make_delivery_row
from contacthub.webhooks.models import WebhookDelivery, WebhookSecret

NOW = dt.datetime(2026, 11, 30, 9, 41, tzinfo=dt.UTC)
NO_CALLS = Usage(0, 0, 0, (0,) * 24)
Role = Membership.Role


def make_member(role: str, name: str = "Bob", number: int = 1) -> Membership:
    user = User(pk=number, name=name, email=f"{name.lower()}@acme.example")
    return Membership(pk=number, user=user, role=role, organization=Organization(name="Acme"))


def make_connection(**health: Any) -> Connection:
    connection = Connection(
        vendor="letrics", name="Letrics EU", hints={}, created_at=NOW, created_by_name="Alice"
    )
    connection.health = ConnectionHealth(connection=connection, **health)
    return connection


# --- The menu -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url_name", "current"),
    [
        ("settings-profile", "Profile"),
        ("settings-member-invite", "Members"),
        ("settings-key-create", "API keys"),
        ("settings-connection-detail", "Connections"),
        ("settings-feed-edit", "Feeds and quotas"),
        ("settings-webhook-detail", "Webhooks"),
        ("settings-audit", "Audit log"),
    ],
)
def test_menu_marks_the_page_and_those_below_it(url_name: str, current: str) -> None:
    items = [item for group in draw_menu(url_name, Role.ADMIN) for item in group.items]
    assert [item.label for item in items if item.is_current] == [current]


def test_menu_of_people_who_manage_nothing_has_their_own_pages() -> None:
    groups = draw_menu("settings-profile", Role.MEMBER)
    assert [group.heading for group in groups] == ["Me", "Programs"]


def draw_menu(url_name: str, role: str) -> Any:
    request: Any = RequestFactory().get("/")
    request.resolver_match = type("Match", (), {"url_name": url_name})
    request.membership = make_member(role)
    return settings_menu({"request": request})  # type: ignore[arg-type]


# --- Members --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "invited", "words"),
    [
        (1, 0, "1 person."),
        (2, 1, "2 people, 1 open invitation."),
        (1234, 2, "1,234 people, 2 open"),
    ],
)
def test_members_are_counted(people: int, invited: int, words: str) -> None:
    assert describe_members(people, invited).startswith(words)


@pytest.mark.parametrize(
    ("role", "reader", "owners", "note", "is_open"),
    [
        (Role.MEMBER, Role.ADMIN, 1, "", True),
        (Role.OWNER, Role.ADMIN, 2, "Only an owner can change it", False),
        (Role.OWNER, Role.OWNER, 1, "The only owner, so the role stays", False),
        (Role.OWNER, Role.OWNER, 2, "", True),
    ],
)
def test_role_is_changed_by_those_who_may(
    role: str, reader: str, owners: int, note: str, is_open: bool
) -> None:
    row = make_member_row(
        make_member(role), reader=make_member(reader, "Olga", 2), owners=owners, charged=5
    )
    assert bool(row.roles) == is_open
    assert is_open or row.role_note == note
    assert [choice.value for choice in row.roles if choice.is_chosen] == ([role] if is_open else [])


def test_person_leaves_and_others_are_removed() -> None:
    bob, olga = make_member(Role.VIEWER), make_member(Role.OWNER, "Olga", 2)
    own = make_member_row(bob, reader=bob, owners=1, charged=0)
    assert (own.removal, own.removal_label, own.charged) == ("Leave", "Leave", None)
    other = make_member_row(bob, reader=olga, owners=1, charged=0)
    assert (other.removal, other.removal_label) == ("Remove", "Remove Bob")
    assert describe_removal(bob, bob.user).title == "Leave Acme?"
    assert describe_removal(bob, olga.user).subject == "Bob (bob@acme.example) loses"


@pytest.mark.parametrize(
    ("has_email", "is_sent", "words"),
    [
        (False, False, "Send this link: it is shown this one time"),
        (True, True, "Here it is again: it is shown this one time"),
        (True, False, "so send the link yourself: it is shown this one time"),
    ],
)
def test_link_of_an_invitation_says_who_sends_it(
    settings: Any, has_email: bool, is_sent: bool, words: str
) -> None:
    settings.HAS_EMAIL = has_email
    invitation = Invitation(email="sam@example.com", role=Role.VIEWER, expires_at=NOW)
    shown = show_invitation(invitation, "https://x", replaced=None, is_sent=is_sent)
    assert words in shown.words
    assert shown.lead == "sam@example.com is invited with the role Viewer."


# --- Keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "addresses", "terms"),
    [
        (None, [], ""),
        (7, [], "7 a minute"),
        (None, ["10.0.0.0/8"], "from 10.0.0.0/8"),
        (
            1200,
            ["10.0.0.0/8", "192.0.2.1", "192.0.2.2"],
            "1,200 a minute, from 10.0.0.0/8 and 2 more",
        ),
    ],
)
def test_terms_of_a_key_are_those_that_are_not_usual(
    rate: int | None, addresses: list[str], terms: str
) -> None:
    more = {} if rate is None else {"rate_per_minute": rate}
    key = ApiKey(name="CRM", scopes=[], allowed_addresses=addresses, created_at=NOW, **more)
    assert make_key_row(key, clock.now(), created=None).terms == terms


def test_replaced_key_is_kept_in_the_address() -> None:
    assert describe_dialog("").query == ""
    assert describe_dialog("a b&c").query == "?like=a%20b%26c"


# --- Connections ----------------------------------------------------------------------------------


def test_connection_says_its_vendor_unless_its_name_does() -> None:
    connection = make_connection()
    assert make_connection_page(connection, NO_CALLS).offers.startswith("Letrics: ")
    connection.name = "Letrics"
    assert not make_connection_page(connection, NO_CALLS).offers.startswith("Letrics")


def test_open_breaker_says_how_long() -> None:
    page = make_connection_page(make_connection(breaker="open"), NO_CALLS)
    assert page.breaker.note.endswith("for now. Breaker open.")
    assert make_connection_page(make_connection(), NO_CALLS).breaker == State("ok", "Calls allowed")


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (NO_CALLS, "0 calls"),
        (Usage(1, 0, 12, (0,) * 24), "1 call, median 12 ms"),
        (Usage(5, 2, 12, (0,) * 24), "5 calls, 2 failed, median 12 ms"),
    ],
)
def test_calls_of_a_day_in_words(usage: Usage, words: str) -> None:
    assert make_connection_page(make_connection(), usage).usage_words == words


def test_alarm_says_where_to_mend_it() -> None:
    refused, down = make_connection(condition="wrong_key"), make_connection(condition="down")
    first, second = list_alarms([refused, down, make_connection(condition="works")])
    assert first.rotate_url
    assert (second.rotate_url, second.edit_url) == ("", "")


@pytest.mark.parametrize(
    ("status", "error", "shape", "words"),
    [
        (200, "", "ok", "200"),
        (None, "", "ok", "Answered"),
        (401, "wrong_key", "bad", "401 · Key refused"),
        (None, "unreachable", "bad", "No answer"),
    ],
)
def test_call_in_words(status: int | None, error: str, shape: str, words: str) -> None:
    row = make_call_row(VendorCall(status=status, error=error))
    assert (row.shape, row.words) == (shape, words)


# --- The ledger and the audit log -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "note", "has_search", "expected"),
    [
        ("Q4", "", True, ("", "Search 1 Nov – 30 Nov")),
        ("Q4, 1 Nov – 30 Nov", "", True, ("", "")),
        ("Q4", "Given back", True, ("", "Search 1 Nov – 30 Nov. Given back")),
        ("", "Counted again", False, ("Counted again", "")),
    ],
)
def test_entry_says_its_search_once(
    name: str, note: str, has_search: bool, expected: tuple[str, str]
) -> None:
    export = uuid4()
    search = Search(start_on=dt.date(2026, 11, 1), end_on=dt.date(2026, 11, 30))
    entry = QuotaEntry(
        grant=FeedGrant(), kind="reserve", rows=5, used_after=5, export=export if name else None
    )
    entry.note, entry.search = note, search if has_search else None
    names: dict[UUID, str] = {export: name} if name else {}
    row = make_ledger_row(entry, names)
    assert (row.note, row.search_note) == expected
    assert (row.sign, row.left, row.is_export_gone) == ("+", None, False)
    assert make_ledger_row(entry, {}).is_export_gone == bool(name)


@pytest.mark.parametrize(
    ("count", "words", "file"),
    [
        (1, "1 entry", "CSV of 1"),
        (1234, "1,234 entries", "CSV of 1,234"),
        (MOST_COUNTED + 1, "More than 10,000 entries", "CSV of all"),
    ],
)
def test_audit_log_says_how_much_there_is(count: int, words: str, file: str) -> None:
    event = AuditEvent(action="Signed in", target="", detail="from a new browser")
    found = make_event_list(EventPage([event], has_newer=False, has_older=True), count)
    assert (found.count_words, found.download_words) == (words, file)
    assert (found.newer, found.older) == (None, event.pk)
    assert found.rows[0].what == "from a new browser"


# --- Webhooks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "shape", "answer"),
    [
        ({"state": "delivered", "attempts": 1, "last_status": 204}, "ok", "204"),
        ({"state": "failed", "attempts": 8}, "bad", "None"),
        ({"state": "failed"}, "bad", "Not sent"),
        ({"state": "waiting", "tries": 1, "attempts": 1}, "warn", "None"),
        ({"state": "waiting"}, "none", ""),
    ],
)
def test_delivery_in_words(fields: dict[str, Any], shape: str, answer: str) -> None:
    row = make_delivery_row(WebhookDelivery(url="https://hooks.example.com/x", **fields))
    assert (row.state.shape, row.answer, row.receiver) == (shape, answer, "hooks.example.com")


def test_secret_says_since_when_it_is_in_use() -> None:
    current = WebhookSecret(created_at=NOW)
    assert describe_secret(None, None) == "Made when it is first needed."
    assert describe_secret(current, None) == "In use since 30 Nov 09:41 UTC."
    rotated = describe_secret(current, NOW + dt.timedelta(days=1))
    assert (
        rotated == "Rotated on 30 Nov 09:41; the previous secret also signs until 1 Dec 09:41 UTC."
    )
