"""Components: templates in `templates/components/`, used as `<c-badge state="ok" words="Valid" />`.

A component begins with a comment that explains its arguments and slots, then declares them in `<c-vars>`: one with a
default is optional, one without must be given. What does not fit a declaration is an error when the template is loaded,
not an empty place on the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.template import Origin, TemplateDoesNotExist, TemplateSyntaxError
from django_cotton.compiler_regex import CottonCompiler, Tag
from django_cotton.cotton_loader import Loader as CottonLoader

FOLDER = "components"
# What is drawn between words: without white space around it.
INLINE = (f"{FOLDER}/", "shapes/")
LEADING_COMMENT = re.compile(
    r"\A\s*(?:{%\s*comment\s*%}(.*?){%\s*endcomment\s*%}|{#.*?#})\s*", re.DOTALL
)
DECLARATION = re.compile(r"<c-vars\b([^>]*?)/>\s*", re.DOTALL)
# Components that take further attributes write them with this; only these, so that a misspelled argument is none.
PASSED_ON = re.compile(r"{{\s*attrs\s*}}")
PASSABLE = re.compile(r"(?:hx|data|aria)-[\w-]+|id|autocomplete|novalidate")
# Pages do not carry what makes templates readable: a third of a long list would be spaces.
INDENTATION = re.compile(r"\s*\n\s*")
# An include knows nothing of declarations: defaults would win over what it hands over.
INCLUDED = re.compile(rf'{{%\s*include\s+"({FOLDER}/\w+\.html)"')
# What `:argument="…"` may hold. Cotton drops any other expression, a filter for instance, without a word.
NAME = re.compile(r"[A-Za-z][\w.]*|\d+")


@dataclass(frozen=True)
class Component:
    """What a component declares: its arguments and slots by name, and whether it passes other attributes on."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    passes_on: bool = False


@dataclass
class Call:
    """One use of a component in a template: the attributes as they are written, and the slots it fills."""

    name: str
    line: int
    attributes: dict[str, str]
    slots: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        """The name of the component's template."""
        return f"{FOLDER}/{self.name.replace('-', '_')}.html"


class Loader(CottonLoader):  # type: ignore[misc]
    """Loads templates and turns the components in them into tags; refuses what does not fit a declaration."""

    def get_contents(self, origin: Origin) -> str:
        """Return a template's text with nothing but Django's tags in it."""
        text, name = self._read(origin), str(origin.template_name)
        self._refuse_misuse(text, name)
        is_inline = name.startswith(INLINE)
        text = INDENTATION.sub(" ", strip(text)) if is_inline else INDENTATION.sub("\n", text)
        compiled: str = self.cotton_compiler.process(text)
        return compiled

    def _refuse_misuse(self, text: str, name: str) -> None:
        for call in list_calls(text):
            if fault := find_fault(call, self._find_component(call.path)):
                raise TemplateSyntaxError(f"{name}, line {call.line}: {fault}")
        for path in INCLUDED.findall(text):
            component = self._find_component(path)
            if component and component.required | component.optional:
                raise TemplateSyntaxError(f"{name} includes {path}, which is a component.")

    def _read(self, origin: Origin) -> str:
        try:
            return Path(origin.name).read_text(encoding=self.engine.file_charset)
        except FileNotFoundError as error:
            raise TemplateDoesNotExist(origin) from error

    def _find_component(self, path: str) -> Component | None:
        for origin in self.get_template_sources(path):
            if Path(origin.name).is_file():
                return read_component(self._read(origin))
        return None


def strip(text: str) -> str:
    """Return a component without its comment and the white space around it, so that it fits between words."""
    return DECLARATION.sub(lambda found: found[0].rstrip(), LEADING_COMMENT.sub("", text)).strip()


def read_component(text: str) -> Component:
    """Return what the text of a component declares. The slot without a name needs no declaration."""
    plain, _ = CottonCompiler().exclude_ignorables(text)
    found = DECLARATION.search(plain)
    declared = _read_attributes(found[1]) if found else {}
    required = frozenset(name for name, default in declared.items() if default is None)
    return Component(
        required=required,
        optional=frozenset(name.lstrip(":") for name in declared) - required,
        passes_on=PASSED_ON.search(text) is not None,
    )


def list_calls(text: str) -> list[Call]:
    """List the uses of components in the text of a template, outer ones before those in their slots."""
    plain, _ = CottonCompiler().exclude_ignorables(text)
    calls: list[Call] = []
    open_calls: list[Call] = []
    for tag, line in _list_tags(plain):
        call = Call(tag.tag_name.removeprefix("c-"), line, _read_given(tag.attrs))
        if call.name == "slot":
            _fill_slot(call, is_end=tag.is_closing, within=open_calls)
        elif tag.is_closing:
            _close(call, open_calls)
        else:
            calls.append(call)
            open_calls += [] if tag.is_self_closing else [call]
    if open_calls:
        raise TemplateSyntaxError(f"Line {open_calls[-1].line}: a component is never closed.")
    return calls


def _fill_slot(slot: Call, *, is_end: bool, within: list[Call]) -> None:
    if not within:
        raise TemplateSyntaxError(f"Line {slot.line}: <c-slot> stands outside of every component.")
    if not is_end:
        within[-1].slots.add(slot.attributes.get("name", ""))


def _close(call: Call, open_calls: list[Call]) -> None:
    # Cotton does not compare names.
    if not open_calls or open_calls.pop().name != call.name:
        raise TemplateSyntaxError(
            f"Line {call.line}: </c-{call.name}> closes another component or none."
        )


def find_fault(call: Call, component: Component | None) -> str:
    """Return what is wrong with the use of a component; nothing if it fits the declaration."""
    tag = f"<c-{call.name}>"
    if component is None:
        return f"There is no component {tag}."
    given = {name.lstrip(":"): value for name, value in call.attributes.items()}
    declared = component.required | component.optional
    if missing := component.required - set(given) - call.slots:
        return f"{tag} needs {', '.join(sorted(missing))}."
    if unknown := call.slots - declared:
        return f"{tag} has no slot {', '.join(sorted(unknown))}."
    if component.passes_on:
        given = {name: value for name, value in given.items() if not PASSABLE.fullmatch(name)}
    if unknown := set(given) - declared:
        return f"{tag} has no argument {', '.join(sorted(unknown))}."
    return _find_faulty_value(call, declared)


def _find_faulty_value(call: Call, declared: frozenset[str]) -> str:
    for name, value in call.attributes.items():
        if not name.startswith(":"):
            continue
        if name[1:] not in declared:
            # Cotton writes these as they are, without escaping them.
            return (
                f'Write {name[1:]}="{{{{ … }}}}" instead of {name}="…": only arguments take values.'
            )
        if not NAME.fullmatch(value):
            return f'{name}="{value}" is no plain name.'
    return ""


def _list_tags(plain: str) -> Iterator[tuple[Tag, int]]:
    for found in Tag.tag_pattern.finditer(plain):
        if not found[0].startswith("<c-vars"):
            yield Tag(found), plain[: found.start()].count("\n") + 1


def _read_attributes(text: str) -> dict[str, str | None]:
    """Return attributes by name; None if no value is written."""
    found = (each.groups() for each in Tag.attr_pattern.finditer(text))
    return {name: bare if quoted is None else quoted for name, _, quoted, bare in found}


def _read_given(text: str) -> dict[str, str]:
    return {name: value or "" for name, value in _read_attributes(text).items()}
