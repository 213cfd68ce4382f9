"""The answer's form: JSON Schema (draft 2020-12) that an answer's `input` must satisfy."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

import jsonschema_rs
import orjson

from app.domain.errors import InvalidInput, Problem
from app.domain.task import Json, Task
from app.domain.text import escaped

MOST_PROBLEMS = 100
MOST_EXPANDED = 2_000
TOO_MANY = MOST_EXPANDED + 1
DEEPEST_REFERENCES = 64
MESSAGE_CHARACTERS = 300


def check_schema(schema: Json | None) -> None:
    """Raises InvalidInput where `schema` is not a valid schema, refers to one elsewhere, or grows too large.

    Nothing is ever fetched. A schema whose references double at each step takes time without end to check against, on
    the one thread that serves everybody: its size with all references written out is bounded.
    """
    if schema is None:
        return
    try:
        _validator(orjson.dumps(schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        reason = str(error).split("\n", 1)[0][:MESSAGE_CHARACTERS]
        raise InvalidInput([Problem("/answerSchema", f"is not a valid JSON Schema (2020-12): {reason}")]) from error
    if _expanded(schema) > MOST_EXPANDED:
        said = f"has more than {MOST_EXPANDED:,} parts once its references are written out, or refers to itself"
        raise InvalidInput([Problem("/answerSchema", said)])


def form_problems(task: Task, given: Json) -> list[Problem]:
    """Every way in which `given` breaks the task's schema, up to 100."""
    schema = task.question.answer_schema
    if schema is None:
        return []
    return [
        Problem("".join(["/input", *(f"/{escaped(str(part))}" for part in error.instance_path)]), _short(error.message))
        for error in islice(_validator(orjson.dumps(schema)).iter_errors(given), MOST_PROBLEMS)
    ]


def _short(message: str) -> str:
    """A message quotes what it speaks of, however long."""
    return message if len(message) <= MESSAGE_CHARACTERS else f"{message[:MESSAGE_CHARACTERS]} ..."


def _expanded(schema: Json) -> int:
    """How many parts `schema` has with every reference written out; each is weighed once.

    A reference to what it stands in counts as too many: a form that people fill in needs none, and checking one may
    take time without end.
    """
    weights: dict[str, int] = {}

    def weigh(part: Json, inside: frozenset[str]) -> int:
        total = 0
        rest = [part]
        while rest and total <= MOST_EXPANDED:
            each = rest.pop()
            total += 1
            if isinstance(each, dict):
                rest += each.values()
                for ref in (each.get("$ref"), each.get("$dynamicRef")):
                    if isinstance(ref, str):
                        if ref not in weights:
                            too_deep = ref in inside or len(inside) > DEEPEST_REFERENCES
                            weights[ref] = TOO_MANY if too_deep else weigh(_target(schema, ref), inside | {ref})
                        total += weights[ref]
            elif isinstance(each, list):
                rest += each
        return min(total, TOO_MANY)

    return weigh(schema, frozenset())


def _target(schema: Json, ref: str) -> Json:
    """What a JSON pointer in the schema refers to; the whole schema for any other kind of reference."""
    found = schema
    if not ref.startswith("#/"):
        return schema
    for part in unquote(ref[2:]).split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return schema
    return found


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    """Patterns are matched by an engine whose time is linear: a schema is a caller's, and must not stop the service."""
    return jsonschema_rs.Draft202012Validator(
        orjson.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )
