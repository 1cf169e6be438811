"""What must be true of styles and scripts. Each check returns what is wrong, one sentence each."""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tests.assets.classes import Named, list_known, read_project, read_template

# In templates for Python or scripts alone: no stylesheet needs to know them.
HOOKS = frozenset({"is-quota"})
# Of uPlot and Swagger UI, whose scripts set them.
SET_BY_OTHERS = frozenset(
    {
        "authorize", "btn", "info", "model-title", "opblock", "opblock-summary-description", "opblock-summary-method",
        "opblock-summary-path", "opblock-tag", "scheme-container", "servers", "servers-title", "swagger-ui", "tab",
        "u-cursor-x", "u-legend", "uplot", "wrapper",
    }
)  # fmt: skip
SOURCES = (
    "package.json",
    "static/build.mjs",
    "static/purge.mjs",
    "static/css/**/*.css",
    "static/js/**/*.js",
)
# Of the installed django-ninja, found without importing it, which would need settings.
SWAGGER = (
    Path(str(getattr(find_spec("ninja"), "origin", ""))).parent / "static/ninja/swagger-ui.css"
)
CROWDED = re.compile(r";.*;|\{.*[;}]")
UNLAYERED_IMPORT = re.compile(r"@import(?![^;]*\blayer\()")
STYLESHEET = re.compile(r"<link[^>]*rel=\"stylesheet\"[^>]*static \"([^\"]*)\"")
MAKE_ASSETS = "Run `make assets` and commit static/dist."


def check_all(root: Path) -> list[str]:
    """Return everything that is wrong."""
    named = read_project(root)
    return [
        *find_unknown(root),
        *find_unused(root, named),
        *find_stale(root),
        *find_needless(root, named),
        *find_crowded(root),
        *find_unlayered(root),
    ]


def find_unknown(root: Path) -> Iterator[str]:
    """Find classes in templates for which no stylesheet has a rule."""
    known = list_known(path.read_text() for path in _stylesheets(root)) | HOOKS
    for path in sorted((root / "templates").rglob("*.html")):
        for name in sorted(read_template(path.read_text()).whole - known):
            place = path.relative_to(root)
            yield f"{place}: no stylesheet knows the class {name}. If it is one of Tabler: {MAKE_ASSETS}"


def find_unused(root: Path, named: Named) -> Iterator[str]:
    """Find classes of our stylesheets that nothing names."""
    for path in sorted((root / "static/css").rglob("*.css")):
        for name in sorted(list_known([path.read_text()]) - SET_BY_OTHERS):
            if not named.may_name(name):
                yield f"{path.relative_to(root)}: nothing uses the class {name}. Delete its rules."


def find_stale(root: Path) -> Iterator[str]:
    """Find sources that changed since static/dist was made, and files there that it did not make."""
    manifest = read_manifest(root)
    if manifest["sources"] != hash_sources(root):
        yield f"static/dist was made from other sources than these. {MAKE_ASSETS}"
    made = {path.name: _hash(path) for path in (root / "static/dist").iterdir()}
    made.pop("manifest.json")
    if manifest["outputs"] != made:
        yield f"The files in static/dist are not those that were made. {MAKE_ASSETS}"


def find_needless(root: Path, named: Named) -> Iterator[str]:
    """Find classes of Tabler that were kept and that nothing names any more."""
    needless = sorted(set(read_manifest(root)["tabler"]) - named.list_likely())
    if needless:
        yield f"static/dist holds rules of Tabler that nothing uses: {', '.join(needless)}. {MAKE_ASSETS}"


def find_crowded(root: Path) -> Iterator[str]:
    """Find lines of our stylesheets with more than one declaration."""
    for path in sorted((root / "static/css").rglob("*.css")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if CROWDED.search(line) and not line.lstrip().startswith(("/*", "@")):
                yield f"{path.relative_to(root)}, line {number}: write one declaration a line."


def find_unlayered(root: Path) -> Iterator[str]:
    """Find styles outside of all layers, which would beat those inside: imports, and stylesheets of others in pages."""
    for path in sorted((root / "static/css").rglob("*.css")):
        if UNLAYERED_IMPORT.search(path.read_text()):
            yield f"{path.relative_to(root)}: give every @import a layer."
    for path in sorted((root / "templates").rglob("*.html")):
        for name in STYLESHEET.findall(path.read_text()):
            if not name.startswith("dist/"):
                yield f"{path.relative_to(root)}: import {name} into a layer, in a stylesheet of static/css."


def read_manifest(root: Path) -> dict[str, object]:
    """Return what static/build.mjs wrote about the files it made."""
    return dict(json.loads((root / "static/dist/manifest.json").read_text()))


def hash_sources(root: Path) -> str:
    """Return one hash over the names and the bytes of everything that static/dist is made from."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        digest.update(f"{path.relative_to(root).as_posix()} {_hash(path)}\n".encode())
    digest.update(_hash(SWAGGER).encode())
    return digest.hexdigest()


def _stylesheets(root: Path) -> list[Path]:
    return [*(root / "static/css").rglob("*.css"), *(root / "static/dist").glob("*.css")]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
