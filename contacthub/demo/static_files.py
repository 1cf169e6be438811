"""Whether the static files of the demo must be collected again: compressing them takes seconds."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

# What decides how a file is written, besides the file.
WRITERS = ("django", "whitenoise", "brotli")


def have_changed() -> bool:
    """Return whether the collected files were made of other ones than there are now, or were not all made."""
    stamp = _stamp()
    is_same = stamp.exists() and stamp.read_text() == _fingerprint() and _manifest().exists()
    if not is_same:
        stamp.unlink(missing_ok=True)
    return not is_same


def note_collected() -> None:
    """Remember of what the files were made, now that all are."""
    _stamp().write_text(_fingerprint())


def _stamp() -> Path:
    return Path(settings.VAR_DIR) / "static-files"


def _manifest() -> Path:
    return Path(settings.STATIC_ROOT or "") / "staticfiles.json"


def _fingerprint() -> str:
    """Return a hash of names, sizes and times of all files, and of what writes them."""
    found = sorted(
        (path, storage.path(path)) for finder in get_finders() for path, storage in finder.list([])
    )
    told = [f"{name} {version(name)}" for name in WRITERS]
    told += [str(settings.STORAGES["staticfiles"]), str(settings.STATIC_ROOT)]
    for path, place in found:
        about = Path(place).stat()
        told.append(f"{path} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
