"""The table of protocols: every vendor is in it, whole, and no other file lists the vendors again."""

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.test import Client

from contacthub.api.protocols import APIS, find_protocol
from contacthub.connectors import registry
from contacthub.credentials.actions import issue_key
from contacthub.credentials.protocols import PROTOCOLS, ProtocolEntry
from contacthub.credentials.scopes import READ, SCOPES, WRITE
from contacthub.organizations.audit import Actor
from contacthub.organizations.models import Organization, User
from tests.connectors.vendors import VENDORS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "contacthub"
# The two lists that a new vendor is added to.
LISTS = {SOURCES / "credentials" / "protocols.py", SOURCES / "connectors" / "registry.py"}
every_entry = pytest.mark.parametrize("entry", PROTOCOLS.values(), ids=list(PROTOCOLS))


def folders_with(pattern: str, *parts: str) -> set[str]:
    """Return the folders within a folder that hold something of a pattern."""
    found = {each.parent.name for each in ROOT.joinpath(*parts).glob(f"*/{pattern}")}
    return found - {"__pycache__"}


def test_every_vendor_is_everywhere() -> None:
    names = list(PROTOCOLS)
    assert list(registry.VENDORS) == names
    assert list(APIS) == names
    assert [api.protocol.name for api in APIS.values()] == names
    assert [registry.CONNECTORS[name].vendor for name in names] == names
    wires = {path.stem for path in (SOURCES / "wire").glob("*.py")}
    assert wires - {"__init__", "numbers"} == set(names)
    assert folders_with("views*", "contacthub", "api") == set(names)
    assert {path.stem for path in (ROOT / "docs" / "api").glob("*.md")} == set(names)
    assert {path.stem for path in (ROOT / "docs" / "openapi").glob("*.json")} == set(names)
    assert folders_with("*.*", "tests", "samples") == set(names)
    assert folders_with("test_*.py", "tests", "api") == set(names)
    assert {vendor.name for vendor in VENDORS} == set(names)


@every_entry
def test_admins_read_of_every_connection(entry: ProtocolEntry) -> None:
    page = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
    assert f"\n| {entry.label} | " in page


def test_no_path_belongs_to_two_protocols() -> None:
    owners = [
        (beginning, name) for name, api in APIS.items() for beginning in api.protocol.prefixes
    ]
    shared = [
        (beginning, name)
        for beginning, name in owners
        if any(other.startswith(beginning) and owner != name for other, owner in owners)
    ]
    assert shared == []


@every_entry
def test_a_vendor_has_one_name(entry: ProtocolEntry) -> None:
    assert registry.CONNECTORS[entry.name].label == entry.label
    assert APIS[entry.name].protocol.title == entry.label


@every_entry
def test_key_travels_as_the_table_says(entry: ProtocolEntry) -> None:
    schemes = APIS[entry.name].protocol.security.values()
    headers = {
        ("Authorization", "Bearer ") if each["type"] == "http" else (each["name"], "")
        for each in schemes
    }
    assert (entry.key_header, entry.key_prefix) in headers


@pytest.mark.parametrize(
    "entry", [each for each in PROTOCOLS.values() if each.sample_path], ids=lambda each: each.name
)
@pytest.mark.django_db
def test_key_that_may_read_can_be_tried(
    entry: ProtocolEntry, acme: Organization, alice: User
) -> None:
    protocol = find_protocol(entry.sample_path)
    assert protocol is not None
    assert protocol.name == entry.name
    _, key = issue_key(
        organization=acme, actor=Actor.of(alice), name="Trial", scopes=[f"{entry.name}:{READ}"]
    )
    sent = {entry.key_header: f"{entry.key_prefix}{key}"}
    assert Client().get(entry.sample_path, headers=sent).status_code == 200


@every_entry
def test_entry_is_whole(entry: ProtocolEntry) -> None:
    assert all((entry.label, entry.subject, entry.reads, entry.writes, entry.key_header))
    assert {f"{entry.name}:{READ}", f"{entry.name}:{WRITE}"} <= set(SCOPES)


def own_files() -> Iterator[Path]:
    """Yield the sources that are no vendor's own and may not list vendors."""
    for path in SOURCES.rglob("*.py"):
        place = path.relative_to(SOURCES).parts
        if path not in LISTS and "migrations" not in place and not set(place) & set(PROTOCOLS):
            yield path


def texts_in(nodes: Iterable[ast.AST | None]) -> set[str]:
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, str)}


def texts_of(node: ast.AST) -> set[str]:
    """Return the texts that a dict has as keys, a list, tuple or set as items, a `match` as cases."""
    if isinstance(node, ast.Dict):
        return texts_in(node.keys)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return texts_in(node.elts)
    if isinstance(node, ast.Match):
        patterns = (case.pattern for case in node.cases)
        return texts_in(each.value for each in patterns if isinstance(each, ast.MatchValue))
    return set()


def vendors_listed(tree: ast.AST) -> list[set[str]]:
    """Return the vendors by name of each list there is, and of all comparisons of a file."""
    nodes = list(ast.walk(tree))
    compared = [each.comparators for each in nodes if isinstance(each, ast.Compare)]
    found = [texts_of(node) for node in nodes] + [texts_in(chain.from_iterable(compared))]
    return [names for texts in found if len(names := texts & set(PROTOCOLS)) > 1]


def test_no_other_file_lists_the_vendors() -> None:
    found = {
        path.relative_to(ROOT): names
        for path in own_files()
        if (names := vendors_listed(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        'a = {"letrics": 1, "backstory": 2}',
        'a = ("letrics", "insideview")',
        'match a:\n    case "letrics": pass\n    case "richutilities": pass',
        'if a == "letrics": pass\nelif a == "backstory": pass',
    ],
)
def test_finder_sees_each_kind_of_list(source: str) -> None:
    assert vendors_listed(ast.parse(source)) != []
