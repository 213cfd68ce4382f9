"""storm: 100,000 tasks due in one second, one worker, beside one arq job a task; and a steady load of deadlines."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
from arq import create_pool
from arq.connections import RedisSettings

from app.auth import Role
from bench.documents import OPEN, opening
from bench.floors.job_worker import QUEUE
from bench.load import connect
from bench.options import Options
from bench.paced import LINES, paced
from bench.processes import BenchError, Process
from bench.report import Bar, Report
from bench.seed import seed
from bench.servers import Servers
from bench.service import WORKSPACE, Service, graphql, service
from bench.sockets import Socket, graphql_socket, subscription
from bench.stats import percentile

TASKS = 100_000
FLOOR_TASKS = 5_000
LEAD_SECONDS = 3.0
LONGEST_SECONDS = 240.0
STEADY_RATE = 2_000 / 60
STEADY_AFTER = 5.0  # seconds, of each task
_EXPIRED = """subscription { taskEvents(filter: {types: [EXPIRED]}) { cursor type task { id status } } }"""


async def run(servers: Servers, options: Options) -> Report:
    """Tasks a second from the moment they are due; seconds until all are resolved, and pushed; milliseconds late."""
    report = Report("storm", ["contestant", "tasks", "resolved s", "pushed s", "tasks/s"])
    count = options.count or TASKS
    few = min(FLOOR_TASKS, count)
    floor, same = await _floor(servers, few), await _same_work(servers, few)
    report.rows.append(["one arq job a task: a bare statement", few, "-", "-", floor])
    report.rows.append(["one arq job a task: reads, decides, logs", few, "-", "-", same])
    async with service(servers) as running:
        resolved, pushed = await _storm(running, count)
        late = await _steady(running, max(15.0, options.seconds * options.rounds))
    report.rows.append(["signoff", count, resolved, pushed, count / max(resolved, pushed)])
    report.bars += [
        Bar(
            f"{count:,} due at once: seconds until all are resolved, logged and pushed",
            max(resolved, pushed),
            20,
            False,
        ),
        Bar("tasks a second beside one arq job a task that does the same", count / resolved / same, 10),
        Bar("2,000 deadlines a minute: p99 late, ms", percentile(late, 0.99) * 1e3, 250, False),
    ]
    report.notes.append(
        f"steady: {len(late)} deadlines, p50 {percentile(late, 0.5) * 1e3:.0f} ms late, never early: {min(late) >= 0}"
    )
    bare = f"{count / resolved / floor:.1f} x"
    report.notes.append(f"beside one arq job a task that is a bare statement, logs nothing and tells nobody: {bare}")
    return report


async def _storm(running: Service, count: int) -> tuple[float, float]:
    await seed(running, rows=count, pending=count)
    arrived = 0
    all_arrived = asyncio.Event()

    def expired(_: Socket, message: bytes) -> None:
        nonlocal arrived
        arrived += message.count(b'"EXPIRED"') > 0
        if arrived >= count:
            all_arrived.set()

    socket = await graphql_socket(running.ports[0], await running.key(Role.ADMIN, name="admin"), expired)
    socket.send(subscription("1", _EXPIRED))
    connection = await asyncpg.connect(running.settings.database_url, command_timeout=120)
    try:
        due = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
        change = "UPDATE tasks SET deadline_at = $1, wake_at = $1 WHERE workspace = $2 AND status = 'PENDING'"
        await connection.execute(change, due, WORKSPACE)
        begun = max(due.timestamp(), time.time())
        query = "SELECT EXISTS (SELECT FROM tasks WHERE workspace = $1 AND status = 'PENDING')"
        resolved = 0.0
        while not (resolved and all_arrived.is_set()):
            if time.time() - begun > LONGEST_SECONDS:
                raise BenchError(f"{arrived:,} of {count:,} pushed within {LONGEST_SECONDS:.0f} s")
            if not resolved and not await connection.fetchval(query, WORKSPACE):
                resolved = time.time() - begun
            await asyncio.sleep(0.25)
        pushed = time.time() - begun
        last = await connection.fetchval("SELECT max(resolved_at) FROM tasks WHERE workspace = $1", WORKSPACE)
    finally:
        await connection.close()
        socket.close()
    return last.timestamp() - begun, pushed


async def _steady(running: Service, seconds: float) -> list[float]:
    """How many seconds after its deadline each of a steady stream of tasks was resolved."""
    post = running.post(await running.key(Role.WORKFLOW, name="workflow"))
    timeout = {"strategy": "AUTO_APPROVE", "after": f"PT{STEADY_AFTER:.0f}S"}
    lines = [await connect(running.ports[0]) for _ in range(LINES)]
    bodies = (opening(f"steady-{n}", timeout=timeout) for n in range(int(STEADY_RATE * seconds)))
    requests = (post(graphql(OPEN, {"input": body})) for body in bodies)
    await paced(lines, requests, rate=STEADY_RATE, sent=lambda _, __: None)
    await asyncio.sleep(STEADY_AFTER + 2)
    connection = await asyncpg.connect(running.settings.database_url)
    try:
        query = "SELECT resolved_at - created_at FROM tasks WHERE idempotency_key LIKE 'expense-steady-%'"
        spans = [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()
    if any(span is None for span in spans):
        raise BenchError("some deadlines of the steady load did not fire")
    return [span.total_seconds() - STEADY_AFTER for span in spans]


async def _floor(servers: Servers, count: int) -> float:
    """Tasks a second by one arq job each, which runs one statement."""
    url = await servers.new_database("jobs")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "CREATE TABLE due (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'PENDING', resolved_at timestamptz)"
        )
        await connection.execute("INSERT INTO due (id) SELECT generate_series(1, $1::bigint)", count)
        command = [sys.executable, "-m", "bench.floors.job_worker", url]
        return await _by_jobs(servers, connection, "due", list(range(1, count + 1)), command, {})
    finally:
        await connection.close()


async def _same_work(servers: Servers, count: int) -> float:
    """Tasks a second by one arq job each, which does what Signoff's worker does."""
    async with service(servers, workers=0, name="expiring") as running:
        await seed(running, rows=count, pending=count)
        connection = await asyncpg.connect(running.settings.database_url, command_timeout=120)
        try:
            await connection.execute("UPDATE tasks SET deadline_at = now(), wake_at = now() WHERE status = 'PENDING'")
            ids = [str(row["id"]) for row in await connection.fetch("SELECT id FROM tasks WHERE status = 'PENDING'")]
            command = [sys.executable, "-m", "bench.floors.expiring_worker"]
            return await _by_jobs(servers, connection, "tasks", ids, command, running.environment)
        finally:
            await connection.close()


async def _by_jobs(
    servers: Servers,
    connection: asyncpg.Connection[asyncpg.Record],
    table: str,
    ids: Sequence[int | str],
    command: list[str],
    environment: dict[str, str],
) -> float:
    """Tasks a second that a worker of arq, started by `command` and the URL of Redis, ends in `table`."""
    url = f"unix://{urlsplit(servers.valkey.url).path}"
    redis = await create_pool(RedisSettings.from_dsn(url))
    try:
        for id_ in ids:
            await redis.enqueue_job("expire", id_, _queue_name=QUEUE)
        with Process([*command, url], log=servers.log("jobs"), environment=environment) as process:
            until = time.monotonic() + LONGEST_SECONDS
            while await connection.fetchval(f"SELECT count(*) FROM {table} WHERE status = 'PENDING'"):
                process.check()
                if time.monotonic() > until:
                    raise BenchError("the floor's jobs did not end in time")
                await asyncio.sleep(0.1)
        query = f"SELECT extract(epoch FROM max(resolved_at) - min(resolved_at))::float8 FROM {table}"
        return len(ids) / float(await connection.fetchval(query))
    finally:
        await redis.aclose()
