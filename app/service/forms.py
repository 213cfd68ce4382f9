"""The answer's form: JSON Schema (draft 2020-12) that an answer's `input` must satisfy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

import jsonschema_rs
import orjson

from app.domain.errors import Problem
from app.domain.task import Json, Task
from app.domain.text import escaped, in_short
from app.service.form_size import check_size, refused

MOST_PROBLEMS = 100
PATTERN_BYTES = 500_000
"""What the patterns of one schema take at most, compiled: each has its share, however long the others are."""


def check_schema(schema: Json | None) -> None:
    """Raises InvalidInput where `schema` is not a valid schema, refers to one elsewhere, or may cost too much.

    Nothing is ever fetched. A schema whose references double at each step takes time without end to check against, on
    the one thread that serves everybody: its size with all references written out is bounded.
    """
    if schema is not None:
        _validator(orjson.dumps(schema))


def form_problems(task: Task, given: Json) -> list[Problem]:
    """Every way in which `given` breaks the task's schema, up to 100. Raises InvalidInput as `check_schema` does."""
    schema = task.question.answer_schema
    if schema is None:
        return []
    found = islice(_validator(orjson.dumps(schema)).iter_errors(given), MOST_PROBLEMS)
    return [Problem(_pointer(error.instance_path), in_short(error.message)) for error in found]


def _pointer(parts: Iterable[str | int]) -> str:
    return "/".join(["/input", *(escaped(str(part)) for part in parts)])


@lru_cache(maxsize=32)
def _validator(text: bytes) -> jsonschema_rs.Draft202012Validator:
    """Patterns are matched by an engine whose time is linear: a schema is a caller's, and must not stop the service.

    Raises InvalidInput, for a task that was opened before there was a limit, too.
    """
    schema = orjson.loads(text)
    share = PATTERN_BYTES // max(1, check_size(schema))
    options = jsonschema_rs.RegexOptions(size_limit=share, dfa_size_limit=share)
    try:
        return jsonschema_rs.Draft202012Validator(schema, offline=True, pattern_options=options)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        line = str(error).split("\n", 1)[0]
        said = f"is not a valid JSON Schema (2020-12): {in_short(line)}"
        if line.endswith('is not a "regex"'):
            said += f", or takes more than {share:,} bytes compiled; limit the length of a text with maxLength instead"
        raise refused(said) from error
