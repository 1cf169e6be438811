"""`make check` finds classes without a style, styles without a use, and a static/dist that is not of these sources."""

import json
import shutil
from pathlib import Path

import brotli
import django_htmx
import pytest

from tests.assets import checks
from tests.assets.checks import check_all, hash_sources
from tests.assets.classes import ROOT, read_python, read_template

# A page, its styles and its scripts, as a browser that was never here loads them (in bytes, Brotli).
FIRST_VISIT_MOST = 90_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's templates, styles, scripts and what names classes."""
    for name in ("templates", "static/css", "static/js", "static/dist", "contacthub/web"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("package.json", "static/build.mjs", "static/purge.mjs", "contacthub/settings.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_everything_is_as_it_was_made(project: Path) -> None:
    assert check_all(project) == []


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_class_that_no_stylesheet_knows_is_found(project: Path) -> None:
    append(project / "templates/home/home.html", '<p class="ch-panel ch-nobody-knows"></p>')
    [wrong] = check_all(project)
    assert wrong.startswith(
        "templates/home/home.html: no stylesheet knows the class ch-nobody-knows."
    )


def test_class_of_tabler_that_was_not_used_before_is_found(project: Path) -> None:
    append(project / "templates/home/home.html", '<span class="badge bg-primary"></span>')
    assert [wrong.partition("If")[0] for wrong in check_all(project)] == [
        "templates/home/home.html: no stylesheet knows the class badge. ",
        "templates/home/home.html: no stylesheet knows the class bg-primary. ",
    ]


def test_template_that_uses_known_classes_needs_no_new_build(project: Path) -> None:
    append(project / "templates/home/home.html", '<p class="ch-panel mb-2">Good morning</p>')
    assert check_all(project) == []


def test_class_that_nothing_uses_is_found(project: Path) -> None:
    append(project / "static/css/components/tag.css", ".ch-forgotten {\n    color: red;\n}\n")
    unused, stale = check_all(project)
    assert (
        unused
        == "static/css/components/tag.css: nothing uses the class ch-forgotten. Delete its rules."
    )
    assert stale.startswith("static/dist was made from other sources")


@pytest.mark.parametrize(
    "name", ["static/css/app.css", "static/js/app.js", "static/build.mjs", "package.json"]
)
def test_changed_source_is_found(project: Path, name: str) -> None:
    append(project / name, "\n")
    [stale] = check_all(project)
    assert stale.startswith("static/dist was made from other sources")


def test_other_swagger_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with django-ninja, whose next version may bring another."""
    monkeypatch.setattr(checks, "SWAGGER", project / "package.json")
    [stale] = check_all(project)
    assert stale.startswith("static/dist was made from other sources")


def test_new_source_is_found(project: Path) -> None:
    before = hash_sources(project)
    (project / "static/css/components/new.css").write_text("")
    assert hash_sources(project) != before


def test_edited_output_is_found(project: Path) -> None:
    append(project / "static/dist/app.css", "p { color: red }")
    [wrong] = check_all(project)
    assert wrong.startswith("The files in static/dist are not those that were made.")


def test_rules_of_tabler_that_nothing_needs_any_more_are_found(project: Path) -> None:
    path = project / "static/dist/manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"tabler": [*manifest["tabler"], "carousel-item"]}))
    [wrong] = check_all(project)
    assert wrong.startswith("static/dist holds rules of Tabler that nothing uses: carousel-item.")


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        (
            "static/css/base/text.css",
            ".ch-2 { top: 0; left: 0; }\n",
            "write one declaration a line.",
        ),
        (
            "static/css/base/text.css",
            ".ch-2 {\n    top: 0; left: 0;\n}\n",
            "write one declaration a line.",
        ),
        ("static/css/charts.css", '@import "x.css";\n', "give every @import a layer."),
        (
            "templates/home/home.html",
            '<link rel="stylesheet" href="{% static "vendor/x.css" %}">',
            "import vendor/x.css into a layer, in a stylesheet of static/css.",
        ),
    ],
)
def test_crowded_lines_and_styles_outside_of_layers_are_found(
    project: Path, name: str, text: str, wrong: str
) -> None:
    append(project / name, text)
    found = [each for each in check_all(project) if not each.startswith("static/dist")]
    assert len(found) == 1
    assert found[0].endswith(wrong)


@pytest.mark.parametrize(
    ("template", "whole", "beginnings"),
    [
        ('<p class="ch-a{% if x == "ch-z" %} is-b{% endif %}">', {"ch-a", "is-b"}, set()),
        ('<p class="is-{% if x %}ok{% else %}bad{% endif %}">', {"is-ok", "is-bad"}, {"is-"}),
        ('<p class="{% if x %}ch-a{% else %}ch-b{% endif %}">', {"ch-a", "ch-b"}, set()),
        ('<p class="ch-status is-{{ state }}">', {"ch-status"}, {"is-"}),
        ('<p class="{{ css }}">', set(), set()),
        (
            '<p class="{% if x %}is-{{ x }}{% endif %}{% if css %} {{ css }}{% endif %}">',
            set(),
            {"is-"},
        ),
        ('<p class="ch-a{{ css }}">', {"ch-a"}, set()),
        ('{% include "x.html" with css="mt-4" %}', {"mt-4"}, set()),
        ('<c-fact :css="fact.css" css="ch-mono" />', {"ch-mono"}, set()),
        ('{# <p class="ch-a"> #}<!-- class="ch-b" -->', set(), set()),
    ],
)
def test_classes_of_a_template(template: str, whole: set[str], beginnings: set[str]) -> None:
    named = read_template(template)
    assert (named.whole, named.beginnings) == (whole, beginnings)


def test_class_that_is_made_while_a_page_is_drawn() -> None:
    named = read_template('<p class="is-{{ state }}">')
    named.add(read_python('STATES = {"failed": "bad"}'))
    assert named.may_name("is-bad")
    assert not named.may_name("is-good")


def test_classes_of_python() -> None:
    named = read_python(
        """attrs = {"class": "form-select" if many else "form-control"}\ndraw('<b class="ch-x is-{}">')"""
    )
    assert named.whole == {"form-select", "form-control", "ch-x"}
    assert named.beginnings == {"is-"}


def test_first_visit_is_light() -> None:
    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    files = [ROOT / "static/dist/app.css", ROOT / "static/dist/app.js", htmx]
    assert sum(len(brotli.compress(path.read_bytes())) for path in files) < FIRST_VISIT_MOST
