"""Four companies, five contacts, and programs that speak Letrics both ways."""

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from contacthub.organizations.models import Organization
from tests.api.conftest import Program
from tests.contacts.files import Row, take_in

HALDEN: Row = {
    "id": 11,
    "name": "Halden Robotics",
    "domain": "haldenrobotics.no",
    "industries": ["Robotics", "Manufacturing"],
    "functions": ["Engineering", "Sales"],
    "technologies": ["Python", "PostgreSQL"],
    "location": {"city": "Oslo", "country": "Norway"},
    "linkedin_url": "https://www.linkedin.com/company/halden",
    "has_generic_email": True,
    "created_at": "2026-01-10T00:00:00Z",
}
BAY: Row = {
    "id": 12,
    "name": "Bay Metrics",
    "domain": "baymetrics.com",
    "industries": ["Software"],
    "functions": ["Marketing"],
    "technologies": ["Snowflake", "Python"],
    "location": {"city": "San Francisco", "state": "California", "country": "United States"},
    "created_at": "2026-02-10T12:00:00Z",
}
THAMES: Row = {
    "id": 13,
    "name": "Thames Foods",
    "domain": "thamesfoods.co.uk",
    "industries": ["Food"],
    "functions": ["Sales"],
    "technologies": ["SAP"],
    "location": {"city": "London", "state": "Greater London", "country": "United Kingdom"},
    "created_at": "2026-03-10T00:00:00Z",
}
RIO: Row = {
    "id": 14,
    "name": "Rio Dados",
    "domain": "riodados.com.br",
    "location": {"city": "Rio de Janeiro", "country": "Brazil"},
    "created_at": "2026-04-10T00:00:00Z",
}
CONTACTS: tuple[Row, ...] = (
    {
        "id": 101,
        "full_name": "Ingrid Solheim",
        "first_name": "Ingrid",
        "last_name": "Solheim",
        "job_title": "Finance Manager",
        "department": "Finance",
        "seniority": "Manager",
        "is_decision_maker": True,
        "linkedin_url": "https://www.linkedin.com/in/ingrid",
        "emails": [
            {"email": "ingrid@haldenrobotics.no", "type": "work"},
            {"email": "ingrid@home.example", "type": "personal"},
        ],
        "company": HALDEN,
    },
    {
        "id": 102,
        "full_name": "Bob Stone",
        "job_title": "VP Engineering",
        "department": "Engineering",
        "seniority": "VP",
        "linkedin_url": "https://www.linkedin.com/in/bob",
        "emails": [{"email": "bob@baymetrics.com", "type": "work"}],
        "company": BAY,
    },
    {
        "id": 103,
        "full_name": "Carla Day",
        "job_title": "Sales manager, 100% EMEA",
        "department": "Sales",
        "seniority": "Manager",
        "emails": [{"email": "carla@home.example", "type": "personal"}],
        "company": THAMES,
    },
    {
        "id": 104,
        "full_name": "Davi Luz",
        "job_title": "Analyst",
        "department": "finance",
        "seniority": "Junior",
        "company": RIO,
    },
    {"id": 105, "full_name": "Eve Solo", "email": "eve@solo.example"},
)


def by_header(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_header, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_header, globex_key)


@pytest.fixture
def world(db: None, tmp_path: Path) -> None:
    """Import the contacts for everybody."""
    report = take_in(tmp_path, *CONTACTS)
    assert report.inserted == len(CONTACTS), report


@pytest.fixture
def private(acme: Organization, tmp_path: Path) -> None:
    """Import one contact that only acme sees."""
    company = {"id": 19, "name": "Secret AS", "domain": "secret.no", "technologies": ["Python"]}
    row = {"id": 109, "full_name": "Own Contact", "job_title": "Manager", "company": company}
    take_in(tmp_path, row, organization=acme)


CONTACT_PATH, COMPANY_PATH = "/api/contacts", "/api/companies"


def ask(program: Program, path: str, **wanted: Any) -> HttpResponse:
    """Ask with a body, then with a query, which must answer the same (the README's second decision)."""
    by_body = program.post(path, wanted)
    by_query = program.get(path, {name: _serialize(value) for name, value in wanted.items()})
    assert by_body.status_code == by_query.status_code, (by_body.content, by_query.content)
    assert by_body.content == by_query.content
    return by_body


def _serialize(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def contacts(program: Program, **wanted: Any) -> list[int]:
    """Return the ids of the contacts that are found."""
    return _ids(ask(program, CONTACT_PATH, **wanted))


def companies(program: Program, **wanted: Any) -> list[int]:
    """Return the ids of the companies that are found."""
    return _ids(ask(program, COMPANY_PATH, **wanted))


def _ids(response: HttpResponse) -> list[int]:
    assert response.status_code == 200, response.content
    return [item["id"] for item in response.json()["data"]]
