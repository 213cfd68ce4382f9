"""Many commands in one mutation: one set, each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.domain.errors import InvalidInput, Problem
from app.graphql.refusals import shown

MOST_IN_BATCH = 500

Result = TypeVar("Result")


def check_batch(inputs: Sequence[object]) -> None:
    """Raises InvalidInput where there are more than 500."""
    if len(inputs) > MOST_IN_BATCH:
        said = f"has {len(inputs):,} entries; at most {MOST_IN_BATCH} are allowed"
        raise InvalidInput([Problem("/inputs", said)])


def each_shown(results: Sequence[Result | Exception], success: Callable[[Result], Any]) -> list[Any]:
    """Each result as `success` shows it, and a refusal in its place as its type.

    Raises whatever is no typed refusal, such as Unavailable: it is then not known which were done, and safe to send all
    again.
    """
    return [shown(each) if isinstance(each, Exception) else success(each) for each in results]
