"""Generate clients of all five documents with three generators and call every operation: `make clients`.

A whole system of its own runs on 127.0.0.1, with data in which the documents' examples are real. The generators are
installed by name into a temporary folder, from PyPI and npm (Node.js 20 or newer). The exit status is 1 where anything
was not answered as documented.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

import tests.services  # noqa: F401 - starts Postgres and Valkey, and stops them at the end
from contacthub.credentials.protocols import PROTOCOLS
from contacthub.wire import insideview
from tests.clients import postman_client, python_client, typescript_client
from tests.clients.calls import Document, with_values
from tests.fuzz import data
from tests.stack import Stack

Caller = Callable[[str, Document, str], list[str]]


def main() -> int:
    """Run the generators that are named, or all, on all protocols, and say what was called."""
    failures = 0
    with (
        tempfile.TemporaryDirectory(prefix="contacthub-clients-") as name,
        running(Path(name)) as stack,
    ):
        key = data.load(stack)
        # Nothing works from here on, so that a job can still be cancelled.
        stack.kill("worker")
        generators = install(Path(name))
        for generator in sys.argv[1:] or generators:
            call_all = generators[generator]
            for protocol in PROTOCOLS:
                document = with_values(
                    fetch_document(stack, protocol), make_values(stack, key)[protocol]
                )
                try:
                    answered = call_all(protocol, document, key)
                except AssertionError as error:
                    failures += 1
                    print(f"{generator:22} {protocol:14} FAILED\n{error}")
                else:
                    print(f"{generator:22} {protocol:14} {len(answered)} operations answered")
    return int(failures > 0)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stack]:
    (folder / "stack").mkdir()
    stack = Stack(folder / "stack", INSIDEVIEW_MOST_JOBS="100")
    try:
        stack.start("web", "worker", "beat")
        yield stack
    finally:
        stack.stop()


def install(folder: Path) -> dict[str, Caller]:
    """Install the generators; returns how each is run on a protocol."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is not here: install Node.js 20 or newer.")
    packages = (*typescript_client.PACKAGES, *postman_client.PACKAGES)
    node, python_folder = folder / "node", folder / "python"
    node.mkdir()
    python_folder.mkdir()
    (node / "package.json").write_text('{"type": "module", "private": true}')
    subprocess.run(
        ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", *packages],
        cwd=node,
        check=True,
    )
    python = python_client.install(python_folder)
    return {
        "openapi-python-client": lambda *order: python_client.call_all(
            python_folder, python, *order
        ),
        "openapi-typescript": lambda *order: typescript_client.call_all(node, *order),
        "openapi-to-postmanv2": lambda *order: postman_client.call_all(node, *order),
    }


def fetch_document(stack: Stack, protocol: str) -> Document:
    found = httpx.get(f"{stack.base_url}/openapi/{protocol}.json").raise_for_status().json()
    assert found["servers"][0]["url"] == stack.base_url
    return dict(found)


def make_values(stack: Stack, key: str) -> defaultdict[str, dict[str, Any]]:
    """Return what no document can know: a client, a job that waits, a signature, a cursor."""
    program = httpx.Client(
        base_url=stack.base_url, headers={"accessToken": key, "Accept": "application/json"}
    )
    with program:
        path = "/api/v1/contact/job"
        waiting = program.post(path, content="1,2", headers={"Content-Type": "text/plain"}).json()
        results = program.get(f"{path}/{insideview.JOB_ID}/results").json()
    page = httpx.get(f"{stack.base_url}/v1/contacts?limit=1", headers={"X-API-Key": key}).json()
    client = {"clientId": key[10:20], "clientSecret": key, "grantType": "cred"}
    oauth = {"client_id": key[10:20], "client_secret": key, "grant_type": "client_credentials"}
    values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    values["backstory"] = {"create_token": {"body": oauth}}
    values["richutilities"] = {"search_contacts": {"cursor": page["pagination"]["next_cursor"]}}
    values["insideview"] = {
        "create_token": {"body": client},
        "create_json_token": {"body": client},
        "cancel_job": {"job_id": waiting["jobId"]},
        "get_results_file": {
            "signature": parse_qs(urlsplit(results["resultsUrl"]).query)["signature"][0]
        },
    }
    return values


if __name__ == "__main__":
    sys.exit(main())
