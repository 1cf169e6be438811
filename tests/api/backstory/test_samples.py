"""What the vendor's document lists is what is served, name by name and in its order."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from contacthub.wire import backstory as wire
from tests.api.backstory.conftest import JOBS, MARCH
from tests.api.conftest import Program

SAMPLES = Path(__file__).parents[2] / "samples" / "backstory"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def test_parameters_are_those_of_the_document() -> None:
    schema = wire.CreateJob.model_json_schema()["properties"]
    kinds = {"Boolean": "boolean", "String": "string"}
    for name, kind in sample("parameters.json").items():
        field = schema.pop(name)
        types = {field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))}
        assert kinds[kind] in types, name
    assert schema == {}


@pytest.mark.django_db
def test_response_has_the_fields_of_the_document(program: Program) -> None:
    fields = sample("response_fields.json")
    assert list(program.post(JOBS, MARCH).json()) == list(fields)
    assert list(get_args(wire.State)) == fields["state"]
    assert set(get_args(wire.OutputFormat)) == set(fields["output_format"])
