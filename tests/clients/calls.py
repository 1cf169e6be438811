"""The calls of a document: every operation, with the values of the document's own examples."""

import copy
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Call:
    """One request: an operation with values for what it needs, and perhaps a body."""

    operation: str
    method: str
    path: str
    path_values: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    media_type: str = ""
    body: Any = None


def with_values(document: Document, values: dict[str, dict[str, Any]]) -> Document:
    """Return a document whose examples work at one instance: `values` are parameters, or "body", by operation.

    A parameter that has a value is needed, so that no generator leaves it out.
    """
    made = copy.deepcopy(document)
    for _, _, operation in operations(made):
        mine = values.get(operation["operationId"], {})
        for parameter in operation["parameters"]:
            if parameter["name"] in mine:
                parameter["required"] = True
                parameter["example"] = mine[parameter["name"]]
                # Postman's converter looks at the schema alone.
                parameter["schema"]["examples"] = [mine[parameter["name"]]]
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media["example"] = mine.get("body", media["example"])
            if "properties" in media["schema"]:
                media["schema"]["examples"] = [media["example"]]
    return made


def operations(document: Document) -> list[tuple[str, str, Document]]:
    """Return method, path and description of every operation."""
    return [
        (method, path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def list_calls(document: Document) -> list[Call]:
    """Return a call of every operation, with what is needed and nothing else."""
    calls = []
    for method, path, operation in operations(document):
        needed = [each for each in operation["parameters"] if each.get("required")]
        kinds = {
            where: {each["name"]: each["example"] for each in needed if each["in"] == where}
            for where in ("path", "query")
        }
        content = operation.get("requestBody", {}).get("content", {})
        media_type, media = next(iter(content.items()), ("", {}))
        calls.append(
            Call(
                operation=operation["operationId"],
                method=method.upper(),
                path=path,
                path_values=kinds["path"],
                query=kinds["query"],
                media_type=media_type,
                body=media.get("example"),
            )
        )
    return calls


def key_header(document: Document, key: str) -> tuple[str, str]:
    """Return the header in which a protocol wants its key."""
    scheme = next(iter(document["components"]["securitySchemes"].values()))
    if scheme["type"] == "apiKey":
        return scheme["name"], key
    return "Authorization", f"Bearer {key}"
