"""What is made before the programs of a demo start is made by those that may, and named where it fails."""

import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from contacthub.demo.management.commands import prepare_demo


@pytest.fixture
def stranger(tmp_path: Path, settings: Any) -> Any:
    """The programs' role is one that this server does not know, so that it shows who connects."""
    services = tmp_path / "services.json"
    url = "postgres://a_stranger:secret@127.0.0.1:1/contacthub"
    services.write_bytes(orjson.dumps({"DATABASE_URL": url}))
    settings.SERVICES_FILE, settings.STATIC_ROOT = services, None
    before = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    yield settings
    connection.settings_dict.update(before)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_follows_the_tables_is_made_as_the_programs_role(stranger: Any) -> None:
    stranger.DATABASE_APP_ROLE = "a_stranger"
    prepare_demo._become_app()
    with pytest.raises(OperationalError, match="a_stranger"):
        connection.ensure_connection()


@pytest.mark.django_db(transaction=True)
def test_with_one_role_nothing_changes(stranger: Any) -> None:
    stranger.DATABASE_APP_ROLE = ""
    prepare_demo._become_app()
    connection.ensure_connection()


@pytest.mark.django_db(transaction=True)
def test_step_that_fails_is_named_and_its_reason_goes_to_the_log(
    stranger: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.DATABASE_APP_ROLE = ""
    monkeypatch.setattr(
        prepare_demo,
        "call_command",
        lambda name, **options: call_command(name, **options) if name == "load_demo" else None,
    )
    monkeypatch.setenv("DEMO_SCALE", "much")
    log = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("prepare_demo", stderr=log)
    assert capsys.readouterr().out.endswith("Demo data: load_demo failed.\n")
    assert "a share is a number from 0.01 to 1" in log.getvalue()
