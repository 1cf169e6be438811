"""The demo collects its static files when one of them has changed, and only then."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from contacthub.demo import static_files


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A static file of the project; what is collected goes to a folder of the test's own."""
    source = tmp_path / "source"
    source.mkdir()
    file = source / "app.css"
    file.write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "static"
    settings.VAR_DIR = tmp_path
    finders.get_finder.cache_clear()
    yield file
    finders.get_finder.cache_clear()


def collect(folder: Path) -> None:
    (folder / "static").mkdir(exist_ok=True)
    (folder / "static/staticfiles.json").write_text("{}")
    static_files.note_collected()


def test_files_are_collected_once_and_again_when_one_has_changed(
    source: Path, tmp_path: Path
) -> None:
    assert static_files.have_changed()
    collect(tmp_path)
    assert not static_files.have_changed()
    # The same size, a later time.
    source.write_text("b {}")
    os.utime(source, ns=(0, source.stat().st_mtime_ns + 1))
    assert static_files.have_changed()
    collect(tmp_path)
    source.with_name("more.css").write_text("")
    assert static_files.have_changed()


def test_files_that_were_removed_or_half_collected_are_collected_again(
    source: Path, tmp_path: Path
) -> None:
    collect(tmp_path)
    (tmp_path / "static/staticfiles.json").unlink()
    assert static_files.have_changed()
    # They were begun, and nobody noted the end.
    (tmp_path / "static/staticfiles.json").write_text("{}")
    assert static_files.have_changed()
