"""What people read keeps to the words of docs/glossary.md: pages, messages, mails, commands' help and documentation."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What not to say, as regular expressions without regard to case, and what to say instead.
WORDS = {
    # One word for one thing.
    r"providers?": "vendor",
    r"remotes?": "vendor's",
    r"doors?": "protocol or gateway",
    r"seats?": "headquarters",
    r"credits": "rows or lookups",
    r"spell(ed|s|ing|ings)?|spelt": "format",
    r"brought|brings?|bringing": "fetch, receive or load",
    r"twins?|killers?": "API equivalent, blocking filter",
    r"lookbacks?": "look-back",
    # Vendors are queried; "asked" is left for what people are asked, and for "not asked".
    r"(is|are|was|were|be|been|being) asked|asked (for|again|without)": "query or request",
    r"ask (again|without|them)": "query, request or retry",
    # Plain sentences.
    r"whom|whomever|whoever": "who, or name the person",
    r"nobody|everybody|anybody": "say who: no vendor, all members",
    r"anew": "again",
    r"meanwhile": "say since when",
    r"by (itself|themselves)": "automatically",
    r"(is|are|was|were|be) to be had": "is available",
    r"worthless": "no longer works",
    r"the present (one|ones|key|keys|secret|secrets|credentials|limit|state|value|values)": "the current …",
    r"where there (is|are) none": "if there is none",
    r"any more|anymore": "no longer",
    r"go(es|ing)? on|went on|gone on": "continue",
    r"mend(s|ed)?": "fix",
    r"likewise|thereof|therein|hence|thus|lest|whilst|amongst": "a plain word",
    r"did anything|take its contact ids|forgot it|look one up|read file": "the words of the page's buttons",
    # American spelling.
    r"catalogues?": "catalog",
    r"organi[s]ations?|organi[s]e[ds]?": "organization",
    r"\w*(colour|favour|honour|neighbour|behaviour|labour)\w*": "American spelling",
    r"(recogni|normali|optimi|moderni|seriali|summari|authori|initiali|synchroni|capitali|utili|categori|customi)"
    r"s(e|es|ed|ing|ation|er|ers)": "American spelling: -ize",
    r"grey|centre|centres|licence|licences|defence|cheque|analyse|analysed|programme": "American spelling",
}
FORBIDDEN = [
    (re.compile(rf"\b(?:{word})\b", re.IGNORECASE), better) for word, better in WORDS.items()
]

# Words of others that stay: vendors' protocols, official names, and the codes of actions in the audit log.
KEPT = {
    "contacthub/api/insideview/throttle.py": ["ask again"],
    "contacthub/api/insideview/views.py": ["likewise"],
    "contacthub/connectors/contactbased.py": ["credits"],
    "contacthub/connectors/contactbased_errors.py": ["credits"],
    "contacthub/connectors/contactbased_messages.py": ["credits"],
    "contacthub/contacts/nace.py": ["defence", "organisations"],
    "contacthub/demo/world/feeds.py": ["remote"],
    "contacthub/sourcing/live/actions.py": ["provider"],
    "docs/connections.md": ["credits"],
}
ACTIONS = {
    "Asked failed rows again",
    "Ran saving from a provider again",
    "Started saving from a provider",
    "Went on with pull",
}
# Their texts are protocols', or code for other programs.
NOT_READ = re.compile(r"contacthub/(wire|\w+/migrations|\w+/sql)/|contacthub/\w+/sql\.py")
SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|FROM|JOIN|COALESCE|CREATE|ALTER|ORDER BY|RETURNING|ANALYZE)\b"
)
SENTENCE = re.compile(r"[\w…][,.;:]? [A-Za-z…]|^[A-Z][a-z]+[.?!]?$")

TEMPLATE_CODE = re.compile(
    r"{%-?\s*comment.*?endcomment\s*-?%}|{#.*?#}|<!--.*?-->|<(script|style)\b.*?</\1>|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
# Attributes that hold code; what stands in all others is shown or read out, those of components included.
CODE_ATTRIBUTE = re.compile(
    r"[\s:](?!title=|aria-label=|placeholder=|alt=)"
    r"(?:class|style|id|name|type|for|href|src|d|action|method|value|url|shape|icon|role|kind|key|trigger|target|swap"
    r"|aria-[a-z]+|data-[a-z-]+|hx-[a-z-]+|[a-z_-]*(?:url|id|class))=(?:\"[^\"]*\"|'[^']*')"
)
ATTRIBUTE = re.compile(r"=(?:\"([^\"]*)\"|'([^']*)')")


def test_what_people_read_keeps_to_the_glossary() -> None:
    faults = [f"{place}: “{word}”: say {better}" for place, word, better in _find_all()]
    assert not faults, "\n".join(faults)


# Words that no comment and no docstring needs either.
PLAIN = (
    "whom|whoever", "nobody", "anew", "meanwhile", "by (itself|themselves)", "worthless", "any more",
    "of a vendor's", "where there (is|are) none", "likewise|thereof|therein|hence|thus",
)  # fmt: skip


def test_comments_and_docstrings_are_plain_sentences() -> None:
    words = [(re.compile(rf"\b(?:{word})\b", re.IGNORECASE), word) for word in PLAIN]
    faults = [
        f"{path.relative_to(ROOT)}:{line}: “{match[0]}”"
        for path in sorted((ROOT / "contacthub").rglob("*.py"))
        if "migrations" not in path.parts
        for line, text in _read_comments(path.read_text(encoding="utf-8"))
        for word, _ in words
        for match in word.finditer(text)
        # The name of a constant is no word.
        if not match[0].isupper()
    ]
    assert not faults, "\n".join(faults)


def _read_comments(code: str) -> Iterator[tuple[int, str]]:
    """Yield the comments and docstrings of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        is_docstring = token.type == tokenize.STRING and token.string.startswith('"""')
        if token.type == tokenize.COMMENT or is_docstring:
            yield token.start[0], token.string


def test_words_are_found_where_people_read_them() -> None:
    texts = list(
        _read_template(
            '{# whom #}<a class="whom" title="Nobody">By <b>itself</b></a>{% if anew %}seat{% endif %}'
        )
    )
    assert sorted(word for text in texts for word, _ in _find(text)) == [
        "by itself",
        "nobody",
        "seat",
    ]
    code = 'def f() -> None:\n    """Whom."""\n    x = {"door": f"No {x} provider"}\n    sql("SELECT anew FROM a")\n'
    assert [word for _, text in _read_code(code) for word, _ in _find(text)] == ["provider"]
    assert [word for word, _ in _find("not asked, was not asked, is asked, no vendor asked")] == [
        "is asked"
    ]


def _find_all() -> Iterator[tuple[str, str, str]]:
    """Yield each forbidden word: its place, the word and what to say instead."""
    for place, text in _read_all():
        kept = KEPT.get(place.partition(":")[0], [])
        yield from ((place, word, better) for word, better in _find(text) if word not in kept)


def _find(text: str) -> Iterator[tuple[str, str]]:
    for forbidden, better in FORBIDDEN:
        for match in forbidden.finditer(text):
            yield re.sub(r"\s+", " ", match[0]).lower(), better


def _read_all() -> Iterator[tuple[str, str]]:
    """Yield what people read, with its place."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if path.name != "glossary.md":
            text = re.sub(
                r"```.*?```|^    .*?$|`[^`]*`", "", path.read_text(), flags=re.DOTALL | re.MULTILINE
            )
            yield _name(path), text
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for text in _read_template(path.read_text()):
            yield _name(path), text
    for path in sorted((ROOT / "contacthub").rglob("*.py")):
        if not NOT_READ.match(_name(path)):
            for line, text in _read_code(path.read_text()):
                yield f"{_name(path)}:{line}", text


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _read_template(text: str) -> Iterator[str]:
    """Yield the texts of a template: those of attributes that are shown or read out, then what stands between tags."""
    text = TEMPLATE_CODE.sub(" ", text)
    for tag in TAG.findall(text):
        for double, single in ATTRIBUTE.findall(CODE_ATTRIBUTE.sub(" ", tag)):
            yield double or single
    yield re.sub(r"\s+", " ", TAG.sub(" ", text))


def _read_code(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that read like messages, with their lines; no docstrings, keys or SQL."""
    tree = ast.parse(source)
    skipped = set(_list_docstrings(tree))
    for node in ast.walk(tree):
        text = _text_of(node)
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in ast.walk(node))
        elif id(node) in skipped:
            continue
        if SENTENCE.search(text) and not SQL.search(text) and text not in ACTIONS:
            yield getattr(node, "lineno", 0), text


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _list_docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
