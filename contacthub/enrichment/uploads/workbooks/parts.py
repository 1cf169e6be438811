"""What a workbook holds beside its cells: which sheets, the shared texts, and the formats of numbers."""

import posixpath
import re
from dataclasses import dataclass, field

from contacthub.enrichment.uploads.workbooks.container import Container
from contacthub.enrichment.uploads.workbooks.formats import Formatter, format_number, make_formatter
from contacthub.enrichment.uploads.workbooks.xml import Handler, Refused, run

MAIN = "xl/workbook.xml"
# Memory: a shared text takes 60 bytes more than its characters.
MOST_SHARED = 4_000_000
MOST_FORMATS = 100_000
TRUE = ("1", "true")
# A character that XML cannot hold, ST_Xstring of ECMA-376 part 1 §22.9.2.19.
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass
class Sheet:
    """A sheet's name, the id of its part, and whether people see it."""

    name: str
    relation: str
    is_visible: bool


@dataclass
class Workbook:
    """A workbook without its sheets' cells."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    # One for each style of a cell.
    formatters: list[Formatter] = field(default_factory=list)


def read_workbook(container: Container) -> Workbook:
    """Read everything but the cells; `sheets` are the visible worksheets, name and part. Raises `Refused`."""
    main = next(iter(_read_relations(container, "").by_kind.get("officeDocument", [])), MAIN)
    catalog = _Catalog()
    part = container.open(main)
    if part is None:
        raise Refused("This is a zip file but not an XLSX workbook. Save the sheet as XLSX or CSV.")
    run(part, catalog)
    relations = _read_relations(container, main)
    sheets = set(relations.by_kind.get("worksheet", []))
    return Workbook(
        [
            (sheet.name, relations.targets[sheet.relation])
            for sheet in catalog.sheets
            if sheet.is_visible and relations.targets.get(sheet.relation) in sheets
        ],
        _read_texts(container, relations),
        _read_formatters(container, relations, is_1904=catalog.is_1904),
    )


def unescape(text: str) -> str:
    """Return a text with the characters that XML cannot hold."""
    if "_x" not in text:
        return text
    written = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Halves of a character that stand alone are dropped.
    return written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# --- Relations and sheets -------------------------------------------------------------------------


class _Relations(Handler):
    """The parts that one part refers to."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}
        self.by_kind: dict[str, list[str]] = {}
        self._folder = folder

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = posixpath.normpath(posixpath.join(self._folder, attributes.get("Target", "")))
        self.targets[attributes.get("Id", "")] = target
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.by_kind.setdefault(kind, []).append(target)


def _read_relations(container: Container, name: str) -> _Relations:
    folder, file = posixpath.split(name)
    relations = _Relations("/" + folder)
    part = container.open(posixpath.join(folder, "_rels", f"{file}.rels"))
    if part is not None:
        run(part, relations)
    return relations


class _Catalog(Handler):
    """The sheets of a workbook in the order of their tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[Sheet] = []
        self.is_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "").lower() in TRUE
        elif name == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            is_visible = attributes.get("state", "visible") == "visible"
            self.sheets.append(Sheet(attributes.get("name", ""), relation, is_visible))


# --- Shared texts ---------------------------------------------------------------------------------


class Texts(Handler):
    """The shared texts in their order: runs of one text are joined, and how it is pronounced is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._runs: list[str] = []
        self._is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t" and not self._is_phonetic:
            self.collect()
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name == "t" and not self._is_phonetic:
            self._runs.append(self.stop())
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            if len(self.found) >= MOST_SHARED:
                raise Refused("This workbook holds too many texts. Save the sheet as CSV.")
            self.found.append(unescape("".join(self._runs)))
            self._runs = []


def _read_texts(container: Container, relations: _Relations) -> list[str]:
    texts = Texts()
    for name in relations.by_kind.get("sharedStrings", [])[:1]:
        part = container.open(name)
        if part is not None:
            run(part, texts)
    return texts.found


# --- Formats --------------------------------------------------------------------------------------


class _Styles(Handler):
    """The codes of number formats, and the format of each style."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.ids: list[str] = []
        self._is_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.ids) + len(self.codes) > MOST_FORMATS:
            raise Refused("This workbook holds too many formats. Save the sheet as CSV.")
        if name == "numFmt":
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:255]
        elif name == "cellXfs":
            self._is_cells = True
        elif name == "xf" and self._is_cells:
            self.ids.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_cells = False


def _read_formatters(
    container: Container, relations: _Relations, *, is_1904: bool
) -> list[Formatter]:
    styles = _Styles()
    for name in relations.by_kind.get("styles", [])[:1]:
        part = container.open(name)
        if part is not None:
            run(part, styles)
    made: dict[str, Formatter] = {}
    for number in set(styles.ids):
        is_id = number.isascii() and number.isdigit() and len(number) < 10
        made[number] = (
            make_formatter(styles.codes.get(number, ""), int(number), is_1904=is_1904)
            if is_id
            else format_number
        )
    return [made[number] for number in styles.ids]
