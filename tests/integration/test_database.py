"""The connection to PostgreSQL survives callers that give up at any moment."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import asyncpg
import pytest

from app.deps import Deps
from app.domain.errors import Unavailable

pytestmark = pytest.mark.anyio

TIMES = 400


async def test_a_task_that_gave_up_at_any_moment_can_ask_again(deps: Deps) -> None:
    """In one asyncio.Task throughout: `databases` keeps state for each, which a bad moment would break for good."""
    await deps.database.fetch("SELECT 1")
    gave_up = 0
    for _ in range(TIMES):
        try:
            async with asyncio.timeout(random.uniform(0.0001, 0.003)):
                await deps.database.fetch("SELECT pg_sleep(0.001)")
        except TimeoutError:
            gave_up += 1
        except Unavailable:
            pass
    assert 0 < gave_up < TIMES, "the moments were not spread"
    rows = await asyncio.gather(*(deps.database.fetch("SELECT 1 AS one") for _ in range(30)))
    assert all(row[0]["one"] == 1 for row in rows)
    assert (await deps.database.fetch("SELECT 2 AS two"))[0]["two"] == 2


async def test_a_connection_that_the_server_ended_is_replaced(deps: Deps) -> None:
    (mine,) = await deps.database.fetch("SELECT pg_backend_pid() AS pid")
    other = await asyncpg.connect(deps.settings.database_url)
    try:
        assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", mine["pid"])
    finally:
        await other.close()
    with suppress(Unavailable):  # where the news has not come yet
        await deps.database.fetch("SELECT 1")
    (now,) = await deps.database.fetch("SELECT pg_backend_pid() AS pid")
    assert now["pid"] != mine["pid"]


async def test_it_disconnects_while_statements_run_and_connects_again(deps: Deps) -> None:
    await asyncio.gather(*(deps.database.fetch("SELECT pg_sleep(0.1)") for _ in range(3)))
    running = [asyncio.create_task(deps.database.fetch("SELECT pg_sleep(0.2)")) for _ in range(3)]
    await asyncio.sleep(0)  # they have begun, on the connections that were kept
    async with asyncio.timeout(10):
        await deps.database.disconnect()
    assert [len(rows) for rows in await asyncio.gather(*running)] == [1, 1, 1]
    with pytest.raises(Unavailable):
        await deps.database.fetch("SELECT 1")
    await deps.database.connect()
    assert await deps.database.fetch("SELECT 1")
