"""The runner of guides itself: it sees a page that shows something else."""

import pytest

from tests.api.guides import Step, _check, read_steps

PAGE = """
# A guide

```sh
curl -s "$BASE/a"
```

prints

```json
{"id": 1}
```

```python
not_run()
```

```sh
echo done
```
"""


def test_blocks_of_commands_have_the_answer_after_them() -> None:
    first, second = read_steps(PAGE)
    assert first == Step(4, 'curl -s "$BASE/a"\n', "json", '{"id": 1}\n')
    assert (second.commands, second.kind) == ("echo done\n", "")


@pytest.mark.parametrize(
    ("kind", "shown", "printed"),
    [
        ("json", '{"a": 1, "b": ["…"]}', '{"a":1,"b":[1,2,3]}'),
        ("json", '{"at": "2026-05-07T10:00:00Z"}', '{"at":"2027-01-01T00:00:00.5Z"}'),
        (
            "json",
            '"b1a7c1de-52b8-4b0f-8a43-6f6f0f0f7a01"',
            '"00000000-0000-4000-8000-000000000000"',
        ),
        ("json", '{"any": "…"}', '{"any":{"deep":null}}'),
        ("jsonl", '{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n'),
        ("text", "HTTP/1.1 200 OK\n…\nend\n", "HTTP/1.1 200 OK\na: b\nc: d\nend\n"),
        ("csv", "id,day\n1,2026-05-07\n", "id,day\n1,2027-01-01\n"),
    ],
)
def test_same_answers_pass(kind: str, shown: str, printed: str) -> None:
    _check("page:1", Step(1, "", kind, shown), printed)


@pytest.mark.parametrize(
    ("kind", "shown", "printed"),
    [
        ("json", '{"a": 1}', '{"a": 2}'),
        ("json", '{"a": 1}', '{"a": true}'),
        ("json", '{"a": 1}', '{"a": 1, "b": 2}'),
        ("json", "[1]", "[1, 2]"),
        ("json", '[1, "…"]', "[2, 3]"),
        ("json", '"2026-05-07"', '"yesterday"'),
        ("text", "one\n", "two\n"),
        ("text", "a…z\n", "a\nz\n"),
        ("csv", "id\n1\n", "id\n1\n2\n"),
    ],
)
def test_other_answers_fail(kind: str, shown: str, printed: str) -> None:
    with pytest.raises(AssertionError):
        _check("page:1", Step(1, "", kind, shown), printed)
