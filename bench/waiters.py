"""waiters: 5,000 concurrent awaitTask: memory for each, queries while nothing happens, and how soon they wake."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import asyncpg

from app.auth import Role
from bench.documents import ANSWER, AWAIT, REVIEWER, answer
from bench.latency import Watch
from bench.load import Connection, connect
from bench.options import Options
from bench.paced import LINES, paced
from bench.report import Bar, Report
from bench.seed import seed
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.stats import percentile

WAITERS = 5_000
ANSWERED = 1_000
RATE = 100.0
QUIET_SECONDS = 5.0
IDLE_SECONDS = 11.0  # a connection that no longer works may keep its figures for ten
TOGETHER = 50


async def run(servers: Servers, options: Options) -> Report:
    """KiB of memory a waiter, statements a second while nothing happens, milliseconds from answer to waking."""
    report = Report("waiters", ["waiters", "KiB each", "statements/s quiet", "woken p50 ms", "woken p99 ms"])
    count = options.count or WAITERS
    async with service(servers) as running:
        await seed(running, rows=count, pending=count)
        connection = await asyncpg.connect(running.settings.database_url)
        try:
            ids = [
                str(row[0])
                for row in await connection.fetch(
                    "SELECT id FROM tasks WHERE status = 'PENDING' ORDER BY id LIMIT $1", count
                )
            ]
            # The seeded tasks are for many reviewers; here one answers for all.
            await connection.execute("UPDATE assignments SET assignee = $1", f"reviewer:{REVIEWER}")
            await connection.execute("UPDATE tasks SET audience = ARRAY[audience[1], $1]", f"reviewer:{REVIEWER}")
        finally:
            await connection.close()
        none = await _statements_a_second(running)
        each, lines, watch = await _wait(running, ids)
        quiet = await _statements_a_second(running)
        took = await _wake(running, ids[:ANSWERED], watch)
        for line in lines:
            line.close()
    p99 = percentile(took, 0.99) * 1e3
    report.rows.append([count, each, quiet, percentile(took, 0.5) * 1e3, p99])
    report.bars += [
        Bar("KiB of memory a waiter", each, 25, at_least=False),
        Bar("statements a second that the waiters add while waiting", max(0.0, quiet - none), 3, at_least=False),
        Bar("woken, p99, ms after the answer was sent", p99, 100, at_least=False),
    ]
    return report


async def _wait(running: Service, ids: list[str]) -> tuple[float, list[Connection], Watch]:
    """Begins to wait for each task; KiB of memory in the server for each."""
    api, watch = running.apis[0], Watch()
    post = running.post(await running.key(Role.ADMIN, name="admin"))
    together = asyncio.Semaphore(TOGETHER)

    async def one(n: int, id_: str) -> Connection:
        async with together:
            line = await connect(running.ports[0])
            line.request(post(graphql(AWAIT, {"id": id_, "wait": "PT60S"}))).add_done_callback(_woken(watch, n))
            await asyncio.sleep(0)
            return line

    warm = await asyncio.gather(*(one(-1, id_) for id_ in ids[-100:]))
    await asyncio.sleep(1)
    before = api.resident_bytes
    lines = await asyncio.gather(*(one(n, id_) for n, id_ in enumerate(ids)))
    cpu = -1.0
    while cpu != (cpu := api.cpu_seconds):  # noqa: ASYNC110 -- until all wait; another process tells no event
        await asyncio.sleep(1)
    return (api.resident_bytes - before) / len(ids) / 1024, [*warm, *lines], watch


def _woken(watch: Watch, n: int) -> Callable[[asyncio.Future[bytes]], None]:
    return lambda _: watch.arrived(n)


async def _wake(running: Service, ids: list[str], watch: Watch) -> list[float]:
    post = running.post(await running.key(Role.REVIEWER, name="anna", reviewer=REVIEWER))
    lines = [await connect(running.ports[0]) for _ in range(LINES)]
    await paced(lines, (post(graphql(ANSWER, {"input": answer(id_)})) for id_ in ids), rate=RATE, sent=watch.sent)
    await watch.all_arrived("awaitTask")
    for line in lines:
        line.close()
    return watch.took


async def _statements_a_second(running: Service) -> float:
    connection = await asyncpg.connect(running.settings.database_url)
    query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    try:
        await asyncio.sleep(IDLE_SECONDS)  # then PostgreSQL's backends have told all their figures
        before, begun = await connection.fetchval(query), time.perf_counter()
        await asyncio.sleep(QUIET_SECONDS)
        after = await connection.fetchval(query)
        return float(after - before) / (time.perf_counter() - begun)
    finally:
        await connection.close()
