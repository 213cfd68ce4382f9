"""What a JSON value takes at most is never less than what it takes."""

from __future__ import annotations

import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Problem
from app.domain.task import Json
from app.domain.text import LARGEST_INTEGER, _compact, _first_unstorable, check_json

CHARACTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LARGEST_FLOAT = math.nextafter(2.0**63, 0)
NUMBERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.floats(-LARGEST_FLOAT, LARGEST_FLOAT)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | CHARACTERS,
    lambda inner: st.lists(inner) | st.dictionaries(CHARACTERS, inner),
)


@given(VALUES)
def test_the_bound_holds(value: Json) -> None:
    found, at_most = _first_unstorable(value, "/context")
    assert (found, at_most >= len(_compact(value).encode())) == (None, True)


@given(VALUES, st.integers(0, 200))
def test_what_is_too_large_is_refused_at_the_byte(value: Json, most: int) -> None:
    if value is None or value == {}:
        return
    problems: list[Problem] = []
    check_json(problems, "/context", value, most_bytes=most)
    assert bool(problems) == (len(_compact(value).encode()) > most)


def test_the_longest_of_each_kind() -> None:
    numbers = (-LARGEST_INTEGER, -sys.float_info.min, -LARGEST_FLOAT)
    values: list[Json] = [*numbers, "\x1f" * 50, {"\x1f" * 50: False}, []]
    for value in values:
        _, at_most = _first_unstorable([value, value], "")
        assert at_most >= len(_compact([value, value]).encode()), value
