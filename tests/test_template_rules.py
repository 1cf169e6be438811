"""The check of templates finds what it is for, and lets the rest pass."""

from pathlib import Path

import pytest

from tests.template_rules import MOST_CONDITIONALS, MOST_LINES, Templates

BADGE = """{% comment %}
A state.

state  required
note   in gray
{% endcomment %}
<c-vars state note="" />
{{ state }}{{ note }}
"""
PAGE = '{% include "pages/_part.html" %}<c-badge state="ok" />'


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    """Two templates and a component, all in use: nothing is wrong with them."""
    found = Templates(tmp_path / "templates", tmp_path / "code", tmp_path / "package")
    write(found.folder / "components/badge.html", BADGE)
    write(found.folder / "pages/_part.html", "A part")
    write(found.folder / "pages/list.html", PAGE)
    write(found.code / "views.py", 'render(request, f"{area}/list.html")')
    return found


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_nothing_is_wrong(templates: Templates) -> None:
    assert templates.list_faults() == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x\n" + "x" * 121, "over 120 characters in line 2"),
        ("x\n" * (MOST_LINES + 1), "121 lines"),
        ("{% if a %}\n{% elif b %}{% endif %}" * (MOST_CONDITIONALS // 2 + 1), "12 conditionals"),
    ],
)
def test_long_template_is_found_once(templates: Templates, text: str, fault: str) -> None:
    write(templates.folder / "pages/_part.html", text)
    assert templates.list_faults() == [f"pages/_part.html: {fault}"]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("pages/_part.html", "<c-unheard-of />", "no component <c-unheard-of>"),
        ("pages/_part.html", '<c-badge state="ok" nota="" />', "no argument nota"),
        ("pages/_part.html", '<c-badge state="ok">', "is never closed"),
        ("pages/_other.html", "B", "pages/_other.html is used nowhere"),
        ("pages/_part.html", '{% include "pages/_gone.html" %}', "no template pages/_gone.html"),
        ("components/chip.html", "<c-chip />", "components/chip.html is used nowhere"),
        ("components/badge.html", BADGE.replace("note   in gray", ""), "does not explain note"),
    ],
)
def test_fault_is_found(templates: Templates, name: str, text: str, fault: str) -> None:
    write(templates.folder / name, text)
    [found] = templates.list_faults()
    assert fault in found


def test_page_that_shows_all_components_uses_none(templates: Templates) -> None:
    write(templates.folder / "pages/list.html", '{% include "pages/_part.html" %}')
    write(templates.folder / "reference/components/list.html", '<c-badge state="ok" />')
    [fault] = templates.list_faults()
    assert fault == "components/badge.html is used nowhere."


def test_template_that_replaces_one_of_a_package_is_used(templates: Templates) -> None:
    write(templates.folder / "account/login.html", "Sign in")
    write(templates.replaced / "account/login.html", "Their own")
    assert templates.list_faults() == []
