"""The page of the waterfall, and what the page that starts a list says before anything is spent."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacthub.credentials.connections import actions as connection_actions
from contacthub.credentials.models import Connection
from contacthub.enrichment.actions.drafts import create_draft_from_text
from contacthub.enrichment.models import EnrichmentBatch, Waterfall, WaterfallStep
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.conftest import sign_in
from tests.credentials.connecting import add

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/waterfall/"


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send no rings."""
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def connections(acme: Organization) -> list[Connection]:
    return [add(acme, name="First"), add(acme, name="Second")]


def save(client: Client, connections: list[Connection], **changes: str) -> Any:
    chosen = {
        f"{section}_{place}": str(each.pk)
        for section in ("pii", "emails", "phones")
        for place, each in enumerate(connections)
    }
    rules = {f"{section}_rule": "first" for section in ("pii", "emails", "phones")}
    return client.post(ADDRESS, {**chosen, **rules, "lookup_limit": "1,000", **changes})


def test_order_rule_and_limit_are_saved_and_shown(
    alice: User, connections: list[Connection]
) -> None:
    client = sign_in(alice)
    # A place that is left open closes up.
    reply = save(client, connections, pii_0="", emails_rule="valid", lookup_limit="2,500")
    assert reply.status_code == 302
    rules = Waterfall.objects.get()
    assert (rules.lookup_limit, rules.emails_rule, rules.pii_rule) == (2500, "valid", "first")
    steps = WaterfallStep.objects.order_by("section", "position")
    assert list(steps.values_list("section", "position", "connection__name")) == [
        ("emails", 1, "First"),
        ("emails", 2, "Second"),
        ("phones", 1, "First"),
        ("phones", 2, "Second"),
        ("pii", 1, "Second"),
    ]
    assert '<option value="valid" selected>' in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize(
    "changes", [{"lookup_limit": "0"}, {"lookup_limit": "many"}, {"emails_rule": "never"}]
)
def test_what_cannot_be_comes_back(
    alice: User, connections: list[Connection], changes: dict[str, str]
) -> None:
    assert save(sign_in(alice), connections, **changes).status_code == 422
    assert not WaterfallStep.objects.exists()


def test_one_connection_twice_or_another_organizations_is_refused(
    alice: User, connections: list[Connection], globex: Organization
) -> None:
    twice = save(sign_in(alice), connections, phones_1=str(connections[0].pk))
    assert twice.status_code == 422
    assert "section can have a connection only once" in twice.content.decode()
    theirs = add(globex, name="Theirs")
    assert save(sign_in(alice), connections, pii_0=str(theirs.pk)).status_code == 422
    assert not WaterfallStep.objects.exists()


def test_without_a_vendor_there_is_nothing_to_order(alice: User) -> None:
    assert "No vendor to query yet" in sign_in(alice).get(ADDRESS).content.decode()


def test_vendor_that_knows_no_ids_stands_where_it_has_something(
    alice: User, acme: Organization, connections: list[Connection]
) -> None:
    nordics = add(acme, vendor="richutilities", name="Nordics")
    client = sign_in(alice)
    page = client.get(ADDRESS).content.decode()
    assert page.count(f'value="{nordics.pk}"') == 3 * 2
    assert "Nordics knows no contact ids" in page
    assert save(client, connections, pii_0=str(nordics.pk)).status_code == 422
    assert save(client, connections, phones_2=str(nordics.pk)).status_code == 302
    assert WaterfallStep.objects.get(connection=nordics).section == "phones"


def make_draft(organization: Organization, user: User, count: int = 12) -> EnrichmentBatch:
    ids = " ".join(f"id_{key:016x}" for key in range(1, count + 1))
    return create_draft_from_text(organization=organization, actor=Actor.of(user), text=ids)


def test_quote_states_the_most_lookups_and_asks_nobody_by_itself(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    address = reverse("enrichment-check", args=[batch.pk])
    text = re.sub(r"<[^>]+>|\s+", " ", sign_in(bob).get(address).content.decode())
    assert re.search(r"First\s+up to 12\s+Second\s+up to 12", text)
    assert "Try 10 rows, up to 20 lookups" in text
    assert re.search(r"Run with vendors\s*12 rows, up to 24 lookups", text)
    assert re.search(r"Rows this is enough for\s+all 12", text)
    form = {"sections": ["pii", "emails"], "format": "csv"}
    sign_in(bob).post(address, {**form, "lookup_limit": "24"})
    batch.refresh_from_db()
    assert (batch.plan, batch.lookup_limit) == ({}, 0)


def words_of(page: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page)


def test_quote_follows_the_sections_and_leaves_out_who_is_not_asked(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    first, second = connections
    # First stands at two places, nobody at e-mails, Second behind it for phones alone.
    save(
        sign_in(alice),
        connections,
        pii_1="",
        emails_0="",
        emails_1="",
        phones_0=str(second.pk),
        phones_1=str(first.pk),
    )
    batch = make_draft(acme, bob)
    address = reverse("enrichment-quote", args=[batch.pk])
    client = sign_in(bob)

    def quote(sections: list[str], **limit: str) -> str:
        return client.get(address, {"sections": sections, **limit}).content.decode()

    whole = quote(["pii", "emails", "phones"])
    assert re.search(r"First\s+up to 24\s+Second\s+up to 12\s+.*up to 36", words_of(whole))
    assert "The waterfall has no vendor for e-mails." in whole
    assert 'value="36"' in whole
    one = quote(["phones"])
    assert re.search(r"Second\s+up to 12\s+First\s+up to 12", words_of(one))
    # A section without anybody in line costs nothing, and neither does none at all.
    for sections in (["emails"], []):
        none = quote(sections)
        assert "up to 0" in none
        assert re.search(r'value="vendors"\s+disabled', none)
    # The number of the last quote follows, also back from none; what a person entered stays in its field.
    for untouched in ("36", "0"):
        followed = quote(["pii"], lookup_limit=untouched, quoted_lookups=untouched)
        assert re.search(r'name="lookup_limit"[^>]*value="12"[^>]*hx-swap-oob', followed)
        assert "data-invalid" not in followed
    for typed in ("5", "9,999"):
        kept = quote(["pii"], lookup_limit=typed, quoted_lookups="36")
        assert 'name="lookup_limit"' not in kept
    assert "This enrichment needs at most 12." in kept
    connection_actions.pause_connection(
        organization=acme, actor=Actor.of(alice), connection_id=first.pk
    )
    paused = words_of(quote(["pii", "phones"]))
    assert re.search(r"First\s+paused, not asked\s+0\s+Second\s+up to 12\s+.*up to 12", paused)


@pytest.mark.parametrize(("limit", "kept"), [("5", 5), ("9,999", 24), ("", None), ("0", None)])
def test_vendors_are_asked_within_the_limit_of_the_form(
    alice: User,
    bob: User,
    acme: Organization,
    connections: list[Connection],
    limit: str,
    kept: int | None,
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    form = {"sections": ["pii"], "format": "csv", "source": "vendors", "lookup_limit": limit}
    reply = sign_in(bob).post(reverse("enrichment-check", args=[batch.pk]), form)
    batch.refresh_from_db()
    assert reply.status_code == (302 if kept else 422)
    assert batch.lookup_limit == (kept or 0)
    assert list(batch.plan.get("sections", {})) == (["pii"] if kept else [])


def test_a_typed_limit_changes_the_quote_to_what_it_reaches(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    client, address = sign_in(bob), reverse("enrichment-quote", args=[batch.pk])
    asked = {"sections": ["pii"], "quoted_lookups": "24"}
    text = words_of(client.get(address, {**asked, "lookup_limit": "5"}).content.decode())
    assert re.search(
        r"First\s+up to 5\s+Second\s+up to 5\s+Vendors\s+limit of an enrichment 1,000\s+up to 5",
        text,
    )
    # Each row takes one lookup or two, one for each vendor.
    assert re.search(
        r"Rows this is enough for\s+3 to 5 of 12\s+Not asked\s+limit reached\s+up to 9", text
    )
    assert re.search(r"Run with vendors\s*12 rows, up to 5 lookups", text)
    assert "Try 10 rows, up to 5 lookups" in text
    start = {"sections": ["pii"], "format": "csv", "source": "vendors", "lookup_limit": "5"}
    client.post(reverse("enrichment-check", args=[batch.pk]), start)
    batch.refresh_from_db()
    assert batch.lookup_limit == 5


@pytest.mark.parametrize("typed", ["abc", "0", "-3", "1.5", "", "2,000,000", "9" * 40, "a\x00"])
def test_a_wrong_limit_is_told_beside_its_field(
    alice: User, bob: User, acme: Organization, connections: list[Connection], typed: str
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    client, sent = (
        sign_in(bob),
        {"sections": ["pii"], "quoted_lookups": "24", "lookup_limit": typed},
    )
    page = client.get(reverse("enrichment-quote", args=[batch.pk]), sent).content.decode()
    note = page[page.index('id="lookup_limit-note"') :]
    assert "data-invalid" in note[:140]
    assert re.search(r"Enter (a whole number|1 to 1,000,000 lookups)\.", note)
    assert 'name="lookup_limit"' not in page, "the field with its text stays"
    for source in ("vendors", "trial"):
        assert re.search(rf'value="{source}"\s+disabled', page)
    assert not re.search(r'value="own"[^>]*disabled', page)
    assert "up to 24 lookups" not in words_of(page)
    check = reverse("enrichment-check", args=[batch.pk])
    posted = client.post(check, {**sent, "format": "csv", "source": "vendors", "name": "Mine"})
    page = posted.content.decode()
    assert posted.status_code == 422
    shown = typed.replace("\x00", "\ufffd")[:24]
    assert re.search(rf'name="lookup_limit"[^>]*value="{shown}"[^>]*aria-invalid="true"', page)
    assert 'value="Mine"' in page
    assert client.post(check, {**sent, "format": "csv", "source": "own"}).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.lookup_limit) == ("running", 0)


def test_trial_button_carries_what_the_first_rows_may_take(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    save(sign_in(alice), connections)
    same = " ".join(f"id_{1:016x}" for _ in range(8))
    text = f"{same} nonsense {' '.join(f'id_{key:016x}' for key in range(1, 9))}"
    batch = create_draft_from_text(organization=acme, actor=Actor.of(bob), text=text)
    client, check = sign_in(bob), reverse("enrichment-check", args=[batch.pk])
    page = words_of(client.get(check).content.decode())
    words = re.search(r"Try (\d+) rows, up to (\d+) lookups", page)
    assert words is not None
    client.post(
        check,
        {
            "sections": ["pii", "emails", "phones"],
            "format": "csv",
            "source": "trial",
            "lookup_limit": "100",
        },
    )
    trial = EnrichmentBatch.objects.get(origin=batch)
    assert (trial.row_count, trial.lookup_limit) == (int(words[1]), int(words[2])) == (10, 2)


def test_running_again_carries_what_is_left_of_the_limit(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    client = sign_in(bob)
    form = {"sections": ["pii"], "format": "csv", "source": "vendors", "lookup_limit": "9"}
    client.post(reverse("enrichment-check", args=[batch.pk]), form)
    client.post(reverse("enrichment-cancel", args=[batch.pk]))
    EnrichmentBatch.objects.update(lookups_spent=4)
    detail = reverse("enrichment-detail", args=[batch.pk])
    assert "Run again, up to 5 lookups" in words_of(client.get(detail).content.decode())


def test_trial_is_a_list_of_its_own(
    alice: User, bob: User, acme: Organization, connections: list[Connection]
) -> None:
    save(sign_in(alice), connections)
    batch = make_draft(acme, bob)
    form = {"sections": ["pii"], "format": "csv", "source": "trial", "lookup_limit": "24"}
    reply = sign_in(bob).post(reverse("enrichment-check", args=[batch.pk]), form)
    trial = EnrichmentBatch.objects.get(origin=batch)
    assert reply["Location"] == reverse("enrichment-detail", args=[trial.pk])
    assert (trial.row_count, trial.lookup_limit, trial.state) == (10, 20, "running")
    batch.refresh_from_db()
    assert batch.state == "draft"
