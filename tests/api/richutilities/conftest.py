"""Nordic contacts of four companies, and programs that speak Rich Utilities."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Program
from tests.contacts.files import Row, take_in

PATH = "/v1/contacts"

FJORD: Row = {
    "id": 21,
    "domain": "fjordsoft.no",
    "name": "Fjord Software",
    "country_code": "NO",
    "nace_codes": ["62.010", "63.1"],
}
MALMO: Row = {
    "id": 22,
    "domain": "malmobank.se",
    "name": "Malmö Bank",
    "country_code": "SE",
    "nace_codes": ["64.19"],
}
AARHUS: Row = {
    "id": 23,
    "domain": "aarhusstaal.dk",
    "name": "Aarhus Stål",
    "country_code": "DK",
    "nace_codes": ["C", "62"],
}
HELSINKI: Row = {"id": 24, "domain": "helsinki.fi", "name": "Helsinki Oy", "country_code": "FI"}
CONTACTS: tuple[Row, ...] = (
    {
        "id": 201,
        "full_name": "Astrid Berg",
        "job_title": "Head of Sales",
        "email": "astrid@fjordsoft.no",
        "email_status": "valid",
        "phone": "+4722555018",
        "source": "website",
        "source_url": "https://fjordsoft.no/team",
        "verified": True,
        "seniority_level": "executive",
        "department": "Sales",
        "quality_score": 90,
        "confidence": 0.95,
        "created_at": "2026-01-05T08:00:00Z",
        "updated_at": "2026-02-05T08:00:00.5Z",
        "company": FJORD,
    },
    {
        "id": 202,
        "full_name": "Björn Ek",
        "job_title": "Senior engineer 50%",
        "email": "bjorn@malmobank.se",
        "email_status": "catch_all",
        "source": "linkedin",
        "seniority_level": "senior",
        "department": "Engineering",
        "quality_score": 70,
        "confidence": 0.5,
        "created_at": "2026-01-03T08:00:00Z",
        "company": MALMO,
    },
    {
        "id": 203,
        "full_name": "Clara Dahl",
        "job_title": "Sales manager",
        "phone": "+4587654321",
        "source": "facebook",
        "verified": True,
        "seniority_level": "manager",
        "department": "sales",
        "quality_score": 70,
        "confidence": 0.8,
        "created_at": "2026-01-04T08:00:00Z",
        "company": AARHUS,
    },
    {
        "id": 204,
        "full_name": "David Aho",
        "email": "d_aho@helsinki.fi",
        "email_status": "pending",
        "source": "twitter",
        "seniority_level": "staff",
        "quality_score": 40,
        "confidence": 0.2,
        "created_at": "2026-01-02T08:00:00Z",
        "company": HELSINKI,
    },
    {"id": 205, "full_name": "Eva Alone", "source": "manual", "quality_score": 0},
    {
        "id": 206,
        "full_name": "Fred Stale",
        "email": "fred@fjordsoft.no",
        "email_status": "invalid",
        "quality_score": 80,
        "is_stale": True,
        "company": FJORD,
    },
    {
        "id": 207,
        "full_name": "Gina Guess",
        "email": "gina@malmobank.se",
        "quality_score": 60,
        "is_speculative": True,
        "company": MALMO,
    },
)


def by_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def program(acme_key: str) -> Program:
    return Program(by_bearer, acme_key)


@pytest.fixture
def stranger(globex_key: str) -> Program:
    """A program of globex, which must see nothing of acme's."""
    return Program(by_bearer, globex_key)


@pytest.fixture
def world(db: None, tmp_path: Path) -> None:
    """Import the contacts for everybody."""
    report = take_in(tmp_path, *CONTACTS)
    assert report.inserted == len(CONTACTS), report


def page(program: Program, query: str = "", **parameters: Any) -> dict[str, Any]:
    """Return the reply to parameters, or to a query as it is."""
    response = program.get(f"{PATH}?{query}" if query else PATH, parameters or None)
    assert response.status_code == 200, response.content
    return response.json()


def ids(program: Program, query: str = "", **parameters: Any) -> list[int]:
    """Return the ids of the contacts that are found, ascending."""
    return sorted(contact["id"] for contact in page(program, query, **parameters)["data"])


def in_order(program: Program, **parameters: Any) -> list[int]:
    """Return the ids of the contacts that are found, in the order of the reply."""
    return [contact["id"] for contact in page(program, **parameters)["data"]]


def refusal(program: Program, query: str) -> tuple[str, str | None]:
    """Return code and parameter of the error that a query gets."""
    response = program.get(f"{PATH}?{query}")
    assert response.status_code == 400, response.content
    error = response.json()["error"]
    assert list(error) == ["code", "message", "parameter"]
    assert error["message"]
    return error["code"], error["parameter"]


def walk(program: Program, limit: int, **parameters: Any) -> list[int]:
    """Follow the cursors to the end and return all ids on the way."""
    walked: list[int] = []
    cursor = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        reply = page(program, limit=limit, **parameters, **more)
        walked += [contact["id"] for contact in reply["data"]]
        cursor = reply["pagination"]["next_cursor"]
        if cursor is None:
            return walked
