"""An upper bound of what checking an answer against a schema costs, told before the schema is ever compiled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from app.domain.errors import InvalidInput, Problem
from app.domain.task import Json

MOST_PARTS = 2_000
MOST_PATTERNS = 50
DEEPEST_REFERENCES = 64
PARTS, PATTERNS, UNEVALUATED = "parts", "patterns", "unevaluated"
TOO_MUCH = Counter({PARTS: MOST_PARTS + 1})
POINTER = re.compile(r"#(/([^~/]|~[01])*)*", re.DOTALL)


def refused(said: str) -> InvalidInput:
    """The refusal of a schema; `said` says what is wrong with it and what would be right."""
    return InvalidInput([Problem("/answerSchema", said)])


def check_size(schema: Json) -> int:
    """How many patterns `schema` has with its references written out. Raises InvalidInput where it may cost too much.

    A reference to what it stands in counts as too much: a form that people fill in needs none, and checking one may
    take time without end.
    """
    for part in _dicts(schema):
        _check_names(part, outermost=part is schema)
    size = _written_out(schema)
    if size[PARTS] > MOST_PARTS:
        raise refused(f"has more than {MOST_PARTS:,} parts once its references are written out, or refers to itself")
    if size[PATTERNS] > MOST_PATTERNS:
        raise refused(f"has more than {MOST_PATTERNS} patterns once its references are written out")
    # One inside another is the price of each multiplied by the other's.
    if size[UNEVALUATED] > 1:
        raise refused(
            "has more than one of unevaluatedProperties and unevaluatedItems once its references are written out; "
            "use additionalProperties and items instead"
        )
    return size[PATTERNS]


def _dicts(schema: Json) -> Iterator[dict[str, Json]]:
    rest = [schema]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            yield each
            rest += each.values()
        elif isinstance(each, list):
            rest += each


def _check_names(part: dict[str, Json], *, outermost: bool) -> None:
    """A part with a name of its own, or of another draft, changes what the references in it mean: what is weighed would
    not be what is checked. (A form's field of such a name has a schema there, not text.)"""
    for name in ("$id", "$schema", "$anchor", "$dynamicAnchor", "$dynamicRef"):
        if isinstance(part.get(name), str) and not (outermost and name in ("$id", "$schema")):
            inside = " in one of its parts" if name in ("$id", "$schema") else ""
            raise refused(f'has {name}{inside}; refer to a part by its path, like {{"$ref": "#/$defs/address"}}')


def _written_out(schema: Json) -> Counter[str]:
    """How much of what `schema` has with every reference written out; each is weighed once."""
    weights: dict[str, Counter[str]] = {}

    def weigh(part: Json, inside: frozenset[str]) -> Counter[str]:
        total: Counter[str] = Counter()
        rest = [part]
        while rest and total[PARTS] <= MOST_PARTS:
            each = rest.pop()
            total[PARTS] += 1
            if isinstance(each, list):
                rest += each
            elif isinstance(each, dict):
                rest += each.values()
                total += _own(each)
                ref = each.get("$ref")
                if isinstance(ref, str):
                    if ref not in weights:
                        too_deep = ref in inside or len(inside) > DEEPEST_REFERENCES
                        weights[ref] = TOO_MUCH if too_deep else weigh(_target(schema, ref), inside | {ref})
                    total += weights[ref]
        return total

    # What stands in the outermost $defs costs something only where it is referred to.
    used = {name: part for name, part in schema.items() if name != "$defs"} if isinstance(schema, dict) else schema
    return weigh(used, frozenset())


def _own(part: dict[str, Json]) -> Counter[str]:
    by_pattern = part.get("patternProperties")
    return Counter(
        {
            PATTERNS: isinstance(part.get("pattern"), str) + (len(by_pattern) if isinstance(by_pattern, dict) else 0),
            UNEVALUATED: ("unevaluatedProperties" in part) + ("unevaluatedItems" in part),
        }
    )


def _target(schema: Json, ref: str) -> Json:
    """What a JSON pointer in the schema refers to. Raises InvalidInput where it is another kind of reference."""
    pointer = unquote(ref)
    if not ref.startswith("#") or not POINTER.fullmatch(pointer):
        raise refused(
            f'refers to "{ref[:100]}"; a reference must be the path of a part of the schema, like "#/$defs/address"'
        )
    found = schema
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and _is_index(key) and int(key) < len(found):
            found = found[int(key)]
        else:
            raise refused(f'refers to "{ref[:100]}", which it does not have')
    return found


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10
