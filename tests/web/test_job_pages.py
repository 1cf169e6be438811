"""Every job leads to its page, and addresses of pages are made nowhere but in the web and the API."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

import contacthub
from contacthub.jobs.models import Job
from contacthub.organizations.models import Organization
from contacthub.web.job_pages import PAGES, address_of

SOURCES = Path(contacthub.__file__).parent
ID = str(UUID(int=7))
ADDRESSES = {
    "contact-job": f"/exports/jobs/{ID}/",
    "enrichment": f"/enrichment/{ID}/",
    "export": f"/exports/{ID}/",
    "list": f"/lists/{ID}/",
    "live-save": f"/live/{ID}/",
    "pull": f"/contacts/pulls/{ID}/",
    "upload": f"/enrichment/uploads/{ID}/",
}
# Those make addresses; connectors ask at the vendors' own, the demo asks its own server whether it is ready.
MAKERS = {"api", "connectors", "demo", "migrations", "web", "wire"}
# Of the protocols' own calls, which are the vendors', it names one each.
TABLE = SOURCES / "credentials" / "protocols.py"


def files_below() -> Iterator[Path]:
    for path in SOURCES.rglob("*.py"):
        place = path.relative_to(SOURCES).parts
        if len(place) > 1 and path != TABLE and not set(place) & MAKERS:
            yield path


def test_every_kind_of_job_has_a_page() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in files_below())
    kinds = re.findall(r'subject=f"([\w-]+) \{', sources)
    # Each job says what it works on; an enrichment has two kinds, which match its rows and look them up.
    assert len(kinds) >= sources.count(".enqueue_job(") >= len(set(kinds))
    assert set(kinds) == set(PAGES)


def test_pages_are_where_they_always_were() -> None:
    assert {kind: address_of(Job(subject=f"{kind} {ID}")) for kind in PAGES} == ADDRESSES
    assert address_of(Job()) == ""


@pytest.mark.django_db
def test_jobs_from_before_lead_to_their_pages(acme: Organization) -> None:
    # Lists came later.
    before = {kind: address for kind, address in ADDRESSES.items() if kind != "list"}
    made = {
        kind: Job.objects.create(organization=acme, task="t", title="T", subject=address)
        for kind, address in before.items()
    }
    step = import_module("contacthub.jobs.migrations.0010_subject").Migration.operations[1]
    for statements, expected in (
        (step.sql, {kind: f"{kind} {ID}" for kind in before}),
        (step.reverse_sql, before),
    ):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        assert {kind: Job.objects.get(pk=job.pk).subject for kind, job in made.items()} == expected


def first_words(patterns: list[URLPattern | URLResolver]) -> set[str]:
    words: set[str] = set()
    for each in patterns:
        word = str(each.pattern).partition("/")[0]
        if word:
            words.add(re.escape(word))
        elif isinstance(each, URLResolver):
            words |= first_words(each.url_patterns)
    return words


def test_no_address_is_spelled_below_the_web_and_the_api() -> None:
    words = "|".join(sorted(first_words(get_resolver().url_patterns)))
    address = re.compile(rf"/({words})(/|$)")
    assert address.match("/exports/7/")
    found = [
        f"{path.relative_to(SOURCES)}:{node.lineno} {node.value}"
        for path in files_below()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and address.match(node.value)
    ]
    assert found == []
