"""Postman: the collection that its converter makes of a document, run by newman."""

import json
from pathlib import Path
from typing import Any

from tests.clients.calls import Document, operations
from tests.clients.typescript_client import run

PACKAGES = ("openapi-to-postmanv2", "newman")
OPTIONS = "parametersResolution=Example,folderStrategy=Tags"


def read_body(answer: dict[str, Any]) -> str:
    """Return what came, for a message."""
    return bytes(answer.get("stream", {}).get("data", ())).decode(errors="replace")[:1000]


def call_all(folder: Path, protocol: str, document: Document, key: str) -> list[str]:
    """Convert, run, and return one line for each request that was answered as documented."""
    source, collection, report = (
        f"{protocol}{end}" for end in (".json", ".collection.json", ".report.json")
    )
    (folder / source).write_text(json.dumps(document))
    run(folder, "npx", "openapi2postmanv2", "-s", source, "-o", collection, "-O", OPTIONS)
    variables = [f"--env-var={name}={key}" for name in ("apiKey", "bearerToken")]
    run(
        folder,
        *("npx", "newman", "run", collection, *variables),
        *("--reporters", "json", "--reporter-json-export", report),
    )
    executions = json.loads((folder / report).read_text())["run"]["executions"]
    answers = []
    for each in executions:
        name, answer = each["item"]["name"], each.get("response", {})
        assert answer.get("code") == 200, (
            f"{name}: {json.dumps(each['item']['request'])} {read_body(answer)}"
        )
        answers.append(f"{name} {answer['code']}")
    assert len(answers) == len(operations(document)), answers
    return answers
