"""Text is found in any case, with or without accents, on the pages and over the protocols."""

import re
import shutil
import unicodedata
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from contacthub.contacts import actions, search
from contacthub.contacts.filters import CompanyFilters, ContactFilters
from contacthub.contacts.models import CompanyFacts, Contact, ContactFacts
from contacthub.contacts.sql.folding import make_key
from contacthub.core.text import fold
from contacthub.organizations.models import Organization, User
from tests.api.conftest import Program
from tests.api.conftest import make_key as issue_key
from tests.conftest import sign_in
from tests.contacts.files import take_in

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "cases"
PEOPLE = (
    {"full_name": "Nathalie Garnier", "email": "nathalie@garnier.example", "department": "Éclairage"},
    {"full_name": "Kari Åkesson", "email": "kari@xn--mller-kva.example", "job_title": "Café Manager"},
    {"full_name": "Søren Łukasz", "email": "soren@x.example"},
)  # fmt: skip


def take_in_cases(folder: Path) -> None:
    for name in ("case_names.csv", "nfd_names.csv"):
        shutil.copy(CASES / name, folder)
        actions.import_contacts(path=folder / name, organization=None)
    take_in(folder, *PEOPLE)


# What is typed, and the names that are found.
NAMES = {
    "ΓΙΏΡΓΟΣ": ["Γιώργος Αθανασίου"],
    "γιωργος": ["Γιώργος Αθανασίου"],
    "αθανασίου γιώργος": ["Γιώργος Αθανασίου"],
    "STRASSER": ["Jörg Straßer"],
    "jorg straßer": ["Jörg Straßer"],
    "inci yildirim": ["İnci Yıldırım"],
    "İNCİ": ["İnci Yıldırım"],
    "Björk Ängström": ["Björk Ängström"],
    unicodedata.normalize("NFD", "Björk Ängström"): ["Björk Ängström"],
    "Bjo\u200brk": ["Björk Ängström"],
    "Garnier Nathalie": ["Nathalie Garnier"],
    "garnier, nath": ["Nathalie Garnier"],
    "Akesson": ["Kari Åkesson"],
    "MÜLLER.example": ["Kari Åkesson"],
    "soren lukasz": ["Søren Łukasz"],
    "nathalie soren": [],
    "\u200b": [],
    "´": [],
}
TITLES = {
    "διευθυντής": ["Γιώργος Αθανασίου"],
    "ΔΙΕΥΘΥΝΤΗΣ ΠΩΛ": ["Γιώργος Αθανασίου"],
    "mudur": ["İnci Yıldırım"],
    "CAFE": ["Kari Åkesson"],
    "manager cafe": [],
}


def names_on(page: Any) -> list[str]:
    found = re.findall(
        r'<th scope="row"[^>]*>\s*<a href="[^"]*">([^<]*)</a>', page.content.decode()
    )
    return [unicodedata.normalize("NFC", name) for name in found]


def names_in(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [unicodedata.normalize("NFC", each["full_name"]) for each in response.json()["data"]]


def test_names_and_titles_are_found_on_pages_and_over_protocols(
    acme: Organization, bob: User, tmp_path: Path
) -> None:
    take_in_cases(tmp_path)
    client = sign_in(bob)
    _, key = issue_key(acme)
    program = Program(lambda key: {"Authorization": f"Bearer {key}"}, key)
    for typed, names in NAMES.items():
        # A zero-width space alone is no text on a page, which strips it.
        if fold(typed):
            assert names_on(client.get("/contacts/", {"q": typed})) == names, typed
        # Over a protocol it is an empty text, which asks for nothing.
        if typed != "\u200b":
            assert names_in(program.get("/v1/contacts", {"q": typed})) == names, typed
    for typed, names in TITLES.items():
        assert names_on(client.get("/contacts/", {"title": typed})) == names, typed
        assert names_in(program.get("/v1/contacts", {"job_title": typed})) == names, typed
        assert names_in(program.post("/api/contacts", {"job_titles": [typed]})) == names, typed
    # Any case is the vendor's word for Rich Utilities' department; Letrics takes whole values exactly.
    assert names_in(program.get("/v1/contacts", {"department": "ECLAIRAGE"})) == [
        "Nathalie Garnier"
    ]
    assert names_in(program.post("/api/contacts", {"departments": ["eclairage"]})) == []
    assert names_on(client.get("/contacts/", {"department": "eclairage"})) == ["Nathalie Garnier"]


def test_whole_values_are_found_in_any_case_on_pages(
    acme: Organization, bob: User, tmp_path: Path
) -> None:
    company = {
        "domain": "a.example", "name": "Åkers Ljus", "functions": ["Försäljning"],
        "industries": ["Éclairage"], "technologies": ["dbt Cloud"],
    }  # fmt: skip
    take_in(
        tmp_path,
        {"full_name": "Ann", "seniority": "C-Level", "company": company},
        {"full_name": "Bo", "company": {"domain": "b.example", "industries": ["Cloud"]}},
    )
    client = sign_in(bob)
    for query in (
        {"seniority": "c-level"}, {"function": "FORSALJNING"}, {"industry": "eclairage"},
        {"technology": "DBT CLOUD"}, {"company_name": "ljus akers"},
    ):  # fmt: skip
        assert names_on(client.get("/contacts/", query)) == ["Ann"], query
    not_so = {"industry": "ECLAIRAGE", "industry_is": "not"}
    assert names_on(client.get("/contacts/", not_so)) == ["Bo"]
    assert names_on(client.get("/companies/", {"industry": "eclairage"})) == ["Åkers Ljus"]
    assert names_on(client.get("/companies/", {"q": "akers"})) == ["Åkers Ljus"]
    # The protocols' filters stay exact.
    exact = ContactFilters(company=CompanyFilters(industries=("eclairage",)))
    assert search.list_contacts(organization=acme, filters=exact).items == []


def test_keys_hold_a_domain_in_both_scripts() -> None:
    key = make_key("ann@xn--mller-kva.example")
    assert key == "ann@xn--mller-kva.example ann@muller.example"
    assert make_key("xn--\u0378 x") == fold("xn--\u0378 x") + " " + fold("xn--\u0378 x")
    assert make_key("Ann  Berg") == "ann berg"


def test_stored_rows_get_the_keys_that_an_import_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in_cases(tmp_path)
    models = (CompanyFacts, ContactFacts)
    made = [list(model.objects.order_by("pk").values()) for model in models]
    CompanyFacts.objects.update(company_text="", company_words=None, company_places=None)
    ContactFacts.objects.update(
        name_text="", title_text="", email_text="", department_text=None, company_words=None
    )
    migration = import_module("contacthub.contacts.migrations.0006_search_keys")
    # Two steps, wherever the numbers of this database have got to.
    monkeypatch.setattr(migration, "STEP", Contact.objects.order_by("pk")[2].pk)
    with connection.schema_editor(atomic=False) as editor:
        migration.make_keys(None, editor)
    assert [list(model.objects.order_by("pk").values()) for model in models] == made
    assert Contact.objects.count() == len(made[1]) > 2
