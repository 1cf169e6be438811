"""The vendor's own examples: what it sends is taken, what it shows is what comes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contacthub.contact_jobs.models import ContactJob
from contacthub.wire import insideview as wire
from tests.api.conftest import Program
from tests.api.insideview.conftest import DECLARATION, JSON, send

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[2] / "samples" / "insideview"


@pytest.mark.parametrize("name", ["ids_by_commas.txt", "ids_by_lines.txt"])
def test_bodies_of_the_document_are_taken(program: Program, name: str) -> None:
    assert send(program, (SAMPLES / name).read_bytes()).status_code == 200
    assert ContactJob.objects.get().numbers == [13496440, 8802619, 225]


def test_json_reply_looks_as_in_the_document(program: Program) -> None:
    shown = json.loads((SAMPLES / "submit_reply.json").read_text())
    came = send(program, **JSON).json()
    assert list(came) == list(shown)
    assert came | {"jobId": shown["jobId"]} == shown
    wire.Accepted.model_validate(shown)


def test_xml_reply_looks_as_in_the_document(program: Program) -> None:
    shown = (SAMPLES / "submit_reply.xml").read_bytes()
    came = send(program).content
    assert shown.startswith(DECLARATION)
    assert came.startswith(DECLARATION)
    left, right = ElementTree.fromstring(shown), ElementTree.fromstring(came)
    assert (left.tag, [each.tag for each in left]) == (right.tag, [each.tag for each in right])
    assert [each.text for each in left][1:] == [each.text for each in right][1:]
