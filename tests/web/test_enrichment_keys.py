"""From a file of e-mails, names and links to its matches, the choices and the file, as people see it."""

import csv
import hashlib
import io
from typing import Any

import pytest
from django.test import Client

from contacthub.core.public_ids import format_contact_id
from contacthub.enrichment.actions import mapping
from contacthub.enrichment.models import ColumnMapping, EnrichmentBatch, EnrichmentRow
from contacthub.enrichment.preparing import MatchList
from contacthub.jobs.models import Job
from contacthub.jobs.runner import perform
from contacthub.organizations.models import AuditEvent, Membership, Organization, User
from contacthub.organizations.rights import Right
from tests.conftest import sign_in
from tests.enrichment.builders import content, run
from tests.enrichment.people import import_people, person
from tests.web.test_enrichment import NEW, at, text_of, upload

pytestmark = pytest.mark.django_db

ANNA, BO, KARI, TWIN = 0x31, 0x32, 0x33, 0x34
OFFICE = "office@nordwind.example"


@pytest.fixture(autouse=True)
def quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacthub.jobs.doorbell.ring", len)


@pytest.fixture
def people(acme: Organization) -> None:
    company = {"domain": "nordwind.example", "name": "Nordwind AS"}
    import_people(
        [
            person(ANNA, "Anna Berg", emails=["anna@nordwind.example", OFFICE], company=company),
            person(BO, "Bo Lund", emails=["bo@nordwind.example", OFFICE], company=company),
            person(KARI, "Kari Vik", emails=["kari@fjord.example"], phones=["+4722334418"]),
        ]
    )


def post_map(client: Client, batch: EnrichmentBatch, *uses: str, **more: str) -> Any:
    return client.post(at("map", batch), {"uses": uses, **more})


def ambiguous(client: Client) -> EnrichmentBatch:
    """Upload a list with two ambiguous rows, one with a clear candidate, and map it."""
    data = f"Mail;Name;Note\n{OFFICE};Bo Lund;a\n{OFFICE};;b\nkari@fjord.example;;c\nx;;d\nno@x.example;;e\n"
    upload(client, data.encode(), "Fair.csv")
    batch = EnrichmentBatch.objects.latest("created_at")
    response = post_map(client, batch, "email", "full_name", "")
    assert response["Location"] == at("match", batch)
    return batch


def start_free(client: Client, batch: EnrichmentBatch) -> list[dict[str, str]]:
    """Run a list in the own catalog and return the rows of its file."""
    response = client.post(
        at("check", batch), {"sections": ["emails"], "format": "csv", "name": "", "source": "own"}
    )
    assert response.status_code == 302, text_of(response)
    done = run(EnrichmentBatch.objects.get(pk=batch.pk))
    return list(csv.DictReader(io.StringIO(content(done).decode("utf-8-sig"))))


def test_file_of_e_mails_is_guessed_matched_and_answered(bob: User, people: None) -> None:
    client = sign_in(bob)
    data = (
        "E-Mail,Notiz\nANNA@nordwind.example,x\n,leer\nbo@nordwind.example,\n"
        "Anna@Nordwind.example,again\nzz,bad\n"
    )
    upload(client, data.encode())
    batch = EnrichmentBatch.objects.get()
    page = text_of(client.get(at("map", batch)))
    assert "1 column recognized: “E-Mail” as e-mail." in page
    assert "Likely" in page or "Certain" in page
    response = post_map(client, batch, "email", "")
    assert response["Location"] == at("check", batch)
    page = text_of(client.get(at("check", batch)))
    assert "2 different contacts in 5 rows." in page
    assert "by e-mail" in page
    assert "E-mail is not an e-mail address" in page
    rows = start_free(client, batch)
    assert [(row["E-Mail"], row["Notiz"]) for row in rows] == [
        ("ANNA@nordwind.example", "x"),
        ("", "leer"),
        ("bo@nordwind.example", ""),
        ("Anna@Nordwind.example", "again"),
        ("zz", "bad"),
    ]
    assert [(row["match"], row["matched_by"], row["matched_contact_id"]) for row in rows] == [
        ("matched", "E-mail", format_contact_id(ANNA)),
        ("rejected", "", ""),
        ("matched", "E-mail", format_contact_id(BO)),
        ("matched", "E-mail", format_contact_id(ANNA)),
        ("rejected", "", ""),
    ]
    assert [row["outcome"] for row in rows] == ["found", "malformed", "found", "found", "malformed"]
    assert AuditEvent.objects.get(action="Matched list").detail == "by E-mail"
    rejects = b"".join(client.get(at("rejects", batch)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "3,has no key,,leer" in rejects
    assert "E-mail is not an e-mail address like name@example.com,zz,bad" in rejects


def test_mapping_is_saved_for_the_organization_and_offered_again(
    bob: User, olga: User, people: None
) -> None:
    client = sign_in(bob)
    upload(client, b"A;B\nanna@nordwind.example;x\n", "First.csv")
    first = EnrichmentBatch.objects.get()
    post_map(client, first, "email", "company", keeps_mapping="on")
    assert post_map(client, first, "email", "", keeps_mapping="on").status_code == 302
    assert ColumnMapping.objects.get().uses == {"a": "email"}
    other = sign_in(olga)
    upload(other, b"b;a;c\n1;2;3\n", "No.csv")
    upload(other, b"b;a\nx;kari@fjord.example\n", "Second.csv")
    second = EnrichmentBatch.objects.latest("created_at")
    page = other.get(at("map", second))
    assert "Mapped as" in text_of(page)
    assert "mapped First.csv." in text_of(page)
    assert [uses.is_used for uses in page.context["columns"]] == [False, True]


def test_another_organizations_mapping_is_unknown(bob: User, charlie: User, people: None) -> None:
    client = sign_in(bob)
    upload(client, b"A;B\nanna@nordwind.example;x\n")
    post_map(client, EnrichmentBatch.objects.get(), "email", "", keeps_mapping="on")
    stranger = sign_in(charlie)
    upload(stranger, b"A;B\n1;x\n")
    batch = EnrichmentBatch.objects.latest("created_at")
    assert batch.organization.slug != "acme"
    assert "Mapped as" not in text_of(stranger.get(at("map", batch)))


# --- Choosing -------------------------------------------------------------------------------------


def test_candidates_are_shown_with_how_alike_they_are(bob: User, people: None) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    page = text_of(client.get(at("match", batch)))
    assert "Ambiguous 2" in page
    assert "No match 1" in page
    assert "Rejected 1" in page
    assert "0 of 2 chosen" in page
    assert "Row 1 Bo Lund o•••@nordwind.example" in page
    assert "name 1.00" in page
    assert "same e-mail" in page
    assert "None of these: treat as no match" in page
    assert OFFICE not in page
    assert "The first key that finds exactly one contact decides." in page
    assert "Accept clear best candidates: 1 row" in page
    assert "Continue with 1 row" in page
    for show, words in (
        ("matched", "Row Keys Matched by Contact 3 k•••@fjord.example E-mail Kari Vik"),
        ("no_match", "n•••@x.example"),
        ("rejected", "E-mail is not an e-mail address"),
    ):
        assert words in text_of(client.get(at("match", batch), {"show": show}))
    assert client.get(at("match", batch), {"show": "x"}).status_code == 422


def test_choice_is_saved_at_once_and_stands_in_the_file(bob: User, people: None) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    choose = at("choose", batch)
    answer = client.post(
        choose, {"row": "2", "choice": format_contact_id(ANNA)}, HTTP_HX_REQUEST="true"
    )
    assert answer.status_code == 200
    assert "Chosen by Bob" in text_of(answer)
    assert "1 of 2 chosen" in text_of(answer)
    answer = client.post(choose, {"row": "1", "choice": "none"})
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{at('match', batch)}?show=ambiguous&after=0#row-1",
    )
    page = text_of(client.get(at("match", batch)))
    assert "None of these, said Bob" in page
    rows = start_free(client, batch)
    assert [(row["match"], row["matched_by"], row["outcome"]) for row in rows] == [
        ("no match", "", "no record"),
        ("matched", f"chosen by {bob.name}", "found"),
        ("matched", "E-mail", "found"),
        ("rejected", "", "malformed"),
        ("no match", "", "no record"),
    ]
    assert AuditEvent.objects.filter(action="Chose candidate").count() == 2


def test_rows_that_nobody_decides_are_left_out(bob: User, people: None) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    rows = start_free(client, batch)
    assert [(row["match"], row["outcome"]) for row in rows][:2] == [("ambiguous", "not asked")] * 2
    done = EnrichmentBatch.objects.get(pk=batch.pk)
    assert (done.left_out_count, done.answered_count) == (2, 5)
    assert "Ambiguous 2" in text_of(client.get(at("detail", batch)))


def test_choice_can_be_changed_and_repeated_contacts_count_once(bob: User, people: None) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    for row in ("1", "2"):
        client.post(at("choose", batch), {"row": row, "choice": format_contact_id(BO)})
    batch.refresh_from_db()
    assert (batch.valid_count, batch.duplicate_count, batch.ambiguous_count) == (2, 1, 0)
    client.post(at("choose", batch), {"row": "1", "choice": format_contact_id(ANNA)})
    batch.refresh_from_db()
    assert (batch.valid_count, batch.duplicate_count) == (3, 0)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"row": "2", "choice": format_contact_id(KARI)}, 302),
        ({"row": "2", "choice": ""}, 302),
        ({"row": "3", "choice": "none"}, 404),
        ({"row": "99", "choice": "none"}, 404),
        ({"row": "x", "choice": "none"}, 404),
        ({}, 404),
    ],
)
def test_only_candidates_of_the_row_can_be_chosen(
    bob: User, people: None, sent: dict[str, str], status: int
) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    assert client.post(at("choose", batch), sent).status_code == status
    assert not EnrichmentRow.objects.filter(batch=batch, matched_by="chosen").exists()


def test_clear_candidates_are_listed_before_they_are_accepted(bob: User, people: None) -> None:
    client = sign_in(bob)
    batch = ambiguous(client)
    page = text_of(client.get(at("accept", batch)))
    assert "Row 1 Bo Lund" in page
    assert "Bo Lund, Nordwind AS (name 1.00)" in page
    assert "Accept 1 candidate" in page
    refused = client.post(at("accept", batch), {"shown": "2"})
    assert refused.status_code == 422
    assert "there are 1 now. Nothing was done." in text_of(refused)
    assert not EnrichmentRow.objects.filter(batch=batch, matched_by="chosen").exists()
    assert client.post(at("accept", batch), {"shown": "1"})["Location"] == at("match", batch)
    chosen = EnrichmentRow.objects.get(batch=batch, matched_by="chosen")
    assert (chosen.ordinal, chosen.contact_key, chosen.chosen_by_name) == (1, BO, bob.name)


# --- Paste ----------------------------------------------------------------------------------------


def test_pasted_keys_of_any_kind_are_matched(bob: User, people: None) -> None:
    client = sign_in(bob)
    digest = hashlib.sha1(b"bo@nordwind.example").hexdigest().upper()
    lines = [
        f"anna@nordwind.example, {digest}",
        "Kari Vik, Nowhere",
        "+47 22 33 44 18",
        format_contact_id(BO),
        "Bo Lund; nordwind.example",
    ]
    text = "\n".join(lines)
    response = client.post(NEW, {"door": "ids", "ids": text})
    batch = EnrichmentBatch.objects.get()
    assert response["Location"] == at("check", batch)
    rows = start_free(client, batch)
    assert [(row["pasted"], row["matched_by"]) for row in rows] == [
        ("anna@nordwind.example", "E-mail"),
        (digest, "E-mail hash"),
        ("Kari Vik, Nowhere", ""),
        (rows[3]["pasted"], "Phone"),
        (format_contact_id(BO), "Contact id"),
        ("Bo Lund; nordwind.example", "Full name + domain"),
    ]


# --- Who may, and long lists ----------------------------------------------------------------------


def test_who_may_not_see_values_cannot_match_by_them(
    bob: User, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(bob)
    upload(client, b"Mail\nanna@nordwind.example\n")
    batch = EnrichmentBatch.objects.get()
    held = {role: had - {Right.VALUES} for role, had in Membership.RIGHTS.items()}
    monkeypatch.setattr(Membership, "RIGHTS", held)
    response = post_map(client, batch, "email")
    assert response.status_code == 422
    assert "Your role may not match by E-mail." in text_of(response)
    pasted = client.post(NEW, {"door": "ids", "ids": "anna@nordwind.example"})
    assert pasted.status_code == 422
    assert EnrichmentBatch.objects.count() == 1


def test_long_list_is_matched_by_a_job(
    bob: User, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MOST_AT_ONCE", 2)
    client = sign_in(bob)
    upload(client, f"m\nanna@nordwind.example\n{OFFICE}\nkari@fjord.example\n".encode())
    batch = EnrichmentBatch.objects.get()
    assert post_map(client, batch, "email")["Location"] == at("match", batch)
    page = text_of(client.get(at("match", batch)))
    assert "Matching the rows" in page
    assert client.get(at("check", batch))["Location"] == at("match", batch)
    assert "being matched" in text_of(client.post(at("delete", batch), follow=True))
    batch.refresh_from_db()
    assert batch.match_job_id
    perform(batch.match_job_id, MatchList)
    page = text_of(client.get(at("match", batch)))
    assert "Ambiguous 1" in page
    assert "Continue with 2 rows" in page


def test_cancelled_matching_can_be_mapped_again(
    bob: User, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MOST_AT_ONCE", 0)
    client = sign_in(bob)
    upload(client, b"m\nanna@nordwind.example\n")
    batch = EnrichmentBatch.objects.get()
    post_map(client, batch, "email")
    response = client.post(at("match-cancel", batch), follow=True)
    assert response.redirect_chain[-1][0] == at("map", batch)
    assert Job.objects.get(enrichment_match=batch).state == Job.State.CANCELLED
    monkeypatch.setattr(mapping, "MOST_AT_ONCE", 10)
    assert post_map(client, batch, "email")["Location"] == at("check", batch)
