"""The audit log as people read it."""

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest

from contacthub.core import clock
from contacthub.organizations.audit import Actor, record_event
from contacthub.organizations.models import ActorKind, AuditEvent, Organization, User
from contacthub.web.views.settings.audit_view import list_changes
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
LIST = "/settings/audit/"
FILE = "/settings/audit/audit.csv"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def words_of(response: Any) -> str:
    page = text_of(response)
    table = page.split('id="events"')[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", table))


@pytest.fixture
def events(acme: Organization, globex: Organization, alice: User, bob: User) -> list[AuditEvent]:
    as_bob = Actor.of(bob, address="10.20.7.14")
    made = [
        record_event(
            organization=acme,
            actor=as_bob,
            action="Exported",
            target="Week 46",
            detail="24 Oct – 20 Nov",
            rows=131_192,
            has_personal_data=True,
        ),
        record_event(
            organization=acme,
            actor=Actor.of(alice),
            action="Changed feed limits",
            target="Payroll",
            changes={"export_row_limit": [200_000, None], "is_pii_enabled": [False, True]},
        ),
        record_event(
            organization=acme,
            actor=Actor(name="Key “CRM”", kind=ActorKind.KEY, ref="ch_0123"),
            action="Was refused",
            target="Reveal",
            is_refused=True,
        ),
    ]
    record_event(organization=globex, actor=Actor(name="Charlie"), action="Exported", target="Mine")
    return made


def test_list_shows_who_did_what(events: list[AuditEvent], alice: User):
    page = words_of(sign_in(alice).get(LIST))
    assert re.search(
        r"Bob bob@acme.example Exported Week 46, 24 Oct – 20 Nov 131,192 rows PII 10\.20\.7\.14",
        page,
    )
    assert "Payroll PII: no → yes Row limit: 200,000 → no limit" in page
    assert "Key “CRM” ch_0123 Was refused" in page
    assert "Mine" not in page


def test_refused_events_are_marked(events: list[AuditEvent], alice: User):
    page = text_of(sign_in(alice).get(LIST))
    assert '<span class="ch-tag is-bad">Was refused</span>' in page
    assert page.count("ch-tag is-bad") == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "bob"}, {"Week 46"}),
        ({"action": "Was refused"}, {"Reveal"}),
        ({"q": "payROLL"}, {"Payroll"}),
        ({"personal": "on"}, {"Week 46"}),
        ({"personal": "on", "actor": "alice"}, set()),
        ({"actor": "system:Charlie"}, set()),
        ({"since": "2020-01-01", "actor": "bob"}, {"Week 46"}),
        ({"actor": "key:ch_0123"}, {"Reveal"}),
        ({"until": "2020-01-01"}, set()),
    ],
)
def test_filters_narrow_the_list(
    events: list[AuditEvent], alice: User, query: dict[str, str], found: set[str]
):
    people = {f"{person.name.lower()}": f"person:{person.pk}" for person in User.objects.all()}
    query = {name: people.get(value, value) for name, value in query.items()}
    response = sign_in(alice).get(LIST, query)
    page = words_of(response)
    assert {word for word in ("Week 46", "Payroll", "Reveal") if word in page} == found
    if not found:
        assert "No entries match" in page
    for name, value in query.items():
        if name in ("actor", "action"):
            chosen = rf'<option( value="{value}")? selected>'
            assert re.search(chosen, text_of(response)) or not found


def test_today_is_inside_since_and_until_today(events: list[AuditEvent], alice: User):
    today = clock.today().isoformat()
    page = words_of(sign_in(alice).get(LIST, {"since": today, "until": today}))
    assert "Week 46" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"q": "week\x00"}, "Text: Null characters are not allowed."),
        ({"since": "yesterday"}, "From: Enter a day such as 2026-11-20."),
        ({"until": "2026-13-01"}, "To: Enter a day such as 2026-11-20."),
        ({"actor": "Bob"}, "Who: Choose someone from the list."),
        ({"actor": "person:"}, "Who: Choose someone from the list."),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "To: This day is before the first one."),
    ],
)
def test_days_that_cannot_be_read_are_said(
    events: list[AuditEvent], alice: User, query: dict[str, str], words: str
):
    for url in (LIST, FILE):
        response = sign_in(alice).get(url, query)
        assert response.status_code == 422
        assert words.split(": ")[1] in words_of(response)
        assert "Week 46" not in words_of(response), "nothing is shown as if it were the answer"


def test_pages_lead_from_one_to_the_next(acme: Organization, alice: User):
    start = clock.now() - dt.timedelta(days=1)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            organization=acme,
            actor_name="System",
            action="Did",
            target=f"thing {number:03}",
            at=start + dt.timedelta(seconds=number),
        )
        for number in range(120)
    )
    client = sign_in(alice)
    seen: list[str] = []
    url = f"{LIST}?action=Did"
    for count in (50, 50, 20):
        page = text_of(client.get(url))
        things = re.findall(r"thing \d+", page.split("<tbody>")[1])
        assert len(things) == count
        assert "120 entries" in words_of(client.get(url))
        seen += things
        older = re.search(r'href="([^"]+)">Older', page)
        url = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"thing {number:03}" for number in reversed(range(120))]
    assert not url
    newer = re.search(r'href="([^"]+)">Newer', page)
    assert newer
    middle = text_of(client.get(newer[1].replace("&amp;", "&")))
    assert re.findall(r"thing \d+", middle.split("<tbody>")[1]) == seen[50:100]


def test_place_that_cannot_be_read_is_the_first_page(events: list[AuditEvent], alice: User):
    assert "Week 46" in words_of(sign_in(alice).get(LIST, {"before": "x"}))


def test_log_downloads_what_the_filters_find(events: list[AuditEvent], alice: User):
    response = sign_in(alice).get(FILE, {"q": "payroll", "before": str(events[0].pk)})
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(body))
    assert (line["actor"], line["target"]) == ("Alice", "Payroll")
    assert line["changes"] == "PII: no → yes; Row limit: 200,000 → no limit"
    event = AuditEvent.objects.get(action="Downloaded audit log")
    assert (event.detail, event.rows) == ("text payroll", 1)


def test_htmx_gets_the_list_alone(events: list[AuditEvent], alice: User):
    response = sign_in(alice).get(LIST, headers={"HX-Request": "true"})
    assert text_of(response).startswith('<div id="events">')
    assert "HX-Request" in response["Vary"]


def test_names_cannot_become_markup(acme: Organization, alice: User):
    record_event(organization=acme, actor=Actor(name="<script>x"), action="Did", target="<img>")
    page = text_of(sign_in(alice).get(LIST))
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert "<img>" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": ["member", "admin"]}, [("Role", "member", "admin")]),
        ({"lookback_days": [30, 1000]}, [("Look-back", "30 days", "1,000 days")]),
        ({"export_row_limit": [None, 0]}, [("Row limit", "no limit", "0")]),
        ({"webhook": [None, "set"]}, [("Webhook", "not set", "set")]),
        ({"odd": "no pair"}, []),
        ({}, []),
    ],
)
def test_changes_in_words(changes: dict[str, Any], words: list[tuple[str, str, str]]):
    assert list_changes(AuditEvent(changes=changes)) == words
