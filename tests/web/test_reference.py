"""The reference pages, and the call of the API on a page."""

import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client

from contacthub.contacts.actions import import_contacts
from contacthub.contacts.filters import ContactFilters
from contacthub.credentials.actions import issue_key
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.feeds.models import FeedGrant
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from contacthub.web.calls import Call
from contacthub.web.views.catalog.api_equivalents import make_contacts_equivalent
from contacthub.web.views.catalog.contact_list import SORTS
from contacthub.web.views.catalog.keyset import read_place
from tests.conftest import sign_in, write_csv

pytestmark = pytest.mark.django_db
PLACE = read_place(QueryDict(), SORTS)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_a_page_that_names_its_document(bob: User, protocol: str) -> None:
    page = sign_in(bob).get(f"/reference/{protocol}/")
    assert page.status_code == 200
    assert f'data-document="/openapi/{protocol}.json"' in page.content.decode()


def test_unknown_protocol_is_404(bob: User) -> None:
    assert sign_in(bob).get("/reference/gopher/").status_code == 404


def test_feed_page_offers_its_own_call(bob: User, grant: FeedGrant) -> None:
    page = sign_in(bob).get(f"/feeds/{grant.feed.public_id}/?days=14").content.decode()
    assert "curl http" in page
    assert "&quot;lookback_days&quot;: 14" in page


def test_curl_survives_any_shell_character() -> None:
    call = Call("letrics", "/api/contacts", {"job_titles": ["it's $HOME `ls`"]})
    words = shlex.split(call.curl.replace("\\\n", " "))
    assert words[1] == f"{settings.BASE_URL}/api/contacts"
    assert words[-1] == '{"job_titles": ["it\'s $HOME `ls`"]}'
    assert "Authorization: Bearer $CONTACTHUB_KEY" in words


def test_python_compiles_and_names_no_key() -> None:
    call = Call("contactbased", "/organization/feeds", query={"a": "b c"})
    compile(call.python, "call.py", "exec")
    assert "/organization/feeds?a=b+c" in call.python
    assert 'os.environ["CONTACTHUB_KEY"]' in call.python


@pytest.mark.parametrize(
    ("filters", "path", "words", "left_out"),
    [
        (ContactFilters(department="Sales"), "/v1/contacts", "department=Sales", []),
        (ContactFilters(), "/v1/contacts", "exclude_stale=false", []),
        (ContactFilters(job_titles=("a", "b")), "/api/contacts", "['a', 'b']", []),
        (
            ContactFilters(verified=True, seniorities=("VP",), min_quality_score=50),
            "/v1/contacts",
            "min_quality_score=50",
            ["seniorities"],
        ),
    ],
)
def test_list_of_contacts_is_the_call_of_the_protocol_with_most_filters(
    filters: ContactFilters, path: str, words: str, left_out: list[str]
) -> None:
    equivalent = make_contacts_equivalent(filters, PLACE, per_page=50)
    assert (equivalent.call.path, equivalent.left_out) == (path, left_out)
    assert words in f"{equivalent.call.url} {equivalent.call.body}"


def test_call_of_a_list_finds_what_the_list_shows(
    bob: User, acme: Organization, tmp_path: Path
) -> None:
    path = tmp_path / "contacts.csv"
    write_csv(
        path,
        "contact_id,full_name,job_title,quality_score",
        [
            f"id_{n:016x},Person {n},{title},{n}"
            for n, title in enumerate(("Clerk", "Sales lead", "Sales head"), 1)
        ],
    )
    import_contacts(path=path, organization=acme)
    page = sign_in(bob).get("/contacts/?title=sales")
    call = page.context["api_equivalent"].call
    _, key = issue_key(organization=acme, actor=Actor.of(bob), name="Example", scopes=["all"])
    answer = Client().get(call.path, call.query, headers={"Authorization": f"Bearer {key}"})
    assert [row["full_name"] for row in answer.json()["data"]] == ["Person 3", "Person 2"]
    assert [row.item.full_name for row in page.context["table"].rows] == ["Person 3", "Person 2"]
