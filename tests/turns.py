"""Work that takes long on the one thread, and others who want their turn meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.service.slices import SLICE_SECONDS


def work() -> None:
    """Takes longer than a slice, and the thread with it."""
    until = time.monotonic() + SLICE_SECONDS * 1.2
    while time.monotonic() < until:
        pass


@asynccontextmanager
async def turns_of_others() -> AsyncIterator[list[None]]:
    """An entry for each turn that somebody else had meanwhile, who always wants one."""
    turns: list[None] = []

    async def others() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    try:
        yield turns
    finally:
        waiting.cancel()
