"""On a machine without a Postgres of its own: everything works on the one of the wheel."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from contacthub.core import embedded
from contacthub.core.embedded import postgres
from contacthub.demo.folder import CHECKOUT


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[embedded.Server]:
    monkeypatch.setattr(postgres, "_system_releases", dict)
    server = embedded.start_postgres(tmp_path / "postgres", is_scratch=True)
    yield server
    server.stop()


@pytest.mark.faults
def test_tables_imports_and_searches_work_on_the_newest_release_of_the_wheel(
    wheel: embedded.Server, tmp_path: Path
) -> None:
    environment = os.environ | {
        "DATABASE_URL": wheel.url,
        "CONTACTHUB_VAR": str(tmp_path / "var"),
        "DEMO_SCALE": "0.01",
    }
    for command in ("migrate", "createcachetable", "load_demo"):
        subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=CHECKOUT,
            env=environment,
            check=True,
            capture_output=True,
        )
    with psycopg.connect(wheel.url) as db:
        counts = db.execute(
            "SELECT current_setting('server_version_num')::int / 10000, (SELECT count(*) FROM contacts_contact), "
            "(SELECT count(*) FROM feeds_intentrecord), (SELECT sum(record_count) FROM feeds_feedday)"
        ).fetchone()
        assert counts == (18, 500, 2000, 2000)
        found = db.execute(
            "SELECT count(*) FROM contacts_contact WHERE full_name ILIKE '%son%'"
        ).fetchone()
        assert found is not None
        assert found[0] > 0
