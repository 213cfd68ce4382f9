"""Long work on the one thread that serves everybody is done in slices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Item = TypeVar("Item")

SLICE_SECONDS = 0.005


async def in_slices(items: Iterable[Item]) -> AsyncIterator[Item]:
    """Each of `items`; whoever else waits has a turn once what was done with them has taken 5 milliseconds."""
    begun = time.monotonic()
    for item in items:
        yield item
        if time.monotonic() - begun > SLICE_SECONDS:
            await asyncio.sleep(0)
            begun = time.monotonic()
