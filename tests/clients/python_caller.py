"""Call every operation of a generated client. Runs where the client is, without anything of ContactHub's."""

import importlib
import inspect
import io
import json
import sys
import typing
from pathlib import Path
from uuid import UUID


def main() -> None:
    order = json.load(sys.stdin)
    sys.path.insert(0, ".")
    package = importlib.import_module(order["package"])
    bearer = order["value"].startswith("Bearer ")
    client = package.AuthenticatedClient(
        base_url=order["base_url"],
        token=order["value"].removeprefix("Bearer "),
        prefix="Bearer" if bearer else "",
        auth_header_name=order["header"],
        headers={"Accept": "application/json, text/csv;q=0.5"},
        raise_on_unexpected_status=True,
    )
    for call in order["calls"]:
        module = find_module(order["package"], call["operation"])
        answer = module.sync_detailed(client=client, **arguments(order["package"], module, call))
        assert answer.status_code == 200, (call["operation"], answer)
        if answer.headers["content-type"].startswith("application/json"):
            assert answer.parsed is not None, call["operation"]
            assert "rror" not in type(answer.parsed).__name__, (call["operation"], answer.parsed)
        print(call["operation"], type(answer.parsed).__name__)


def find_module(package: str, operation: str) -> typing.Any:
    """Return the module of an operation, wherever its tag has put it."""
    [path] = Path(package, "api").glob(f"*/{operation}.py")
    return importlib.import_module(".".join(path.with_suffix("").parts))


def arguments(
    package: str, module: typing.Any, call: dict[str, typing.Any]
) -> dict[str, typing.Any]:
    given = {**call["path_values"], **call["query"]}
    hints = typing.get_type_hints(module.sync_detailed)
    found = {}
    for name in inspect.signature(module.sync_detailed).parameters:
        wire_name = next((each for each in given if snake(each) == name), None)
        if wire_name is not None:
            value = given[wire_name]
            found[name] = UUID(value) if UUID in choices(hints[name]) else value
    if call["body"] is not None:
        found["body"] = read_body(package, choices(hints["body"]), call["body"])
    return found


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def choices(hint: typing.Any) -> tuple[typing.Any, ...]:
    return typing.get_args(hint) or (hint,)


def read_body(package: str, kinds: tuple[typing.Any, ...], body: typing.Any) -> typing.Any:
    """Return a body as the client's own classes have it."""
    if isinstance(body, str):
        return importlib.import_module(f"{package}.types").File(payload=io.BytesIO(body.encode()))
    for kind in kinds:
        try:
            return kind.from_dict(body)
        except (AttributeError, KeyError):
            continue
    raise AssertionError(f"no class of {kinds} takes {body}")


if __name__ == "__main__":
    main()
