"""Every parameter of every call, by the documents, with values that no client means: never a 5xx, always the shape."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import orjson
import pytest

from contacthub.api.protocols import APIS
from contacthub.api.views import read_document
from contacthub.feeds.models import FeedGrant
from contacthub.wire import contactbased
from tests.api.conftest import Program
from tests.api.test_authorization import by_header
from tests.api.test_http import ERRORS
from tests.clients.calls import Call, list_calls, operations

pytestmark = pytest.mark.django_db

# As they stand in an address or a form.
TEXTS = (
    "", "0", "-1", "1e999", "-1e999", "1e18", "9" * 18, "9" * 19, "-" + "9" * 19, "9" * 5000, "0" * 5000 + "1", "NaN",
    "Infinity", "1_000", "٣", "%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%92%A9", "9999-12-31", "0000-00-00",
    "9999-12-31T23:59:59.999999%2B00:00", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59-23:59", "'%3B--", "[[[[",
    "true,false", ",", ",,,", "%25", "http://[evil", "x" * 3000,
)  # fmt: skip
# As they stand in a body of JSON.
VALUES = (
    b"null", b"true", b"-0.0", b"1e999", b"-1e999", b"1e18", b"1e308", b"9" * 18, b"9" * 19, b"-" + b"9" * 19,
    b"9" * 5000, b"1." + b"0" * 5000, b'""', b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"9999-12-31"',
    b'"9999-12-31T23:59:59.999999"', b'"9999-12-31T23:59:59-23:59"', b'"0001-01-01T00:00:00+23:59"', b'"x"', b"[]",
    b"{}", b"[[[[]]]]", b"[" * 5000 + b"]" * 5000, b'{"a":' * 500 + b"1" + b"}" * 500, b'{"a":1,"a":2}',
    b'"%s"' % (b"x" * 3000), b"[" + b"null," * 1500 + b"1]", b"NaN",
)  # fmt: skip


class Hostile:
    """Sends one protocol's calls with one value changed, and looks at what comes."""

    def __init__(self, protocol: str, key: str) -> None:
        self.protocol = protocol
        self.program = Program(lambda text: by_header(protocol, text), key)
        self.sent = 0

    def send(self, call: Call, query: str = "", body: bytes | None = None, **path: str) -> None:
        """Make a call; `path` are values that take the place of those of the address, as they are written there."""
        values = {name: quote(str(value)) for name, value in call.path_values.items()} | path
        address = re.sub(r"{(\w+)}", lambda found: values[found[1]], call.path)
        answer = self.program.client.generic(
            call.method,
            f"{address}?{query}" if query else address,
            self.write_body(call) if body is None else body,
            content_type=call.media_type,
            headers=self.program.headers,
        )
        self.sent += 1
        asked = (call.operation, query[:200], (body or b"")[:200], path)
        assert answer.status_code < 500, (asked, answer.content)
        if answer.status_code >= 400:
            self.check(answer, asked)

    def check(self, answer: Any, asked: Any) -> None:
        if answer["Content-Type"] == "application/xml":
            assert ElementTree.fromstring(answer.content).tag == "error", asked
        else:
            assert answer["Content-Type"] == "application/json", asked
            ERRORS[self.protocol].model_validate(json.loads(answer.content))

    def write_body(self, call: Call) -> bytes:
        if call.body is None or isinstance(call.body, str):
            return (call.body or "").encode()
        if call.media_type.endswith("json"):
            return orjson.dumps(call.body)
        return "&".join(f"{name}={quote(value)}" for name, value in call.body.items()).encode()

    def change_body(self, call: Call, fields: set[str]) -> Iterator[bytes]:
        """Yield bodies with one field changed to each value, or with one text in each place of a form."""
        if isinstance(call.body, str):
            yield from (text.encode() for text in (*TEXTS, "1,1e3", "9223372036854775808", "1;2"))
        for place, name in enumerate(sorted(fields)):
            if call.media_type.endswith("json"):
                kept = {each: value for each, value in call.body.items() if each != name}
                for value in some_of(VALUES, place):
                    start = orjson.dumps(kept)[:-1] + (b"," if kept else b"")
                    yield start + b'"%s": %s}' % (name.encode(), value)
            else:
                yield from (f"{name}={text}".encode() for text in some_of(TEXTS, place))


def fields_of(document: Any, schema: Any) -> set[str]:
    """Return the names of a body's fields, those of all its alternatives."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    inner = (fields_of(document, each) for each in schema.get("oneOf", ()))
    return set(schema.get("properties", ())).union(*inner)


def some_of(values: Sequence[Any], place: int) -> Sequence[Any]:
    """Return all values for the first field, and for those after it one in six, each time others."""
    return values if place == 0 else values[place % 6 :: 6]


def write_query(call: Call, but: str = "") -> str:
    return "&".join(f"{name}={quote(str(it))}" for name, it in call.query.items() if name != but)


def change_parameters(hostile: Hostile, call: Call, parameters: list[Any]) -> None:
    for place, parameter in enumerate(parameters):
        name = parameter["name"]
        for text in some_of(TEXTS, place):
            if parameter["in"] == "path" and text:
                hostile.send(call, write_query(call), **{name: text})
            elif parameter["in"] == "query":
                hostile.send(call, f"{name}={text}&{write_query(call, but=name)}")


@pytest.mark.parametrize("protocol", list(APIS))
def test_no_value_of_any_parameter_is_an_error_of_ours(
    acme_key: str, grant: FeedGrant, protocol: str
) -> None:
    grant.feed.public_id = contactbased.FEED_ID
    grant.feed.save()
    document = orjson.loads(read_document(protocol))
    hostile = Hostile(protocol, acme_key)
    calls = {call.operation: call for call in list_calls(document)}
    for _, _, operation in operations(document):
        call = calls[operation["operationId"]]
        change_parameters(hostile, call, operation["parameters"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            for body in hostile.change_body(call, fields_of(document, media["schema"])):
                hostile.send(call, write_query(call), body)
    assert hostile.sent > 25


@pytest.mark.parametrize("protocol", list(APIS))
def test_no_header_of_any_call_is_an_error_of_ours(acme_key: str, protocol: str) -> None:
    hostile = Hostile(protocol, acme_key)
    for call in list_calls(orjson.loads(read_document(protocol))):
        for name in ("Idempotency-Key", "Accept", "Range", "If-Range", "X-Forwarded-For", "Cookie"):
            for text in (
                "",
                "\x7f",
                "é",
                "9" * 5000,
                ",;=",
                "bytes=" + "9" * 5000 + "-",
                "a" * 300,
            ):
                hostile.program.headers = by_header(protocol, acme_key) | {name: text}
                hostile.send(call)
