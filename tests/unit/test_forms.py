"""A schema is a caller's: it is checked, nothing is fetched for it, and it cannot stop the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.service.forms import MESSAGE_CHARACTERS, MOST_PROBLEMS, check_schema, form_problems
from tests.factories import a_task


def doubling(depth: int) -> dict[str, Any]:
    steps: dict[str, Any] = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(depth)}
    return {"$defs": {**steps, f"a{depth}": {"type": "string"}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"pattern": "("},
        {"$ref": "#/nowhere"},
        {"$ref": "http://127.0.0.1/elsewhere.json"},
        doubling(30),
        {"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
        {"$defs": {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(200)} | {"a200": {}}, "$ref": "#/$defs/a0"},
    ],
)
def test_a_schema_that_is_wrong_or_would_take_too_long_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_schema(schema)
    assert [p.path for p in refused.value.problems] == ["/answerSchema"]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        doubling(3),
        {"$defs": {"m": {"type": "integer"}}, "properties": {n: {"$ref": "#/$defs/m"} for n in "abc"}},
    ],
)
def test_an_honest_schema_is_taken(schema: dict[str, Any] | None) -> None:
    check_schema(schema)


def test_what_is_said_of_a_large_input_is_short() -> None:
    task = a_task()
    schema = {"allOf": [{"type": "string"}] * 400}
    asked = replace(task, question=replace(task.question, answer_schema=schema))
    problems = form_problems(asked, {"text": "x" * 100_000})
    assert len(problems) == MOST_PROBLEMS
    assert all(len(p.message) <= MESSAGE_CHARACTERS + 4 for p in problems)
