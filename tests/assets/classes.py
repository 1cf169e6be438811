"""Which classes the project names, and which its stylesheets know."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Stands for what a template tag or a replacement field leaves in the text: a word that is made while a page is drawn.
MADE = "\x01"
# Stands for a tag that leaves nothing itself, such as `if`; words on both sides of it are apart.
CUT = "\x02"
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
COMMENT = re.compile(r"\{%-?\s*comment.*?endcomment\s*-?%\}|\{#.*?#\}|<!--.*?-->", re.S)
LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'")
SCRIPT_LITERAL = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`")
# An attribute, or an argument of a tag, that holds classes; `:css="row.css"` holds a name instead.
CLASSES = re.compile(r"(?<![\w:-])(?:class|css)=\"([^\"]*)\"")
ATTRIBUTE = re.compile(r"[\w:-]+=\"([^\"]*)\"")
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
SELECTOR = re.compile(r"([^{}]*)\{")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


@dataclass
class Named:
    """The classes that a text names."""

    # Where a class belongs, such as in class="…", and made of nothing else.
    whole: set[str] = field(default_factory=set)
    # Beginnings of classes whose end is made while a page is drawn: "is-" of class="is-{{ state }}".
    beginnings: set[str] = field(default_factory=set)
    # Words of literals elsewhere: they may be given to what draws a class.
    mentioned: set[str] = field(default_factory=set)

    def add(self, other: "Named") -> None:
        """Take over what another text names."""
        self.whole |= other.whole
        self.beginnings |= other.beginnings
        self.mentioned |= other.mentioned

    def may_name(self, css_class: str) -> bool:
        """Return whether a class may stand in a page."""
        return (
            css_class in self.whole
            or css_class in self.mentioned
            or any(
                css_class.startswith(beginning)
                and css_class.removeprefix(beginning) in self.mentioned
                for beginning in self.beginnings
            )
        )

    def list_likely(self) -> set[str]:
        """Return the classes a stylesheet is to be kept for: mentioned words without a hyphen may be anything."""
        made = {beginning + word for beginning in self.beginnings for word in self.mentioned}
        return self.whole | made | {word for word in self.mentioned if "-" in word}


# Tests change one file of hundreds and look at all: the same text is read once.
@cache
def read_template(text: str) -> Named:
    """Return what a template names."""
    named = Named()
    text = COMMENT.sub("", text)
    for tag in TAG.findall(text):
        named.mentioned |= _literal_words(tag)
        for classes in CLASSES.findall(tag):
            named.whole |= set(WORD.findall(classes))
    _read_markup(TAG.sub(lambda tag: MADE if tag[0].startswith("{{") else CUT, text), named)
    return named


def _literal_words(text: str) -> set[str]:
    literals = (double or single for double, single in LITERAL.findall(text))
    return {word for literal in literals for word in WORD.findall(literal)}


def _read_markup(text: str, named: Named) -> None:
    for classes in CLASSES.findall(text):
        for word in classes.split():
            _read_word(word, named)
    for value in ATTRIBUTE.findall(text):
        named.mentioned |= set(WORD.findall(value))


def _read_word(word: str, named: Named) -> None:
    beginning = ""
    for part in word.split(CUT):
        start, made, _ = part.partition(MADE)
        if start.endswith("-"):
            named.beginnings.add(start)
            beginning = "" if made else start
        elif start:
            named.whole.add(beginning + start)


@cache
def read_python(source: str) -> Named:
    """Return what Python names: classes in markup and in attributes of fields, and the words of all literals."""
    named = Named()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _read_markup(re.sub(r"\{\w*\}", MADE, node.value), named)
            if len(node.value) <= 40:
                named.mentioned |= set(WORD.findall(node.value))
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "class":
                    named.whole |= _constant_words(value)
    return named


def _constant_words(value: ast.expr) -> set[str]:
    """Return the words of a literal, or of those between which an expression chooses."""
    return {
        word
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in WORD.findall(node.value)
    }


@cache
def read_script(text: str) -> Named:
    """Return the words of a script's literals: it looks for classes, and sets some."""
    return Named(
        mentioned={
            word
            for literals in SCRIPT_LITERAL.findall(text)
            for literal in literals
            for word in WORD.findall(literal)
        }
    )


def read_project(root: Path = ROOT) -> Named:
    """Return what templates, Python and scripts name."""
    named = Named()
    for path in (root / "templates").rglob("*.html"):
        named.add(read_template(path.read_text()))
    for path in (*(root / "contacthub/web").rglob("*.py"), root / "contacthub/settings.py"):
        named.add(read_python(path.read_text()))
    for path in (root / "static/js").rglob("*.js"):
        named.add(read_script(path.read_text()))
    return named


def list_known(stylesheets: Iterable[str]) -> set[str]:
    """Return the classes for which there is a rule."""
    return {found for css in stylesheets for found in _find_classes(css)}


@cache
def _find_classes(css: str) -> frozenset[str]:
    css = re.sub(r"/\*.*?\*/|\"[^\"]*\"|url\([^)]*\)", "", css, flags=re.S)
    selectors = (selector.rpartition(";")[2] for selector in SELECTOR.findall(css))
    return frozenset(found for selector in selectors for found in CLASS.findall(selector))
