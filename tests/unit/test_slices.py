"""What takes long on the one thread gives others their turn."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.service.slices import SLICE_SECONDS, in_slices

pytestmark = pytest.mark.anyio


async def test_others_have_their_turn_between_long_pieces_of_work() -> None:
    turns: list[None] = []

    async def others() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    had = []
    async for _ in in_slices(range(4)):
        had.append(len(turns))
        work()
    waiting.cancel()
    assert had == [0, 1, 2, 3]


def work() -> None:
    """Takes longer than a slice, and the thread with it."""
    until = time.monotonic() + SLICE_SECONDS * 1.2
    while time.monotonic() < until:
        pass
