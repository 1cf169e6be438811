"""A running system to kill, flood and pause. All of it is on 127.0.0.1 and ends with the tests."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import PASSWORD, write_intent
from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.faults)


class Session:
    """A person who works through the pages, without a browser."""

    def __init__(self, stack: Stack, email: str) -> None:
        self.http = httpx.Client(base_url=stack.base_url, timeout=60)
        self.post("/accounts/login/", "/accounts/login/", login=email, password=PASSWORD)

    def post(self, form: str, action: str, **fields: object) -> httpx.Response:
        """Send a form with the token of the page it is on."""
        page = self.http.get(form).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page[:500]
        return self.send(action, token[1], **fields)

    def send(self, action: str, token: str, **fields: object) -> httpx.Response:
        return self.http.post(
            action,
            data={"csrfmiddlewaretoken": token, **fields},
            headers={"Referer": str(self.http.base_url)},
        )

    def token(self) -> str:
        """Return a form token that any form of this session takes."""
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.http.get("/more/").text)[
            1
        ]  # type: ignore[index]

    def search(self, feed: str, days: int) -> str:
        """Run a search and return its id."""
        answer = self.send(f"/feeds/{feed}/searches", self.token(), days=days)
        return re.search(r"new=([0-9a-f-]{36})", answer.headers["Location"])[1]  # type: ignore[index]

    def export(self, search: str, **fields: object) -> str:
        """Export a search and return the export's id."""
        answer = self.send(
            f"/searches/{search}/export/", self.token(), **({"format": "csv"} | fields)
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].split("/")[2]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("faults"))
    try:
        for slug in ("acme", "globex"):
            stack.manage("create_organization", slug)
            stack.manage(
                "create_user", f"bob@{slug}.example", "--organization", slug, "--password", PASSWORD
            )
        yield stack
    finally:
        stack.stop()


def make_feed(
    stack: Stack, *, organization: str = "acme", limit: int | None = None, days: int, per_day: int
) -> str:
    """Create a feed with rows and return its id."""
    options = ["--export-row-limit", limit] if limit is not None else []
    feed = stack.manage(
        "create_feed",
        "--organization",
        organization,
        "--description",
        "Faults",
        "--lookback-days",
        365,
        "--pii",
        *options,
    )
    write_intent(stack.folder / "rows.csv", days=days, per_day=per_day)
    stack.manage("import_intent", "--feed", feed, stack.folder / "rows.csv")
    return feed


@contextmanager
def signed_in(stack: Stack, email: str) -> Iterator[Session]:
    """Work as a person, and leave no connection open."""
    session = Session(stack, email)
    try:
        yield session
    finally:
        session.http.close()


def hash_file(session: Session, export: str) -> str:
    """Download an export's file and return its hash, which is also its tag."""
    digest, size = hashlib.sha256(), 0
    with session.http.stream("GET", f"/exports/{export}/file") as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes():
            digest.update(chunk)
            size += len(chunk)
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'
    return digest.hexdigest()


@pytest.fixture
def bob(stack: Stack) -> Iterator[Session]:
    with signed_in(stack, "bob@acme.example") as session:
        yield session


@pytest.fixture(autouse=True)
def books_are_straight(stack: Stack) -> Iterator[None]:
    """After every fault the ledger explains each used row, and nothing is held without a running export."""
    yield
    stack.manage("audit_quota", "--strict")
