"""The answer's form: JSON Schema (draft 2020-12) that an answer's `input` must satisfy."""

from __future__ import annotations

from functools import lru_cache

import jsonschema_rs
import orjson

from app.domain.errors import InvalidInput, Problem
from app.domain.task import Json, Task
from app.domain.text import escaped

MOST_PROBLEMS = 100


def check_schema(schema: Json | None) -> None:
    """Raises InvalidInput where `schema` is not a valid schema, or refers to one elsewhere: nothing is ever fetched."""
    if schema is None:
        return
    try:
        _validator(orjson.dumps(schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        raise InvalidInput([Problem("/answerSchema", f"is not a valid JSON Schema (2020-12): {reason}")]) from error


def check_form(task: Task, given: Json) -> None:
    """Raises InvalidInput with every way in which `given` breaks the task's schema, up to 100."""
    schema = task.question.answer_schema
    if schema is None:
        return
    problems = [
        Problem("".join(["/input", *(f"/{escaped(str(part))}" for part in error.instance_path)]), error.message)
        for error in _validator(orjson.dumps(schema)).iter_errors(given)
    ]
    if problems:
        raise InvalidInput(problems[:MOST_PROBLEMS])


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    """Patterns are matched by an engine whose time is linear: a schema is a caller's, and must not stop the service."""
    return jsonschema_rs.Draft202012Validator(
        orjson.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )
