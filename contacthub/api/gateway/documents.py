"""A protocol's OpenAPI document: what django-ninja knows of the views, and what every call has in common."""

from http import HTTPStatus
from typing import Any, get_type_hints

from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from contacthub.api.gateway.api import GatewayAPI
from contacthub.api.gateway.idempotency import HEADER, MOST_LENGTH

Document = dict[str, Any]
SCHEMAS = "#/components/schemas/"
# Keys of `openapi_extra` that `describe` writes and this module reads.
STATUSES, ANSWERS, LINKS = "x-statuses", "x-answers", "x-links"

# Only an answer can give these.
OPAQUE = ("cursor", "signature")
# By format or type; numbers are their smallest.
EXAMPLES = {"string": "NO", "boolean": True, "date-time": "2026-01-31T00:00:00Z"}

RATE_HEADERS = {
    "RateLimit": {
        "description": "Requests left (`r`) and seconds until more (`t`).",
        "schema": {"type": "string", "examples": ['"key";r=5999;t=60']},
    },
    "RateLimit-Policy": {
        "description": "Requests (`q`) in a window of `w` seconds.",
        "schema": {"type": "string", "examples": ['"key";q=6000;w=60']},
    },
}
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
HEADERS = {**RATE_HEADERS, "Retry-After": RETRY_AFTER}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Any text of your own. Sent again with the same body, the request gets the first answer "
    "(`Idempotent-Replayed: true`) and spends nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_LENGTH, "pattern": "^[ -~]+$"},
}


def describe(
    *statuses: int,
    idempotent: bool = False,
    answers: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return `openapi_extra` of a call: its own error statuses, other media types of its 200 with their schemas, and
    its links: what can be done next with the ids of the answer (OpenAPI 3.1, "Link Object").
    """
    return {
        STATUSES: [*statuses, *((409, 422) if idempotent else ())],
        **({"parameters": [IDEMPOTENCY_KEY]} if idempotent else {}),
        **({ANSWERS: answers} if answers else {}),
        **({LINKS: links} if links else {}),
        **extra,
    }


def build_document(api: GatewayAPI, *, base_url: str) -> Document:
    """Return the whole document, OpenAPI 3.1. The same code and address give the same bytes on every machine."""
    document: Document = dict(api.get_openapi_schema(path_prefix=""))
    protocol = api.protocol
    document["servers"] = [{"url": base_url, "description": "This ContactHub"}]
    components = document["components"]
    components["schemas"] = dict(sorted({**components["schemas"], **_error_schemas(api)}.items()))
    components["headers"] = HEADERS
    components["securitySchemes"] = {name: dict(it) for name, it in protocol.security.items()}
    described = _descriptions(api)
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation, api)
            _describe_parameters(operation, described[operation["operationId"]])
            _describe_body(operation, components["schemas"])
    return document


def _descriptions(api: GatewayAPI) -> dict[str, dict[str, str]]:
    """Return what the views' own annotations say of their arguments, by call; django-ninja forgets it."""
    views = [
        operation.view_func
        for _, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    return {
        view.__name__: {
            name: note.description
            for name, hint in get_type_hints(view, include_extras=True).items()
            for note in getattr(hint, "__metadata__", ())
            if isinstance(note, FieldInfo) and note.description
        }
        for view in views
    }


def _describe_parameters(operation: Document, described: dict[str, str]) -> None:
    for parameter in operation["parameters"]:
        # django-ninja copies the schema's list to where OpenAPI wants a map.
        parameter.pop("examples", None)
        for schema in parameter["schema"].get("anyOf", ()):
            if "description" in schema:
                parameter.setdefault("description", schema["description"])
        if parameter["name"] in described:
            parameter.setdefault("description", described[parameter["name"]])

        if parameter["in"] != "header" and parameter["name"] not in OPAQUE:
            parameter["example"] = _example_of(parameter["schema"])


def _example_of(schema: Document) -> Any:
    """Return a value that works, so that a tool can fill it in for its user."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("default") not in (None, []):
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if choices:
        return _example_of(choices[0])
    if schema["type"] == "array":
        return [_example_of(schema["items"])]
    return EXAMPLES.get(schema.get("format") or schema["type"], schema.get("minimum", 1))


def _describe_body(operation: Document, schemas: dict[str, Any]) -> None:
    """Give a body an example, and one that may be left out its plain schema: generators make no client of `or null`."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = next(
            (each for each in media["schema"].get("anyOf", ()) if "$ref" in each), media["schema"]
        )
        name = media["schema"].get("$ref", "").removeprefix(SCHEMAS)
        examples = (schemas[name] if name else media["schema"]).get("examples")
        if examples:
            media["example"] = examples[0]


def _error_schemas(api: GatewayAPI) -> dict[str, Any]:
    model = api.protocol.error_model
    schema = model.model_json_schema(
        ref_template=SCHEMAS + "{model}", schema_generator=GenerateJsonSchema
    )
    inner = schema.pop("$defs", {})
    return {**inner, model.__name__: schema}


def _complete(operation: Document, api: GatewayAPI) -> None:
    protocol = api.protocol
    first_line = operation.get("description", "").partition("\n")[0]
    operation["summary"] = first_line.partition(". ")[0].rstrip(".")
    is_open = operation.pop("x-open", False)
    operation["security"] = [] if is_open else [{name: []} for name in protocol.security]
    operation["tags"] = operation.get("tags") or [protocol.title]
    operation["responses"] = _responses(operation, api, is_open=is_open)


def _responses(operation: Document, api: GatewayAPI, *, is_open: bool) -> Document:
    """Return a call's answers by status, without the keys that `describe` left for this."""
    statuses = operation.pop(STATUSES, [])
    answers = operation.pop(ANSWERS, None)
    links = operation.pop(LINKS, None)
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    if answers:
        responses["200"]["content"] = {kind: {"schema": schema} for kind, schema in answers.items()}
    if links:
        responses["200"]["links"] = links
    common = {
        status for status in api.protocol.error_statuses if not (is_open and status in (401, 403))
    }
    for status in common.union(statuses):
        responses.setdefault(str(status), _error(status, api))
    for answer in responses.values() if not is_open else ():
        answer.setdefault("headers", {}).update(map(_header, RATE_HEADERS))
    return dict(sorted(responses.items()))


def _error(status: int, api: GatewayAPI) -> Document:
    protocol = api.protocol
    schema = {"$ref": SCHEMAS + protocol.error_model.__name__}
    answer: Document = {
        "description": HTTPStatus(status).phrase,
        "content": {kind: {"schema": schema} for kind in protocol.error_media_types},
    }
    if status in (429, 503):
        answer["headers"] = dict([_header("Retry-After")])
    return answer


def _header(name: str) -> tuple[str, dict[str, str]]:
    return name, {"$ref": f"#/components/headers/{name}"}
