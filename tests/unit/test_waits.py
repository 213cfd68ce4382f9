"""Long polls end at their limit, and all of them when the process is to stop; none is remembered after its end."""

from __future__ import annotations

import asyncio

import pytest

from app.feed.waits import Waits

pytestmark = pytest.mark.anyio


async def waits_for(waits: Waits, seconds: float, begun: asyncio.Event) -> str:
    try:
        async with waits.at_most(seconds):
            begun.set()
            await asyncio.Event().wait()
    except TimeoutError:
        return "over"
    return "told"


async def test_all_that_are_under_way_and_each_that_begins_end_when_the_process_is_to_stop() -> None:
    waits = Waits()
    begun = [asyncio.Event() for _ in range(3)]
    under_way = [asyncio.ensure_future(waits_for(waits, 600, each)) for each in begun]
    await asyncio.gather(*(each.wait() for each in begun))
    waits.end()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*under_way) == ["over"] * 3
        assert await waits_for(waits, 600, asyncio.Event()) == "over"
    waits.end()  # as often as it is said


async def test_one_ends_at_its_limit_or_with_its_body_and_is_forgotten() -> None:
    waits = Waits()
    async with asyncio.timeout(5):
        assert await waits_for(waits, 0.01, asyncio.Event()) == "over"
        async with waits.at_most(600):
            assert len(waits._limits) == 1
    assert not waits._limits
