"""A real Chromium on a whole running ContactHub."""

import datetime as dt
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Response,
    expect,
)

from contacthub.core import clock
from tests.stack import Stack

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long enough password"
# A page that is left aborts the polls on their way. Whatever fails otherwise has a message of its own, too.
ABORTED = ("htmx:sendAbort", "htmx:afterRequest")
# Only a test that fails waits so long; a busy machine may.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, and leave them out where there is no Chromium (`make test` says so)."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two organizations, two feeds and some contacts, with web, worker and beat running."""
    # With SANDBOX on there is the page of all components.
    stack = Stack(tmp_path_factory.mktemp("stack"), SANDBOX="1")
    try:
        fill(stack)
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()


def fill(stack: Stack) -> None:
    people = (
        ("alice", "acme", "admin"),
        ("bob", "acme", "member"),
        ("vera", "acme", "viewer"),
        ("charlie", "globex", "owner"),
    )
    *_, big, small = stack.manage_all(
        ("create_organization", "acme", "--name", "Acme Revenue"),
        ("create_organization", "globex", "--name", "Globex Industries"),
        *(
            (
                "create_user", f"{person}@{slug}.example", "--organization", slug, "--role", role,
                "--name", person.title(), "--password", PASSWORD,
            )
            for person, slug, role in people
        ),
        (
            "create_feed", "--organization", "acme", "--name", "Cloud cost optimization",
            "--description", "FinOps, idle resources", "--lookback-days", 30, "--export-row-limit",
            60_000, "--pii",
        ),
        (
            "create_feed", "--organization", "acme", "--description", "Payroll modernization",
            "--lookback-days", 90, "--pii", "--business-info",
        ),
    )  # fmt: skip
    write_intent(stack.folder / "big.csv", days=40, per_day=900)
    write_intent(stack.folder / "small.csv", days=90, per_day=5)
    write_contacts(stack.folder / "contacts.jsonl")
    stack.manage_all(
        ("import_intent", "--feed", big, stack.folder / "big.csv"),
        ("import_intent", "--feed", small, stack.folder / "small.csv"),
        ("import_contacts", stack.folder / "contacts.jsonl"),
    )


def write_intent(path: Path, *, days: int, per_day: int) -> None:
    rng = random.Random(7)
    today = clock.today()
    with path.open("w") as stream:
        stream.write(
            "observed_on,domain,topic,score,company_name,industry,contact_id,first_name,last_name,city\n"
        )
        for day in range(days):
            for number in range(per_day):
                contact = f"id_{rng.randrange(1, 400):016x}" if rng.random() < 0.7 else ""
                firm = rng.randrange(300)
                stream.write(
                    f"{today - dt.timedelta(days=day)},firm{firm}.example,"
                    f"Topic {rng.randrange(9)},{rng.randrange(100)},"
                    f"Firm {firm},Software,{contact},Ingrid,Solheim{day}-{number},Oslo\n"
                )


def write_contacts(path: Path) -> None:
    with path.open("w") as stream:
        for number in range(1, 400):
            contact: dict[str, Any] = {
                "contact_id": f"id_{number:016x}",
                "full_name": f"Ingrid Solheim{number}",
                "job_title": "VP Supply Chain",
                "seniority": "Director" if number % 3 == 0 else "VP",
                "company": {"name": "Halden Robotics", "domain": "haldenrobotics.example"},
                "quality_score": 86,
                "confidence": 0.9,
                "source": "website",
            }
            if number % 4 != 3:
                contact["emails"] = (
                    []
                    if number % 4 == 2
                    else [
                        {
                            "email": f"ingrid{number}@haldenrobotics.example",
                            "type": "work",
                            "status": "valid",
                            "checked_on": str(clock.today() - dt.timedelta(days=8)),
                        }
                    ]
                )
            if number % 2:
                contact["phones"] = [{"phone": "+4722555018", "type": "landline"}]
                contact["pii"] = {
                    "first_name": "Ingrid",
                    "last_name": f"Solheim{number}",
                    "city": "Oslo",
                }
            stream.write(json.dumps(contact) + "\n")


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


class Watch:
    """Collects what a browser complains about; a test ends with none of it."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.allowed: set[int] = set()

    def console(self, message: ConsoleMessage) -> None:
        is_expected = "status of" in message.text or message.text.startswith(ABORTED)
        if message.type in ("error", "warning") and not is_expected:
            self.complaints.append(f"{message.type}: {message.text}")

    def response(self, response: Response, base_url: str) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.complaints.append(f"{response.status} {response.url}")
        if not response.url.startswith((base_url, "data:", "blob:")):
            self.complaints.append(f"left the host: {response.url}")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(stack: Stack, chromium: Browser, watch: Watch) -> Iterator[Page]:
    """A tab that is signed in as bob, and that complains about nothing by the end of the test."""
    context = open_context(chromium, stack, watch)
    page = context.new_page()
    sign_in(page, stack, "bob@acme.example")
    yield page
    context.close()
    assert watch.complaints == []


def open_context(chromium: Browser, stack: Stack, watch: Watch, **options: Any) -> BrowserContext:
    context = chromium.new_context(
        base_url=stack.base_url,
        accept_downloads=True,
        **({"viewport": {"width": 1440, "height": 900}} | options),
    )
    context.set_default_timeout(PATIENCE_MS)
    context.on("console", watch.console)
    context.on("response", lambda response: watch.response(response, stack.base_url))
    context.on("weberror", lambda error: watch.complaints.append(str(error.error)))
    return context


# The cookies of people who signed in before, by where and who: each log-in costs two pages and a slow hash.
_cookies: dict[tuple[str, str], list[Any]] = {}


def sign_in(page: Page, stack: Stack, email: str, password: str = PASSWORD) -> None:
    """Open Home signed in: by the form for the first time, as the same visit from then on."""
    if known := _cookies.get((stack.base_url, email)):
        page.context.add_cookies(known)
        page.goto("/")
        return
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{stack.base_url}/")
    _cookies[stack.base_url, email] = page.context.cookies()
