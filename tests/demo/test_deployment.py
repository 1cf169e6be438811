"""What ships beside the code: the image, compose.yaml, the Makefile and the page about operating."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
OPERATING = (ROOT / "docs/operating.md").read_text()
# Read by somebody else than us, or only set for others to read.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "MAKELEVEL"}
SECRETS = (
    "BASE_URL", "SECRET_KEY", "APP_PASSWORD", "OWNER_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD",
)  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert isinstance(content, dict)
    return content


def test_every_variable_that_the_code_reads_is_documented() -> None:
    read: set[str] = set()
    for path in [ROOT / "gunicorn.conf.py", *ROOT.glob("contacthub/**/*.py")]:
        text = path.read_text()
        read |= set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', text))
        read |= set(
            re.findall(r'environ(?:ment)?(?:\.get\(|\.setdefault\(|\[)\s*"([A-Z_]+)"', text)
        )
    assert len(read) > 25
    assert {name for name in read - NOT_OURS if f"`{name}`" not in OPERATING} == set()


def test_every_variable_of_compose_is_documented(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text()
    handed_on = {name for name, value in compose["x-app"]["environment"].items() if value is None}
    for name in {*re.findall(r"(?<!\$)\$\{([A-Z_]+)", text), *handed_on}:
        assert f"`{name}`" in OPERATING, name


def test_compose_does_not_start_without_its_secrets(compose: dict[str, Any]) -> None:
    text = json.dumps(compose["services"])
    for name in SECRETS:
        uses = re.findall(rf"(?<!\$)\$\{{{name}([^}}]*)}}", text)
        assert uses
        assert all(use.startswith(f":?Set {name} in .env") for use in uses), name


def test_databases_are_reached_from_inside_only(compose: dict[str, Any]) -> None:
    published = {name for name, service in compose["services"].items() if service.get("ports")}
    assert published == {"web"}
    assert compose["services"]["web"]["ports"] == ["${LISTEN:-127.0.0.1:8000}:8000"]


def test_programs_wait_for_the_migration_and_are_watched(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in ("web", "worker", "caller", "beat"):
        waits = services[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["valkey"] == {"condition": "service_healthy"}
    done = {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"] == {"roles": done}
    assert services["roles"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == services["roles"]["restart"] == "no"
    # The image's own check asks a web server.
    for name in ("worker", "caller", "beat", "postgres", "valkey"):
        assert "test" in services[name]["healthcheck"], name
    assert set(compose["volumes"]) == {"postgres", "state"}


def test_programs_use_a_plain_role_and_only_one_step_a_superuser(compose: dict[str, Any]) -> None:
    users = {}
    for name, service in compose["services"].items():
        environment = service.get("environment", {})
        found = re.findall(r'"DATABASE_\w+": "postgres://(\w+):', json.dumps(environment))
        users[name] = set(found)
    assert users["web"] == users["worker"] == users["caller"] == users["beat"] == {"contacthub_app"}
    assert users["migrate"] == {"contacthub_owner"}
    superuser = compose["services"]["postgres"]["environment"]["POSTGRES_USER"]
    assert [name for name, found in users.items() if superuser in found] == ["roles"]
    assert compose["services"]["migrate"]["environment"]["DATABASE_APP_ROLE"] == "contacthub_app"


def test_image_copies_what_its_context_has_and_what_the_code_needs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert set(copied) == {
        "requirements.txt",
        "manage.py",
        "gunicorn.conf.py",
        "static",
        "templates",
        "contacthub",
    }
    assert {f"!{name}" for name in copied} < set(ignored)
    assert ignored[1] == "*"
    assert dockerfile.index("USER contacthub") < dockerfile.index("HEALTHCHECK")
    assert "requirements-embedded" not in dockerfile


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = (self.path, self.headers["Host"]) == ("/healthz", "hub.example.com")
        self.send_response(200 if known else 400)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def health_port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("base_url", "is_healthy"),
    [("https://hub.example.com", True), ("https://other.example.com", False)],
)
def test_health_check_of_the_image_asks_under_the_public_name(
    health_port: int, base_url: str, is_healthy: bool
) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    match = re.search(r"^HEALTHCHECK .*? CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert match
    _, *arguments = json.loads(match[1])
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"BASE_URL": base_url, "PORT": str(health_port)},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode == 0) is is_healthy


def test_make_help_lists_every_target_in_one_line() -> None:
    targets = set(re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = dict(line.split(maxsplit=2)[1:] for line in shown.splitlines())
    assert set(lines) == targets - {"chromium"}
    assert all(len(text) > 10 for text in lines.values())
    assert max(map(len, shown.splitlines())) < 120


def test_ci_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make test"
    assert "make test" in (ROOT / "README.md").read_text()


def test_requirements_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert len(lines) > 30
        assert all(re.match(r"[a-z0-9.-]+==\S+( ; .+)?$", line) for line in lines), name
