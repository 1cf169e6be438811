"""What it costs an import to keep where values come from, in processor time of the program and of Postgres.

`python -m tests.bench --only provenance [--contacts N]` measures this alone.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contacthub.contacts import actions, runner
from contacthub.organizations.actions import create_organization
from tests.bench.data import write_contacts
from tests.bench.measuring import report, spend

ROUNDS = 2


@contextmanager
def without_origins() -> Iterator[None]:
    """Import rows as if it was not known where they come from, of which nothing is kept."""
    whole: Callable[..., Any] = runner.import_contacts
    runner.import_contacts = lambda **given: whole(**given | {"origin": None})  # type: ignore[assignment]
    try:
        yield
    finally:
        runner.import_contacts = whole


def measure_provenance(folder: Path, *, contacts: int, today: dt.date) -> None:
    """Import new contacts, the same file again, and one in which every title differs, with and without, in turns."""
    path, other = folder / "provenance.jsonl", folder / "retitled.jsonl"
    write_contacts(path, count=contacts, today=today, seed=8)
    other.write_text(path.read_text().replace('"VP Engineering"', '"Vice President"'))
    steps = {"new contacts": path, "the same file again": path, "every title differs": other}
    spent: dict[tuple[str, bool], list[float]] = {}
    for number in range(ROUNDS):
        for is_kept in (True, False):
            slug = f"provenance-{number}-{is_kept}".lower()
            organization = create_organization(slug=slug, name="Provenance")
            for name, file in steps.items():
                before = spend()
                if is_kept:
                    actions.import_contacts(path=file, organization=organization)
                else:
                    with without_origins():
                        actions.import_contacts(path=file, organization=organization)
                spent.setdefault((name, is_kept), []).append(spend() - before)
    for name in steps:
        report(
            f"import of {contacts:,}: {name}, processor time",
            min(spent[name, True]),
            "without provenance",
            min(spent[name, False]),
        )
