"""Components: a call that does not fit what a component declares is refused when the template is loaded."""

from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine, TemplateSyntaxError

PAIR = """
{% comment %}
Two words.

first   required
second  the other one
more    slot
{% endcomment %}
<c-vars first second="two" more="" />
<b>{{ first }}</b> {{ second }}{{ more }}{{ slot }}{{ outer }}
"""
PASSING = "<c-vars label />\n<a {{ attrs }}>{{ label }}</a>"


@pytest.fixture
def render(tmp_path: Path) -> Any:
    """Render a template that may use the components `pair-of-words` and `passing`."""
    folder = tmp_path / "components"
    folder.mkdir()
    (folder / "pair_of_words.html").write_text(PAIR)
    (folder / "passing.html").write_text(PASSING)
    engine = Engine(
        dirs=[str(tmp_path)],
        loaders=["contacthub.web.components.Loader"],
        builtins=["django_cotton.templatetags.cotton"],
    )

    def render_text(text: str, **context: Any) -> str:
        (tmp_path / "page.html").write_text(text)
        return engine.get_template("page.html").render(Context(context))

    return render_text


@pytest.fixture(autouse=True)
def one_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let components, which Django's own engine loads, be those of the test."""
    monkeypatch.setattr(
        "django_cotton.templatetags._component.get_template",
        lambda name: Engine(
            dirs=[str(tmp_path)],
            loaders=["contacthub.web.components.Loader"],
            builtins=["django_cotton.templatetags.cotton"],
        ).get_template(name),
    )


def test_component_fits_between_words(render: Any) -> None:
    assert render('(<c-pair-of-words first="A & B" />)') == "(<b>A &amp; B</b> two)"


def test_values_and_slots(render: Any) -> None:
    attributes = ':first="who.name" second="{{ who.role }}"'
    text = f'<c-pair-of-words {attributes}><c-slot name="more">!</c-slot>?</c-pair-of-words>'
    assert render(text, who={"name": "<A>", "role": "<B>"}) == "<b>&lt;A&gt;</b> &lt;B&gt;!?"


def test_component_sees_nothing_of_the_page_around_it(render: Any) -> None:
    assert render('<c-pair-of-words first="A" />', outer="leaked", second="too") == "<b>A</b> two"


def test_attributes_are_passed_on(render: Any) -> None:
    text = '<c-passing label="Go" hx-get="{{ where }}" data-once />'
    assert render(text, where='/?a="b"') == '<a hx-get="/?a=&quot;b&quot;" data-once>Go</a>'


def test_indentation_stays_out_of_pages(render: Any) -> None:
    assert render("<p>\n    a\n\n    b\n</p>") == "<p>\na\nb\n</p>"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<c-unheard-of label="A" />', "There is no component <c-unheard-of>"),
        ("<c-pair-of-words />", "<c-pair-of-words> needs first"),
        ('<c-pair-of-words first="A" seccond="B" />', "<c-pair-of-words> has no argument seccond"),
        ('<c-passing label="A" lable="B" />', "<c-passing> has no argument lable"),
        ('<c-pair-of-words first="A"><c-slot name="les">x</c-slot></c-pair-of-words>', "has no slot les"),
        ('<c-pair-of-words :first="name|upper" />', "is no plain name"),
        ('<c-pair-of-words :first="{{ name }}" />', "is no plain name"),
        ('<c-passing label="A" :hx-get="where" />', "only arguments take values"),
        ('<c-pair-of-words first="A"></c-passing>', "closes another component"),
        ('{% include "components/passing.html" %}', "is a component"),
        ('<c-slot name="more">x</c-slot>', "outside of every component"),
    ],
)  # fmt: skip
def test_call_that_does_not_fit_is_refused(render: Any, text: str, fault: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=fault):
        render(f"<p>\n{text}</p>", name="A", where="/")
