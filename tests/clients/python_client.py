"""openapi-python-client: the client it generates, and a program that calls every operation of it."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.clients.calls import Document, key_header, list_calls

CALLER = Path(__file__).with_name("python_caller.py")


def install(folder: Path) -> Path:
    """Install the generator into an environment of its own; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "openapi-python-client",
        ],
        check=True,
    )
    return python


def call_all(folder: Path, python: Path, protocol: str, document: Document, key: str) -> list[str]:
    """Generate, call, and return one line for each operation that was answered as documented."""
    source = folder / f"{protocol}.json"
    source.write_text(json.dumps(document))
    package = f"{protocol}_client"
    generated = subprocess.run(
        [python, "-m", "openapi_python_client", "generate", "--path", source, "--meta", "none",
         "--output-path", folder / package, "--overwrite"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert generated.returncode == 0, generated.stdout + generated.stderr
    name, value = key_header(document, key)
    order = {
        "package": package,
        "base_url": document["servers"][0]["url"],
        "header": name,
        "value": value,
        "calls": [asdict(call) for call in list_calls(document)],
    }
    done = subprocess.run(
        [python, CALLER],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, f"{protocol}: {done.stdout}{done.stderr}\n{generated.stdout}"
    return done.stdout.splitlines()
