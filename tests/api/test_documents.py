"""The OpenAPI documents: committed as generated, valid OpenAPI 3.1, and complete enough to program against."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.test import Client
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from contacthub.api.protocols import APIS
from contacthub.api.views import read_document
from contacthub.credentials.protocols import PROTOCOLS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "openapi"
DOCUMENTS = {name: orjson.loads(read_document(name)) for name in APIS}
METHODS = ("get", "post", "put", "patch", "delete")
# Only an answer can give one.
OPAQUE = {"cursor"}
# Every call that takes a key may answer so.
ALWAYS = {"200", "400", "401", "413", "414", "429", "431", "500", "503"}


def _operations() -> Iterator[Any]:
    for name, document in DOCUMENTS.items():
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    where = f"{name} {method.upper()} {path}"
                    yield pytest.param(document, item[method], id=where)


OPERATIONS = list(_operations())


def resolve(document: Any, schema: Any) -> Any:
    while "$ref" in schema:
        _, *steps = schema["$ref"].split("/")
        found: Any = document
        for step in steps:
            found = found[step]
        schema = found
    return schema


def test_every_protocol_has_a_document() -> None:
    assert set(APIS) == set(PROTOCOLS) == {path.stem for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("name", list(APIS))
def test_committed_document_is_what_the_code_generates(name: str) -> None:
    """Run `python manage.py write_openapi` and commit what it changes."""
    assert (FOLDER / f"{name}.json").read_bytes() == read_document(name)


@pytest.mark.parametrize("name", list(APIS))
def test_document_is_valid_openapi_3_1(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["openapi"].startswith("3.1.")
    errors = [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)]
    assert errors == []


def test_validator_sees_what_is_wrong() -> None:
    document = orjson.loads(read_document("contactbased"))
    del document["info"]["version"]
    assert not OPENAPI_31_VALIDATOR.is_valid(document)


@pytest.mark.parametrize("name", list(APIS))
def test_every_reference_is_there(name: str) -> None:
    document = DOCUMENTS[name]
    for reference in set(re.findall(r'"\$ref":\s*"([^"]+)"', read_document(name).decode())):
        assert resolve(document, {"$ref": reference}), reference


@pytest.mark.parametrize("name", list(APIS))
def test_nothing_of_our_own_making_is_left(name: str) -> None:
    assert not re.search(r'"x-(statuses|answers|links|open)"', read_document(name).decode())


@pytest.mark.parametrize("name", list(APIS))
def test_operation_ids_are_unique(name: str) -> None:
    ids = re.findall(r'"operationId":\s*"(\w+)",?\s*\n\s*"summary"', read_document(name).decode())
    assert len(ids) == len(set(ids)) >= 1


@pytest.mark.parametrize(("document", "operation"), OPERATIONS)
def test_call_is_described(document: Any, operation: Any) -> None:
    assert operation["operationId"].isidentifier()
    assert len(operation["summary"]) >= 10
    assert "\n" not in operation["summary"]
    assert len(operation["description"]) >= 10
    assert operation["tags"]


@pytest.mark.parametrize(("document", "operation"), OPERATIONS)
def test_call_says_how_a_key_travels(document: Any, operation: Any) -> None:
    schemes = document["components"]["securitySchemes"]
    assert all(set(one) <= set(schemes) for one in operation["security"])
    assert operation["security"] or "401" in operation["responses"], "open, and refuses nobody?"


@pytest.mark.parametrize(("document", "operation"), OPERATIONS)
def test_every_status_has_a_shape(document: Any, operation: Any) -> None:
    statuses = set(operation["responses"])
    assert statuses >= (ALWAYS if operation["security"] else ALWAYS - {"401"})
    for status, answer in operation["responses"].items():
        assert answer["description"], status
        assert answer["content"], status
        for media in answer["content"].values():
            assert resolve(document, media["schema"]), status
    for status in ("429", "503"):
        assert "Retry-After" in operation["responses"][status]["headers"]


@pytest.mark.parametrize(("document", "operation"), OPERATIONS)
def test_every_parameter_is_described_with_an_example(document: Any, operation: Any) -> None:
    for parameter in operation["parameters"]:
        name, schema = parameter["name"], resolve(document, parameter["schema"])
        assert parameter.get("description"), name
        assert list(_examples(document, schema)) or name in OPAQUE, name


@pytest.mark.parametrize(("document", "operation"), OPERATIONS)
def test_every_body_has_an_example(document: Any, operation: Any) -> None:
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        schema = resolve(document, media["schema"])
        assert "anyOf" not in media["schema"], "no client is generated of a body or null"
        assert media["example"], kind
        fields = schema.get("properties", {})
        needed = schema.get("required") or fields
        assert list(_examples(document, schema)) or all(
            list(_examples(document, resolve(document, fields[name]))) for name in needed
        ), kind


def _examples(document: Any, schema: Any) -> Iterator[Any]:
    """Yield what a reader can copy: examples, the words of a choice, a default, those of alternatives and items.

    A number, a boolean and a text with a format or pattern say by themselves what they look like.
    """
    yield from schema.get("examples", ())
    yield from schema.get("enum", ())
    yield from (schema[name] for name in ("const", "default", "example") if name in schema)
    if schema.get("type") in ("boolean", "integer", "number") or {"format", "pattern"} & set(
        schema
    ):
        yield "as its type says"
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _examples(document, resolve(document, part))


@pytest.mark.parametrize("name", list(APIS))
@pytest.mark.django_db
def test_document_is_at_a_stable_address(name: str) -> None:
    served = Client().get(f"/openapi/{name}.json")
    assert (served.status_code, served["Content-Type"]) == (200, "application/json")
    assert served.content == read_document(name, settings.BASE_URL)
    assert served.json()["servers"][0]["url"] == settings.BASE_URL


@pytest.mark.parametrize("name", list(APIS))
def test_alternatives_are_whole_objects(name: str) -> None:
    """A list of `required` beside the properties says nothing to generators of clients."""
    for schema in DOCUMENTS[name]["components"]["schemas"].values():
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            assert set(choice) != {"required"}


@pytest.mark.parametrize("body", [{"job_id": "a"}, {"feed_id": "a", "lookback_days": 1}])
def test_alternatives_exclude_each_other(body: dict[str, Any]) -> None:
    document = DOCUMENTS["contactbased"]
    kinds = [
        resolve(document, kind)
        for kind in document["components"]["schemas"]["CreateExport"]["oneOf"]
    ]
    assert [set(kind["required"]) <= set(body) for kind in kinds].count(True) == 1
