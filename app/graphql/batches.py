"""Many commands in one mutation: one set, each with a result of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from app.domain.errors import InvalidInput, Problem
from app.graphql.refusals import shown

MOST_IN_BATCH = 500

Input = TypeVar("Input")


async def each_on_its_own(inputs: Sequence[Input], run: Callable[[Input], Awaitable[Any]]) -> list[Any]:
    """What `run` makes of each input, in order; a refusal stands in its place as its type.

    They run at once, and so are gathered into sets. Raises InvalidInput where there are more than 500, and whatever is
    no typed refusal, such as Unavailable: it is then not known which were done, and safe to send all again.
    """
    if len(inputs) > MOST_IN_BATCH:
        said = f"has {len(inputs):,} entries; at most {MOST_IN_BATCH} are allowed"
        raise InvalidInput([Problem("/inputs", said)])
    results = await asyncio.gather(*(run(each) for each in inputs), return_exceptions=True)
    return [shown(each) if isinstance(each, BaseException) else each for each in results]
