"""The connection to PostgreSQL survives callers that give up at any moment."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.deps import Deps
from app.domain.errors import Unavailable
from app.store.database import WRITE_ATTEMPTS, Database

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


async def test_a_statement_that_the_server_stops_was_not_done_in_time(deps: Deps) -> None:
    """By somebody's hand, or by a `statement_timeout` of the server's."""
    limit = "SELECT set_config('statement_timeout', '50ms', false), pg_backend_pid() AS pid"
    (here,) = await deps.database.fetch(limit)
    with pytest.raises(Unavailable):
        await deps.database.fetch("SELECT pg_sleep(60)")
    assert (await deps.database.fetch("SELECT pg_backend_pid() AS pid"))[0]["pid"] == here["pid"], "it was this one's"


async def test_a_connection_whose_end_was_announced_but_has_not_come_is_replaced(deps: Deps) -> None:
    """A dying server says so on each connection, then closes it: a statement may be asked for between the two."""
    async with _relay(deps.settings.database_url) as (url, told, _):
        database = Database(url)
        await database.connect()
        (mine,) = await database.fetch("SELECT pg_backend_pid() AS pid")
        told.clear()
        (ended,) = await deps.database.fetch("SELECT pg_terminate_backend($1, 5000) AS ended", mine["pid"])
        assert ended["ended"]
        await asyncio.wait_for(told.wait(), 5)
        for _ in range(5):  # until this side, in the same loop, has read it
            await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await database.fetch("SELECT 1")
        (now,) = await database.fetch("SELECT pg_backend_pid() AS pid")
        assert now["pid"] != mine["pid"]
    await database.disconnect()


async def test_a_server_that_says_nothing_any_more_keeps_nobody_longer_than_a_statement_may_take(deps: Deps) -> None:
    """Nor does the wish to cancel what it was asked for, which it does not hear either."""
    async with _relay(deps.settings.database_url) as (url, _, passing):
        database = Database(url, seconds=2.0)
        await database.connect()
        await database.fetch("SELECT 1")
        passing.clear()
        async with asyncio.timeout(3.5):
            with pytest.raises(Unavailable):
                await database.fetch("SELECT 1")
        passing.set()
        assert await database.fetch("SELECT 1")
    await database.disconnect()


async def test_a_statement_that_takes_too_long_is_cancelled_in_the_server(deps: Deps) -> None:
    database = Database(deps.settings.database_url, seconds=0.3)
    await database.connect()
    with pytest.raises(Unavailable):
        await database.fetch("SELECT pg_sleep(60) AS too_long")
    running = "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60) AS too_long' AND state = 'active'"
    async with asyncio.timeout(10):
        while await deps.database.fetch(running):
            await asyncio.sleep(0)
    await database.disconnect()


@asynccontextmanager
async def _relay(url: str) -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """A way to the server at `url`, which passes on no end before its own; and two events: the server said something,
    and what is said is passed on."""
    parts, told, passing, ways = urlsplit(url), asyncio.Event(), asyncio.Event(), list[asyncio.StreamWriter]()
    passing.set()
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{os.environ.get('PGPORT', '5432')}"

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: asyncio.Event) -> None:
        while data := await reader.read(65536):
            await passing.wait()
            writer.write(data)
            await writer.drain()
            said.set()

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(socket)
        ways.extend([writer, to_server])
        with suppress(OSError):
            await asyncio.gather(pass_on(from_server, writer, told), pass_on(reader, to_server, asyncio.Event()))

    relay = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with relay:
        host, port = relay.sockets[0].getsockname()
        try:
            yield f"postgresql://postgres@{host}:{port}{parts.path}?ssl=disable", told, passing
        finally:
            for way in ways:
                way.close()


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


async def test_waiting_for_a_connection_is_part_of_what_a_statement_may_take(deps: Deps) -> None:
    database = Database(deps.settings.database_url, connections=1, seconds=1.0)
    await database.connect()
    try:
        first = asyncio.create_task(database.fetch("SELECT pg_sleep(0.7)"))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await database.fetch("SELECT pg_sleep(0.7)")
        await first
        assert await database.fetch("SELECT 1")
    finally:
        await database.disconnect()


CLASHES = """CREATE SEQUENCE tried; CREATE FUNCTION clashes(times integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint := nextval('tried'); BEGIN IF n <= times THEN RAISE EXCEPTION 'clash' USING ERRCODE = '{code}'; END IF;
RETURN n; END $$"""


@pytest.mark.parametrize("code", ["40P01", "40001"])
async def test_a_write_that_met_another_is_tried_again_but_not_for_ever(deps: Deps, code: str) -> None:
    for statement in CLASHES.format(code=code).split("; ", 1):
        await deps.database.fetch(statement)
    (row,) = await deps.database.write("SELECT clashes(2) AS n")
    assert row["n"] == 3
    with pytest.raises(asyncpg.TransactionRollbackError):
        await deps.database.write("SELECT clashes(1000000) AS n")
    (row,) = await deps.database.fetch("SELECT last_value AS n FROM tried")
    assert row["n"] == 3 + WRITE_ATTEMPTS
