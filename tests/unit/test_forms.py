"""A schema is a caller's: it is checked, nothing is fetched for it, and it cannot stop the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.domain.text import MESSAGE_CHARACTERS
from app.service.form_size import MOST_PATTERNS
from app.service.forms import MOST_PROBLEMS, check_schema, form_problems
from tests.factories import a_task


def doubling(depth: int) -> dict[str, Any]:
    steps: dict[str, Any] = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(depth)}
    return {"$defs": {**steps, f"a{depth}": {"type": "string"}}, "$ref": "#/$defs/a0"}


def doubling_in_a_resource(depth: int) -> dict[str, Any]:
    """Harmless where its references are read from the root, without end where they are read from the inner `$id`."""
    within = {"$id": "http://x.test/sub", "$defs": doubling(depth)["$defs"], "allOf": [{"$ref": "#/$defs/a0"}]}
    return {"$id": "http://x.test/", "$defs": {f"a{n}": True for n in range(depth + 1)}, "allOf": [within]}


def by_the_older_name(schema: dict[str, Any]) -> dict[str, Any]:
    """`$schema` of an older draft makes `id` a name."""
    inner = {k: v for k, v in schema["allOf"][0].items() if k != "$id"}
    older = {"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://x.test/sub"}
    return schema | {"allOf": [inner | older]}


def nested(depth: int, *keywords: str, within: str = "anyOf") -> dict[str, Any]:
    form: dict[str, Any] = {"additionalProperties": True}
    for n in range(depth):
        form = {within: [form], keywords[n % len(keywords)]: False}
    return form


def refusal(schema: dict[str, Any]) -> str:
    """What is said of a schema that is refused."""
    with pytest.raises(InvalidInput) as refused:
        check_schema(schema)
    (problem,) = refused.value.problems
    assert problem.path == "/answerSchema"
    return problem.message


UNEVALUATED = {"unevaluatedProperties": False}


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
    refusal(schema)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (doubling_in_a_resource(20), "has $id in one of its parts"),
        (by_the_older_name(doubling_in_a_resource(20)), "has $schema in one of its parts"),
        ({"$id": "http://x.test/", "const": {"$id": "http://x.test/sub"}}, "has $id in one of its parts"),
        ({"$defs": {"a": {"$anchor": "a"}}}, "has $anchor"),
        ({"$dynamicAnchor": "a"}, "has $dynamicAnchor"),
        ({"$defs": {"a": True}, "$dynamicRef": "#/$defs/a"}, "has $dynamicRef"),
        ({"$id": "http://x.test/", "$defs": {"a": True}, "$ref": "http://x.test/#/$defs/a"}, "refers to "),
        ({"$id": "http://x.test/", "$ref": "/other"}, "refers to "),
        ({"$ref": "#a"}, "refers to "),
        # The library reads these two otherwise than RFC 6901 has it.
        ({"$defs": {"~/": True}, "$ref": "#/$defs/~~1"}, "refers to "),
        ({"$defs": {"~/": True}, "$ref": "#/$defs/%7E~1"}, "refers to "),
        ({"allOf": [{}], "examples": [{"$ref": "#/allOf/\u00b2"}]}, "which it does not have"),
        ({"allOf": [{}], "examples": [{"$ref": f"#/allOf/{'1' * 5_000}"}]}, "which it does not have"),
        ({"$ref": "#"}, "refers to itself"),
    ],
)
def test_references_are_paths_in_the_schema(schema: dict[str, Any], said: str) -> None:
    assert said in refusal(schema)


@pytest.mark.parametrize(
    "schema",
    [
        nested(2, "unevaluatedProperties"),
        nested(18, "unevaluatedProperties", "unevaluatedItems", within="oneOf"),
        {"properties": {"a": UNEVALUATED}, **UNEVALUATED},
        {"$defs": {"u": UNEVALUATED}, "allOf": [{"$ref": "#/$defs/u"}, {"$ref": "#/$defs/u"}]},
    ],
)
def test_what_is_dear_may_stand_in_it_once(schema: dict[str, Any]) -> None:
    assert "more than one of unevaluatedProperties and unevaluatedItems" in refusal(schema)


def test_patterns_are_few_and_small() -> None:
    many = {"properties": {str(n): {"pattern": f"^{n}"} for n in range(MOST_PATTERNS)}}
    check_schema(many)
    assert "more than 50 patterns" in refusal(many | {"pattern": "^x"})
    assert "more than 50 patterns" in refusal(many | {"patternProperties": {"^x": True}})
    iban = {"$defs": {"iban": {"pattern": "^[A-Z]{2}[0-9]{10,30}$"}}}
    check_schema(iban | {"allOf": [{"$ref": "#/$defs/iban"}] * MOST_PATTERNS})
    assert "more than 50 patterns" in refusal(iban | {"allOf": [{"$ref": "#/$defs/iban"}] * (MOST_PATTERNS + 1)})

    large = "^.{1,255}$"
    check_schema({"pattern": large})
    assert "50,000 bytes compiled" in refusal({"allOf": [{"pattern": large}] * 10})
    assert "500,000 bytes compiled" in refusal({"pattern": "(?:[a-z]{400}){300}0"})
    assert "500,000 bytes compiled" in refusal({"patternProperties": {"(?:[a-z]{400}){300}0": True}})


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
        r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d{2}:\d{2})$",
        r"^[A-Z]{2}[0-9]{10,30}$",
        r"^https?://[\w.-]+(:\d+)?(/\S*)?$",
        r"^\w{1,50}$",
    ],
)
def test_ordinary_patterns_may_be_as_many_as_there_may_be(pattern: str) -> None:
    check_schema({"allOf": [{"pattern": pattern}] * MOST_PATTERNS})


def test_a_task_that_was_opened_before_there_was_a_limit_is_refused_its_answer() -> None:
    task = a_task()
    asked = replace(task, question=replace(task.question, answer_schema=nested(18, "unevaluatedProperties")))
    with pytest.raises(InvalidInput):
        form_problems(asked, {})


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        doubling(3),
        {"$defs": {"m": {"type": "integer"}}, "properties": {n: {"$ref": "#/$defs/m"} for n in "abc"}},
        {
            "$id": "http://x.test/form",
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"a": True},
            "$ref": "#/definitions/a",
        },
        {"properties": {name: {"type": "string"} for name in ("$id", "$schema", "$anchor", "$ref", "pattern")}},
        {"$defs": {"a b": True, "c/d": True}, "anyOf": [{"$ref": "#/$defs/a%20b"}, {"$ref": "#/$defs/c~1d"}]},
        {"$defs": {"u": UNEVALUATED}, "allOf": [{"$ref": "#/$defs/u"}]},
        {"pattern": r"^[\p{L} '-]+$", "maxLength": 100},
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
