"""What `make check` wants of templates: short enough to read, and nothing in them unknown or unused.

python -m tests.template_rules
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import allauth
from django.template import TemplateSyntaxError

from contacthub.web.components import (
    FOLDER,
    LEADING_COMMENT,
    Call,
    Component,
    find_fault,
    list_calls,
    read_component,
)

ROOT = Path(__file__).resolve().parent.parent
MOST_CHARACTERS = 120
MOST_LINES = 120
MOST_CONDITIONALS = 10
CONDITIONAL = re.compile(r"{%-?\s*(?:if|elif)\s")
# The name of a template in a string of Python or in a tag; parts of it may be put in: f"{area}/list.html".
NAMED = re.compile(r"[\"']([\w{}./-]+\.html)[\"']")
# The page that shows every component does not count as using one.
INCLUDED = re.compile(r"{%-?\s*(?:include|extends)\s+[\"']([^\"']+)[\"']")
SHOWCASE = "reference/components"


@dataclass
class Templates:
    """All templates by name, and the code that renders them."""

    folder: Path
    code: Path
    # Templates of packages, which ours of the same name replace.
    replaced: Path = field(default=Path(allauth.__file__).parent / "templates")

    @cached_property
    def texts(self) -> dict[str, str]:
        """The text of each template by its name."""
        paths = sorted(self.folder.rglob("*.html"))
        return {path.relative_to(self.folder).as_posix(): path.read_text() for path in paths}

    @cached_property
    def components(self) -> dict[str, Component]:
        """What each component declares, by the name of its template."""
        return {
            name: read_component(text)
            for name, text in self.texts.items()
            if name.startswith(f"{FOLDER}/")
        }

    @cached_property
    def calls(self) -> dict[str, list[Call]]:
        """The components that each template uses; a template that cannot be read uses none."""
        return {name: _list_calls(text) for name, text in self.texts.items()}

    def list_faults(self) -> list[str]:
        """List what is wrong, a line each."""
        return [
            *self._list_long(),
            *self._list_misused(),
            *self._list_missing(),
            *self._list_unused(),
            *self._list_unexplained(),
        ]

    def _list_long(self) -> Iterator[str]:
        for name, text in self.texts.items():
            if why := measure(text):
                yield f"{name}: {why}"

    def _list_misused(self) -> Iterator[str]:
        for name, calls in self.calls.items():
            try:
                list_calls(self.texts[name])
            except TemplateSyntaxError as error:
                yield f"{name}: {error}"
            for call in calls:
                if fault := find_fault(call, self.components.get(call.path)):
                    yield f"{name}, line {call.line}: {fault}"

    def _list_missing(self) -> Iterator[str]:
        for name, text in self.texts.items():
            for wanted in INCLUDED.findall(text):
                if wanted not in self.texts and not (self.replaced / wanted).is_file():
                    yield f"{name}: there is no template {wanted}."

    def _list_unused(self) -> Iterator[str]:
        sources = [*self.texts.values(), *(path.read_text() for path in self.code.rglob("*.py"))]
        named = {name for text in sources for name in NAMED.findall(text)}
        patterns = [re.sub(r"{[^}]*}", r"[\\w/-]+", re.sub(r"\.", r"\\.", name)) for name in named]
        is_named = re.compile("|".join(sorted(patterns)) or "$^")
        used = {
            call.path
            for name, calls in self.calls.items()
            if not name.startswith(SHOWCASE)
            for call in calls
            if call.path != name
        }
        for name in self.texts:
            is_replacing = (self.replaced / name).is_file()
            if not (name in used or is_named.fullmatch(name) or is_replacing):
                yield f"{name} is used nowhere."

    def _list_unexplained(self) -> Iterator[str]:
        for name, component in self.components.items():
            comment = LEADING_COMMENT.match(self.texts[name])
            words = re.findall(r"^(\w+)  ", comment[0], re.MULTILINE) if comment else []
            for argument in sorted((component.required | component.optional) - set(words)):
                yield f"{name}: the comment at its top does not explain {argument}."


def measure(text: str) -> str:
    """Return in which ways a template is too long; nothing where it is short enough."""
    lines = text.splitlines()
    wide = [place for place, line in enumerate(lines, 1) if len(line) > MOST_CHARACTERS]
    conditionals = len(CONDITIONAL.findall(text))
    found = [
        f"over {MOST_CHARACTERS} characters in line {', '.join(map(str, wide))}" if wide else "",
        f"{len(lines)} lines" if len(lines) > MOST_LINES else "",
        f"{conditionals} conditionals" if conditionals > MOST_CONDITIONALS else "",
    ]
    return "; ".join(filter(None, found))


def _list_calls(text: str) -> list[Call]:
    try:
        return list_calls(text)
    except TemplateSyntaxError:
        return []


def main() -> int:
    """Print what is wrong and return 1, or return 0."""
    faults = Templates(ROOT / "templates", ROOT / "contacthub").list_faults()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
